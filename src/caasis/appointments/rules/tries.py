"""What follows one try to call back, and when a promise is over. Pure.

How often and how long are the product's own choice (要確認): three times, half an hour apart, within a week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from caasis.appointments.rules.hours import USUAL, CallHours, Window, next_moment
from caasis.appointments.vocabulary import CallbackState, TryResult

MOST_TRIES = 3
BETWEEN_TRIES = timedelta(minutes=30)
#: A promise without an agreed end is given up after this.
KEEP_FOR = timedelta(days=7)

#: These end it, whatever the number of tries.
_ENDS = {
    TryResult.REACHED: CallbackState.REACHED,
    TryResult.REFUSED: CallbackState.CANCELLED,
    TryResult.WRONG_NUMBER: CallbackState.NOT_REACHED,
}
#: Nobody's telephone rang: this is no try at all.
UNCOUNTED = frozenset({TryResult.FAILED})


@dataclass(frozen=True, slots=True)
class Following:
    """The state after a try; `due_at` tells from when on it is tried again, None at an end."""

    state: CallbackState
    due_at: datetime | None = None


def after_try(result: TryResult, *, counted: int, at: datetime, window: Window, hours: CallHours = USUAL) -> Following:
    """What follows a try that ended at `at`. `counted` is the number of counted tries, with this one."""
    if result in _ENDS:
        return Following(_ENDS[result])
    if counted >= MOST_TRIES:
        return Following(CallbackState.NOT_REACHED)
    again = next_moment(at + BETWEEN_TRIES, window, hours)
    if again is None:
        return at_the_end(counted)
    return Following(CallbackState.WAITING, again)


def at_the_end(counted: int) -> Following:
    """The time is over: a promise that nobody has tried to keep expired, else the person was not reached."""
    return Following(CallbackState.NOT_REACHED if counted else CallbackState.EXPIRED)


def expires_at(window: Window, *, promised_at: datetime) -> datetime:
    """When a promise is over."""
    begin = promised_at if window.start is None else max(promised_at, window.start)
    return window.end or begin + KEEP_FOR
