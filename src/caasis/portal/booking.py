"""What the booking pages show: days with their free times, moments in addresses, and what to bring."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from caasis.appointments.rules.slots import Slot
from caasis.kernel.clock import JST, day_in_japan

_MOMENT = re.compile(r"(20[0-9]{2})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})")
_DAY = re.compile(r"(20[0-9]{2})-([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Time:
    """One free time; `code` stands for it in an address or a button."""

    code: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """One day with at least one free time."""

    code: str
    day: date
    times: tuple[Time, ...]


def time_of(slot: Slot) -> Time:
    return Time(code_of(slot.starts_at), slot.starts_at, slot.ends_at)


def days_of(slots: Iterable[Slot]) -> list[Day]:
    """The free times by day."""
    by_day: dict[date, list[Time]] = {}
    for slot in slots:
        by_day.setdefault(day_in_japan(slot.starts_at), []).append(time_of(slot))
    return [Day(day.isoformat(), day, tuple(times)) for day, times in by_day.items()]


def code_of(moment: datetime) -> str:
    """A moment as it stands in an address: the clock of Japan."""
    return moment.astimezone(JST).strftime("%Y-%m-%dT%H:%M")


def moment_of(code: str) -> datetime | None:
    """The moment of a code; None for anything else."""
    found = _MOMENT.fullmatch(code[:40])
    try:
        return datetime(*map(int, found.groups()), tzinfo=JST) if found else None  # type: ignore[arg-type,misc]
    except ValueError:
        return None


def day_of(code: str) -> date | None:
    """The day of a code; None for anything else."""
    found = _DAY.fullmatch(code[:40])
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
