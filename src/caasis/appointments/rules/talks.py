"""When a talk by video may be, and how long its link lets somebody in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from caasis.engines.schedule import Schedule

LENGTHS = (15, 30, 45, 60, 90)
FARTHEST = timedelta(days=90)
#: From when on the consumer may wait, and how long after its end the link still leads in.
EARLY = timedelta(minutes=15)
LATE = timedelta(minutes=60)


def time_error(schedule: Schedule, *, begins_at: datetime, minutes: int, now: datetime) -> str:
    """Why no talk can be booked for this moment; "" when it can. The whole talk lies within one opening."""
    if minutes not in LENGTHS:
        return "長さを選んでください。"
    if begins_at <= now:
        return "これからの日時を入力してください。"
    if begins_at - now > FARTHEST:
        return "90日先までの日時を入力してください。"
    closes = schedule.closes_at(begins_at) if schedule.is_open(begins_at) else None
    if closes is None or begins_at + timedelta(minutes=minutes) > closes:
        return "開所時間の中の日時を入力してください。"
    return ""


def overlaps(begins_at: datetime, minutes: int, others: Iterable[tuple[datetime, int]]) -> bool:
    """Whether a talk would run at the same time as one of the others; one may begin when another ends."""
    ends_at = begins_at + timedelta(minutes=minutes)
    return any(begins_at < start + timedelta(minutes=length) and start < ends_at for start, length in others)


def expiry(begins_at: datetime, minutes: int) -> datetime:
    """From when on the link lets nobody in any more."""
    return begins_at + timedelta(minutes=minutes) + LATE


def may_enter(now: datetime, *, begins_at: datetime, expires_at: datetime) -> bool:
    """Whether the consumer may go into the waiting room."""
    return begins_at - EARLY <= now < expires_at
