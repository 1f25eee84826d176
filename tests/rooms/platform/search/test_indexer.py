"""The indexer against a small outbox and table: follows, quarantines, rebuilds, resumes, waits failures out."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from caasis.platform.search import EVERYTHING, IndexEvent, SearchDocument
from caasis.platform.search.adapters.memory import MemoryIndex
from caasis.platform.search.adapters.tantivy import TantivyIndex
from caasis.platform.search.indexer import Indexer
from caasis.platform.search.ports import ProjectedIndex
from caasis.platform.search.sources import EventSource, KindSource
from tests.rooms.platform.search.documents import TODAY, document, id_of


class Away(Exception):
    """The database can't be reached."""


class Table:
    """Rows of one kind and the outbox rows that tell of their changes."""

    def __init__(self, kind: str = "case") -> None:
        self.kind = kind
        self.rows: dict[str, SearchDocument] = {}
        self.outbox: list[IndexEvent] = []
        self.broken: set[str] = set()
        self.away = 0
        self.after_portion: Any = None

    def save(self, name: str, title: str) -> str:
        item = document(name, title, kind=self.kind)
        self.rows[item.id] = item
        self._tell(item.id)
        return item.id

    def remove(self, name: str) -> None:
        del self.rows[id_of(name)]
        self._tell(id_of(name))

    def _tell(self, id: str) -> None:
        last = self.outbox[-1].position if self.outbox else 0
        self.outbox.append(IndexEvent(last + 1, self.kind, id))

    def read(self, after_position: int, limit: int) -> Sequence[IndexEvent]:
        return [event for event in self.outbox if event.position > after_position][:limit]

    def bounds(self) -> tuple[int, int] | None:
        return (self.outbox[0].position, self.outbox[-1].position) if self.outbox else None

    def build(self, ids: Sequence[str]) -> list[SearchDocument]:
        if self.away:
            self.away -= 1
            raise Away
        if self.broken.intersection(ids):
            raise KeyError("some private text")
        return [self.rows[id] for id in ids if id in self.rows]

    def all_ids(self) -> Iterator[list[str]]:
        ids = list(self.rows)
        for start in range(0, len(ids), 2):
            yield ids[start : start + 2]
            if self.after_portion:
                self.after_portion()

    def source(self) -> KindSource:
        return KindSource(self.kind, self.build, self.all_ids, lambda ids: {})

    def events(self) -> EventSource:
        return EventSource(self.read, self.bounds, (Away,))


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture(params=["memory", "tantivy"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProjectedIndex]:
    if request.param == "memory":
        yield MemoryIndex(today=lambda: TODAY)
    else:
        opened = TantivyIndex(tmp_path / "index", today=lambda: TODAY)
        yield opened
        opened.close()


def work(index: ProjectedIndex, *tables: Table, stop: threading.Event | None = None) -> None:
    """Step until there is nothing more to do."""
    indexer = Indexer(index, tables[0].events(), {table.kind: table.source() for table in tables})
    while indexer.step(stop or threading.Event()):
        pass


def found(index: ProjectedIndex, query: str = "墓石") -> set[str]:
    return {hit.id for hit in index.search(query, EVERYTHING, limit=100).hits}


def test_saved_changed_and_removed_rows_are_followed(index: ProjectedIndex, table: Table) -> None:
    work(index, table)
    one, two = table.save("one", "墓石"), table.save("two", "墓石")
    work(index, table)
    assert found(index) == {one, two} and index.position() == 2
    table.save("one", "外壁")
    table.remove("two")
    work(index, table)
    assert found(index) == set() and found(index, "外壁") == {one}
    assert index.position() == 4


def test_rows_that_were_there_before_the_index_are_built(index: ProjectedIndex, table: Table) -> None:
    ids = {table.save(f"n{number}", "墓石") for number in range(5)}
    work(index, table)
    assert found(index) == ids
    assert index.search("墓石", EVERYTHING).complete


def test_a_crash_before_the_position_is_written_applies_events_again(
    index: ProjectedIndex, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(index, table)
    one = table.save("one", "墓石")

    def crash(position: int) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(index, "set_position", crash)
        with pytest.raises(SystemExit):
            work(index, table)
    assert index.position() == 0 and found(index) == {one}
    table.remove("one")
    work(index, table)
    assert index.position() == 2 and found(index) == set()


def test_a_row_that_cannot_be_built_is_quarantined_and_its_old_version_withdrawn(
    index: ProjectedIndex, table: Table
) -> None:
    work(index, table)
    bad, good = table.save("bad", "墓石"), table.save("good", "墓石")
    work(index, table)
    table.broken = {bad}
    table.save("bad", "墓石の新しい版")
    other = table.save("other", "墓石")
    work(index, table)
    assert found(index) == {good, other}
    [row] = index.stats().quarantined
    assert (row.id, row.kind, row.reason) == (bad, "case", "building failed: KeyError")
    table.broken = set()
    table.save("bad", "墓石")
    work(index, table)
    assert found(index) == {good, other, bad} and index.stats().quarantined == ()


def test_a_database_that_is_away_quarantines_nothing(index: ProjectedIndex, table: Table) -> None:
    work(index, table)
    one = table.save("one", "墓石")
    table.away = 1
    with pytest.raises(Away):
        work(index, table)
    assert index.position() == 0 and index.stats().quarantined == ()
    work(index, table)
    assert found(index) == {one}


def test_a_deleted_index_is_rebuilt_and_reported_incomplete_meanwhile(tmp_path: Path, table: Table) -> None:
    folder = tmp_path / "index"
    index = TantivyIndex(folder, today=lambda: TODAY)
    ids = {table.save(f"n{number}", "墓石") for number in range(6)}
    work(index, table)
    assert found(index) == ids
    shutil.rmtree(folder)
    reader = TantivyIndex(folder, today=lambda: TODAY)
    assert not reader.search("墓石", EVERYTHING).complete
    meanwhile: list[tuple[int, bool]] = []

    def look() -> None:
        page = reader.search("墓石", EVERYTHING)
        meanwhile.append((len(page.hits), page.complete))

    table.after_portion = look
    work(index, table)
    assert meanwhile == [(2, False), (4, False), (6, False)]
    page = reader.search("墓石", EVERYTHING)
    assert len(page.hits) == 6 and page.complete
    index.close()


def test_an_index_of_another_dictionary_is_rebuilt(tmp_path: Path, table: Table) -> None:
    index = TantivyIndex(tmp_path, today=lambda: TODAY)
    one = table.save("one", "墓石")
    work(index, table)
    index.close()
    state = tmp_path / "state.json"
    before = json.loads(state.read_text())
    state.write_text(json.dumps({**before, "dictionary": "core 20200101"}))
    work(index, table)
    after = json.loads(state.read_text())
    assert after["dictionary"] == before["dictionary"] and after["generation"] == before["generation"] + 1
    assert found(index) == {one} and not (tmp_path / str(before["generation"])).exists()
    index.close()


def test_rows_saved_during_a_rebuild_are_found_before_it_ends(index: ProjectedIndex, table: Table) -> None:
    for number in range(6):
        table.save(f"n{number}", "墓石")
    seen: list[set[str]] = []

    def save_one() -> None:
        table.after_portion = lambda: seen.append(found(index, "外壁"))
        table.save("new", "外壁")

    table.after_portion = save_one
    work(index, table)
    assert seen[0] == {id_of("new")}
    assert len(found(index)) == 6 and found(index, "外壁") == {id_of("new")}


def test_a_rebuild_that_was_stopped_goes_on_where_it_was(index: ProjectedIndex, table: Table) -> None:
    for number in range(6):
        table.save(f"n{number}", "墓石")
    # They were saved long ago: the outbox no longer tells of them.
    table.outbox.clear()
    stop = threading.Event()
    table.after_portion = stop.set
    indexer = Indexer(index, table.events(), {"case": table.source()})
    indexer.step(stop)
    assert len(found(index)) == 2 and index.is_rebuilding()
    built: list[str] = []
    original = table.build
    table.build = lambda ids: (built.extend(ids), original(ids))[1]  # type: ignore[method-assign]
    table.after_portion = None
    work(index, table)
    assert len(found(index)) == 6 and not index.is_rebuilding()
    assert len(built) == 4


def test_a_new_kind_is_added_to_what_is_there(index: ProjectedIndex, table: Table) -> None:
    one = table.save("one", "墓石")
    work(index, table)
    articles = Table("article")
    item = replace(document("article", "墓石の記事"), kind="article")
    articles.rows[item.id] = item
    work(index, table, articles)
    assert found(index) == {one, item.id} and index.kinds() == {"case", "article"}


@pytest.mark.parametrize("case", ["purged", "restored"])
def test_events_that_are_lost_lead_to_a_rebuild(index: ProjectedIndex, table: Table, case: str) -> None:
    work(index, table)
    for number in range(4):
        table.save(f"n{number}", "墓石")
    work(index, table)
    table.rows.pop(id_of("n0"))
    hidden = table.save("n9", "墓石")
    if case == "purged":
        table.outbox = [IndexEvent(40, "case", hidden)]
    else:
        table.outbox = table.outbox[:2]
    work(index, table)
    assert found(index) == set(table.rows)


def test_events_of_other_kinds_only_move_the_position(index: ProjectedIndex, table: Table) -> None:
    work(index, table)
    table.outbox.append(IndexEvent(1, "", id_of("x")))
    table.outbox.append(IndexEvent(2, "call", id_of("y")))
    work(index, table)
    assert index.position() == 2 and index.stats().documents == 0


def test_the_process_follows_waits_failures_out_and_stops(
    index: ProjectedIndex, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caasis.platform.search.indexer._PAUSES", (0.01,))
    stop = threading.Event()
    table.away = 2
    one = table.save("one", "墓石")
    thread = threading.Thread(
        target=Indexer(index, table.events(), {"case": table.source()}, interval=0.02).run, args=(stop,)
    )
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while found(index) != {one} and time.monotonic() < deadline:
            time.sleep(0.01)
        assert found(index) == {one}
        two = table.save("two", "墓石")
        while found(index) != {one, two} and time.monotonic() < deadline:
            time.sleep(0.01)
        assert found(index) == {one, two}
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
