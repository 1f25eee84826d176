"""Texts with numbers, as they are read aloud.

Written numbers are replaced by kana, the rest is left as it is. What is a name rather than a quantity is read sign by
sign: telephone numbers that are written with hyphens, numbers behind #, and whatever stands in the marks 〔 〕.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from caasis.engines.japanese.spoken.amounts import read_amount
from caasis.engines.japanese.spoken.counters import COUNTERS, DAY_OF_MONTH, HOUR, MINUTE, MONTH, YEAR
from caasis.engines.japanese.spoken.digits import PAUSE, SIGNS, code_kana
from caasis.engines.japanese.spoken.numbers import number_kana
from caasis.engines.japanese.spoken.patterns import AFTER, NUMBER, WORDS_AFTER
from caasis.engines.japanese.text import to_katakana

_WIDTHS = str.maketrans("０１２３４５６７８９＃＊％", "0123456789#*%")
_WEEKDAYS = {"月": "げつ", "火": "か", "水": "すい", "木": "もく", "金": "きん", "土": "ど", "日": "にち"}
#: Numbers that everybody knows as names; the others that the pattern finds are told digit by digit.
_NAMED = {"110": "ひゃくとお", "118": "ひゃくじゅうはち", "119": "ひゃくじゅうきゅう"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text as it is written and as it is spoken; both are the same where nothing had to be spelled."""

    written: str
    spoken: str


def speak(text: str, *, katakana: bool = False) -> str:
    """The text with its numbers in kana: 「約3分お待ちください」 → 「約さんぷんお待ちください」. No digit is left.

    Hiragana, or katakana for a speech synthesiser that would take a は or へ among hiragana for a particle.
    """
    return "".join(piece.spoken for piece in pieces(text, katakana=katakana))


def pieces(text: str, *, katakana: bool = False) -> tuple[Piece, ...]:
    """The text, its digits in one width, cut into what is left as it is and what is spelled, in order."""
    return tuple(_cut(text.translate(_WIDTHS), katakana))


def _cut(text: str, katakana: bool) -> Iterator[Piece]:
    end = 0
    for match in NUMBER.finditer(text):
        if match.start() > end:
            yield Piece(text[end : match.start()], text[end : match.start()])
        spoken = _READERS[str(match.lastgroup)](match)
        yield Piece(match[0], to_katakana(spoken) if katakana else spoken)
        end = match.end()
    if end < len(text):
        yield Piece(text[end:], text[end:])


def _numbers(written: str) -> list[int]:
    return [int(one) for one in re.findall("[0-9]+", written)]


def _known(match: re.Match[str]) -> str:
    number = match[0].removesuffix("番")
    return (_NAMED.get(number) or "".join(number_kana(int(digit)) for digit in number)) + "ばん" * (number != match[0])


def _date(match: re.Match[str]) -> str:
    *year, month, day = _numbers(match[0])
    spoken = "".join(YEAR.count(one) for one in year) + MONTH.count(month) + DAY_OF_MONTH.count(day)
    weekday = re.search("[（(]([月火水木金土日])(・祝)?", match[0])
    if weekday:
        spoken += f"{PAUSE}{_WEEKDAYS[weekday[1]]}ようび" + f"{PAUSE}しゅくじつ" * bool(weekday[2])
    return spoken


def _time(match: re.Match[str]) -> str:
    hour, minute = _numbers(match[0])
    return HOUR.count(hour) + (MINUTE.count(minute) if minute else "")


def _yen(match: re.Match[str]) -> str:
    return read_amount(match["yen_amount"], counted=True).count(COUNTERS["円"])


def _counted(match: re.Match[str]) -> str:
    kind = next(kind for kind in ("other", "calendar", "clock") if match[kind])
    spoken = read_amount(match["amount"], counted=True).count(COUNTERS[match[kind]])
    return spoken + "".join(WORDS_AFTER[word] for word in AFTER.findall(match[f"after_{kind}"]))


def _until(match: re.Match[str]) -> str:
    """From – to, where a counter follows or a wave stands; else a hyphen between two numbers, as in an address."""
    return "から" if match[0] in "〜～~" or match["range"] else "の"


_READERS: Mapping[str, Callable[[re.Match[str]], str]] = {
    "marked": lambda match: code_kana(match[0][1:-1]),
    "postcode": lambda match: f"ゆうびんばんごう{PAUSE}{code_kana(match[0][1:])}",
    "key_number": lambda match: SIGNS["#"] + code_kana(match[0][1:]),
    "telephone": lambda match: code_kana(match[0]),
    "known": _known,
    "date": _date,
    "first_day": lambda match: DAY_OF_MONTH.count(1),
    "time": _time,
    "fraction": lambda match: "ぶんの".join(number_kana(one) for one in _numbers(match[0])),
    "yen": _yen,
    "row": lambda match: "の".join(number_kana(one) for one in _numbers(match[0])),
    "counted": _counted,
    "amount_alone": lambda match: read_amount(match[0], counted=False).spoken,
    "until": _until,
    "key": lambda match: SIGNS[match[0]],
}
