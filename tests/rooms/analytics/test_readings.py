"""What is read on the portal: counted before the kept pages, without keeping who read it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from caasis.analytics import reading
from caasis.analytics.models import ReaderDay, ReaderSalt, ReadingDay
from caasis.analytics.rules.readers import REGISTERS, Readings, Sketch
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import JST
from caasis.portal.measuring import ReaderCount, what_is_read

DAY = date(2026, 11, 28)


@pytest.mark.parametrize("people", [0, 1, 10, 500, 5_000, 100_000])
def test_a_sketch_counts_different_readers_to_a_few_in_a_hundred(people: int) -> None:
    draw = random.Random(people)
    sketch = Sketch()
    for _ in range(people):
        mark = draw.getrandbits(64)
        sketch.add(mark)
        sketch.add(mark)
    assert sketch.count() == pytest.approx(people, rel=0.06, abs=0.5)
    assert len(sketch.to_bytes()) == REGISTERS


def test_two_processes_together_count_everybody_once() -> None:
    draw = random.Random(1)
    marks = [draw.getrandbits(64) for _ in range(3_000)]
    one, two, both = Sketch(), Sketch(), Sketch()
    for number, mark in enumerate(marks):
        both.add(mark)
        if number < 2_000:
            one.add(mark)
        if number >= 1_000:
            two.add(mark)
    one.merge(Sketch(two.to_bytes()))
    assert one.count() == both.count()
    with pytest.raises(ValueError, match="4096 bytes"):
        Sketch(b"abc")


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/", ("page", "top")),
        ("/articles/F-1001/", ("article", "F-1001")),
        ("/en/articles/F-1001/", ("article", "F-1001")),
        ("/articles/F-1001/vote/", None),
        ("/desk/", None),
        ("/static/app/base.css", None),
        ("/articles/../", None),
    ],
)
def test_what_counts_as_read(path: str, read: tuple[str, str] | None) -> None:
    assert what_is_read(path) == read


class Site:
    """A counter before an application that answers everything, and what it has written down."""

    def __init__(self) -> None:
        self.written: list[Readings] = []
        self.broken = False
        self.status = 200
        self.found = b"3"
        self.today = datetime(2026, 11, 28, 12, tzinfo=JST)
        self.count = ReaderCount(
            self.answer, record=self.record, salt=lambda day: str(day).encode(), now=lambda: self.today, address=lambda s: s["client"][0]
        )

    def record(self, readings: Readings) -> None:
        if self.broken:
            raise OSError("no database")
        self.written.append(readings)

    async def answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": [(b"X-Found", self.found)]})
        await send({"type": "http.response.body", "body": b""})

    async def get(self, path: str, who: str = "192.0.2.1", browser: str = "Mozilla/5.0", **more: Any) -> None:
        async def send(message: dict[str, Any]) -> None:
            pass

        headers = [(b"user-agent", browser.encode()), *more.pop("headers", [])]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "client": (who, 1)}
        await self.count({**scope, **more}, None, send)

    async def ready(self) -> None:
        """Until the day's salt is there."""
        await self.get("/")
        for _ in range(3_000):
            if self.count._key:
                break
            await asyncio.sleep(0.01)
        await self.count.write()
        self.written.clear()


def test_readers_are_told_apart_and_machines_are_left_out() -> None:
    async def day() -> None:
        site = Site()
        await site.ready()
        for number in range(20):
            for _ in range(3):
                await site.get("/articles/F-1001/", who=f"192.0.2.{number}")
        await site.get("/articles/M-2001/")
        await site.get("/articles/F-1001/", browser="ExampleBot/1.0")
        await site.get("/articles/F-1001/", browser="")
        await site.get("/articles/F-1001/", headers=[(b"sec-purpose", b"prefetch;prerender")])
        site.status = 404
        await site.get("/articles/F-9999/")
        await site.count.close()
        (written,) = site.written
        assert dict(written.counts) == {("article", "F-1001"): 60, ("article", "M-2001"): 1}
        assert {group: sketch.count() for group, sketch in written.readers.items()} == {"site": 20, "faq": 20, "knowledge": 1}

    asyncio.run(day())


