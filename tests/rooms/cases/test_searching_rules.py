"""A search as text, and the list of synonyms: on plain values."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.cases.rules.searching import (
    AMOUNT_WORDS,
    FILTERS,
    PERIODS,
    SORTS,
    CaseSearch,
    amount_band,
    read_pairs,
    read_search,
)
from caasis.cases.rules.synonyms import MOST_WIDENED, make_thesaurus, read_list, widen, write_list
from caasis.cases.services.synonyms import shipped_groups

TODAY = date(2026, 11, 26)

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=12)
SEARCHES = st.builds(
    CaseSearch,
    text=WORDS | st.just(""),
    filters=st.lists(st.sampled_from(list(FILTERS)), unique=True).flatmap(
        lambda names: st.tuples(
            *(st.tuples(st.just(name), st.lists(WORDS, min_size=1, max_size=3, unique=True).map(tuple)) for name in FILTERS if name in names)
        )
    ),
    period=st.sampled_from(list(PERIODS)),
    first=st.none() | st.dates(date(2000, 1, 1), date(2015, 1, 1)),
    last=st.none() | st.dates(date(2015, 1, 2), date(2026, 1, 1)),
    own=st.booleans(),
    sort=st.sampled_from(list(SORTS)),
    widen=st.booleans(),
)


@given(SEARCHES)
def test_a_search_reads_back_as_it_was_written(search):
    assert read_pairs(search.pairs(), today=TODAY) == search


def test_what_nobody_knows_is_passed_over():
    asked = read_search({"sort": ["price"], "years": ["99"], "color": ["red"], "state": ["", "x" * 90], "q": ["屋根\x00"]}, today=TODAY)
    assert (asked.sort, asked.period, asked.text) == ("relevance", "3", "屋根")
    assert asked.filters == (("state", ("x" * 40,)),)


@pytest.mark.parametrize(
    ("given_days", "wrong"),
    [
        ({"from": ["2026/4/1"], "to": ["令和8年9月30日"]}, set()),
        ({"from": ["きのう"]}, set()),
        ({"from": ["なんとなく"]}, {"from"}),
        ({"from": ["2026-10-01"], "to": ["2026-09-01"]}, {"to"}),
    ],
)
def test_days_are_read_in_any_form_or_a_sentence_says_how(given_days, wrong):
    asked = read_search(given_days, today=TODAY)
    assert set(asked.wrong) == wrong
    assert all(len(sentence) <= 40 for sentence in asked.wrong.values())


@pytest.mark.parametrize(
    ("yen", "code"),
    [(None, ""), (0, "to_10k"), (9_999, "to_10k"), (10_000, "to_50k"), (1_480_000, "to_5m"), (4_999_999, "to_5m"), (5_000_000, "over_5m")],
)
def test_amounts_fall_into_bands(yen, code):
    assert amount_band(yen) == code and (not code or code in AMOUNT_WORDS)


# --- synonyms ---------------------------------------------------------------------------------------------------------


def test_the_shipped_list_is_in_order():
    groups = shipped_groups()
    assert len(groups) > 80 and not read_list(write_list(groups)).wrong
    assert read_list(write_list(groups)).groups == groups


def test_every_line_that_cannot_be_taken_is_named():
    read = read_list("屋根瓦、瓦屋根\n\n# 注\nひとりきり\nクーオフ、ｸｰｵﾌ\n解約、キャンセル\n解約,やめる\n" + "あ" * 31 + "、い う\n塾、学習塾\n")
    assert read.groups == (("屋根瓦", "瓦屋根"), ("解約", "キャンセル"))
    assert [sentence.split("：")[0] for sentence in read.wrong] == ["4行目", "5行目", "7行目", "8行目", "9行目"]


def test_a_word_in_two_lists_has_the_words_of_both():
    thesaurus = make_thesaurus([("サブスク", "定額サービス"), ("サブスク", "定期課金")])
    assert set(thesaurus.others["サブスク"]) == {"定額サービス", "定期課金"}


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("クーオフ 屋根", {"クーオフ": ("クーリング・オフ",)}),
        ("ｸｰｵﾌ", {"クーオフ": ("クーリング・オフ",)}),
        ("サブスクリプションの解約", {"サブスクリプション": ("サブスク",)}),
        ("サブスクの解約", {"サブスク": ("サブスクリプション",)}),
        ("「クーオフ」", {}),
        ("屋根 −クーオフ", {}),
        ("スマホケース", {}),
        ("スマホ料金", {"スマホ": ("スマートフォン",)}),
        ("telex", {}),
        ("tel番号", {"tel": ("電話",)}),
    ],
)
def test_a_query_is_widened_by_whole_words(text, notes):
    groups = [("クーオフ", "クーリング・オフ"), ("サブスク", "サブスクリプション"), ("スマホ", "スマートフォン"), ("TEL", "電話")]
    assert dict(widen(text, make_thesaurus(groups)).notes) == notes


def test_widening_is_bounded():
    groups = [tuple(f"語{first}{second}番" for second in range(10)) for first in range(10)]
    widened = widen(" ".join(group[0] for group in groups), make_thesaurus(groups))
    assert sum(len(others) for others in widened.mapping.values()) == MOST_WIDENED
