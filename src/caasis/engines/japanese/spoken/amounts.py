"""Quantities as they are written: with commas, decimals and large units, in digits or in kanji."""

from __future__ import annotations

import re
from dataclasses import dataclass

from caasis.engines.japanese.spoken.counters import LARGE_UNITS, Counter
from caasis.engines.japanese.spoken.digits import code_kana
from caasis.engines.japanese.spoken.numbers import LIMIT, decimal_kana, end_of, number_kana

_INTEGER = "(?:[0-9]{1,3}(?:[,，][0-9]{3})+(?![0-9])|[0-9]+)"
_SECTION = f"(?:[0-9]千(?:[0-9]百)?(?:[0-9]{{1,2}}(?![0-9]))?|[0-9]{{1,2}}百(?:[0-9]{{1,2}}(?![0-9]))?|{_INTEGER})"
IN_DIGITS = (
    "(?:[0-9]+[.．][0-9]+[万億兆]?"
    f"|(?=[0-9])(?:{_SECTION}京)?(?:{_SECTION}兆)?(?:{_SECTION}億)?(?:{_SECTION}万)?(?:{_SECTION})?)"
)
"""A quantity that begins with a digit: 3, 1,480,000, 1.5億, 3万8千."""

_KANJI_SECTION = "(?=[一二三四五六七八九十百千])(?:[一二三四五六七八九]?千)?(?:[二三四五六七八九]?百)?(?:[二三四五六七八九]?十)?[一二三四五六七八九]?"
IN_KANJI = (
    f"(?:(?<![数何幾一二三四五六七八九十百千万億兆])(?:(?:{_KANJI_SECTION}兆)?(?:{_KANJI_SECTION}億)?(?:{_KANJI_SECTION}万)"
    f"|(?:{_KANJI_SECTION}兆)?(?:{_KANJI_SECTION}億)|(?:{_KANJI_SECTION}兆))(?:{_KANJI_SECTION})?"
    f"|(?<![数何幾一二三四五六七八九十百千万億兆])(?:{_KANJI_SECTION})(?=円))"
)
"""A quantity in kanji that can be nothing else: one with 万, 億 or 兆, or one before 円."""

_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "億": 10**8, "兆": 10**12, "京": 10**16}
_LONGEST = len(str(LIMIT - 1))
_KANJI_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")}


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity as it is spoken: its reading, what it ends in (`end_of`), and its value, None for a fraction."""

    spoken: str
    end: int
    value: int | None

    def count(self, counter: Counter) -> str:
        """The reading together with a counter."""
        return counter.join(self.spoken, self.end) if self.value is None else counter.count(self.value)


def read_amount(written: str, *, counted: bool) -> Amount:
    """The amount that `IN_DIGITS` or `IN_KANJI` found.

    A row of digits that begins with 0 is a name unless it is `counted`, and one too long to have a reading always is.
    """
    plain = re.sub("[,，]", "", written).replace("．", ".")
    if decimal := re.fullmatch(r"([0-9]+)\.([0-9]+)([万億兆]?)", plain):
        return _decimal(decimal[1], decimal[2], decimal[3])
    is_name = len(plain) > 1 and plain.isascii() and plain[0] == "0" and not counted
    if is_name or any(len(row) > _LONGEST for row in re.findall("[0-9]+", plain)) or (value := _value(plain)) >= LIMIT:
        return Amount(code_kana(plain), 0, None)
    return Amount(number_kana(value), end_of(value), value)


def _decimal(whole: str, fraction: str, unit: str) -> Amount:
    if len(whole) > _LONGEST:
        return Amount(code_kana(f"{whole}.{fraction}") + (LARGE_UNITS[unit].kana if unit else ""), 0, None)
    amount = Amount(decimal_kana(int(whole), fraction), int(fraction[-1]), None)
    return Amount(amount.count(LARGE_UNITS[unit]), _UNITS[unit], None) if unit else amount


def _value(written: str) -> int:
    """Value of digits and kanji with falling units."""
    total = section = number = 0
    said = False
    for token in re.findall("[0-9]+|.", written):
        unit = _UNITS.get(token, 0)
        if unit >= 10**4:
            total += (section + number) * unit
            section, number, said = 0, 0, False
        elif unit:
            section += (number if said else 1) * unit
            number, said = 0, False
        else:
            number, said = _KANJI_DIGITS[token] if token in _KANJI_DIGITS else int(token), True
    return total + section + number
