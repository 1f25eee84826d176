"""定型文 and 話し方の手順 of a case: their texts with the case's own values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from caasis.accounts.selectors import names_of
from caasis.cases import selectors as cases
from caasis.cases.code_lists import label
from caasis.cases.models import Case
from caasis.engines.japanese import format_date_ja
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.models import Phrase
from caasis.knowledge.rules.phrases import USES, Filled, ScriptStep, fill, steps_of
from caasis.knowledge.selectors import phrases_for
from caasis.organisations.selectors import get_centre


@dataclass(frozen=True, slots=True)
class ShownPhrase:
    """A text as it goes into the composer."""

    phrase: Phrase
    use: str
    filled: Filled
    own: bool

    @property
    def missing_words(self) -> str:
        """What the reader has to write, in words."""
        return f"カードに無いもの：{'・'.join(self.filled.missing)}" if self.filled.missing else ""


def values_of(case: Case, *, actor: Actor) -> Mapping[str, str]:
    """What the placeholders stand for in a case. Nothing personal of the consumer is among them."""
    card = cases.read_card(case)
    centre = get_centre(case.handling_centre_id)
    counsellor = names_of({case.counsellor_id}).get(case.counsellor_id, "") if case.counsellor_id else ""
    product = str(card.get("product_text") or "") or label("product", str(card.get("product") or ""))
    amount = card.get("amount")
    return {
        "受付番号": case.receipt_number,
        "受付日": format_date_ja(case.received_on),
        "センター名": centre.name,
        "センター電話": centre.phone,
        "担当者": counsellor or actor.name,
        "期限": format_date_ja(case.deadline_on) if case.deadline_on else "",
        "事業者": str(card.get("business_name") or ""),
        "商品": product,
        "契約日": _day(card.get("contracted_on")),
        "契約金額": f"{amount:,}円" if isinstance(amount, int) else "",
        "きょう": format_date_ja(day_in_japan(timezone.now())),
    }


def _day(value: Any) -> str:
    return format_date_ja(value) if isinstance(value, date) else ""


def phrases_of_case(case: Case, *, actor: Actor, kind: str) -> list[ShownPhrase]:
    """The centre's texts of one kind, filled from the case, in the order of use."""
    values = values_of(case, actor=actor)
    order = list(USES)
    rows = sorted(phrases_for(actor=actor, kind=kind), key=lambda row: order.index(row.use) if row.use in USES else 99)
    return [
        ShownPhrase(row, USES.get(row.use, ""), fill(row.body, values), row.centre_id is not None) for row in rows
    ]


def script_steps(phrase: Phrase, case: Case, *, actor: Actor) -> list[ScriptStep]:
    """The steps of a script, filled from the case."""
    return steps_of(fill(phrase.body, values_of(case, actor=actor)).text)
