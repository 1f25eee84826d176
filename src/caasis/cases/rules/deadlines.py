"""Which legal deadlines may run for a card: the engine's facts from the card's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from caasis.cases.rules.card import BY_NAME
from caasis.engines.deadlines import Assessment, Facts, Law, Status, assess, with_sales_form

#: Rights that a person can still use, or may be able to.
RUNNING = (Status.OPEN, Status.LAST_DAY, Status.OPEN_NO_END, Status.RETURN_POSSIBLE, Status.NEEDS_ANSWER)
#: Facts that the card has as fields of the same name. A field that is added to the card under a fact's name counts at once.
_SAME = tuple(fact.name for fact in fields(Facts) if fact.name in BY_NAME and fact.name != "transaction_types")
#: Card fields that change an assessment: a form sends these, and a save looks for them.
DEADLINE_FIELDS = (
    "sales_form",
    "transaction_types",
    *_SAME,
    "payment_method",
    "consumer_age",
    "party_age",
    "contract_party_is_consumer",
)
#: A code of 取引類型 that is no type of its own: it adds the clock of the credit to the others.
_CREDIT = "individual_credit"
_ADULT = 18


def facts_of_card(card: Mapping[str, Any], *, law: Law) -> Facts:
    """The engine's facts. What the card doesn't say stays unknown; codes that the law file doesn't know are left out."""
    named = card.get("transaction_types") or ()
    types = tuple(code for code in named if code in law.transaction_types)
    payment = card.get("payment_method") or ""
    age = card.get("consumer_age") if card.get("contract_party_is_consumer") else card.get("party_age")
    known = {name: card[name] for name in _SAME if card.get(name) not in (None, "")}
    known |= {"transaction_types": types}
    # A day says that the thing came; that it never came is said by its own field, where the card has one.
    for name in ("contract_document", "application_document", "credit_document"):
        if card.get(f"{name}_on"):
            known.setdefault(f"{name}_received", True)
    if card.get("delivered_on"):
        known.setdefault("delivered", True)
    if card.get("application_document_on"):
        known.setdefault("applied_on", card["application_document_on"])
    if payment == _CREDIT or _CREDIT in named:
        known.setdefault("individual_credit", True)
    if payment == "card_instalments":
        known.setdefault("card_instalments", True)
    if age is not None:
        known.setdefault("minor_at_contract", age < _ADULT)
    facts = Facts(**known)
    sales_form = card.get("sales_form") or "unknown"
    try:
        return with_sales_form(facts, sales_form)
    except KeyError:
        # A sales form of another version of the list says nothing about the law.
        return facts


def assess_card(card: Mapping[str, Any], *, law: Law, today: date) -> list[Assessment]:
    """Every right that the card may give, the most urgent first: running ones by their day, then the rest."""
    found = assess(facts_of_card(card, law=law), law, today)
    return sorted(found, key=lambda item: (item.status not in RUNNING, item.judgement, item.deadline or date.max))


def nearest_deadline(card: Mapping[str, Any], *, law: Law, today: date) -> date | None:
    """The earliest day, from today on, that is or may be the last one. Lists sort by it."""
    days = [
        item.deadline
        for item in assess_card(card, law=law, today=today)
        if item.deadline is not None and item.deadline >= today and item.status in RUNNING and not item.judgement
    ]
    return min(days, default=None)
