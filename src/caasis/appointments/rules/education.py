"""Who gets a seat, who moves up, and until when one may sign up. Pure.

Seats are given in the order of signing up. A group is never split, and nobody passes a group that waits: whoever came
first is asked first, even if a single seat stays free for a while.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from caasis.appointments.education_vocabulary import EventState, SignUpState

MOST_PEOPLE = 10
LARGEST_CAPACITY = 2000
#: So many sign-ups may wait for one event; a longer list would only disappoint.
MOST_WAITING = 50
#: An event lies at most so far ahead, and takes at most so long.
FURTHEST = timedelta(days=550)
LONGEST = timedelta(days=3)
WISHES = 3
#: A centre needs some days to find somebody who comes.
SOONEST_LECTURE = timedelta(days=7)
FURTHEST_LECTURE = timedelta(days=366)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean_text(text: str) -> str:
    """Text as it is kept: one kind of line end, no control characters, no lone surrogates; otherwise as typed."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(one for one in text if not 0xD800 <= ord(one) <= 0xDFFF).strip()


def place_for(people: int, *, free: int, waiting: int) -> SignUpState | None:
    """Where a new sign-up stands: a seat, the list of those who wait, or None when that is full too.

    :param free: seats that nobody has. :param waiting: sign-ups that wait already.
    """
    if people <= free and not waiting:
        return SignUpState.CONFIRMED
    return SignUpState.WAITING if waiting < MOST_WAITING else None


def moving_up(free: int, waiting: Sequence[int]) -> int:
    """How many of those who wait, from the first on, get a seat.

    :param waiting: people of each sign-up that waits, in order.
    """
    count = 0
    for people in waiting:
        if people > free:
            break
        free -= people
        count += 1
    return count


def may_sign_up(state: str, *, until: datetime, now: datetime) -> bool:
    """Whether an event takes sign-ups now."""
    return state == EventState.OPEN and now < until


def times_errors(*, starts_at: datetime, ends_at: datetime, until: datetime, now: datetime) -> dict[str, list[str]]:
    """Sentences by field on what can't be with the times of an event."""
    errors: dict[str, list[str]] = {}
    if not now < starts_at <= now + FURTHEST:
        errors["starts_at"] = ["これから1年半のあいだの日時を入れてください。"]
    # A difference, for a sum would leave the calendar at its last day.
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        errors["ends_at"] = ["始まりより後、3日以内の日時を入れてください。"]
    if until > starts_at:
        errors["sign_up_until"] = ["申し込みの締め切りは、始まりまでにしてください。"]
    return errors


def wishes_errors(wishes: Sequence[date | None], *, today: date) -> dict[str, list[str]]:
    """Sentences by field (`day1` …) on wished days of a lecture; an empty day is no wish."""
    errors: dict[str, list[str]] = {}
    seen: set[date] = set()
    for number, day in enumerate(wishes or [None], start=1):
        if day is None:
            if number == 1:
                errors["day1"] = ["希望する日を、1つは入れてください。"]
        elif not today + SOONEST_LECTURE <= day <= today + FURTHEST_LECTURE:
            errors[f"day{number}"] = ["7日後から1年先までの日を入れてください。"]
        elif day in seen:
            errors[f"day{number}"] = ["同じ日が2つあります。別の日を入れてください。"]
        else:
            seen.add(day)
    return errors
