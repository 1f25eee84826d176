from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.calendar import (
    fiscal_year,
    holiday_name,
    is_business_day,
    is_holiday,
    last_business_day_until,
    next_business_day,
)

DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))


def test_holidays_have_names() -> None:
    assert holiday_name(date(2026, 11, 23)) == "勤労感謝の日"
    assert is_holiday(date(2026, 11, 23))
    assert not is_holiday(date(2026, 11, 21))
    # The Tuesday between two holidays of September 2026 is a holiday itself (国民の祝日に関する法律 3条3項).
    assert is_holiday(date(2026, 9, 22))
    # 3 May 2026 is a Sunday, so its substitute falls behind the two following holidays (3条2項).
    assert is_holiday(date(2026, 5, 6))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), False),
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2027, 1, 1), False),
        (date(2025, 1, 3), False),
        (date(2027, 1, 4), True),
    ],
)
def test_public_offices_close_on_weekends_holidays_and_at_new_year(day: date, works: bool) -> None:
    assert is_business_day(day) is works


def test_the_business_days_around_a_long_weekend() -> None:
    assert next_business_day(date(2026, 11, 20)) == date(2026, 11, 24)
    assert last_business_day_until(date(2026, 11, 23)) == date(2026, 11, 20)
    assert last_business_day_until(date(2026, 11, 20)) == date(2026, 11, 20)


@given(DAYS)
def test_next_and_last_business_day_enclose_closed_days_only(day: date) -> None:
    before, after = last_business_day_until(day), next_business_day(day)
    assert before <= day < after
    assert is_business_day(before)
    assert is_business_day(after)
    between = (before + timedelta(days=step) for step in range(1, (after - before).days))
    assert not any(is_business_day(inner) for inner in between if inner != day)


def test_the_fiscal_year_starts_on_the_first_of_april() -> None:
    assert fiscal_year(date(2026, 3, 31)) == 2025
    assert fiscal_year(date(2026, 4, 1)) == 2026
