"""When a centre is open: now, today, and in the week, as the office finder and the top page show it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from caasis.engines.japanese import WEEKDAYS, format_date_ja
from caasis.engines.schedule import Hours, Schedule
from caasis.kernel.clock import JST, day_in_japan
from caasis.organisations.models import Centre
from caasis.organisations.schedules import schedules_of

#: Closed days of the next two weeks are named.
_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One column of the week table."""

    name: str
    spans: tuple[str, ...]
    today: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """A centre's hours in words."""

    known: bool
    open_now: bool
    sentence: str
    week: tuple[WeekDay, ...]
    lunch: str
    closed_days: str


def openings(centres: Iterable[Centre], now: datetime) -> dict[UUID, Opening]:
    """Hours of some centres, in three queries."""
    schedules = schedules_of((centre.id for centre in centres), since=day_in_japan(now))
    return {id_: _opening(schedule, now) for id_, schedule in schedules.items()}


def _opening(schedule: Schedule, now: datetime) -> Opening:
    weekly = {weekday: list(hours) for weekday, hours in schedule.weekly.items()}
    today = day_in_japan(now)
    week = tuple(
        WeekDay(WEEKDAYS[weekday], _spans(weekly.get(weekday, [])), today=weekday == today.weekday())
        for weekday in range(7)
    )
    if not weekly:
        return Opening(False, False, "受付の時間は、お電話で確かめてください", week, "", "")
    return Opening(
        known=True,
        open_now=schedule.is_open(now),
        sentence=_sentence(schedule, now),
        week=week,
        lunch=_lunch(weekly),
        closed_days=_closed_days(schedule, weekly, today),
    )


def _sentence(schedule: Schedule, now: datetime) -> str:
    closes = schedule.closes_at(now)
    if closes is not None:
        return f"いま受付中・{_clock_words(closes)}まで"
    opens = schedule.next_opening(now)
    if opens is None:
        return "いまは受け付けていません"
    day = opens.astimezone(JST).date()
    today = day_in_japan(now)
    when = "きょう" if day == today else "あす" if day == today + timedelta(days=1) else format_date_ja(day)
    return f"いまは時間外です。{when}{_clock_words(opens)}から"


def _clock_words(at: datetime) -> str:
    local = at.astimezone(JST)
    half, hour = ("午前", local.hour) if local.hour < 12 else ("午後", local.hour - 12)
    return f"{half}{hour}時" + (f"{local.minute}分" if local.minute else "")


def _spans(hours: list[Hours]) -> tuple[str, ...]:
    """The whole day from the first opening to the last closing; a lunch break is told in a sentence of its own."""
    if not hours:
        return ()
    start, end = _short(min(h.start for h in hours)), _short(max(h.end for h in hours))
    # A column is a seventh of a phone's width: minutes need a line of their own.
    return (start, "〜", end) if ":" in start + end else (start, f"〜{end}")


def _short(minute: int) -> str:
    return f"{minute // 60}" if minute % 60 == 0 else f"{minute // 60}:{minute % 60:02}"


def _lunch(weekly: dict[int, list[Hours]]) -> str:
    """The break that all open days have in common, in words."""
    gaps = set()
    for hours in weekly.values():
        ordered = sorted(hours)
        gaps.add(tuple((a.end, b.start) for a, b in itertools.pairwise(ordered) if a.end < b.start))
    gap = next(iter(gaps)) if len(gaps) == 1 else ()
    return f"お昼（{_short(gap[0][0])}時〜{_short(gap[0][1])}時）は休みます。" if len(gap) == 1 else ""


def _closed_days(schedule: Schedule, weekly: dict[int, list[Hours]], today: date) -> str:
    days = [today + timedelta(days=n) for n in range(_AHEAD.days)]
    closed = [day for day in days if weekly.get(day.weekday()) and not schedule.plan(day).hours]
    return f"{'、'.join(format_date_ja(day) for day in closed)}はお休みです。" if closed else ""
