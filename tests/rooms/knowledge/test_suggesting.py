"""What may be meant while somebody types: rules on plain titles."""

from __future__ import annotations

import pytest

from caasis.knowledge.rules.suggesting import Entry, SuggestionIndex, key_of, nearly_in

TITLES = (
    "定期購入をやめたい",
    "「お試し」のつもりが定期購入だった",
    "ネット通販で偽物が届いた",
    "クレジットカードの心当たりのない請求",
    "訪問販売で契約した。クーリング・オフしたい",
    "賃貸アパートの退去費用が高すぎる",
)


@pytest.fixture
def index() -> SuggestionIndex:
    return SuggestionIndex(Entry(title, title, ["ていき", "サブスク"] if title == TITLES[0] else []) for title in TITLES)


def found(index: SuggestionIndex, query: str) -> list[object]:
    return [hit.id for hit in index.find(query, 8)]


def test_titles_that_begin_so_come_before_those_that_hold_it(index: SuggestionIndex) -> None:
    assert found(index, "定期購入") == [TITLES[0], TITLES[1]]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("ｸﾚｼﾞｯﾄ", TITLES[3]),
        ("くれじっとかーど", TITLES[3]),
        ("クーリングオフ", TITLES[4]),
        ("サブスク", TITLES[0]),
        ("ＮＥＴ", None),
        ("ねっと通販", TITLES[2]),
        ("てい", TITLES[0]),
        ("定", TITLES[0]),
    ],
)
def test_width_kana_and_points_make_no_difference(index: SuggestionIndex, query: str, title: str | None) -> None:
    assert found(index, query)[:1] == ([title] if title else [])


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("定期講入をやめたい", TITLES[0]),
        ("定期購入やめたい", TITLES[0]),
        ("クレジトカード", TITLES[3]),
        ("クレジッットカード", TITLES[3]),
        ("退却費用", TITLES[5]),
    ],
)
def test_one_slip_of_the_finger_is_forgiven(index: SuggestionIndex, query: str, title: str) -> None:
    assert found(index, query)[0] == title


def test_a_number_with_another_digit_is_another_number() -> None:
    numbers = SuggestionIndex(Entry(number, f"記事{number}", [number]) for number in ("F-1001", "F-1002"))
    assert found(numbers, "F-1002") == ["F-1002"] and found(numbers, "F-1003") == []


def test_two_words_are_both_wanted(index: SuggestionIndex) -> None:
    assert found(index, "訪問　契約") == [TITLES[4]]
    assert found(index, "訪問 偽物") == []


def test_what_fits_nothing_finds_nothing(index: SuggestionIndex) -> None:
    for query in ("", "　", "ぞうさんのかばん", "「」", "\n"):
        assert found(index, query) == []


def test_hidden_ones_leave_their_place_to_others(index: SuggestionIndex) -> None:
    assert [hit.id for hit in index.find("定期購入", 1, {TITLES[0]})] == [TITLES[1]]


@pytest.mark.parametrize(
    ("wanted", "text", "near"),
    [
        ("abcd", "xxabcdxx", True),
        ("abcd", "xxabxdxx", True),
        ("abcd", "xxabdxx", True),
        ("abcd", "xxabxcdxx", True),
        ("abcd", "xxaxxdxx", False),
        ("abcd", "xxbcd", True),
        ("abcd", "abc", True),
        ("abcd", "ab", False),
    ],
)
def test_nearly_means_one_character(wanted: str, text: str, near: bool) -> None:
    assert nearly_in(wanted, text) is near


def test_a_key_has_one_width_and_no_signs() -> None:
    assert key_of(" 「ﾃｲｷ」購入・ＡＢＣ？ ") == "ていき購入abc"
