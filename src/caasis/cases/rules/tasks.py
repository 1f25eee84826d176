"""Decisions about tasks: when to call again, when to look whether the fix held. Pure; days and times of Japan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from caasis.cases.rules.team_words import Attempt
from caasis.engines.schedule import Schedule
from caasis.kernel.clock import JST

#: Open minutes after which a call is tried again.
_AGAIN = {Attempt.BUSY: 15, Attempt.ABSENT: 120, Attempt.VOICEMAIL: 240}
#: From this attempt on an absent person is tried on another day, at another time of the day.
_OTHER_DAY_FROM = 3
MORNING, AFTERNOON = time(10), time(15)

#: Days until 「解約が確かに履行されたか」 is asked: a refund after a notice needs its time, a settled mediation has a date.
AFTER_NOTICE, AFTER_SETTLEMENT, AFTER_ADVICE = 30, 30, 14


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed moment and, in words, why that one."""

    at: datetime
    why: str


def next_attempt(result: Attempt, *, at: datetime, number: int, schedule: Schedule) -> Proposal | None:
    """When to call again after the attempt `number` (1 is the first) at `at`; None when calling again makes no sense.

    Somebody who is absent twice is tried on the next open day at the other half of the day.
    """
    if result in (Attempt.REACHED, Attempt.WRONG_NUMBER):
        return None
    if result is Attempt.LATER:
        return Proposal(_on_next_open_day(at, schedule, _same_half(at)), "次の受付日の同じころ")
    if result is Attempt.ABSENT and number >= _OTHER_DAY_FROM:
        half = MORNING if at.astimezone(JST).time() >= time(12) else AFTERNOON
        words = "午前" if half is MORNING else "午後"
        return Proposal(_on_next_open_day(at, schedule, half), f"{number}回不在なので、次の受付日の{words}")
    minutes = _AGAIN[result]
    words = {Attempt.BUSY: "15分後", Attempt.ABSENT: "2時間後", Attempt.VOICEMAIL: "半日ほどあと"}[result]
    return Proposal(_in_open_time(schedule.add_business_minutes(at, minutes), schedule), f"{words}（受付時間で）")


def follow_up_day(
    *, result: str, notice_sent_on: date | None, handled_on: date, schedule: Schedule
) -> tuple[date, str] | None:
    """When to ask whether the fix held, with what to ask; None when nothing was to be carried out.

    After a notice of cancellation or a settled mediation something is to be carried out; after advice the consumer
    negotiates. The day is an open one.
    """
    if result == "mediation_settled":
        return _open_day(handled_on + timedelta(days=AFTER_SETTLEMENT), schedule), "あっせんの約束が履行されたか確かめる"
    if notice_sent_on is not None:
        start = max(notice_sent_on, handled_on)
        return _open_day(start + timedelta(days=AFTER_NOTICE), schedule), "解約と返金が確かに履行されたか確かめる"
    if result == "advice":
        return _open_day(handled_on + timedelta(days=AFTER_ADVICE), schedule), "自主交渉がまとまったか確かめる"
    return None


def snoozed(choice: str, *, at: datetime, schedule: Schedule) -> datetime | None:
    """When a snoozed task comes again; None for a choice that isn't offered."""
    match choice:
        case "quarter":
            return at + timedelta(minutes=15)
        case "hour":
            return at + timedelta(hours=1)
        case "tomorrow":
            return _on_next_open_day(at, schedule, MORNING)
        case "week":
            day = _open_day(at.astimezone(JST).date() + timedelta(days=7), schedule)
            return datetime.combine(day, MORNING, JST)
    return None


SNOOZES = (("quarter", "15分後"), ("hour", "1時間後"), ("tomorrow", "次の受付日の朝"), ("week", "1週間後"))


def _same_half(at: datetime) -> time:
    return MORNING if at.astimezone(JST).time() < time(12) else AFTERNOON


def _open_day(day: date, schedule: Schedule) -> date:
    """The day itself or the first open one after it, within the schedule's horizon."""
    for number in range(schedule.horizon_days):
        if schedule.plan(day + timedelta(days=number)).hours:
            return day + timedelta(days=number)
    return day


def _on_next_open_day(at: datetime, schedule: Schedule, clock: time) -> datetime:
    day = _open_day(at.astimezone(JST).date() + timedelta(days=1), schedule)
    return _in_open_time(datetime.combine(day, clock, JST), schedule)


def _in_open_time(at: datetime, schedule: Schedule) -> datetime:
    if schedule.is_open(at):
        return at
    return schedule.next_opening(at) or at
