"""Excerpts: what is marked, what is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from caasis.platform.search import snippet


def marked(text: str, query: str, **options: object) -> list[str]:
    return [segment.text for segment in snippet(text, query, **options) if segment.marked]  # type: ignore[arg-type]


def whole(text: str, query: str, length: int = 120) -> str:
    return "".join(segment.text for segment in snippet(text, query, length))


def test_the_characters_as_they_stand_in_the_text_are_marked() -> None:
    assert marked("ＡＢＣ店のﾎﾟｲﾝﾄと髙額請求", "abc ポイント 高額") == ["ＡＢＣ", "ﾎﾟｲﾝﾄ", "髙額"]


def test_a_part_of_a_word_is_marked() -> None:
    assert marked("屋根瓦の修理", "屋根") == ["屋根"]


def test_another_inflection_is_marked_where_the_characters_are_not_there() -> None:
    assert marked("業者を呼んだら高かった", "呼ぶ") == ["呼ん"]


def test_a_query_in_kana_marks_the_words_that_sound_so() -> None:
    assert marked("屋根の修理を頼んだ", "やね") == ["屋根"]


def test_a_phrase_over_a_line_break_is_marked() -> None:
    assert marked("緊急\n連絡です", "「緊急 連絡」") == ["緊急 連絡"]


def test_exclusions_are_not_marked_and_synonyms_are() -> None:
    assert marked("定期購入の解約", "サブスク -解約", synonyms={"サブスク": ("定期購入",)}) == ["定期購入"]


def test_the_stretch_with_most_of_the_query_is_shown() -> None:
    text = "屋根の話。" + "あ" * 300 + "ここで屋根と修理と契約を話した。" + "い" * 300
    shown = whole(text, "屋根 修理 契約", 60)
    assert "屋根と修理と契約" in shown and shown.startswith("…") and shown.endswith("…")
    assert len(shown) == 62


def test_without_a_match_the_beginning_is_shown() -> None:
    assert whole("あ" * 200, "屋根", 50) == "あ" * 50 + "…"
    assert whole("短い文", "") == "短い文"


@given(st.text(alphabet="屋根瓦やねﾎﾟ゛がＡa \n", max_size=80), st.text(alphabet='屋根やねポーa-"', max_size=8))
def test_an_uncut_excerpt_is_the_text(text: str, query: str) -> None:
    assert whole(text, query, 200) == text.replace("\n", " ")
