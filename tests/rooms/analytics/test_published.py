"""What is published: whole months, and nobody can be picked out, not even with the sum."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

import pytest

from caasis.analytics.published import PublishedCell, forget_published, protect, published_year, published_years
from tests.rooms.analytics.facts import fact, save

TODAY = date(2026, 11, 28)


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    forget_published()
    yield
    forget_published()


def cells(*counts: int) -> list[PublishedCell]:
    return [PublishedCell(str(index), cases) for index, cases in enumerate(counts)]


def shown(*counts: int) -> list[int | None]:
    return [cell.cases for cell in protect(cells(*counts))]


def test_large_cells_and_empty_ones_are_shown() -> None:
    assert shown(50, 3, 0, 20) == [50, 3, 0, 20]


def test_a_small_cell_takes_others_with_it() -> None:
    assert shown(50, 2, 20) == [50, None, None]
    assert shown(50, 1, 1, 20) == [50, None, None, None]
    assert shown(50, 1, 3, 4, 20) == [50, None, None, None, None]


def test_where_nothing_else_is_left_everything_is_hidden() -> None:
    assert shown(2) == [None]
    assert shown(2, 3) == [None, None]


def test_what_is_missing_is_never_one_small_cell() -> None:
    draw = random.Random(7)
    for _ in range(2_000):
        counts = [draw.choice([0, 1, 2, 3, 4, 9, 30]) for _ in range(draw.randrange(1, 9))]
        hidden = [count for count, cases in zip(counts, shown(*counts), strict=True) if cases is None]
        assert all(cases is None or not 0 < cases < 3 for cases in shown(*counts))
        if hidden and len(hidden) < len([count for count in counts if count]):
            assert len(hidden) >= 2 and sum(hidden) >= 10 and max(hidden) >= 3
        assert bool(hidden) == any(0 < count < 3 for count in counts)


@pytest.mark.django_db
def test_only_whole_months_are_counted() -> None:
    save([fact(date(2026, 10, 31)) for _ in range(12)] + [fact(date(2026, 11, 1)) for _ in range(40)])
    figures = published_year(2026, TODAY)
    assert figures.end == date(2026, 10, 31) and figures.total == 12
    assert [cell.key for cell in figures.tables["month"]][-1] == "2026-10-01"
    assert [cell.cases for cell in figures.tables["month"]] == [0, 0, 0, 0, 0, 0, 12]


@pytest.mark.django_db
def test_products_are_counted_by_class() -> None:
    save([fact(date(2026, 5, 1), product=code) for code in ("P0210", "P021001", "P02", "P0302") for _ in range(5)])
    figures = published_year(2026, TODAY)
    assert {cell.key: cell.cases for cell in figures.tables["product"]} == {"P02": 15, "P03": 5}


@pytest.mark.django_db
def test_a_year_of_few_cases_shows_no_number_at_all() -> None:
    save([fact(date(2026, 5, 1)) for _ in range(4)])
    figures = published_year(2026, TODAY)
    assert figures.total is None
    assert all(cell.cases is None for table in figures.tables.values() for cell in table)


@pytest.mark.django_db
def test_years_are_those_with_whole_months() -> None:
    assert published_years(TODAY) == []
    save([fact(date(2025, 3, 31)), fact(date(2026, 11, 20))])
    assert published_years(TODAY) == [2026, 2025, 2024]
    assert published_years(date(2026, 4, 15)) == [2025, 2024]
    save([fact(date(2010, 1, 1))])
    assert published_years(TODAY) == [2026, 2025, 2024, 2023, 2022]


@pytest.mark.django_db
def test_samples_are_named_as_such() -> None:
    save([fact(date(2026, 5, 1)) for _ in range(12)])
    assert not published_year(2026, TODAY).has_samples
    forget_published()
    save([fact(date(2026, 5, 1), is_demo=True)])
    assert published_year(2026, TODAY).has_samples
