"""Candidates: what is known already, shown in pencil under its field with where it comes from. Never saved unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from caasis.cases.code_lists import code_lists, label
from caasis.cases.rules.card import BY_NAME, SEALED_NAMES, Kind, show
from caasis.desk.card import as_typed
from caasis.engines.deadlines import likely_transaction_types
from caasis.engines.japanese import reading, to_hiragana
from caasis.platform.geography import look_up_postcode

FORM = "相談フォーム"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line under a field. `value` is what adopting types in; `adopted` when the field holds it already."""

    name: str
    value: str
    shown: str
    source: str
    adopted: bool


def candidates_for(
    card: Mapping[str, Any], *, answered: Mapping[str, Any], opened: bool, introduced: bool = False
) -> dict[str, Candidate]:
    """At most one candidate for a field, by name.

    `card` holds typed values as they stand on the screen, `answered` those that the consumer gave in the web form.
    `introduced` says that another office was named to the consumer.
    """
    found: dict[str, Candidate] = {}
    for name, given in answered.items():
        if name not in BY_NAME or given in (None, "", []) or (name in SEALED_NAMES and not opened):
            continue
        field = BY_NAME[name]
        value = date.fromisoformat(given) if field.kind is Kind.DAY and isinstance(given, str) else given
        if field.kind in (Kind.FLAG, Kind.CODES):
            continue
        words = show(name, value, label)
        if field.kind is Kind.LONG_TEXT:
            # The consumer's own words: one line of them is enough to recognise what is offered.
            words = " ".join(words.split())
            words = f"{words[:34]}…" if len(words) > 35 else words
        found[name] = Candidate(name, _text(name, value), words, FORM, card.get(name) == value)
    _add(found, card, "product", _product(card))
    _add(found, card, "transaction_types", _transaction_types(card))
    if introduced:
        _add(found, card, "result", ("referral", label("result", "referral"), "機関を紹介したため"))
    return found | aids_for(card, known=found) if opened else found


def aids_for(card: Mapping[str, Any], *, known: Mapping[str, Candidate] | None = None) -> dict[str, Candidate]:
    """Kana from the name and the beginning of the address from the postcode, as candidates: read aloud they may be wrong."""
    found: dict[str, Candidate] = dict(known or {})
    _add(found, card, "consumer_kana", _kana(card))
    _add(found, card, "consumer_address", _address(card))
    return found


def _add(found: dict[str, Candidate], card: Mapping[str, Any], name: str, offer: tuple[str, str, str] | None) -> None:
    if offer is not None and not card.get(name) and name not in found:
        value, shown, source = offer
        found[name] = Candidate(name, value, shown, source, False)


def _kana(card: Mapping[str, Any]) -> tuple[str, str, str] | None:
    name = str(card.get("consumer_name") or "")
    kana = to_hiragana(reading(name)) if name else ""
    # What the dictionary can't read stays as it was written, and is no kana.
    if not kana or not all("ぁ" <= letter <= "ゖ" or letter in " 　ー・" for letter in kana):
        return None
    return kana, kana, "氏名の読みから"


def _address(card: Mapping[str, Any]) -> tuple[str, str, str] | None:
    place = look_up_postcode(str(card.get("consumer_postcode") or ""))
    return (place.address, place.address, "郵便番号から") if place is not None and place.address else None


def _product(card: Mapping[str, Any]) -> tuple[str, str, str] | None:
    words = str(card.get("product_text") or "")
    terms = code_lists()["product"].search(words[:80], limit=1) if words else ()
    return (terms[0].code, terms[0].label, f"「{words[:12]}」から") if terms else None


def _transaction_types(card: Mapping[str, Any]) -> tuple[str, str, str] | None:
    try:
        likely = likely_transaction_types(str(card.get("sales_form") or "unknown"))
    except KeyError:
        return None
    if not likely:
        return None
    first = likely[0]
    return first, label("transaction_type", first), "販売購入形態から"


def _text(name: str, value: Any) -> str:
    typed = as_typed(name, value)
    return typed if isinstance(typed, str) else ",".join(typed)
