"""The search box's language, conditions, and the cutting of texts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.platform.search import AllOf, AnyOf, Days, Has
from caasis.platform.search.analysis import GAP, as_kana, is_sentence, pairs, sounds, telling
from caasis.platform.search.asking import earliest_day, pieces_typed
from caasis.platform.search.conditions import days_asked
from caasis.platform.search.queries import Clause, ParsedQuery, parse_query
from caasis.platform.search.sources import forget_registrations, kind_source, register_kind
from caasis.platform.search.widening import can_widen, widened


def test_blanks_quotation_marks_and_hyphens() -> None:
    assert parse_query('屋根　修理 "契約 解除" 「返金」 -詐欺 －"光 回線"') == ParsedQuery(
        (Clause(("屋根",)), Clause(("修理",)), Clause(("契約 解除",), phrase=True), Clause(("返金",), phrase=True)),
        ("詐欺", "光 回線"),
    )


def test_a_phrase_may_follow_a_word_without_a_blank_and_stay_open() -> None:
    assert parse_query("契約「解除").required == (Clause(("契約",)), Clause(("解除",), phrase=True))


def test_what_glues_a_quotation_into_a_question_is_not_asked_for() -> None:
    assert parse_query("「返金」とは").required == (Clause(("返金",), phrase=True),)
    assert parse_query("「返金」 とは").required == (Clause(("返金",), phrase=True), Clause(("とは",)))


def test_a_sentence_around_a_quotation_stays_one_clause() -> None:
    quotation = Clause(("律動",), phrase=True)
    assert parse_query("日本語で「律動」と訳される単語は").required == (
        Clause(("日本語で と訳される単語は",)),
        quotation,
    )
    # A blank means AND, and so does a quotation between words that no grammar joins.
    assert parse_query("日本語で 「律動」と訳される").required == (
        Clause(("日本語で",)),
        quotation,
        Clause(("と訳される",)),
    )
    assert parse_query("契約「律動」通知").required == (Clause(("契約",)), quotation, Clause(("通知",)))


def test_a_sentence_is_joined_by_grammar() -> None:
    assert is_sentence("解約の方法は") and is_sentence("がそりんは何からできているか")
    bare = ("解約手数料", "クーリング・オフ", "問い合わせ窓口", "かいやくのほうほうは", "")
    assert not any(is_sentence(text) for text in bare)


def test_a_sentence_is_widened_by_what_is_rare() -> None:
    held = {("w", "業者"): 90, ("w", "墓石"): 3, ("w", "撤去"): 6, ("r", "テッキ"): 2}
    parsed = parse_query("業者が墓石の撤去をてっきょするか 「契約の」 墓石")
    wider = widened(parsed, 100, lambda field, token: held.get((field, token), 0), lambda text: True)
    sentence, *others = wider.required
    # Together no more than a tenth of the documents: 2 + 3, and 6 would be too many.
    assert (sentence.words, sentence.sounds) == (("墓石",), ("テッキ",))
    assert others == list(parsed.required[1:]) and can_widen(parsed)
    assert not can_widen(parse_query("解約手数料 「契約の業者」 墓石"))


def test_a_quotation_in_a_sentence_that_stands_nowhere_is_heard() -> None:
    parsed = parse_query("「ていき購入」を解約する方法は")
    quotation = next(clause for clause in parsed.required if clause.phrase)
    as_written = widened(parsed, 100, lambda field, token: 0, lambda text: True)
    as_heard = widened(parsed, 100, lambda field, token: 0, lambda text: False)
    assert quotation in as_written.required and quotation not in as_heard.required
    assert Clause(("ていき購入", "テイキコウニュウ")) in as_heard.required


def test_a_hyphen_inside_a_word_is_part_of_it() -> None:
    assert parse_query("e-mail").required == (Clause(("e-mail",)),)


def test_a_long_vowel_mark_in_front_is_a_hyphen() -> None:
    assert parse_query("ー詐欺 サービス") == ParsedQuery((Clause(("サービス",)),), ("詐欺",))


def test_synonyms_replace_the_term_in_any_width() -> None:
    clause = parse_query("ｽﾏﾎ契約", {"スマホ": ("携帯電話", "ケータイ"), "光": ("ネット",)}).required[0]
    assert clause.alternatives == ("スマホ契約", "携帯電話契約", "ケータイ契約")


def test_a_phrase_has_no_synonyms() -> None:
    assert parse_query("「スマホ」", {"スマホ": ("携帯電話",)}).required[0].alternatives == ("スマホ",)


@given(
    st.text(alphabet=st.sampled_from(list('屋根ァー-－"「」『 　aＡ*()\\\n\x00。𠮷')) | st.characters(), max_size=40)
)
def test_whatever_is_typed_parses_to_folded_clauses(typed: str) -> None:
    parsed = parse_query(typed)
    for text in [*(clause.text for clause in parsed.required), *parsed.excluded]:
        assert text and text == " ".join(text.split())


def test_a_pasted_page_is_cut() -> None:
    assert len(parse_query("相談 " * 10_000).required) == 1
    assert len(parse_query(" ".join(f"語{n}" for n in range(200))).required) == 20


def test_pairs_of_different_runs_are_kept_apart() -> None:
    assert pairs("屋根瓦 修理") == ["屋根", "根瓦", GAP, GAP, "修理"]


def test_sounds_are_overlapping_threes() -> None:
    assert sounds(["ヤネガワラ", "ヤネ"]) == ["ヤネガ", "ネガワ", "ガワラ", "ヤネ"]


def test_only_pure_kana_is_kana() -> None:
    assert as_kana("やねがわら") == "ヤネガワラ"
    assert as_kana("ｸｰﾘﾝｸﾞ・ｵﾌ") == "クーリングオフ"
    assert as_kana("屋ね") == as_kana("や") == ""


def test_pairs_of_hiragana_tell_nothing_beside_others() -> None:
    assert telling(["した", "契約", "した"]) == ["契約"]
    assert telling(["した", "たい"]) == ["した", "たい"]


def test_only_days_that_bind_every_match_bound_the_search() -> None:
    bound = Days(date(2020, 1, 1), date(2021, 1, 1))
    assert days_asked(AllOf(Has("a", "b"), bound, Days(first=date(2020, 6, 1)))) == Days(
        date(2020, 6, 1), date(2021, 1, 1)
    )
    assert days_asked(AnyOf(bound, Has("a", "b"))) is None
    assert days_asked(AllOf()) is None


def test_three_years_before_a_leap_day() -> None:
    assert earliest_day(date(2028, 2, 29), 3) == date(2025, 2, 28)
    assert earliest_day(date(2026, 11, 21), None) is None


def test_an_unfinished_kana_is_left_off_while_typing() -> None:
    assert pieces_typed("やねg") == ["やね"]
    assert pieces_typed("SIM") == ["sim"]


def test_kinds_are_registered_with_plain_names() -> None:
    try:
        register_kind("case", lambda ids: [], lambda: iter(()), lambda ids: {}, filters=("status",), facets=("status",))
        assert kind_source("case").facets == ("status",)
        with pytest.raises(ValueError, match="facets"):
            register_kind("case", lambda ids: [], lambda: iter(()), lambda ids: {}, facets=("status",))
        with pytest.raises(ValueError, match="plain names"):
            register_kind("a.b", lambda ids: [], lambda: iter(()), lambda ids: {})
    finally:
        forget_registrations()
