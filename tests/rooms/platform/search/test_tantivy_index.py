"""The embedded index keeps the contract; what only it can get wrong: files, processes, versions, failing writers."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tantivy

from caasis.platform.search import EVERYTHING, Has
from caasis.platform.search.adapters.tantivy import TantivyIndex, open_reader
from caasis.platform.search.adapters.tantivy import writer as writing
from caasis.platform.search.adapters.tantivy.folder import WriterBusy
from caasis.platform.search.analysis import fold
from tests.rooms.platform.search.contract import ALL, ROOF, SearchContract
from tests.rooms.platform.search.documents import TODAY, document, id_of


@pytest.fixture
def index(tmp_path: Path) -> Iterator[TantivyIndex]:
    opened = TantivyIndex(tmp_path / "index", today=lambda: TODAY)
    yield opened
    opened.close()


class TestTantivyIndex(SearchContract):
    """The contract, over the fixture above."""


def test_every_substring_of_two_to_six_characters_is_found(index: TantivyIndex) -> None:
    sample = [
        *ALL,
        document("more", "未公開株の勧誘", "老人ホームの入居権を譲ってほしいと電話があり、ＡＴＭへ誘導された。"),
    ]
    index.upsert(sample)
    index.refresh()
    chosen = random.Random(7)
    for item in sample:
        for text in (item.title, item.body):
            for size in (2, 2, 2, 3, 4, 6):
                start = chosen.randrange(len(text) - min(size, len(text)) + 1)
                part = text[start : start + size]
                # A part that is all punctuation is no query; one at its edge would be folded away with it.
                if not fold(part).isalnum():
                    continue
                hits = {hit.id for hit in index.search(f"「{part}」", EVERYTHING, limit=100).hits}
                bare = {hit.id for hit in index.search(part, EVERYTHING, limit=100).hits}
                expected = {other.id for other in sample if part in other.title or part in other.body}
                assert hits == expected, part
                assert bare >= expected, part


def test_a_reader_sees_commits_of_another_index_object(tmp_path: Path) -> None:
    writer = TantivyIndex(tmp_path, today=lambda: TODAY)
    reader = open_reader(tmp_path)
    assert reader is open_reader(tmp_path)
    page = reader.search("屋根", EVERYTHING)
    assert page.hits == () and not page.complete
    writer.upsert([ROOF])
    writer.refresh()
    assert [hit.id for hit in reader.search("屋根", EVERYTHING).hits] == [ROOF.id]
    writer.delete([ROOF.id])
    writer.refresh()
    page = reader.search("屋根", EVERYTHING)
    assert page.hits == () and page.complete
    writer.close()


def test_one_writer_per_folder(tmp_path: Path) -> None:
    first, second = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    first.upsert([ROOF])
    with pytest.raises(WriterBusy):
        second.upsert([ROOF])
    first.close()
    second.upsert([ROOF])
    second.close()


def test_years_lie_in_partitions_of_their_own(index: TantivyIndex) -> None:
    days = [date(year, 3, 31) for year in range(2018, 2027)]
    index.upsert([document(f"y{day}", "墓石", day=day) for day in days] + [document("t", "墓石", timeless=True)])
    index.refresh()
    # 31 March belongs to the fiscal year that began the year before; more years than writers are kept open.
    assert index.stats().partitions == {0: 1, **{day.year - 1: 1 for day in days}}
    assert len(index.search("墓石", EVERYTHING, years=None).hits) == 10


def test_sorted_by_date_older_years_are_not_looked_at(index: TantivyIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    from caasis.platform.search.adapters.tantivy import reader as reading

    index.upsert([document(f"n{n}", "墓石", day=date(2024 + n % 3, 5, 1)) for n in range(30)])
    index.refresh()
    looked = []
    original = reading.by_day

    def watched(*args: Any, **options: Any) -> Any:
        looked.append(args[0])
        return original(*args, **options)

    monkeypatch.setattr(reading, "by_day", watched)
    assert len(index.search("墓石", EVERYTHING, sort="newest", limit=5, count="none").hits) == 5
    assert len(looked) == 1
    index.search("墓石", EVERYTHING, sort="newest", limit=25, count="none")
    assert len(looked) == 4


def test_an_index_of_another_dictionary_or_schema_says_so(index: TantivyIndex, tmp_path: Path) -> None:
    index.upsert([ROOF])
    index.refresh()
    index.close()
    path = tmp_path / "index" / "state.json"
    state = json.loads(path.read_text())
    for name, value in (("dictionary", "core 20200101"), ("schema", 0)):
        path.write_text(json.dumps({**state, name: value}))
        other = TantivyIndex(tmp_path / "index", today=lambda: TODAY)
        assert ("dictionary" if name == "dictionary" else "schema") in other.needs_rebuild()
        assert not other.search("屋根", EVERYTHING).complete
        with pytest.raises(RuntimeError):
            other.upsert([ROOF])
        other.close()


def test_a_deleted_folder_is_noticed_by_an_open_reader(index: TantivyIndex, tmp_path: Path) -> None:
    index.upsert([ROOF])
    index.refresh()
    assert index.search("屋根", EVERYTHING).complete
    shutil.rmtree(tmp_path / "index")
    assert index.needs_rebuild()
    page = index.search("屋根", EVERYTHING)
    assert page.hits == () and not page.complete


def test_a_document_that_breaks_the_writer_takes_no_other_with_it(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = writing.build_document

    def mistyped(item: Any) -> tantivy.Document:
        built = original(item)
        if item.id == id_of("broken"):
            built.add_text("moment", "yesterday")
        return built

    index.upsert([document("broken", "墓石の古い版"), document("kept", "墓石の契約")])
    index.refresh()
    monkeypatch.setattr(writing, "build_document", mistyped)
    index.upsert([document("before", "墓石"), document("broken", "墓石"), document("behind", "墓石")])
    index.delete([id_of("kept")])
    index.refresh()
    assert {hit.id for hit in index.search("墓石", EVERYTHING).hits} == {id_of("before"), id_of("behind")}
    [row] = index.stats().quarantined
    assert row.id == id_of("broken") and row.reason.startswith("refused by the index")
    monkeypatch.undo()
    index.upsert([document("broken", "墓石")])
    index.refresh()
    assert len(index.search("墓石", EVERYTHING).hits) == 3 and index.stats().quarantined == ()


def test_a_disk_that_takes_nothing_quarantines_nothing(index: TantivyIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    index.upsert([ROOF])
    index.refresh()

    def full(partition: Any, operation: Any, *, replaces: bool) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_apply", full)
        with pytest.raises(OSError, match="No space"):
            index.delete([ROOF.id])
        with pytest.raises(OSError, match="No space"):
            index.upsert([document("one", "墓石"), ROOF])
    index.refresh()
    assert index.stats().quarantined == () and [hit.id for hit in index.search("", EVERYTHING).hits] == [ROOF.id]
    index.upsert([document("one", "墓石")])
    index.refresh()
    assert index.stats().documents == 2


def test_a_row_that_breaks_the_analysis_is_quarantined_without_its_text(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = writing.build_document

    def stumbling(item: Any) -> tantivy.Document:
        if item.id == id_of("broken"):
            raise RuntimeError(f"can't cut {item.title}")
        return original(item)

    monkeypatch.setattr(writing, "build_document", stumbling)
    index.upsert([document("broken", "秘密の墓石"), document("fine", "墓石")])
    index.refresh()
    assert [hit.id for hit in index.search("墓石", EVERYTHING).hits] == [id_of("fine")]
    [row] = index.stats().quarantined
    assert row.reason == "analysis failed: RuntimeError"


def test_a_text_and_a_query_of_a_million_characters(index: TantivyIndex) -> None:
    long = document("long", "長い記録", "墓石の代金を払った。" * 100_000 + "末尾の合言葉は葛󠄀城です。")
    index.upsert([long, document("short", "墓石")])
    index.refresh()
    assert index.stats().quarantined == ()
    assert [hit.id for hit in index.search("「合言葉は葛城」", EVERYTHING).hits] == [long.id]
    # What is asked for beyond the longest query is cut, without an error.
    assert {hit.id for hit in index.search("墓石" * 500_000, EVERYTHING).hits} <= {long.id, id_of("short")}
    assert {hit.id for hit in index.similar("墓石の代金を払った。" * 100_000, EVERYTHING)} == {long.id, id_of("short")}


def test_the_quarantine_survives_the_process(index: TantivyIndex, tmp_path: Path) -> None:
    wrong: Any = document("wrong")
    object.__setattr__(wrong, "title", 1)
    index.upsert([wrong])
    index.refresh()
    index.close()
    assert len(TantivyIndex(tmp_path / "index").stats().quarantined) == 1


def test_no_text_is_stored(index: TantivyIndex, tmp_path: Path) -> None:
    index.upsert([document("x", "墓石", "石材店との契約", centre="a")])
    index.refresh()
    folder = next((tmp_path / "index").glob("*/2026"))
    opened = tantivy.Index.open(str(folder))
    searcher = opened.searcher()
    [(_, address)] = searcher.search(tantivy.Query.all_query(), 5).hits
    assert searcher.doc(address).to_dict() == {"id": [id_of("x")], "kind": ["case"]}


_CHILD = """
import sys
from datetime import date
from pathlib import Path
from caasis.platform.search.adapters.tantivy import TantivyIndex
from tests.rooms.platform.search.documents import document
index = TantivyIndex(Path(sys.argv[1]))
number = 0
while True:
    for _ in range(20):
        index.upsert([document(f"k{number}", "墓石", day=date(2025 + number % 2, 5, 1))])
        number += 1
    index.refresh()
    print(number, flush=True)
"""


def test_kill_9_loses_no_commit(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    source = Path(__file__).parents[4]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(source / "src"), str(source)])}
    for commits in (2, 5):
        shutil.rmtree(folder, ignore_errors=True)
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert child.stdout is not None
        reported = [int(child.stdout.readline()) for _ in range(commits)]
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
        child.stdout.close()
        committed = int(rest[-1]) if rest else reported[-1]
        # The lock of the killed writer is gone, and its partitions open as they were at the last commit or later.
        survivor = TantivyIndex(folder)
        assert survivor.missing([id_of(f"k{number}") for number in range(committed)]) == []
        survivor.upsert([document("after", "墓石の後", kind="note")])
        survivor.refresh()
        assert len(survivor.search("", Has("kind", "note"), years=None).hits) == 1
        survivor.close()
