"""What holds for every number and every text: kana only, no two alike, no digit left, spelled once and for all."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from caasis.engines.japanese.spoken import COUNTERS, LIMIT, code_kana, counter_kana, number_kana, pieces, speak

KANA = re.compile("[ぁ-ゖァ-ヺー]+")
LARGEST = 10**16

_SMALL = {"いち": 1, "に": 2, "さん": 3, "よん": 4, "ご": 5, "ろく": 6, "なな": 7, "はち": 8, "きゅう": 9}
_TENS = {"じゅう": 10, "ひゃく": 100, "びゃく": 100, "ぴゃく": 100, "せん": 1000, "ぜん": 1000}
_LARGE = {"まん": 10**4, "おく": 10**8, "ちょう": 10**12, "けい": 10**16}
#: Swallowed ends as they sound before the word that follows.
_WHOLE = {
    "いっ": "いち",
    "ろっ": "ろく",
    "はっ": "はち",
    "じゅっ": "じゅう",
    "ひゃっ": "ひゃく",
    "びゃっ": "びゃく",
    "ぴゃっ": "ぴゃく",
}
_TOKEN = re.compile("|".join(sorted([*_SMALL, *_TENS, *_LARGE, *_WHOLE], key=len, reverse=True)))


def value_of(kana: str) -> int:
    """The inverse, written without a look at the engine: the number that a listener hears."""
    total = section = digit = 0
    for token in _TOKEN.findall(kana):
        word = _WHOLE.get(token, token)
        if word in _SMALL:
            digit = _SMALL[word]
        elif word in _TENS:
            section += max(digit, 1) * _TENS[word]
            digit = 0
        else:
            total += (section + digit) * _LARGE[word]
            section = digit = 0
    return total + section + digit


whole_numbers = st.integers(0, LARGEST) | st.integers(0, 10_000) | st.sampled_from([10**n for n in range(17)])


@given(whole_numbers)
@example(LARGEST)
@example(1000 * 10**4)
def test_every_number_has_a_reading_in_kana_from_which_it_is_heard_again(value: int) -> None:
    kana = number_kana(value)
    assert KANA.fullmatch(kana)
    assert value_of(kana) == value
    assert "".join(_TOKEN.findall(kana)) == (kana if value else "")


def test_small_numbers_are_all_different() -> None:
    assert len({number_kana(value) for value in range(20_000)}) == 20_000


@given(st.integers(0, LIMIT - 1), st.sampled_from(sorted(COUNTERS)))
def test_every_number_can_be_counted_with_every_counter(value: int, counter: str) -> None:
    kana = counter_kana(value, counter)
    assert KANA.fullmatch(kana)
    assert speak(f"{value}{counter}") in (kana, *_known(value, counter))


def _known(value: int, counter: str) -> list[str]:
    """110番 and its like are names of numbers, not counts."""
    return [speak(f"{value}番")] if counter == "番" and value in (110, 118, 119, 188, 189) else []


@given(st.integers(0, 10_000), st.sampled_from(sorted(COUNTERS)))
def test_no_two_numbers_sound_alike_before_a_counter(value: int, counter: str) -> None:
    assert counter_kana(value, counter) != counter_kana(value + 1, counter)


texts = st.text(
    alphabet="0123456789０９,.，．-－ー～:：/分時間日月年人円番件回半前後目の万億千百一二十三〔〕（）土#*＊¥〒あいAZ。、 \n",
    max_size=40,
)


@given(texts | st.text(max_size=40))
@example("2026/11/3 11/3（火）")
@example("1" * 5000)
def test_no_digit_is_left_and_nothing_is_spelled_twice(text: str) -> None:
    spoken = speak(text)
    assert not re.search("[0-9０-９]", spoken)
    # Where figures and numerals are mixed (9千百円), numerals are left for the voice, and a second reading may spell them.
    if not re.search("[〇零一二三四五六七八九十百千万億兆〔〕]", text):
        assert speak(spoken) == spoken


@given(texts)
def test_what_is_not_spelled_is_left_as_it_is(text: str) -> None:
    found = pieces(text)
    folded = text.translate(str.maketrans("０１２３４５６７８９＃＊％", "0123456789#*%"))
    assert "".join(piece.written for piece in found) == folded
    for piece in found:
        spelled = piece.spoken != piece.written
        assert not spelled or "〔" in piece.written or KANA.sub("", piece.spoken.replace("、", "")) == ""


@given(st.from_regex("[0-9]{1,12}", fullmatch=True))
def test_digits_are_heard_again_from_a_code(code: str) -> None:
    heard = code_kana(code).replace("、", "")
    digits = {
        "ゼロ": "0",
        "いち": "1",
        "にー": "2",
        "さん": "3",
        "よん": "4",
        "ごー": "5",
        "ろく": "6",
        "なな": "7",
        "はち": "8",
        "きゅう": "9",
    }
    assert "".join(digits[word] for word in re.findall("|".join(digits), heard)) == code
