"""Readings: romaji to kana, and two folds under which names that sound alike become equal.

`fold_reading` takes away how a long vowel is written. `skeleton` also takes away what is misheard on the telephone:
voicing, small kana, doubled consonants and foreign sounds.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_VOWELS: Final = "アイウエオ"
_ROWS: Final = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ", "h": "ハヒフヘホ",
    "m": "マミムメモ", "y": "ヤ*ユ*ヨ", "r": "ラリルレロ", "w": "ワ***ヲ", "g": "ガギグゲゴ", "z": "ザジズゼゾ",
    "d": "ダヂヅデド", "b": "バビブベボ", "p": "パピプペポ",
}  # fmt: skip
_IRREGULAR: Final = {
    "shi": "シ", "chi": "チ", "tsu": "ツ", "fu": "フ", "ji": "ジ", "fa": "ファ", "fi": "フィ", "fe": "フェ", "fo": "フォ",
    "va": "ヴァ", "vi": "ヴィ", "vu": "ヴ", "ve": "ヴェ", "vo": "ヴォ", "la": "ラ", "li": "リ", "lu": "ル", "le": "レ", "lo": "ロ",
    "che": "チェ", "she": "シェ", "je": "ジェ", "thi": "ティ", "dhi": "ディ",
}  # fmt: skip
_YOON: Final = {
    "ky": "キ", "sh": "シ", "sy": "シ", "ch": "チ", "ty": "チ", "cy": "チ", "ny": "ニ", "hy": "ヒ", "my": "ミ", "ry": "リ",
    "gy": "ギ", "j": "ジ", "jy": "ジ", "zy": "ジ", "by": "ビ", "py": "ピ",
}  # fmt: skip
_LETTERS: Final = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        ["エー", "ビー", "シー", "ディー", "イー", "エフ", "ジー", "エイチ", "アイ", "ジェー", "ケー", "エル", "エム", "エヌ", "オー", "ピー", "キュー", "アール", "エス", "ティー", "ユー", "ブイ", "ダブリュー", "エックス", "ワイ", "ゼット"],
        strict=True,
    )
)


def _syllables() -> dict[str, str]:
    table = {
        consonant + vowel: kana
        for consonant, row in _ROWS.items()
        for vowel, kana in zip("aiueo", row, strict=True)
        if kana != "*"
    }
    for consonant, kana in _YOON.items():
        table |= {consonant + "a": kana + "ャ", consonant + "u": kana + "ュ", consonant + "o": kana + "ョ"}
    return table | _IRREGULAR


_TABLE: Final = _syllables()
_MACRONS: Final = str.maketrans("āīūēōâîûêô", "aiueoaiueo")


def romaji_to_kana(word: str) -> str | None:
    """Katakana of a romaji word (Hepburn, Kunrei, with macrons or without), or None when it isn't one.

    English words mostly are none: `roof` ends in a consonant. Such words keep their letters, see `spell`.
    """
    rest = word.lower().translate(_MACRONS).replace("'", "")
    made: list[str] = []
    while rest:
        for length in (3, 2, 1):
            kana = _TABLE.get(rest[:length])
            if kana is not None and len(rest) >= length:
                made.append(kana)
                rest = rest[length:]
                break
        else:
            if rest[0] in "nm" and (len(rest) == 1 or rest[1] not in "aiueoy"):
                if rest == "m":
                    return None
                made.append("ン")
            elif len(rest) > 1 and (rest[0] == rest[1] or rest[:2] == "tc"):
                made.append("ッ")
            elif rest[0] == "h" and made and made[-1][-1] in "オコソトノホモヨロヲゴゾドボポョ":
                # OH for a long o, as in passports: OHNO.
                pass
            else:
                return None
            rest = rest[1:]
    return "".join(made) or None


def spell(word: str) -> str:
    """The names of the letters in katakana: `ntt` → エヌティーティー. Other characters stay."""
    return "".join(_LETTERS.get(letter, letter) for letter in word.lower())


# --- folds ------------------------------------------------------------------------------------------------------------

_VOWEL_OF: Final = {
    kana: _VOWELS[place] for row in _ROWS.values() for place, kana in enumerate(row) if kana != "*"
} | {"ャ": "ア", "ュ": "ウ", "ョ": "オ", "ァ": "ア", "ィ": "イ", "ゥ": "ウ", "ェ": "エ", "ォ": "オ", "ヴ": "ウ"}  # fmt: skip
#: A vowel after one of its own row makes it long: おう, おお, えい, ええ, ああ, いい, うう.
_LENGTHENS: Final = {"ア": "ア", "イ": "イ", "ウ": "ウ", "エ": "エイ", "オ": "オウ"}
_LONG: Final = re.compile(
    "|".join(
        f"(?<=[{''.join(kana for kana, row in _VOWEL_OF.items() if row == vowel)}])[{longer}]+"
        for vowel, longer in _LENGTHENS.items()
    )
)
_NOT_SPOKEN: Final = re.compile("[^ァ-ヴ0-9a-z]+")


def fold_reading(kana: str) -> str:
    """Katakana without long vowels, however they are written: カクウ, カクー and カク are one.

    Digits and latin letters stay, everything else (blanks, signs, ー) goes.
    """
    return _LONG.sub("", _NOT_SPOKEN.sub("", kana.lower()))


_SOUNDS: Final = (
    ("ヴァ", "バ"), ("ヴィ", "ビ"), ("ヴェ", "ベ"), ("ヴォ", "ボ"), ("ヴ", "ブ"), ("ティ", "チ"), ("ディ", "ジ"), ("トゥ", "ツ"),
    ("ドゥ", "ズ"), ("ファ", "ハ"), ("フィ", "ヒ"), ("フェ", "ヘ"), ("フォ", "ホ"), ("ウィ", "イ"), ("ウェ", "エ"), ("ウォ", "オ"),
    ("シェ", "セ"), ("ジェ", "ゼ"), ("チェ", "セ"), ("デュ", "ジュ"),
)  # fmt: skip
_FOREIGN: Final = dict(_SOUNDS)
_FOREIGN_SOUND: Final = re.compile("|".join(sound for sound, _ in _SOUNDS))
_PLAIN: Final = str.maketrans(
    "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポャュョァィゥェォヵヶヮヲヰヱ",
    "カキクケコサシスセソタシステトハヒフヘホハヒフヘホヤユヨアイウエオカケワオイエ",
    "ッ",
)


@lru_cache(maxsize=8192)
def skeleton(reading: str) -> str:
    """What of a reading survives a bad line: no long vowels, no voicing, no small kana, no doubled consonants."""
    plain = _FOREIGN_SOUND.sub(lambda found: _FOREIGN[found.group()], fold_reading(reading))
    return fold_reading(plain.translate(_PLAIN))
