"""How numbers, and why there is none, are written on Japanese lines."""

from __future__ import annotations

import re

from caasis.telephony.vocabulary import Presentation


def told_number(number: str) -> str:
    """A number from a line, as the product writes it: +81… for Japanese ones, short ones as they are; "" for none."""
    digits = re.sub(r"[^0-9+]", "", number)
    if re.fullmatch(r"\+[0-9]{5,15}", digits):
        return digits
    if re.fullmatch(r"0[1-9][0-9]{8,9}", digits):
        return f"+81{digits[1:]}"
    if re.fullmatch(r"81[1-9][0-9]{8,9}", digits):
        return f"+{digits}"
    return digits.removeprefix("+")


def dialled_number(number: str, *, national: bool) -> str:
    """A number as a carrier in Japan takes it."""
    return f"0{number[3:]}" if national and number.startswith("+81") else number


# What Japanese carriers write as the display name of a caller without a number (TTC JJ-90.30). 要確認: the spelling differs
# between carriers, so that letters' case and what follows do not count.
_REASONS = (
    ("coin line", Presentation.PAYPHONE),
    ("payphone", Presentation.PAYPHONE),
    ("anonymous", Presentation.ANONYMOUS),
    ("unavailable", Presentation.UNAVAILABLE),
    ("interaction with other service", Presentation.UNAVAILABLE),
)


def presentation(*, shown: str, name: str, number: str) -> Presentation:
    """Why a number is there or not.

    shown: `prohib…` where the caller hid the number, `unavailable` where the line has none, anything else where it is
    shown; Asterisk's CALLERID(num-pres) as it is.
    """
    for words, reason in _REASONS:
        if name.lower().startswith(words):
            return reason
    if shown.startswith("prohib"):
        return Presentation.ANONYMOUS
    if shown == "unavailable" or not number:
        return Presentation.UNAVAILABLE
    return Presentation.ALLOWED
