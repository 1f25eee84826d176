"""Time as the product counts it: instants in UTC, days and fiscal years in Japan."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")


def utc_now() -> datetime:
    return datetime.now(UTC)


def day_in_japan(instant: datetime) -> date:
    """The calendar day in Japan of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(JST).date()


def fiscal_year(day: date) -> int:
    """年度: the year that began on the last 1 April."""
    return day.year if day.month >= 4 else day.year - 1
