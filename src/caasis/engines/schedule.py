"""Opening hours: when an office is open, when it opens next, and how many open minutes lie between two moments.

Pure: hours, holidays and closures are arguments. Every moment is an aware datetime; days and clock times are those of
Japan, and answers are in Japan's time. Periods are half open: an office that closes at 17:00 is open at 16:59:59 and
closed at 17:00.

What decides a day, the strongest first: a special opening, a closure, the turn of the year (年末年始), a national holiday,
the weekday.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from caasis.kernel.clock import JST

MINUTES_A_DAY = 24 * 60
# An office that does not open within this many days is treated as closed for good.
DEFAULT_HORIZON_DAYS = 400


class NeverOpens(ValueError):
    """The office does not open often enough for the question to have an answer."""


class DayKind(StrEnum):
    """What decided the hours of a day."""

    SPECIAL_OPENING = "special_opening"
    CLOSURE = "closure"
    YEAR_END = "year_end"
    HOLIDAY = "holiday"
    WEEKDAY = "weekday"


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """One stretch of opening within a day, in minutes since midnight; `end` is exclusive and may be 1440 (24:00)."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_A_DAY:
            raise ValueError(f"opening hours must begin before they end, within a day: {self.start}–{self.end}")

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Hours from "9:00-12:00"; "24:00" is the end of the day. Raises ValueError for anything else."""
        start, separator, end = text.partition("-")
        if not separator:
            raise ValueError(f"opening hours are written as 9:00-12:00, not {text!r}")
        return cls(_minute_of_day(start), _minute_of_day(end))

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end)}"


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which the office is closed, both inclusive, with the reason that is shown."""

    first: date
    last: date
    reason: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a closure must not end before it begins: {self.first}–{self.last}")


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The hours of one day (empty when closed) and what decided them."""

    day: date
    hours: tuple[Hours, ...]
    kind: DayKind
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The opening hours of one office.

    weekly: weekday (0 = Monday … 6 = Sunday) → stretches of opening; a missing weekday is closed, a gap is the lunch break.
    holidays: the national holidays, as a collection of days or a function that answers for a day.
    holiday_hours: hours on national holidays, usually none.
    year_end: (month, day) of the first and the last day of 年末年始, both inclusive; None when the office keeps open.
        The usual days of public offices are 29 December to 3 January.
    closures, special_openings: single days that differ.
    """

    weekly: Mapping[int, tuple[Hours, ...]]
    holidays: Collection[date] | Callable[[date], bool] = ()
    holiday_hours: tuple[Hours, ...] = ()
    year_end: tuple[tuple[int, int], tuple[int, int]] | None = ((12, 29), (1, 3))
    closures: tuple[Closure, ...] = ()
    special_openings: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict)
    horizon_days: int = DEFAULT_HORIZON_DAYS

    def __post_init__(self) -> None:
        if not all(0 <= weekday <= 6 for weekday in self.weekly):
            raise ValueError("weekdays are 0 (Monday) to 6 (Sunday)")
        for hours in (*self.weekly.values(), self.holiday_hours, *self.special_openings.values()):
            if any(later.start < earlier.end for earlier, later in pairwise(hours)):
                raise ValueError("the opening hours of a day must be in order and must not overlap")

    def plan(self, day: date) -> DayPlan:
        """The hours of a day and the rule that decided them."""
        if day in self.special_openings:
            return DayPlan(day, self.special_openings[day], DayKind.SPECIAL_OPENING)
        for closure in self.closures:
            if closure.first <= day <= closure.last:
                return DayPlan(day, (), DayKind.CLOSURE, closure.reason)
        if self._is_year_end(day):
            return DayPlan(day, (), DayKind.YEAR_END)
        if self._is_holiday(day):
            return DayPlan(day, self.holiday_hours, DayKind.HOLIDAY)
        return DayPlan(day, self.weekly.get(day.weekday(), ()), DayKind.WEEKDAY)

    def is_open(self, at: datetime) -> bool:
        """Whether the office is open at this moment."""
        local = _in_japan(at)
        minute = local.hour * 60 + local.minute
        return any(hours.start <= minute < hours.end for hours in self.plan(local.date()).hours)

    def closes_at(self, at: datetime) -> datetime | None:
        """When the present opening ends (a lunch break counts as an end).

        None when the office is closed at this moment, or open without a break beyond the horizon.
        """
        local = _in_japan(at)
        for start, end in self._openings(local.date()):
            if start <= local < end:
                return end if end - local <= timedelta(days=self.horizon_days) else None
            if start > local:
                break
        return None

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment after `at` at which the office changes from closed to open; None when none comes."""
        local = _in_japan(at)
        for start, _ in self._openings(local.date()):
            if start > local:
                return start
        return None

    def business_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The time the office is open from `start` to `end`, negative when `end` is the earlier."""
        first, last = _in_japan(start), _in_japan(end)
        if last < first:
            return -self.business_time_between(last, first)
        total = timedelta()
        for opened, closed in self._stretches(first.date(), (last.date() - first.date()).days + 1):
            total += max(timedelta(), min(closed, last) - max(opened, first))
        return total

    def business_minutes_between(self, start: datetime, end: datetime) -> int:
        """Whole open minutes from `start` to `end`, cut off towards zero; negative when `end` is the earlier."""
        return int(self.business_time_between(start, end) / timedelta(minutes=1))

    def add_business_minutes(self, start: datetime, minutes: int) -> datetime:
        """The earliest moment by which the office has been open for `minutes` since `start`.

        With 0 minutes that is `start` itself. A limit that runs out exactly at closing ends at closing, not at the next
        opening. Raises ValueError for negative minutes and NeverOpens when the minutes don't come together because the
        office stays closed beyond the horizon.
        """
        if minutes < 0:
            raise ValueError("minutes must not be negative")
        local = _in_japan(start)
        remaining = timedelta(minutes=minutes)
        if not remaining:
            return local
        day, idle_days = local.date(), 0
        while idle_days < self.horizon_days:
            idle_days += 1
            for opened, closed in self._stretches(day, 1):
                begin = max(opened, local)
                if begin >= closed:
                    continue
                if closed - begin >= remaining:
                    return begin + remaining
                remaining -= closed - begin
                idle_days = 0
            day += timedelta(days=1)
        raise NeverOpens(f"the office does not open within {self.horizon_days} days")

    def _is_holiday(self, day: date) -> bool:
        return self.holidays(day) if callable(self.holidays) else day in self.holidays

    def _is_year_end(self, day: date) -> bool:
        if self.year_end is None:
            return False
        first, last = self.year_end
        today = (day.month, day.day)
        return first <= today <= last if first <= last else today >= first or today <= last

    def _stretches(self, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
        for number in range(days):
            day = first + timedelta(days=number)
            midnight = datetime.combine(day, time(), JST)
            for hours in self.plan(day).hours:
                yield midnight + timedelta(minutes=hours.start), midnight + timedelta(minutes=hours.end)

    def _openings(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Openings from the day before on, adjoining stretches (also over midnight) joined to one."""
        opened: datetime | None = None
        closed: datetime | None = None
        for start, end in self._stretches(day - timedelta(days=1), self.horizon_days + 2):
            if opened is not None and closed is not None and start > closed:
                yield opened, closed
                opened = None
            opened, closed = opened or start, end
        if opened is not None and closed is not None:
            yield opened, closed


def _in_japan(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return at.astimezone(JST)


def _minute_of_day(text: str) -> int:
    hour, separator, minute = text.strip().partition(":")
    if not (separator and hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit()):
        raise ValueError(f"a time is written as 9:00, not {text!r}")
    if int(minute) > 59:
        raise ValueError(f"there is no minute {minute}")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"
