"""How times and rates of the telephone are written."""

from __future__ import annotations

from django import template

from caasis.desk import phone_board

register = template.Library()


@register.filter
def spell(seconds: float | None) -> str:
    """「1:42」."""
    return phone_board.spell(seconds)


@register.filter
def in_words(seconds: float | None) -> str:
    """「1分42秒」."""
    return phone_board.NOTHING if seconds is None else phone_board.in_words(seconds)


@register.filter
def percent(rate: float | None) -> str:
    """「92.3」, without the sign."""
    return phone_board.percent(rate)
