"""Where somebody stands who waits: what is told of the place and of the wait, and when (F75)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from math import ceil

from caasis.engines.ivr.boxes import Queue

#: Who is answered before that needs no telling.
TELL_AFTER_S = 5
#: Farther back nobody is told a place: the wait says more.
MOST_PLACE = 50
#: Minutes that are told, rounded up to the next of these. Nobody is promised less than a minute; what takes longer than
#: the last one is not foretold.
MINUTES = (*range(1, 11), *range(15, 61, 5), 90, 120)


def told_place(place: int | None) -> str:
    """The place as it is told; "" for one that isn't."""
    return str(place) if place is not None and 1 <= place <= MOST_PLACE else ""


def told_minutes(expected_wait_s: float | None) -> str:
    """The wait to be expected as it is told, in minutes; "" for one that isn't."""
    if expected_wait_s is None:
        return ""
    whole = ceil(expected_wait_s / 60)
    return next((str(minutes) for minutes in MINUTES if minutes >= whole), "")


def next_moment(box: Queue, waited_s: int, *, offers: bool) -> tuple[int, bool] | None:
    """After how many seconds of waiting the box has something to say next, and whether that is the offer.

    :param waited_s: when it last had. :param offers: the offer has not been made.
    """
    tells = next((at for at in _tells(box) if at > waited_s), None)
    if offers and box.offer_after_s > waited_s and (tells is None or box.offer_after_s <= tells):
        return box.offer_after_s, True
    return None if tells is None else (tells, False)


def _tells(box: Queue) -> Iterator[int]:
    if box.say_place or box.say_wait:
        yield TELL_AFTER_S
        if box.tell_every_s:
            yield from count(TELL_AFTER_S + box.tell_every_s, box.tell_every_s)
