"""Telephone numbers in one form."""

from __future__ import annotations

import re

from caasis.engines.japanese.text import normalise_text

_LABEL = re.compile(r"^(?:tel|fax|phone|電話番号|電話|携帯)[:：]?\s*", re.IGNORECASE)
_EXTENSION = re.compile(r"\s*(?:\(?内線|ext\.?|#).*$", re.IGNORECASE)
_ALLOWED = re.compile(r"\+?[0-9()./ -]+")
_TRUNK_ZERO_AFTER_COUNTRY = re.compile(r"^(\+?81)[ .-]*\(0\)")
# Domestic plan: eleven digits for 020, 050, 060, 070, 080 (with 0800) and 090, ten for everything else. The second digit
# of a domestic number is never zero: 00 starts carrier and international prefixes.
_DOMESTIC = re.compile(r"0(?:[25-9]0[0-9]{8}|(?![25-9]0)[1-9][0-9]{8})")
_INTERNATIONAL = re.compile(r"[1-9][0-9]{7,14}")


def normalise_phone(text: str) -> str | None:
    """Return `text` as an E.164 number (`+81312345678`), or None when it is no complete number.

    Takes any width, hyphens, blanks and brackets, a leading zero, +81, 0081 or 81, +81(0), labels such as TEL, and
    extensions (内線), which are dropped. Short numbers (110, 188) are no subscriber numbers. A number of another country
    needs its plus sign. Source of the lengths: the numbering plan in 電気通信番号計画.
    """
    cleaned = _EXTENSION.sub("", _LABEL.sub("", normalise_text(text)))
    if not _ALLOWED.fullmatch(cleaned):
        return None
    cleaned = _TRUNK_ZERO_AFTER_COUNTRY.sub(r"\1", cleaned)
    digits = re.sub(r"\D", "", cleaned)
    if not cleaned.startswith("+"):
        if digits.startswith("0081"):
            digits = digits[2:]
        elif digits.startswith("0"):
            return f"+81{digits[1:]}" if _DOMESTIC.fullmatch(digits) else None
        elif not digits.startswith("81"):
            return None
    if digits.startswith("81"):
        domestic = "0" + digits[2:].removeprefix("0")
        return f"+81{domestic[1:]}" if _DOMESTIC.fullmatch(domestic) else None
    return f"+{digits}" if _INTERNATIONAL.fullmatch(digits) else None
