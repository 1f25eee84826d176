"""Identifiers: UUIDv7 inside, receipt numbers and spoken codes for people."""

from __future__ import annotations

import os
import secrets
import threading
import time
import unicodedata
from enum import StrEnum
from uuid import UUID

_lock = threading.Lock()
_last_ms = 0
_counter = 0
_48_BITS, _62_BITS = (1 << 48) - 1, (1 << 62) - 1


def uuid7() -> UUID:
    """A UUID version 7 (RFC 9562): 48 bits of milliseconds, then a counter that keeps one process's ids in order."""
    global _last_ms, _counter
    # 62 bits for the end, and 11 from which a new counter starts.
    drawn = int.from_bytes(os.urandom(10))
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last_ms:
            _last_ms = now
            _counter = drawn >> 69
        else:
            _counter += 1
            if _counter >= 1 << 12:
                _last_ms += 1
                _counter = drawn >> 69
        ms, counter = _last_ms, _counter
    return UUID(int=(ms & _48_BITS) << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | drawn & _62_BITS)


# --- Receipt numbers ---------------------------------------------------------------------------------------------
# YYYY-DDDD-DDDDC: the year, eight random digits, one check digit. Random, so that nobody can count the
# cases of a centre from two receipts; only digits, so that it can be spoken on the phone.

_RANDOM_DIGITS = 8


def check_digit(digits: str) -> str:
    """Damm check digit: finds every single wrong digit and every swap of neighbours.

    Source: H. M. Damm, Total anti-symmetrische Quasigruppen, 2004.
    """
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return str(interim)


_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


class Series(StrEnum):
    """Who gives a receipt number out. Each has half of the numbers of a year, so that a consumer's number is never
    given to somebody else's case as well; within a series the table's unique key decides, and the giver tries again."""

    CONTACT = "contact"
    CASE = "case"


def new_receipt_number(year: int, series: Series = Series.CASE) -> str:
    """A fresh receipt number such as `2026-1234-56789`: year, eight random digits, check digit.

    With a million cases a year every fiftieth number is taken already: whoever stores one must be ready to try again.
    """
    half = 10**_RANDOM_DIGITS // 2
    drawn = secrets.randbelow(half) + (half if series is Series.CONTACT else 0)
    body = f"{year:04d}{drawn:0{_RANDOM_DIGITS}d}"
    return format_receipt_number(body + check_digit(body))


def format_receipt_number(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def parse_receipt_number(text: str) -> str | None:
    """The canonical form of what a person typed (full width, no hyphens, spaces), or None when it can't be one."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isdecimal())
    if len(digits) != 4 + _RANDOM_DIGITS + 1 or not digits.isascii():
        return None
    if check_digit(digits[:-1]) != digits[-1]:
        return None
    return format_receipt_number(digits)


# --- Codes that can be spoken ------------------------------------------------------------------------------------

_WORDS = ["あさひ", "いちご", "うさぎ", "えほん", "おちゃ", "かえで", "きつね", "くるま", "けやき", "こすも", "さくら", "しろくま", "すずめ", "せみ", "そらまめ", "たけ", "ちどり", "つばめ", "てまり", "とんぼ", "なす", "にじ", "ぬりえ", "ねこ", "のはら", "はと", "ひまわり", "ふうせん", "へちま", "ほたる", "まつ", "みかん", "むぎ", "めだか", "もみじ", "やなぎ", "ゆず", "よもぎ", "らくだ", "りんご", "るびい", "れもん", "ろうそく", "わかば", "あんず", "いるか", "うめ", "えんぴつ", "おにぎり", "かもめ", "きりん", "くじら", "けしごむ", "こあら", "さんま", "しいたけ", "すいか", "せんべい", "そよかぜ", "たんぽぽ", "ちょう", "つくし", "てがみ", "とまと"]


def new_spoken_code(digits: int = 6) -> str:
    """A code that can be said on the phone: a plain word and digits, e.g. `みかん 482153` (26 bits with six digits).

    Guessing is bounded by the caller: codes are looked up together with a rate limit and expire.
    """
    return f"{secrets.choice(_WORDS)} {secrets.randbelow(10**digits):0{digits}d}"


def normalise_spoken_code(text: str) -> str:
    """One form for `みかん 482153`, `ミカン４８２１５３` and ` みかん　482153 `."""
    folded = unicodedata.normalize("NFKC", text).replace(" ", "").strip().lower()
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in folded)
