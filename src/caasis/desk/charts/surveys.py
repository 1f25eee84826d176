"""Satisfaction month by month, each with its interval. The table beside it holds the same figures."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.safestring import SafeString

from caasis.desk.charts import svg
from caasis.desk.charts.words import percent
from caasis.operations.survey_reading import Group

_HEIGHT, _LEFT, _TOP, _BASE = 220.0, 56.0, 16.0, 184.0
_WIDE, _NARROW = 1300.0, 300.0


def satisfaction_pictures(months: Sequence[Group]) -> tuple[SafeString, ...]:
    """One drawing for a wide window, one for a telephone; none when no month can be shown."""
    if not any(one.csat.is_shown for one in months):
        return ()
    return _picture(months, _WIDE, "u-wide"), _picture(months, _NARROW, "u-narrow")


def _picture(months: Sequence[Group], width: float, css: str) -> SafeString:
    content: list[str] = []
    for mark in (0, 25, 50, 75, 100):
        y = _y(mark / 100)
        content.append(svg.line(_LEFT, y, width, y, "ax"))
        content.append(svg.text(_LEFT - 8, y + 5, f"{mark}％", "e t2"))
    step = (width - _LEFT) / len(months)
    every = 1 if width > _NARROW else max(1, -(-len(months) // 3))
    for place, one in enumerate(months):
        x = _LEFT + step * (place + 0.5)
        if place % every == 0:
            content.append(svg.text(x, _HEIGHT - 8, f"{int(one.key[5:])}月", "m t2"))
        found = one.csat
        if found.value is None or found.low is None or found.high is None:
            continue
        low, high = _y(found.low), _y(found.high)
        cap = min(8.0, step / 4)
        content += [svg.line(x, low, x, high, "l-now"), svg.line(x - cap, low, x + cap, low, "l-now"),
                    svg.line(x - cap, high, x + cap, high, "l-now"), svg.dot(x, _y(found.value), 5, "f-now")]  # fmt: skip
        if width > _NARROW:
            content.append(svg.text(x + 12, _y(found.value) + 5, percent(found.value), "b"))
    shown = [one for one in months if one.csat.value is not None]
    last = shown[-1]
    label = f"月ごとの満足度。いちばん新しい{last.label}は{percent(last.csat.value or 0)}。縦の線は95％の幅"
    return svg.drawing(width, _HEIGHT, content, css=css, label=label)


def _y(share: float) -> float:
    return _BASE - (_BASE - _TOP) * share
