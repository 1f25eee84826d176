"""An index that is deleted, damaged or can't be written to while the system runs: noticed, said, built anew."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from caasis.platform.search import EVERYTHING, SearchPage
from caasis.platform.search.adapters.tantivy import TantivyIndex
from caasis.platform.search.adapters.tantivy import folder as folders
from caasis.platform.search.adapters.tantivy.folder import IndexFolder, WriterBusy
from caasis.platform.search.indexer import Indexer
from tests.rooms.platform.search.contract import ROOF
from tests.rooms.platform.search.documents import TODAY
from tests.rooms.platform.search.test_indexer import Table, found, work


class Running:
    """An indexer in a thread, and a reader as another process has one."""

    def __init__(self, root: Path, table: Table) -> None:
        self.root, self.table = root, table
        self.writer = TantivyIndex(root, today=lambda: TODAY)
        self.reader = TantivyIndex(root, today=lambda: TODAY)
        self.stop = threading.Event()
        source = replace(table.source(), count=lambda: len(table.rows))
        indexer = Indexer(self.writer, table.events(), {"case": source}, interval=0.01)
        self.thread = threading.Thread(target=indexer.run, args=(self.stop,))
        self.thread.start()

    def search(self) -> SearchPage:
        return self.reader.search("墓石", EVERYTHING, limit=100)

    def until(self, holds: Callable[[SearchPage], bool]) -> SearchPage:
        deadline = time.monotonic() + 30
        while not holds(page := self.search()):
            assert time.monotonic() < deadline, "it didn't happen in 30 seconds"
            time.sleep(0.005)
        return page


def remove(path: Path) -> None:
    """Gone at once: the indexer builds anew faster than a folder is emptied file by file."""
    home = next(parent for parent in path.resolve().parents if parent.name == "home")
    aside = path.resolve().rename(home / f"removed-{time.monotonic_ns()}")
    shutil.rmtree(aside) if aside.is_dir() else aside.unlink()


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr("caasis.platform.search.indexer._PAUSES", (0.01,))
    table = Table()
    for number in range(20):
        table.save(f"n{number}", "墓石")
    made = Running(tmp_path / "home" / "index", table)
    made.until(lambda page: page.complete and len(page.hits) == 20)
    yield made
    made.table.after_portion = None
    made.stop.set()
    made.thread.join(20)
    assert not made.thread.is_alive()
    made.writer.close()


@pytest.mark.parametrize("gone", [".", "state.json", "1", "1/2026", "1/2026/meta.json"])
def test_what_is_deleted_is_built_anew_while_every_answer_says_so(running: Running, gone: str) -> None:
    step = threading.Semaphore(0)
    running.table.after_portion = lambda: step.acquire(timeout=10)
    remove(running.root / gone)
    assert not running.search().complete, "the very next answer says it"
    seen = []
    for number in range(1, 11):
        # The rebuild stands still after each portion of two, so no number is passed over between two looks.
        seen.append(running.until(lambda page: page.complete or len(page.hits) == 2 * number))  # noqa: B023
        step.release()
    assert [page.complete for page in seen] == [False] * 10
    progress = [page.progress for page in seen if page.progress is not None]
    assert progress == sorted(progress) and 0 <= progress[0] < progress[-1] <= 99
    page = running.until(lambda page: page.complete)
    assert len(page.hits) == 20 and page.progress is None
    running.table.save("later", "墓石")
    running.until(lambda page: page.complete and len(page.hits) == 21)


def test_deleted_again_in_the_middle_of_the_rebuild(running: Running) -> None:
    times: list[None] = []

    def delete() -> None:
        if len(times) < 3:
            times.append(None)
            remove(running.root)

    running.table.after_portion = delete
    remove(running.root)
    running.until(lambda page: len(times) == 3 and page.complete)
    assert len(running.search().hits) == 20


def test_damaged_files_are_built_anew_when_the_indexer_starts(tmp_path: Path) -> None:
    table = Table()
    one = table.save("one", "墓石")
    first = TantivyIndex(tmp_path, today=lambda: TODAY)
    work(first, table)
    first.close()
    (tmp_path / "1" / "2026" / "meta.json").write_text("{", encoding="utf-8")
    second = TantivyIndex(tmp_path, today=lambda: TODAY)
    assert not second.search("墓石", EVERYTHING).complete
    two = table.save("two", "墓石")
    with pytest.raises(ValueError, match=r".+"):
        work(second, table)
    work(second, table)
    assert found(second) == {one, two} and second.search("", EVERYTHING).complete
    second.close()


def test_a_writer_whose_folder_was_deleted_holds_no_lock_that_others_cannot_see(tmp_path: Path) -> None:
    first, other = IndexFolder(tmp_path / "index"), IndexFolder(tmp_path / "index")
    first.lock()
    shutil.rmtree(tmp_path / "index")
    other.lock()
    with pytest.raises(WriterBusy):
        first.lock()
    other.unlock()
    first.lock()
    first.unlock()


def test_similar_cases_can_tell_that_the_index_is_incomplete(running: Running) -> None:
    assert running.reader.readiness().complete
    running.stop.set()
    running.thread.join(20)
    shutil.rmtree(running.root)
    ready = running.reader.readiness()
    assert not ready.complete and ready.progress is None


@pytest.mark.parametrize("fault", ["read only", "full"])
def test_a_folder_that_takes_nothing_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    index = TantivyIndex(tmp_path, today=lambda: TODAY)
    index.upsert([ROOF])
    index.refresh()
    folder = IndexFolder(tmp_path)
    assert folder.trouble() == ""

    def refuse(*args: object, **options: object) -> None:
        raise OSError(28 if fault == "full" else 30, os.strerror(28 if fault == "full" else 30))

    monkeypatch.setattr(folders.IndexFolder, "_replace", refuse)
    assert folder.trouble() == fault
    # What is there is found all the same.
    assert len(index.search("屋根瓦", EVERYTHING).hits) == 1
    index.close()


def test_a_disk_with_no_room_for_merging_is_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_LEAST_FREE", 1 << 60)
    assert IndexFolder(tmp_path).trouble() == "full"
    assert IndexFolder(tmp_path / "nothing").trouble() == ""
