"""Numbers that are names: telephone and receipt numbers, read sign by sign."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Zero = Literal["ゼロ", "れい"]

PAUSE = "、"
# Two and five are drawn out, as everybody does who tells a telephone number: the beats stay even, and に is not lost.
_DIGITS = ("ゼロ", "いち", "にー", "さん", "よん", "ごー", "ろく", "なな", "はち", "きゅう")
_LETTERS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [
            "エー",
            "ビー",
            "シー",
            "ディー",
            "イー",
            "エフ",
            "ジー",
            "エイチ",
            "アイ",
            "ジェー",
            "ケー",
            "エル",
            "エム",
            "エヌ",
            "オー",
            "ピー",
            "キュー",
            "アール",
            "エス",
            "ティー",
            "ユー",
            "ブイ",
            "ダブリュー",
            "エックス",
            "ワイ",
            "ゼット",
        ],
        strict=True,
    )
)
SIGNS = {"#": "シャープ", "♯": "シャープ", "*": "こめじるし"}
"""How the keys of a telephone beside the digits are called."""
_MORE_SIGNS = SIGNS | {"+": "プラス", "/": "スラッシュ", ".": "てん", "@": "アットマーク", "_": "アンダーバー"}
_TOKEN = re.compile(r"(?P<digits>[0-9]+)|(?P<hyphen>[-‐‑‒–—―−ー])|(?P<blank>\s+)|.", re.DOTALL)


def code_kana(code: str, *, zero: Zero = "ゼロ") -> str:
    """The reading of a number or code sign by sign: 03-1234 → ゼロさんの、いちにーさんよん.

    A hyphen is の with a pause in a number and ハイフン where the code has letters. Blanks are pauses, long rows of digits
    get pauses between them. A sign without a reading is left as it is.
    """
    signs = unicodedata.normalize("NFKC", code).upper().strip()
    hyphen = f"{PAUSE}ハイフン{PAUSE}" if any(sign in _LETTERS for sign in signs) else f"の{PAUSE}"
    parts: list[str] = []
    for token in _TOKEN.finditer(signs):
        if token["digits"]:
            parts.append(PAUSE.join(_row(group, zero) for group in _groups(token["digits"])))
        elif token["hyphen"]:
            parts.append(hyphen)
        elif token["blank"]:
            parts.append(PAUSE)
        else:
            parts.append(_LETTERS.get(token[0]) or _MORE_SIGNS.get(token[0]) or token[0])
    return re.sub(f"{PAUSE}{{2,}}", PAUSE, "".join(parts)).strip(PAUSE)


def _row(digits: str, zero: Zero) -> str:
    return "".join(_DIGITS[int(digit)] if digit != "0" else zero for digit in digits)


def _groups(digits: str) -> list[str]:
    """Up to five digits in one breath, six in threes, more in fours; a single one is not left over at the end."""
    size = 5 if len(digits) <= 5 else 3 if len(digits) == 6 else 4
    groups = [digits[start : start + size] for start in range(0, len(digits), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups
