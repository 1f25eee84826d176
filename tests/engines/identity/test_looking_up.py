"""Keys under which names are found, likeness, and the score with its reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.identity import (
    Candidate,
    Keys,
    Query,
    confidence_words,
    edit_distance,
    fuzzy_groups,
    keys_of_address,
    keys_of_name,
    keys_of_phone,
    likeness,
    rank,
    read_name,
)
from caasis.engines.identity.keys import BUDGET, RAREST
from caasis.engines.identity.scoring import COMPARED, score

KANA = st.text(alphabet="アカサタナハマヤラワンキシニヒミリ", max_size=9)


def keys(text: str) -> Keys:
    return keys_of_name(read_name(text))


def found_by(text: str, known: str) -> bool:
    """Whether an index that holds `known` alone would give it as a candidate for `text`."""
    asked, stored = keys(text), set(keys(known).all())
    return bool(set(asked.exact) & stored) or any(stored.issuperset(group) for group in fuzzy_groups(asked, {}))


@pytest.mark.parametrize(
    ("heard", "known"),
    [
        ("かくうるーふ", "株式会社カクウルーフ"), ("カグウルーフ", "株式会社カクウルーフ"), ("カクウルーフサービス", "株式会社カクウルーフ"), ("見本工行", "見本工業株式会社"),
        ("ミホンコウギョウ", "見本工業株式会社"), ("さこら", "サクラ"), ("サラ", "サクラ"), ("見本", "見本"), ("abd", "ABD商会"),
    ],
)  # fmt: skip
def test_a_name_that_was_misheard_or_mistyped_is_a_candidate(heard, known):
    assert found_by(heard, known)


@pytest.mark.parametrize(("heard", "known"), [("見本工業", "架空水道"), ("さくら", "いちご")])
def test_another_name_is_no_candidate(heard, known):
    assert not found_by(heard, known)


def test_keys_are_signed_32_bit_numbers_of_different_kinds():
    numbers = [*keys("株式会社見本ABC").all(), keys_of_phone("+81221234567"), keys_of_address("mihon.jp")]
    assert all(-(2**31) <= number < 2**31 for number in numbers)
    assert keys_of_phone("x") != keys_of_address("x")
    assert keys_of_name(read_name("")) == Keys((), (), ())


def test_common_parts_are_looked_up_in_threes_and_very_common_ones_not_at_all():
    asked = keys("ニホンサービスコーポレーション")
    common = dict.fromkeys(asked.grams, BUDGET * 20)
    assert {len(group) for group in fuzzy_groups(asked, common)} == {3}
    assert fuzzy_groups(asked, dict.fromkeys(asked.grams, BUDGET * 1_000)) == []
    rare = [group for group in fuzzy_groups(asked, {}) if len(group) == 2]
    assert len(rare) == RAREST * (RAREST - 1) // 2


def test_what_is_looked_up_stays_within_the_budget():
    asked = keys("ニホンサービスコーポレーション")
    counts = {key: 400 * (place + 1) for place, key in enumerate(asked.grams)}
    groups = [group for group in fuzzy_groups(asked, counts) if len(group) > 1]
    assert sum(min(counts[key] for key in group) * 0.1 ** (len(group) - 1) for group in groups) <= BUDGET


def test_a_short_name_that_is_too_common_is_not_looked_up_by_its_slips():
    asked = keys("サクラ")
    assert all(len(group) > 1 for group in fuzzy_groups(asked, dict.fromkeys((*asked.near, *asked.grams), BUDGET + 1)))
    single = Keys((), (), (7,))
    assert fuzzy_groups(single, {}) == [(7,)] and fuzzy_groups(single, {7: BUDGET + 1}) == []


# --- likeness ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other", "distance"), [("", "", 0), ("ア", "", 1), ("アカサ", "アサカ", 1), ("アカサ", "アサ", 1), ("アカサ", "アタサ", 1), ("アカサ", "ナハマ", 3)])
def test_edits_are_counted(one, other, distance):
    assert edit_distance(one, other) == distance


def test_beyond_the_limit_nothing_is_counted():
    assert edit_distance("アカサタナ", "ハマヤラワ", 2) == 3
    assert edit_distance("ア", "アカサタナ", 2) == 3


@given(KANA, KANA)
def test_distance_is_symmetric_and_bounded(one, other):
    distance = edit_distance(one, other)
    assert distance == edit_distance(other, one) <= max(len(one), len(other))
    assert (distance == 0) == (one == other)


@given(KANA, KANA)
def test_likeness_agrees_with_the_distance_above_its_floor(one, other):
    longest = max(len(one), len(other))
    value = likeness(one, other)
    exact = 1 - edit_distance(one, other) / longest if longest else 0.0
    assert value == pytest.approx(exact) if exact >= 0.5 else value == 0.0


# --- score ------------------------------------------------------------------------------------------------------------


def known(number: int, *names: str, **more) -> Candidate:
    return Candidate(number, tuple(read_name(name) for name in names), **more)


def asked(name: str = "", **more) -> Query:
    return Query((read_name(name),) if name else (), **more)


ROOF = known(1, "株式会社カクウルーフ", phones=frozenset({"+81221234567"}), webs=frozenset({"mihon.jp"}), corporate_number="7000012050002")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (asked("カクウルーフ"), "名前が同じ"), (asked("架空ルーフ"), "読みが同じ"), (asked("ガクウルーブ"), "読みがほぼ同じ"), (asked("カクウルース"), "読みが似ている"),
        (asked("カクウルーフサービス"), "名前の一部が同じ"), (asked(phone="+81221234567"), "電話番号が同じ"), (asked(web="mihon.jp"), "URLが同じ"),
        (asked(corporate_number="7000012050002"), "法人番号が同じ"),
    ],
)  # fmt: skip
def test_each_piece_of_evidence_has_its_reason(query, reason):
    match = rank(query, [ROOF])[0]
    assert match.reasons[0] == reason and 0 < match.confidence < 1 and match.words == confidence_words(match.confidence)


def test_kanji_that_look_alike_are_told_as_letters():
    assert rank(asked("見本工行商店"), [known(1, "見本工業商店")])[0].reasons[0] in ("字が似ている", "読みがほぼ同じ", "読みが似ている")


def test_evidence_adds_up():
    name, both = score(asked("カクウルーフ"), ROOF), score(asked("カクウルーフ", phone="+81221234567"), ROOF)
    assert both.confidence > name.confidence and both.words == "ほぼ確か"


def test_a_number_with_quite_another_name_says_less():
    alone, against = score(asked(phone="+81221234567"), ROOF), score(asked("見本水道", phone="+81221234567"), ROOF)
    assert against.confidence < alone.confidence and against.words == "似ている"


def test_another_corporate_number_is_another_company():
    match = score(asked("カクウルーフ", corporate_number="8000012050001"), ROOF)
    assert match.confidence < 0.1 and "法人番号がちがう" in match.reasons
    assert rank(asked("カクウルーフ", corporate_number="8000012050001"), [ROOF]) == []


def test_many_companies_of_one_name_are_less_sure_each_and_the_known_one_comes_first():
    many = [known(number, "アシスト", same_named=9, met=int(number == 5)) for number in range(9)]
    found = rank(asked("アシスト"), many)
    assert found[0].candidate.id == 5 and "相談で1回確認" in found[0].reasons
    assert found[0].confidence > found[1].confidence and found[1].words == "似ている"
    assert "同じ名前が9件" in found[1].reasons[0]


def test_another_legal_form_says_a_little_less_and_the_same_one_a_little_more():
    plain = score(asked("カクウルーフ"), ROOF).confidence
    assert score(asked("有限会社カクウルーフ"), ROOF).confidence < plain < score(asked("㈱カクウルーフ"), ROOF).confidence


def test_of_many_candidates_the_closest_are_compared():
    crowd = [known(number, f"カクウ{word}") for number, word in enumerate(["ルーム", "ハウス", "メモリ", "ソフト", "ライフ"] * COMPARED, start=2)]
    assert rank(asked("カクウルーフ"), [*crowd, ROOF])[0].candidate.id == 1
    assert rank(asked(phone="+81221234567"), [*crowd, ROOF])[0].candidate.id == 1


def test_nothing_known_gives_nothing():
    assert rank(Query(), [ROOF]) == [] and rank(asked("😀"), [ROOF]) == [] and rank(asked("カクウ"), []) == []


@pytest.mark.parametrize(("confidence", "words"), [(0.9, "ほぼ確か"), (0.85, "ほぼ確か"), (0.7, "たぶん同じ"), (0.4, "似ている"), (0.1, "手がかりが少ない")])
def test_confidence_in_words(confidence, words):
    assert confidence_words(confidence) == words
