"""Numbers in kana as they are spoken, and how the end of a number changes before the word that follows.

Source of the readings: 常用漢字表 with its 付表, and common usage. Where usage knows two readings, the one that is harder to
mishear on the telephone is taken (なな before しち, きゅう before く), unless only the other one is said.
"""

from __future__ import annotations

from collections.abc import Collection

LIMIT = 10**20
"""Numbers below this one have a reading (up to 京)."""

_DIGITS = ("", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")
_HUNDREDS = (
    "",
    "ひゃく",
    "にひゃく",
    "さんびゃく",
    "よんひゃく",
    "ごひゃく",
    "ろっぴゃく",
    "ななひゃく",
    "はっぴゃく",
    "きゅうひゃく",
)
_THOUSANDS = ("", "せん", "にせん", "さんぜん", "よんせん", "ごせん", "ろくせん", "ななせん", "はっせん", "きゅうせん")
#: What a word in か行 doubles when the number before it ends in one of these; the same for words in さ行 and た行.
BEFORE_K = frozenset({1, 6, 8, 10, 100})
BEFORE_S = frozenset({1, 8, 10})
#: Large units, their word, and after which ends they double.
_LARGE: tuple[tuple[int, str, Collection[int]], ...] = (
    (10**16, "けい", BEFORE_K),
    (10**12, "ちょう", BEFORE_S),
    (10**8, "おく", ()),
    (10**4, "まん", ()),
)
_ENDS = (10, 100, 1000, 10**4, 10**8, 10**12, 10**16)


def number_kana(value: int) -> str:
    """The reading of a whole number: 0 → ゼロ, 3800 → さんぜんはっぴゃく. No two numbers share one.

    Raises ValueError below 0 and from `LIMIT` on.
    """
    if not 0 <= value < LIMIT:
        raise ValueError(f"numbers from 0 to {LIMIT - 1} have a reading, not {value}")
    if not value:
        return "ゼロ"
    spoken, rest = "", value
    for unit, word, doubled in _LARGE:
        section, rest = divmod(rest, unit)
        if section:
            # 一千万, 一千億: the one is said where a thousand stands alone before a large unit.
            said = "いっせん" if section == 1000 else _below_ten_thousand(section)
            spoken += (double(said) if end_of(section) in doubled else said) + word
    return spoken + _below_ten_thousand(rest)


def end_of(value: int) -> int:
    """What a number ends in when it is spoken: its last digit if that is 1 to 9, else 10, 100, 1000 …; 0 for zero."""
    if not value or value % 10:
        return value % 10
    return max(end for end in _ENDS if value % end == 0)


def double(spoken: str) -> str:
    """The reading with its last sound swallowed: いち → いっ, ろく → ろっ, はち → はっ, じゅう → じゅっ, びゃく → びゃっ."""
    return spoken[:-1] + "っ"


def voices(end: int) -> bool:
    """Whether what follows is voiced: after さん, せん, まん. After よん it is not."""
    return end in (3, 1000, 10**4)


def decimal_kana(whole: int, fraction: str) -> str:
    """The reading of a decimal: 1 and "05" → いってんれいご. Raises ValueError as `number_kana` does."""
    spoken = number_kana(whole) if whole else "れい"
    head = double(spoken) if end_of(whole) in BEFORE_S else spoken
    return head + "てん" + "".join(_DIGITS[int(digit)] or "れい" for digit in fraction)


def _below_ten_thousand(value: int) -> str:
    tens = value // 10 % 10
    ten = ("" if tens == 1 else _DIGITS[tens]) + "じゅう" if tens else ""
    return _THOUSANDS[value // 1000] + _HUNDREDS[value // 100 % 10] + ten + _DIGITS[value % 10]
