"""What the form's answers fill in on a record's card. The consumer's own words go into the summary, unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caasis.channels.vocabulary import QUIET, SALES_FORM_OF_HOW, TOPICS, UNKNOWN, label_of

_TITLE_LIMIT = 120


def card_from_answers(answers: Mapping[str, Any]) -> dict[str, Any]:
    """A card's values by field name, as far as the answers say them.

    Nothing is guessed: a date or sum that is not known stays empty; who is asked for somebody else is a helper, and the
    contract party is then another person.
    """
    if not answers:
        return {}
    if "signs" in answers:
        return _card_from_watch_report(answers)
    card: dict[str, Any] = {
        "channel": "web",
        "title": _title(answers),
        "summary": _summary(answers),
        "injury": answers.get("injury") == "yes",
        "money_moving": answers.get("money_moving") == "soon",
        "consumer_name": answers.get("name", ""),
        "consumer_kana": answers.get("kana", ""),
        "consumer_phone": answers.get("phone", ""),
        "consumer_mail": answers.get("mail", ""),
        "consumer_postcode": answers.get("postcode", ""),
        "contact_note": _contact_note(answers),
        "product_text": str(answers.get("product", ""))[:80],
        "business_name": str(answers.get("business", ""))[:160],
    }
    if answers.get("prefecture"):
        card["prefecture_code"] = answers["prefecture"]
    if isinstance(answers.get("age"), int):
        card["consumer_age"] = answers["age"]
    if answers.get("who") in ("self", "family", "other"):
        card["contract_party_is_consumer"] = answers["who"] == "self"
    sales_form = SALES_FORM_OF_HOW.get(str(answers.get("how", "")), UNKNOWN)
    if sales_form != UNKNOWN:
        card["sales_form"] = sales_form
    for name, field in (("contracted_on", "contracted_on"), ("document_on", "contract_document_on")):
        if answers.get(name) not in (None, "", UNKNOWN):
            card[field] = answers[name]
    if "requested" in (answers.get("exceptions") or []):
        card["requested_visit"] = True
    if isinstance(answers.get("amount"), int):
        card["amount"] = answers["amount"]
        paid = {"none": 0, "all": answers["amount"]}.get(str(answers.get("paid", "")))
        if paid is not None:
            card["paid"] = paid
    return card


def _title(answers: Mapping[str, Any]) -> str:
    topic = label_of(TOPICS, str(answers.get("topic", "")))
    product = str(answers.get("product", ""))
    return f"{product}：{topic}"[:_TITLE_LIMIT] if product else topic[:_TITLE_LIMIT]


def _summary(answers: Mapping[str, Any]) -> str:
    story, wish = str(answers.get("story", "")), str(answers.get("wish", ""))
    return f"{story}\n\n【希望】{wish}" if wish else story


def _contact_note(answers: Mapping[str, Any]) -> str:
    parts = [label_of(QUIET, code) for code in answers.get("quiet") or []]
    if answers.get("contact_note"):
        parts.append(str(answers["contact_note"]))
    return "。".join(parts)[:200]


def _card_from_watch_report(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Who reported is the one who consults, for another. Name and address of the person stay with the report: they reach
    the card when a counsellor writes them there."""
    card: dict[str, Any] = {
        "channel": "web",
        "title": "見守り情報",
        "summary": str(answers.get("seen", "")),
        "money_moving": answers.get("urgency") == "money",
        "consumer_name": answers.get("reporter_name", ""),
        "consumer_phone": answers.get("reporter_phone", ""),
        "contract_party_is_consumer": False,
    }
    if answers.get("prefecture"):
        card["prefecture_code"] = answers["prefecture"]
    return card