def test_searches_and_those_that_found_nothing() -> None:
    async def day() -> None:
        site = Site()
        await site.ready()
        await site.get("/search/")
        await site.get("/search/", query_string=b"q=a")
        site.found = b"0"
        await site.get("/search/", query_string=b"q=b")
        await site.count.write()
        (written,) = site.written
        assert dict(written.counts) == {("page", "search"): 3, ("search", ""): 2, ("search_empty", ""): 1}

    asyncio.run(day())


def test_nothing_is_lost_while_the_database_is_down_and_a_new_day_begins_anew() -> None:
    async def day() -> None:
        site = Site()
        await site.ready()
        site.broken = True
        await site.get("/")
        await site.count.write()
        await site.get("/")
        site.broken = False
        await site.count.write()
        assert [dict(one.counts) for one in site.written] == [{("page", "top"): 2}]

        await site.get("/")
        site.today += timedelta(days=1)
        await site.get("/")
        assert site.count._last_day is not None
        await site.count._last_day
        await site.count.close()
        assert [(one.day, dict(one.counts)) for one in site.written[1:]] == [
            (DAY, {("page", "top"): 1}),
            (DAY + timedelta(days=1), {("page", "top"): 1}),
        ]

    asyncio.run(day())


@pytest.fixture
def rows(db: None) -> Iterator[None]:
    yield


def readings(counts: dict[tuple[str, str], int], marks: dict[str, range]) -> Readings:
    made = Readings(DAY)
    made.counts.update(counts)
    for group, numbers in marks.items():
        sketch = made.readers.setdefault(group, Sketch())
        for number in numbers:
            sketch.add(random.Random(number).getrandbits(64))
    return made


def test_processes_add_up_in_the_database(rows: None) -> None:
    reading.record_readings(readings({("article", "F-1001"): 3, ("search", ""): 2}, {"faq": range(10), "site": range(12)}))
    reading.record_readings(readings({("article", "F-1001"): 4}, {"faq": range(5, 15), "site": range(12)}))
    reading.record_readings(readings({("useful", "F-1001"): 3, ("not_useful", "F-1001"): 1, ("search_empty", ""): 1}, {}))
    found = reading.usage(DAY, DAY, actor=SYSTEM)
    assert found.visitors == {"site": 12, "faq": 15, "knowledge": 0}
    assert (found.searches, found.empty_searches) == (2, 1)
    (used,) = found.articles
    assert (used.number, used.reads, used.useful, used.not_useful) == ("F-1001", 7, 3, 1)
    assert {code: value.value for code, value in found.metrics.items()} == {"K1": 15, "K2": 3, "K3": 0, "K15": None, "K19": None}
    assert reading.usage(DAY - timedelta(days=1), DAY - timedelta(days=1), actor=SYSTEM).articles == []


def test_a_salt_lives_for_its_day_alone(rows: None) -> None:
    first = reading.salt_of(DAY)
    assert reading.salt_of(DAY) == first and len(first) == 32
    assert reading.salt_of(DAY + timedelta(days=1)) != first
    assert list(ReaderSalt.objects.values_list("day", flat=True)) == [DAY + timedelta(days=1)]


def test_no_table_holds_an_address_or_a_mark(rows: None) -> None:
    reading.record_readings(readings({("page", "top"): 1}, {"site": range(1)}))
    assert {f.name for f in ReadingDay._meta.get_fields()} == {"id", "day", "what", "which", "times"}
    assert {f.name for f in ReaderDay._meta.get_fields()} == {"id", "day", "group", "sketch"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT octet_length(sketch) FROM analytics_reader_day")
        assert cursor.fetchall() == [(REGISTERS,)]
