"""Which times of a centre can be booked: plain arithmetic over open spans, capacity and what is taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Capacity:
    """How a centre takes bookings for one way of talking. `seats` is how many people at the same time."""

    length: timedelta = timedelta(minutes=30)
    seats: int = 1
    #: How long before its start a slot can still be booked.
    lead: timedelta = timedelta(hours=24)
    ahead: timedelta = timedelta(days=14)

    def __post_init__(self) -> None:
        if self.length <= timedelta(0) or self.seats < 1:
            raise ValueError("a slot needs a length and at least one seat")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time with at least one free seat; `seat` is the lowest free one, from 0."""

    starts_at: datetime
    ends_at: datetime
    seat: int


def free_slots(
    spans: Iterable[tuple[datetime, datetime]],
    capacity: Capacity,
    taken: Collection[tuple[datetime, datetime, int]],
    now: datetime,
) -> list[Slot]:
    """The free slots in the open `spans` (aware times; holidays already left out), by time.

    `taken` holds start, end and seat of each active booking. A rest of a span that is shorter than a slot isn't offered.
    A seat is taken by whatever overlaps the slot, so a booking made before the length was changed still holds its time.
    """
    found: list[Slot] = []
    for opens, closes in sorted(spans):
        start = opens
        near = [one for one in taken if one[0] < closes and opens < one[1]]
        while start + capacity.length <= closes:
            if now + capacity.lead <= start <= now + capacity.ahead:
                end = start + capacity.length
                gone = {seat for begins, ends, seat in near if begins < end and start < ends}
                seat = next((n for n in range(capacity.seats) if n not in gone), None)
                if seat is not None:
                    found.append(Slot(start, end, seat))
            start += capacity.length
    return found


def nearest(slots: Iterable[Slot], wanted: datetime, count: int = 3) -> list[Slot]:
    """The `count` slots nearest to the time that somebody else took first, in order of time."""
    by_distance = sorted(slots, key=lambda slot: (abs(slot.starts_at - wanted), slot.starts_at))
    return sorted(by_distance[:count], key=lambda slot: slot.starts_at)
