"""Which deadlines may run, from the coded answers of the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from caasis.channels.vocabulary import SALES_FORM_OF_HOW, UNKNOWN
from caasis.engines.deadlines import Assessment, Facts, Law, Status, assess, with_sales_form

_RUNNING = (Status.OPEN, Status.LAST_DAY, Status.OPEN_NO_END)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a consumer may be told at once.

    `sure` may be said without "perhaps"; `possible` only as 「できることがあります」, with its open questions; where both
    are empty the answer is 188.
    """

    sure: tuple[Assessment, ...]
    possible: tuple[Assessment, ...]

    @property
    def first(self) -> Assessment | None:
        """The one to show: the nearest sure deadline, else the nearest possible one."""
        return next(iter((*self.sure, *self.possible)), None)


def deadline_facts(facts: Mapping[str, Any]) -> Facts:
    """The engine's facts from a contact's facts. What wasn't said stays unknown."""
    document = {"yes": True, "no": False}.get(str(facts.get("document", "")))
    ticked = set(facts.get("exceptions") or [])
    none = ticked == {"none"}
    amount = facts.get("amount")
    paid = facts.get("paid")

    def exception(code: str) -> bool | None:
        return False if none else True if code in ticked else None

    requested = exception("requested")
    engine = Facts(
        contracted_on=_day(facts.get("contracted_on")),
        contract_document_received=document,
        contract_document_on=_day(facts.get("document_on")) if document else None,
        business_use=exception("business"),
        requested_visit=requested if facts.get("how") in ("visit", "buyer") else None,
        requested_call=requested if facts.get("how") == "call" else None,
        car=exception("car"),
        consumable_used="none" if none else None,
        amount=amount if isinstance(amount, int) else None,
        paid=0 if paid == "none" else amount if paid == "all" and isinstance(amount, int) else None,
    )
    sales_form = str(facts.get("sales_form") or SALES_FORM_OF_HOW.get(str(facts.get("how", "")), UNKNOWN))
    return with_sales_form(engine, sales_form)


def outlook(facts: Mapping[str, Any], *, law: Law, today: date) -> Outlook:
    """The deadlines that may run for a contact, nearest first."""
    engine = deadline_facts(facts)
    if not engine.transaction_types:
        return Outlook((), ())
    running = [item for item in assess(engine, law, today) if item.status in _RUNNING and not item.judgement]
    running.sort(key=lambda item: item.deadline or date.max)
    return Outlook(
        sure=tuple(item for item in running if item.certain),
        possible=tuple(item for item in running if not item.certain),
    )


def nearest_deadline(facts: Mapping[str, Any], *, law: Law, today: date) -> date | None:
    """The day by which the centre's queue sorts: the earliest deadline that runs, or that can run as far as is known.

    A consumer is told less (see Outlook), but nobody must wait in the queue beyond a day that may be the last.
    """
    engine = deadline_facts(facts)
    if not engine.transaction_types:
        return None
    days = [
        item.deadline
        for item in assess(engine, law, today)
        if item.deadline is not None
        and item.deadline >= today
        and item.status in (*_RUNNING, Status.NEEDS_ANSWER, Status.RETURN_POSSIBLE)
        and not item.judgement
    ]
    return min(days, default=None)


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or value in ("", UNKNOWN):
        return None
    return date.fromisoformat(value)
