"""When somebody of a list may be called, whether at all, and what follows a call. Pure; days and hours of Japan.

The limits are the product's own caution (要確認): no law that is known to us sets hours for a public centre that calls a
person who agreed to it. Nobody is called before nine or from eight in the evening on, whatever a list says, and on Sundays
and holidays only where the list says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from caasis.appointments.rules.hours import USUAL
from caasis.appointments.rules.numbers import NO_NUMBER, number_error
from caasis.appointments.vocabulary import EntryState, FollowUpResult, NotCalled
from caasis.engines.calendar import is_holiday
from caasis.kernel.clock import JST

EARLIEST, LATEST = USUAL.first, USUAL.last
#: What a new list begins with: weekdays from ten to five.
USUAL_DAYS = {str(weekday): ["10:00", "17:00"] for weekday in range(5)}
#: How far a next moment is looked for; a list whose days never come has none.
LOOK_AHEAD = 60
#: Whoever has opened an entry and does nothing has it so long; then it goes to the next.
HOLD = timedelta(minutes=15)
#: A result can be taken back so long.
UNDO = timedelta(minutes=10)
#: "Later" is agreed within this.
FARTHEST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class CallDays:
    """Hours of calling: weekday (0 Monday) → first and last time of day; a day that is absent has none."""

    hours: Mapping[int, tuple[time, time]]
    on_holidays: bool = False

    @classmethod
    def read(cls, stored: Mapping[str, Sequence[str]], *, on_holidays: bool = False) -> CallDays:
        """From what is stored: weekday as text → ["HH:MM", "HH:MM"]."""
        return cls({int(day): (time.fromisoformat(a), time.fromisoformat(b)) for day, (a, b) in stored.items()}, on_holidays)

    def of(self, day: date) -> tuple[time, time] | None:
        """The hours of one day, inside of those in which anybody is called at all; None for a day without."""
        if is_holiday(day) and not self.on_holidays:
            return None
        found = self.hours.get(day.weekday())
        if found is None:
            return None
        first, last = max(found[0], EARLIEST), min(found[1], LATEST)
        return (first, last) if first < last else None


def next_moment(at: datetime, days: CallDays) -> datetime | None:
    """The first moment from `at` on at which somebody may be called; None when no day of the list comes."""
    local = at.astimezone(JST)
    for ahead in range(LOOK_AHEAD):
        day = local.date() + timedelta(days=ahead)
        hours = days.of(day)
        if hours is None:
            continue
        first, last = datetime.combine(day, hours[0], JST), datetime.combine(day, hours[1], JST)
        if at < last:
            return max(at, first)
    return None


def may_call(at: datetime, days: CallDays) -> bool:
    """Whether somebody may be called at this moment."""
    return next_moment(at, days) == at


def days_error(days: CallDays) -> str:
    """Why these hours can't be, as a sentence; "" when they can."""
    if not days.hours:
        return "電話をかける曜日を、1つは選んでください。"
    for first, last in days.hours.values():
        if first >= last:
            return "終わりの時刻は、始まりより後にしてください。"
        if first < EARLIEST or last > LATEST:
            return f"{USUAL}の間で選んでください。"
    return ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of somebody before a call. `consent`: None when none was ever given, False when it holds no more."""

    person: bool = True
    erased: bool = False
    consent: bool | None = True
    number: str = ""
    number_refused: bool = False
    waits_elsewhere: bool = False
    on_this_list: bool = False


def why_not(facts: Facts) -> NotCalled | None:
    """The reason why this person is not called; None when they may be. The first that holds, the gravest first."""
    if not facts.person:
        return NotCalled.NO_PERSON
    if facts.erased:
        return NotCalled.ERASED
    if facts.number_refused:
        return NotCalled.REFUSED
    if facts.consent is None:
        return NotCalled.NO_CONSENT
    if not facts.consent:
        return NotCalled.CONSENT_ENDED
    if sentence := number_error(facts.number):
        return NotCalled.NO_NUMBER if sentence == NO_NUMBER else NotCalled.NUMBER
    if facts.on_this_list:
        return NotCalled.SAME_LIST
    return NotCalled.OTHER_LIST if facts.waits_elsewhere else None


@dataclass(frozen=True, slots=True)
class Limits:
    """How often somebody is tried, and how long a try is apart from the next."""

    most: int = 3
    pause_minutes: int = 24 * 60


@dataclass(frozen=True, slots=True)
class Next:
    """What follows a call: the state, from when on it is tried again (None at an end), and whether the try counts."""

    state: EntryState
    due_at: datetime | None = None
    counts: bool = True


_ENDS = {
    FollowUpResult.SETTLED: EntryState.DONE,
    FollowUpResult.TROUBLED: EntryState.DONE,
    FollowUpResult.REFUSED: EntryState.REFUSED,
    FollowUpResult.WRONG_NUMBER: EntryState.WRONG_NUMBER,
}


def after_call(
    result: FollowUpResult, *, made: int, at: datetime, days: CallDays, limits: Limits, again_at: datetime | None = None
) -> Next:
    """What follows a call that ended at `at`. `made`: counted tries before it. `again_at`: agreed, for LATER.

    A moment that was agreed with the person counts as it was agreed; it is no vain try.
    """
    if result in _ENDS:
        return Next(_ENDS[result])
    if result is FollowUpResult.FAILED:
        return _waiting(next_moment(at, days), counts=False)
    if result is FollowUpResult.LATER and again_at is not None:
        return _waiting(next_moment(again_at, days), counts=False)
    if made + 1 >= limits.most:
        return Next(EntryState.UNREACHABLE)
    return _waiting(next_moment(at + timedelta(minutes=limits.pause_minutes), days))


def _waiting(moment: datetime | None, *, counts: bool = True) -> Next:
    return Next(EntryState.UNREACHABLE, counts=counts) if moment is None else Next(EntryState.WAITING, moment, counts)


def again_error(again_at: datetime | None, *, now: datetime, days: CallDays) -> str:
    """Why this can't be agreed as the next moment, as a sentence; "" when it can."""
    if again_at is None:
        return "かけ直す日時を入れてください。"
    if not now < again_at <= now + FARTHEST:
        return f"日時は、今より後、{FARTHEST.days}日先までにしてください。"
    if not may_call(again_at, days):
        return "名簿の、電話をかける曜日と時間の中で選んでください。"
    return ""


def noticed_enough(at: datetime, *, wanted: bool, noticed_at: datetime | None, hours: int) -> bool:
    """Whether the notice that a list wants went out long enough ago."""
    return not wanted or (noticed_at is not None and at >= noticed_at + timedelta(hours=hours))
