"""Complaints about ourselves and incidents by month: two bars side by side, drawn on the server."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from caasis.operations.selectors import Month

WIDTH, HEIGHT, FOOT, HEAD = 640, 180, 30, 28


def months_picture(months: Sequence[Month]) -> SafeString:
    """The picture. The table below it says the same in figures, so it is one image to those who listen."""
    most = max((max(one.complaints, one.incidents) for one in months), default=0)
    if not most:
        return SafeString("")
    slot = WIDTH / len(months)
    bar = min(18.0, slot / 3)
    scale = (HEIGHT - FOOT - HEAD) / most
    base = HEIGHT - FOOT
    bars = []
    for place, one in enumerate(months):
        middle = slot * (place + 0.5)
        for name, count, left in (("complaint", one.complaints, middle - bar - 1), ("incident", one.incidents, middle + 1)):
            if not count:
                continue
            height = count * scale
            bars.append((name, f"{left:.1f}", f"{base - height:.1f}", f"{bar:.1f}", f"{height:.1f}",
                         f"{left + bar / 2:.1f}", f"{base - height - 4:.1f}", count))  # fmt: skip
    labels = [(f"{slot * (place + 0.5):.1f}", HEIGHT - 6, f"{one.month.month}月") for place, one in enumerate(months)]
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="月ごとの件数（くわしくは下の表）">'
        '<line class="app-trend__axis" x1="0" y1="{}" x2="{}" y2="{}"/>{}<g class="app-trend__months">{}</g></svg>',
        WIDTH,
        HEIGHT,
        base,
        WIDTH,
        base,
        format_html_join(
            "",
            '<rect class="app-trend__bar--{}" x="{}" y="{}" width="{}" height="{}"/>'
            '<text class="app-trend__text" x="{}" y="{}" text-anchor="middle">{}</text>',
            bars,
        ),
        format_html_join("", '<text class="app-trend__text" x="{}" y="{}" text-anchor="middle">{}</text>', labels),
    )
