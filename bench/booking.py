"""Booking: a hundred people for one time, exactly one of whom gets it; bookings a second against a bare INSERT.

    bin/bench booking [--size 300] [--rounds 5]

The peer writes one row with the same unique constraint and commits, in the same cluster: no permission, no sealing, no
access log, no event, no look at the hours. Its distance is the price of those.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from datetime import time as clock
from typing import Any
from uuid import UUID

from bench.identity import database
from bench.installation import percentile, say

PEOPLE = 100
THREADS = 8
PEER = """
CREATE TABLE IF NOT EXISTS bench_booking (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), centre_id uuid NOT NULL, way text NOT NULL,
    starts_at timestamptz NOT NULL, seat int NOT NULL, name text NOT NULL, phone text NOT NULL,
    UNIQUE (centre_id, way, starts_at, seat)
)
"""


def town() -> tuple[UUID, datetime]:
    """A centre that is open all week and takes twenty people at a time, and a moment before its first free time."""
    from caasis.appointments.rules.booking_hours import MOST_SEATS, Span
    from caasis.appointments.services import set_booking_hours
    from caasis.kernel.actor import SYSTEM
    from caasis.kernel.clock import JST
    from caasis.organisations.models import Centre, OpeningHours
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        centre = Centre.objects.create(code="BENCH", name="見本センター", prefecture_code="04", is_demo=True)
        OpeningHours.objects.bulk_create(
            OpeningHours(centre=centre, weekday=day, opens=clock(8), closes=clock(20)) for day in range(7)
        )
    spans = [Span("phone", day, clock(8), clock(20), 15, MOST_SEATS) for day in range(7)]
    spans += [Span("visit", day, clock(8), clock(20), 15, 1) for day in range(7)]
    set_booking_hours(actor=SYSTEM, centre_id=centre.id, spans=spans, lead_hours=0)
    return centre.id, datetime(2026, 12, 1, 7, 0, tzinfo=JST)


def one(centre_id: UUID, way: str, starts_at: datetime, number: int, now: datetime) -> bool:
    """Whether the time was booked."""
    from caasis.appointments.services import SlotTaken, book_slot
    from caasis.kernel.actor import PUBLIC

    try:
        book_slot(
            actor=PUBLIC, centre_id=centre_id, way=way, starts_at=starts_at, name="見本 花子",
            phone=f"090-{number // 10_000:04}-{number % 10_000:04}", matter="見本の相談", now=now,
        )  # fmt: skip
    except SlotTaken as refused:
        assert refused.nearest and starts_at not in [slot.starts_at for slot in refused.nearest]
        return False
    return True


def race(centre_id: UUID, now: datetime, rounds: int) -> dict[str, Any]:
    """A hundred at once for one time with one seat, some times over."""
    from django.db import connections

    from caasis.appointments.booking_selectors import slots_of

    winners, seconds = [], []
    for number, slot in enumerate(slots_of(centre_id=centre_id, way="visit", now=now)[:rounds]):
        gate = threading.Barrier(PEOPLE)

        def person(who: int, at: datetime = slot.starts_at, first: int = number * PEOPLE, gate: Any = gate) -> bool:
            gate.wait()
            try:
                return one(centre_id, "visit", at, first + who, now)
            finally:
                connections.close_all()

        began = time.monotonic()
        with ThreadPoolExecutor(PEOPLE) as pool:
            winners.append(sum(pool.map(person, range(PEOPLE))))
        seconds.append(time.monotonic() - began)
    return {
        "people": PEOPLE,
        "rounds": rounds,
        "winners": winners,
        "seconds_a_round": [round(one, 2) for one in seconds],
    }


def times(centre_id: UUID, now: datetime, count: int, skip: int) -> list[datetime]:
    """So many seats, spread over all free times."""
    from caasis.appointments.booking_selectors import slots_of

    free = [slot.starts_at for slot in slots_of(centre_id=centre_id, way="phone", now=now)]
    return [free[(skip + number) % len(free)] for number in range(count)]


def ours(centre_id: UUID, now: datetime, wanted: list[datetime], threads: int, first: int) -> dict[str, Any]:
    from django.db import connections

    took: list[float] = []

    def some(part: int) -> None:
        try:
            for number in range(part, len(wanted), threads):
                began = time.monotonic()
                assert one(centre_id, "phone", wanted[number], first + number, now)
                took.append(time.monotonic() - began)
        finally:
            connections.close_all()

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some, range(threads)))
    seconds = time.monotonic() - began
    return {
        "per_second": round(len(wanted) / seconds, 1),
        "p50_ms": round(percentile(took, 0.5) * 1000, 2),
        "p99_ms": round(percentile(took, 0.99) * 1000, 2),
    }


def peer(dsn: str, centre_id: UUID, wanted: list[datetime], threads: int) -> dict[str, Any]:
    """The bare INSERT, with a commit of its own for each."""
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(PEER)
        owner.execute("TRUNCATE bench_booking")

    def some(part: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for number in range(part, len(wanted), threads):
                connection.execute(
                    "INSERT INTO bench_booking (centre_id, way, starts_at, seat, name, phone) VALUES (%s, 'phone', %s, %s, %s, %s)",
                    [centre_id, wanted[number], number, "見本 花子", "090-0000-0000"],
                )

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some, range(threads)))
    return {"per_second": round(len(wanted) / (time.monotonic() - began), 1)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=300, help="bookings of different times")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", default=None, help="not used by this benchmark")
    options = parser.parse_args()
    result: dict[str, Any] = {"name": "booking", "size": options.size}
    with database():
        import os

        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caasis.config.settings")
        django.setup()
        centre_id, now = town()
        dsn = os.environ["DATABASE_OWNER_URL"]
        say(f"{PEOPLE} people for one time, {options.rounds} times")
        result["race"] = race(centre_id, now, options.rounds)
        for threads in (1, THREADS):
            say(f"{options.size} different times, {threads} at once")
            wanted = times(centre_id, now, options.size, skip=threads)
            booked = ours(centre_id, now, wanted, threads, first=1_000_000 * threads)
            bare = peer(dsn, centre_id, wanted, threads)
            ratio = round(booked["per_second"] / bare["per_second"], 3)
            result[f"at_once_{threads}"] = {"ours": booked, "bare_insert": bare, "ratio": ratio}
    result["met"] = all(won == 1 for won in result["race"]["winners"])
    assert result["met"], result["race"]
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
