"""Amounts of money as people write and say them."""

from __future__ import annotations

import re
from decimal import Decimal

from caasis.engines.japanese.text import normalise_text

MAX_YEN = 10**13 - 1
"""The largest amount that is taken for one (just under ten trillion yen)."""

_KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_SMALL_UNITS = {"千": 1000, "百": 100, "十": 10}
_PREFIX = re.compile("^(?:約|およそ|だいたい|ざっと|計|合計|総額|税込|税抜|¥|\\\\)+")
_SUFFIX = re.compile("(?:円|えん|也|くらい|ぐらい|程度|ほど|ちょうど|弱|強|前後|\\(税込\\)|\\(税抜\\)|-)+$")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SECTION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|[千百十])+")
_TERM = re.compile(r"([0-9]+(?:\.[0-9]+)?)?([千百十])?")
_DANGLING_DIGIT = re.compile(r"[億万千百][0-9]$")


def parse_yen(text: str) -> int | None:
    """Return the whole yen that `text` names, or None when it names no single amount.

    Understands 「3万8千円」「1,480,000」「148万」「１２３円」「三万八千円」「1.5億円」「約50万円くらい」. An amount whose last unit was
    swallowed (「3万8」) is ambiguous and gives None, as do fractions of a yen, negative amounts and ranges.
    """
    compact = normalise_text(text).replace(" ", "").translate(_KANJI_DIGITS)
    compact = _PREFIX.sub("", compact)
    bare = _SUFFIX.sub("", compact)
    if bare == compact and _DANGLING_DIGIT.search(bare):
        return None
    digits = _GROUPED.sub(lambda match: match.group().replace(",", ""), bare)
    if not digits or "," in digits:
        return None
    total = Decimal(0)
    rest = digits
    for unit, factor in (("億", 10**8), ("万", 10**4)):
        if unit in rest:
            head, _, rest = rest.partition(unit)
            value = _section_value(head)
            if value is None:
                return None
            total += value * factor
    if rest:
        value = _section_value(rest)
        if value is None:
            return None
        total += value
    if total != total.to_integral_value() or total > MAX_YEN:
        return None
    return int(total)


def _section_value(section: str) -> Decimal | None:
    """Value of what stands before 億 or 万, or at the end: plain digits, or digits with 千, 百 and 十."""
    if _NUMBER.fullmatch(section):
        return Decimal(section)
    if not _SECTION.fullmatch(section):
        return None
    total = Decimal(0)
    ceiling = 10_000
    for number, unit in _TERM.findall(section):
        if not number and not unit:
            continue
        size = _SMALL_UNITS.get(unit, 1)
        # Units have to fall: 「百千」 and 「3千5千」 are slips of the pen, and guessing would put a wrong sum on record.
        if size >= ceiling:
            return None
        total += Decimal(number or 1) * size
        ceiling = size
    return total


def format_yen(amount: int) -> str:
    """Return e.g. 「1,480,000円」."""
    return f"{amount:,}円"
