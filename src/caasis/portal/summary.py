"""The answers of a form as lines that a person can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from caasis.channels import vocabulary as terms
from caasis.channels.rules.questionnaire import LABELS
from caasis.engines.japanese import format_date_ja, format_yen
from caasis.kernel.terms import Term
from caasis.platform.geography import prefecture

_CODED: dict[str, tuple[Term, ...]] = {
    "topic": terms.TOPICS,
    "who": terms.WHO,
    "injury": terms.YES_NO,
    "money_moving": terms.MONEY_MOVING,
    "how": terms.HOW,
    "document": terms.YES_NO,
    "exceptions": terms.EXCEPTIONS,
    "paid": terms.PAID,
    "reply_by": terms.REPLY_BY,
    "quiet": terms.QUIET,
}
UNKNOWN_WORD = "わからない"
EMPTY_WORD = "書いていません"


@dataclass(frozen=True, slots=True)
class Line:
    """One answer: its label, its words, and whether it was left empty."""

    name: str
    label: str
    value: str
    empty: bool = False


def lines(answers: Mapping[str, Any], names: list[str]) -> list[Line]:
    """The answers of one step, in its order; what is empty says so."""
    found = []
    for name in names:
        value = words(name, answers.get(name))
        found.append(Line(name, LABELS[name], value or EMPTY_WORD, empty=not value))
    return found


def words(name: str, value: Any) -> str:
    """One answer in words; an empty text when it was not given."""
    if value in (None, "", []):
        return ""
    if name in _CODED:
        items = value if isinstance(value, list) else [value]
        return "、".join(terms.label_of(_CODED[name], str(item)) for item in items)
    if value == "unknown":
        return UNKNOWN_WORD
    if name in ("contracted_on", "document_on"):
        return format_date_ja(date.fromisoformat(str(value)), with_year=True)
    if name == "amount":
        return format_yen(int(value))
    if name == "age":
        return f"{value}歳"
    if name == "prefecture":
        place = prefecture(str(value))
        return place.name if place else str(value)
    if name == "phone":
        return "0" + str(value)[3:] if str(value).startswith("+81") else str(value)
    if name == "postcode" and len(str(value)) == 7:
        return f"{str(value)[:3]}-{str(value)[3:]}"
    return str(value)
