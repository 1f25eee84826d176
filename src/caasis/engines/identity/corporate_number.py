"""法人番号: twelve digits after one check digit.

Source: 法人番号の指定等に関する省令 第2条 (check digit = 9 − (Σ Pn·Qn mod 9), where Pn is the n-th of the twelve digits
counted from the right, and Qn is 1 for odd n and 2 for even n).
"""

from __future__ import annotations

import re

from caasis.engines.japanese import normalise_text

_SEPARATORS = re.compile(r"[\s-]+")
_THIRTEEN = re.compile(r"[1-9][0-9]{12}")
_REGISTRATION = re.compile(r"^[Tt](?=[0-9])")


def corporate_check_digit(body: str) -> int:
    """The check digit (1 to 9) of the twelve digits of a company.

    :raises ValueError: `body` is not twelve digits.
    """
    if len(body) != 12 or not body.isascii() or not body.isdigit():
        raise ValueError("twelve digits are needed")
    total = sum(int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(reversed(body), start=1))
    return 9 - total % 9


def parse_corporate_number(text: str) -> str | None:
    """The thirteen digits of what was typed, or None when it is no corporate number.

    Takes any width, hyphens, blanks, and the T of an invoice registration number (適格請求書発行事業者登録番号), which for a
    company is T and its corporate number.
    """
    digits = _REGISTRATION.sub("", _SEPARATORS.sub("", normalise_text(text)))
    if not _THIRTEEN.fullmatch(digits) or corporate_check_digit(digits[1:]) != int(digits[0]):
        return None
    return digits
