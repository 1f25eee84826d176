"""Which legal deadlines may run for a card: the engine's facts from the card's fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from caasis.engines.deadlines import Assessment, Facts, Law, Status, assess, with_sales_form

#: Rights that a person can still use, or may be able to.
RUNNING = (Status.OPEN, Status.LAST_DAY, Status.OPEN_NO_END, Status.RETURN_POSSIBLE, Status.NEEDS_ANSWER)
#: Card fields that change an assessment: a form sends these, and a save looks for them.
DEADLINE_FIELDS = (
    "sales_form",
    "transaction_types",
    "contracted_on",
    "application_document_on",
    "contract_document_on",
    "credit_document_on",
    "delivered_on",
    "document_faulty",
    "obstructed",
    "requested_visit",
    "amount",
    "paid",
    "payment_method",
    "consumer_age",
    "party_age",
    "contract_party_is_consumer",
)
_ADULT = 18


def facts_of_card(card: Mapping[str, Any], *, law: Law) -> Facts:
    """The engine's facts. What the card doesn't say stays unknown; codes that the law file doesn't know are left out."""
    types = tuple(code for code in card.get("transaction_types") or () if code in law.transaction_types)
    payment = card.get("payment_method") or ""
    age = card.get("consumer_age") if card.get("contract_party_is_consumer") else card.get("party_age")
    facts = Facts(
        transaction_types=types,
        contracted_on=card.get("contracted_on"),
        applied_on=card.get("application_document_on"),
        contract_document_received=True if card.get("contract_document_on") else None,
        contract_document_on=card.get("contract_document_on"),
        application_document_received=True if card.get("application_document_on") else None,
        application_document_on=card.get("application_document_on"),
        credit_document_received=True if card.get("credit_document_on") else None,
        credit_document_on=card.get("credit_document_on"),
        individual_credit=True if payment == "individual_credit" else None,
        card_instalments=True if payment == "card_instalments" else None,
        document_faulty=card.get("document_faulty"),
        obstructed=card.get("obstructed"),
        delivered=True if card.get("delivered_on") else None,
        delivered_on=card.get("delivered_on"),
        requested_visit=card.get("requested_visit"),
        amount=card.get("amount"),
        paid=card.get("paid"),
        minor_at_contract=None if age is None else age < _ADULT,
    )
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
