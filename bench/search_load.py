"""Saving while people search: how long until a saved case is found, and what the searches cost meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import uuid4

from bench.installation import spread
from bench.search_corpus import TODAY, Told
from caasis.platform.search import Has, IndexEvent, SearchDocument
from caasis.platform.search.adapters.tantivy import TantivyIndex
from caasis.platform.search.indexer import Indexer
from caasis.platform.search.sources import EventSource, KindSource


class Saves:
    """An outbox and its rows in memory: what the indexer reads, without a database's share of the time."""

    def __init__(self, position: int) -> None:
        self._first = position
        self._events: list[IndexEvent] = []
        self._rows: dict[str, SearchDocument] = {}

    def save(self, told: Told) -> str:
        mark = str(uuid4())
        terms = {**told.terms, "mark": (mark,)}
        item = SearchDocument.of_day(
            id=mark, kind="case", title=told.title, body=told.body, day=TODAY, terms=terms
        )
        self._rows[item.id] = item
        self._events.append(IndexEvent(self._first + len(self._events) + 1, "case", item.id))
        return mark

    def remove_all(self) -> None:
        ids = list(self._rows)
        self._rows.clear()
        for id in ids:
            self._events.append(IndexEvent(self._first + len(self._events) + 1, "case", id))

    def caught_up(self, position: int) -> bool:
        return position >= self._first + len(self._events)

    def _read(self, after: int, limit: int) -> Sequence[IndexEvent]:
        return self._events[max(0, after - self._first) :][:limit]

    def _bounds(self) -> tuple[int, int]:
        return (self._first + 1, self._first + len(self._events))

    def indexer(self, index: TantivyIndex) -> Indexer:
        source = KindSource("case", self._build, self._no_ids, lambda ids: {})
        return Indexer(index, EventSource(self._read, self._bounds), {"case": source})

    def _build(self, ids: Sequence[str]) -> list[SearchDocument]:
        return [self._rows[id] for id in ids if id in self._rows]

    @staticmethod
    def _no_ids() -> Iterator[list[str]]:
        return iter(())


def under_load(
    index: TantivyIndex,
    reader: TantivyIndex,
    cases: Callable[[int], Told],
    search: Callable[[int], object],
    *,
    seconds: float,
    searchers: int = 16,
    saves_a_second: int = 20,
) -> dict[str, Any]:
    """`searchers` threads search without a pause while saves go in; each twentieth save is waited for."""
    index.finish_rebuild(["case"])
    saves = Saves(index.position())
    stop, done = threading.Event(), threading.Event()
    indexing = threading.Thread(target=saves.indexer(index).run, args=(stop,))
    indexing.start()
    found: list[float] = []
    lost = 0
    for number in range(20):
        taken = _until_found(saves, reader, cases(number))
        found.append(taken)
    times: list[float] = []
    lock = threading.Lock()

    def look(start: int) -> None:
        number = start
        while not done.is_set():
            began = time.perf_counter()
            search(number)
            with lock:
                times.append(time.perf_counter() - began)
            number += searchers

    threads = [threading.Thread(target=look, args=(start,)) for start in range(searchers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    sent = 0
    busy: list[float] = []
    while time.monotonic() - began < seconds:
        sent += 1
        if sent % 20 == 0:
            taken = _until_found(saves, reader, cases(sent))
            lost += taken > 30
            busy.append(taken)
        else:
            saves.save(cases(sent))
        time.sleep(max(0.0, began + sent / saves_a_second - time.monotonic()))
    elapsed = time.monotonic() - began
    done.set()
    for thread in threads:
        thread.join()
    # The index is as before: what was saved is taken out again.
    saves.remove_all()
    while not saves.caught_up(index.position()):
        time.sleep(0.05)
    stop.set()
    indexing.join()
    return {
        "save_to_found_quiet": spread(found),
        "save_to_found_under_load": spread(busy),
        "saves_not_found": lost,
        "saves_per_second": round(sent / elapsed, 1),
        "searches_per_second": round(len(times) / elapsed, 1),
        "search_under_load": spread(times),
        "searchers": searchers,
    }


def _until_found(saves: Saves, reader: TantivyIndex, told: Told) -> float:
    began = time.perf_counter()
    mark = saves.save(told)
    while not reader.search("", Has("mark", mark), limit=1, count="none").hits:
        if time.perf_counter() - began > 30:
            break
        time.sleep(0.005)
    return time.perf_counter() - began
