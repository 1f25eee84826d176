from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.japanese import (
    bigrams,
    fold_for_search,
    normalise_name,
    normalise_text,
    to_hiragana,
    to_katakana,
)

# Any code points, also lone surrogates. Drawn as numbers, because Hypothesis needs seconds to build its table of categories.
ANY_TEXT = st.lists(st.one_of(st.integers(0x20, 0x3FF), st.integers(0x3000, 0x30FF), st.integers(0, 0x10FFFF))).map(
    lambda codes: "".join(map(chr, codes))
)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("ｸｰﾘﾝｸﾞ・ｵﾌ", "クーリング・オフ"),
        ("カ゚タログ", "カ゚タログ"),
        ("０３‐１２３４−５６７８", "03-1234-5678"),
        ("０３ー１２３４ー５６７８", "03-1234-5678"),
        ("カードローン", "カードローン"),
        ("  屋根　 の\t工事 ", "屋根 の 工事"),
        ("一行目 \r\n 二行目\r三行目", "一行目\n二行目\n三行目"),
        ("見えない\u200b字\ufeff\x00\ud800", "見えない字"),
        ("", ""),
    ],
)
def test_normalise_text_gives_one_width_one_hyphen_and_single_blanks(given_text: str, expected: str) -> None:
    assert normalise_text(given_text) == expected


@pytest.mark.parametrize(
    "rare",
    ["\ufa19", "\ufa11", "\U00020bb7野家", "葛\U000e0100城", "𠀋", "\U0002f81a", "👨‍👩‍👧", "❤️", "丂"],
)
def test_rare_kanji_variants_and_emoji_survive_normalisation(rare: str) -> None:
    assert normalise_text(f"　{rare}　") == rare


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once
    once.encode()


@given(ANY_TEXT)
def test_folding_for_search_ignores_case_width_and_variants(text: str) -> None:
    folded = fold_for_search(text)
    assert not any(0xE0100 <= ord(char) <= 0xE01EF for char in folded)
    assert fold_for_search("葛\U000e0100ＡＢｃ\ufa19") == "葛abc神"


def test_kana_conversion_takes_half_width_and_leaves_kanji() -> None:
    assert to_hiragana("ﾔﾏﾀﾞハナコさん") == "やまだはなこさん"
    assert to_katakana("やまだﾊﾅｺと山") == "ヤマダハナコト山"


@given(st.text(alphabet=[chr(code) for code in range(0x3041, 0x3094)]))
def test_kana_conversion_goes_back_and_forth(hiragana: str) -> None:
    assert to_hiragana(to_katakana(hiragana)) == hiragana


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("みほん　はなこ", "ミホンハナコ"),
        ("ﾐﾎﾝ ﾊﾅｺ", "みほん・はなこ"),
        ("髙﨑", "高崎"),
        ("渡邉 花子", "渡辺花子"),
        ("葛\U000e0100城", "葛城"),
        ("ＳＭＩＴＨ John", "smithjohn"),
        ("\ufa19", "神"),
    ],
)
def test_names_written_differently_meet(left: str, right: str) -> None:
    assert normalise_name(left) == normalise_name(right)


@pytest.mark.parametrize(("left", "right"), [("斎藤", "斉藤"), ("中島", "中嶋"), ("山田はなこ", "山田ハナコ")])
def test_names_that_may_be_different_stay_different(left: str, right: str) -> None:
    assert normalise_name(left) != normalise_name(right)


def test_bigrams_do_not_span_blanks_and_keep_single_characters() -> None:
    assert bigrams("屋根瓦　の ＡＢ") == ["屋根", "根瓦", "の", "ab"]
    assert bigrams("𠮷野\U000e0100家") == ["𠮷野", "野家"]
    assert bigrams(" 　") == []


@given(st.text(alphabet="屋根瓦工事あいうカキク123ＡＢ", min_size=2), st.data())
def test_every_substring_of_two_characters_is_among_the_bigrams(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    part = unicodedata.normalize("NFKC", text[start : start + 2]).lower()
    assert part in bigrams(text)
