"""Stretches cover every day once; a search that stops early says so and misses nothing that is newer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caasis.platform.search import EVERYTHING, Has
from caasis.platform.search.adapters.tantivy import TantivyIndex, answers
from caasis.platform.search.adapters.tantivy.stretches import Span, stretches
from caasis.platform.search.ports import COUNT_CAP
from tests.rooms.platform.search.documents import TODAY, document

DAYS = st.integers(0, 400)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 50_000), DAYS), min_size=1, max_size=4), st.integers(1, 10_000), st.booleans()
)
def test_every_day_is_in_exactly_one_stretch(years: list[tuple[int, int]], target: int, newest_first: bool) -> None:
    spans = [
        Span(2026 - number, matches, date(2026 - number, 1, 1), date(2026 - number, 1, 1) + timedelta(days=length % 365))
        for number, (matches, length) in enumerate(years)
    ]
    spans = spans if newest_first else spans[::-1]
    pieces = [piece for stretch in stretches(spans, target, newest_first=newest_first) for piece in stretch]
    for span in spans:
        mine = [piece for piece in pieces if piece.year == span.year]
        covered = [
            day
            for piece in mine
            for day in _days(piece.first or span.first, piece.last or span.last)
        ]
        assert sorted(covered) == list(_days(span.first, span.last))
        # Documents of days that nobody expects are in an outermost piece.
        assert sum(piece.first is None for piece in mine) == sum(piece.last is None for piece in mine) == 1
    starts = [piece.first or next(span.first for span in spans if span.year == piece.year) for piece in pieces]
    assert starts == sorted(starts, reverse=newest_first)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def test_rare_matches_are_one_stretch() -> None:
    spans = [Span(2026, 10, date(2026, 4, 1), TODAY), Span(2025, 20, date(2025, 4, 1), date(2026, 3, 31))]
    assert len(list(stretches(spans, 1_000))) == 1


@pytest.fixture
def index(tmp_path: Path) -> Iterator[TantivyIndex]:
    opened = TantivyIndex(tmp_path, today=lambda: TODAY)
    made = [
        document(
            f"d{number}",
            "墓石" if number % 7 else "墓石の墓石",
            day=TODAY - timedelta(days=number % 900),
            centre=("a", "b")[number % 2],
        )
        for number in range(2_700)
    ]
    opened.upsert(made)
    opened.refresh()
    yield opened
    opened.close()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop after few matches, so that a small index shows what a large one does."""
    for name, value in (("_FIRST_RANKED", 90), ("_RANKED", 60), ("_FIRST_DATED", 50), ("_FIRST_COUNTED", 200), ("_COUNTED", 100)):
        monkeypatch.setattr(answers, name, value)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_sorted_by_day_the_order_is_the_same_with_and_without_stopping(
    index: TantivyIndex, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_pages() -> list[str]:
        ids: list[str] = []
        cursor = None
        for _ in range(12):
            page = index.search("墓石", Has("centre", "a"), sort=sort, limit=100, cursor=cursor)  # type: ignore[arg-type]
            ids += [hit.id for hit in page.hits]
            cursor = page.cursor
        return ids

    early = all_pages()
    monkeypatch.setattr(answers, "_FIRST_DATED", 10**9)
    assert early == all_pages() and len(set(early)) == 1_200


@pytest.mark.usefixtures("eager")
def test_by_relevance_the_newest_matches_are_ranked_and_a_filter_that_lets_little_through_widens_the_look(
    index: TantivyIndex,
) -> None:
    page = index.search("墓石", EVERYTHING, limit=100)
    assert page.count is not None and page.count.value == COUNT_CAP and not page.count.exact
    assert all(hit.day > TODAY - timedelta(days=300) for hit in page.hits)
    # Those that say it twice come first, within what was looked at.
    assert page.hits[0].score > page.hits[-1].score
    exact = index.search("墓石", EVERYTHING, count="exact").count
    assert exact is not None and exact.value == 2_700 and exact.exact
    rare = index.search("墓石の墓石", Has("centre", "b"), limit=100, count="exact")
    assert rare.count is not None and rare.count.exact


@pytest.mark.usefixtures("eager")
def test_facets_say_in_how_many_matches_they_were_counted(index: TantivyIndex) -> None:
    page = index.search("墓石", EVERYTHING, facets=("centre",))
    assert page.facets_of is not None and 100 <= page.facets_of < 2_700
    assert sum(page.facets["centre"].values()) == page.facets_of


def test_facets_of_few_matches_are_exact(index: TantivyIndex) -> None:
    page = index.search("墓石の墓石", EVERYTHING, facets=("centre",), count="exact")
    assert page.facets_of is None and page.count is not None
    assert sum(page.facets["centre"].values()) == page.count.value
