"""Japanese days: holidays, business days, fiscal years."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import jpholiday

from caasis.kernel.clock import fiscal_year

__all__ = [
    "fiscal_year",
    "holiday_name",
    "is_business_day",
    "is_holiday",
    "last_business_day_until",
    "next_business_day",
]


@lru_cache(maxsize=4096)
def holiday_name(day: date) -> str | None:
    """Name of the national holiday (国民の祝日, 振替休日, 国民の休日) on `day`, or None."""
    return jpholiday.is_holiday_name(day)


def is_holiday(day: date) -> bool:
    """Whether `day` is a national holiday. Saturdays and Sundays as such are none."""
    return holiday_name(day) is not None


def is_business_day(day: date) -> bool:
    """Whether public offices work on `day`.

    Closed are Saturdays, Sundays, national holidays and 29 December to 3 January
    (行政機関の休日に関する法律 1条1項).
    """
    at_new_year = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and not at_new_year and not is_holiday(day)


def next_business_day(day: date) -> date:
    """The first business day after `day`."""
    following = day + timedelta(days=1)
    while not is_business_day(following):
        following += timedelta(days=1)
    return following


def last_business_day_until(day: date) -> date:
    """The last business day on or before `day`."""
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day
