"""The card on the screen: values as they are typed, what a form posts back, and what of it the person changed.

A page carries for each field a short digest of the value it was opened with. What is posted and differs from its digest
was changed by this person; everything else is left to whoever changed it. So two people merge without a copy of the card
in the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import salted_hmac

from caasis.cases.rules.card import BY_NAME, FIELDS, SEALED_NAMES, Kind, clean_card, from_json
from caasis.cases.services.opening import is_code
from caasis.engines.japanese import WEEKDAYS
from caasis.kernel.clock import day_in_japan

#: Texts of the page that are no fields of the card but are kept in the draft with it.
PAGE_TEXTS = ("memo", "memo_entry", "answer_text", "note_text", "to", "handover_note", "reason", "help_text", "help_reason", "help_to")
_LISTS = frozenset((Kind.CODES,))
OPEN_NAMES = tuple(f.name for f in FIELDS if not f.sealed)
ALL_NAMES = tuple(f.name for f in FIELDS)
_EMPTY: tuple[Any, ...] = (None, "", [])


def as_typed(name: str, value: Any) -> Any:
    """A typed value of the card as an input shows it: a text, or a list of codes."""
    return typed_as(BY_NAME[name].kind, value)


def typed_as(kind: Kind, value: Any) -> Any:
    """A typed value of any field as an input shows it."""
    if kind in _LISTS:
        return list(value or [])
    if value in (None, "", []):
        return ""
    if isinstance(value, date):
        # Without a year a day is read as the latest one not after today: only such days are shown so short.
        today = day_in_japan(timezone.now())
        year = "" if value <= today and (today - value).days < 300 else f"{value.year}/"
        return f"{year}{value.month}/{value.day}（{WEEKDAYS[value.weekday()]}）"
    if kind is Kind.YEN and isinstance(value, int):
        return f"{value:,}"
    if kind is Kind.WORDS:
        return "、".join(value)
    if kind is Kind.MAYBE:
        return "yes" if value is True else "no" if value is False else str(value)
    if kind is Kind.FLAG:
        return "on" if value in (True, "on") else ""
    return str(value)


def typed_card(card: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a card as inputs show them."""
    return {name: as_typed(name, value) for name, value in card.items() if name in BY_NAME}


def cleaned(raw: Mapping[str, Any], *, today: date | None = None) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Typed values and sentences; never raises. For the clock and for candidates, while somebody types."""
    return clean_card(raw, today=today or day_in_japan(timezone.now()), is_code=is_code)


def digest(case_id: UUID, name: str, value: Any) -> str:
    """Ten hex digits that say whether a value is still the one that the page was opened with."""
    if value in _EMPTY or (value is False and BY_NAME[name].kind is Kind.FLAG):
        value = ""
    if isinstance(value, date):
        value = value.isoformat()
    text = json.dumps([name, value], ensure_ascii=False, sort_keys=True)
    return salted_hmac(f"desk.card.{case_id}", text).hexdigest()[:10]


def digests(case_id: UUID, card: Mapping[str, Any]) -> str:
    """`name:digest` of every field, for the page's hidden input."""
    return ",".join(f"{name}:{digest(case_id, name, card[name])}" for name in ALL_NAMES if name in card)


@dataclass(slots=True)
class Posted:
    """What a page of the workspace sends: the card as typed, and the texts beside it."""

    version: int
    sequence: int
    raw: dict[str, Any]
    base: dict[str, str]
    texts: dict[str, str] = field(default_factory=dict)

    def changes(self, case_id: UUID) -> dict[str, Any]:
        """Raw values of the fields that this person changed, as far as they can be read, and those that can't."""
        values, errors = cleaned(self.raw)
        return {
            name: value
            for name, value in self.raw.items()
            if name in errors or digest(case_id, name, values[name]) != self.base.get(name, "")
        }

    def body(self) -> str:
        """The draft's text."""
        base = ",".join(f"{name}:{value}" for name, value in self.base.items())
        return json.dumps({**self.raw, "_base": base, "_texts": self.texts}, ensure_ascii=False)

    @property
    def has_texts(self) -> bool:
        return any(text.strip() for text in self.texts.values())

    def texts_only(self) -> str:
        """The draft's text after the card was saved: what is not the card's stays."""
        return json.dumps({"_texts": self.texts}, ensure_ascii=False)


def read_posted(data: QueryDict) -> Posted:
    """What was posted. Only fields that the page showed count: an unticked box is empty, a masked field is untouched."""
    shown = [name for name in data.get("fields", "").split(",") if name in BY_NAME]
    raw: dict[str, Any] = {}
    for name in shown:
        raw[name] = data.getlist(name) if BY_NAME[name].kind in _LISTS else data.get(name, "")
    return Posted(
        version=_whole(data.get("version", "")) or 1,
        sequence=_whole(data.get("draft_version", "")),
        raw=raw,
        base=_pairs(data.get("base", "")),
        texts={name: data.get(name, "") for name in PAGE_TEXTS if data.get(name, "")},
    )


def read_body(body: str, *, version: int, sequence: int) -> Posted:
    """A draft's text, read back."""
    loaded = from_json(body)
    texts = loaded.get("_texts")
    return Posted(
        version=version,
        sequence=sequence,
        raw={name: value for name, value in loaded.items() if name in BY_NAME},
        base=_pairs(str(loaded.get("_base", ""))),
        texts={k: str(v) for k, v in texts.items() if k in PAGE_TEXTS} if isinstance(texts, dict) else {},
    )


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 17 else 0


def _pairs(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split(",") if ":" in part)
    return {name: value for name, _, value in pairs if name in BY_NAME}


def shown_names(*, opened: bool) -> Iterable[str]:
    """Fields that a page shows: the personal ones only when they are opened."""
    return ALL_NAMES if opened else OPEN_NAMES


def is_sealed(name: str) -> bool:
    return name in SEALED_NAMES
