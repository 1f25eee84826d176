from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.japanese import (
    MAX_YEN,
    format_date_ja,
    format_date_near,
    format_yen,
    normalise_phone,
    parse_japanese_date,
    parse_yen,
)

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026年11月3日", date(2026, 11, 3)),
        ("西暦２０２６年１１月３日", date(2026, 11, 3)),
        ("2026/11/3", date(2026, 11, 3)),
        ("2026-11-03", date(2026, 11, 3)),
        ("2026.11.3（火）", date(2026, 11, 3)),
        ("20261103", date(2026, 11, 3)),
        ("令和8年11月3日", date(2026, 11, 3)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("㋿8年11月3日", date(2026, 11, 3)),
        ("R8.11.3", date(2026, 11, 3)),
        ("r8/11/3", date(2026, 11, 3)),
        ("Ｈ３１．４．３０", date(2019, 4, 30)),
        ("平成32年1月5日", date(2020, 1, 5)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("令和八年十一月三日", date(2026, 11, 3)),
        ("二〇二六年十一月二十日", date(2026, 11, 20)),
        ("11月3日", date(2026, 11, 3)),
        ("１１／３", date(2026, 11, 3)),
        ("11/21（土）", TODAY),
        ("11月14日 土曜日", date(2026, 11, 14)),
        ("12月3日", date(2025, 12, 3)),
        ("2月29日", date(2024, 2, 29)),
        ("今日", TODAY),
        ("きのう", date(2026, 11, 20)),
        ("おととい", date(2026, 11, 19)),
        ("10日前", date(2026, 11, 11)),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, expected: date) -> None:
    assert parse_japanese_date(text, TODAY) == expected


@pytest.mark.parametrize(
    "text",
    ["", "そのうち", "2026年13月1日", "2026/2/30", "令和元年4月1日", "13月1日", "2月30日", "11月", "100000/1/1", "日"],
)
def test_what_names_no_day_is_none(text: str) -> None:
    assert parse_japanese_date(text, TODAY) is None


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_formatted_date_reads_back(day: date, today: date) -> None:
    assert parse_japanese_date(format_date_ja(day, with_year=True), today) == day
    read = parse_japanese_date(format_date_ja(day), today)
    assert read is not None
    assert read <= today
    assert (read.month, read.day) == (day.month, day.day)
    assert today - read < timedelta(days=8 * 366 + 1)


def test_a_date_shows_its_weekday() -> None:
    assert format_date_ja(TODAY) == "11月21日（土）"
    assert format_date_ja(TODAY, with_year=True) == "2026年11月21日（土）"
    assert format_date_near(TODAY, date(2026, 1, 1)) == "11月21日（土）"
    assert format_date_near(TODAY, date(2027, 1, 1)) == "2026年11月21日（土）"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3万8千円", 38_000),
        ("1,480,000", 1_480_000),
        ("148万", 1_480_000),
        ("１２３円", 123),
        ("￥1,480,000-", 1_480_000),
        ("1.5億円", 150_000_000),
        ("1億2千3百万円", 123_000_000),
        ("三万八千円", 38_000),
        ("十万円", 100_000),
        ("千五百円", 1_500),
        ("2千30円", 2_030),
        ("約50万円くらい", 500_000),
        ("3万8円", 30_008),
        ("1万500", 10_500),
        ("0", 0),
        ("〇円", 0),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, expected: int) -> None:
    assert parse_yen(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "円",
        "高い",
        "3万8",
        "1,48",
        "-500",
        "3万〜5万",
        "万",
        "十千円",
        "3千5千円",
        "1.5円",
        "億万円",
        "3.8.1万",
        "9" * 20,
        "5万高い",
    ],
)
def test_what_names_no_single_amount_is_none(text: str) -> None:
    assert parse_yen(text) is None


@given(st.integers(0, MAX_YEN))
def test_a_formatted_amount_reads_back(amount: int) -> None:
    assert parse_yen(format_yen(amount)) == amount
    assert parse_yen(str(amount)) == amount


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03-1234-5678", "+81312345678"),
        ("０３（１２３４）５６７８", "+81312345678"),
        ("03ー1234ー5678", "+81312345678"),
        ("(03) 1234 5678", "+81312345678"),
        ("TEL：03-1234-5678 内線12", "+81312345678"),
        ("+81 (0)3-1234-5678", "+81312345678"),
        ("+81-3-1234-5678", "+81312345678"),
        ("81 3 1234 5678", "+81312345678"),
        ("0081-3-1234-5678", "+81312345678"),
        ("090-0000-0000", "+819000000000"),
        ("05012345678", "+815012345678"),
        ("0120-000-000", "+81120000000"),
        ("0800-000-0000", "+818000000000"),
        ("+1 202 555 0100", "+12025550100"),
    ],
)
def test_phone_numbers_become_e164(text: str, expected: str) -> None:
    assert normalise_phone(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "188",
        "110",
        "090-1234-567",
        "03-1234-56789",
        "0012345678",
        "12345678",
        "非通知",
        "+8190123",
        "+123",
        "2026/11/21",
    ],
)
def test_what_is_no_subscriber_number_is_none(text: str) -> None:
    assert normalise_phone(text) is None


@given(st.from_regex(r"0(?:[789]0[0-9]{8}|3[0-9]{8})", fullmatch=True))
def test_every_way_of_writing_a_number_gives_the_same_form(digits: str) -> None:
    expected = f"+81{digits[1:]}"
    full_width = digits.translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)})
    for written in (
        digits,
        full_width,
        f"+81{digits[1:]}",
        f"+81(0){digits[1:]}",
        f"{digits[:3]}-{digits[3:7]}-{digits[7:]}",
    ):
        assert normalise_phone(written) == expected
    assert normalise_phone(expected) == expected
