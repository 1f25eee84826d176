"""Reads of corrections: those of a case, those of a centre, those of the nation, and registered cases with doubts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from caasis.cases.approval_record import today
from caasis.cases.code_lists import code_lists, label
from caasis.cases.models import Case, Correction
from caasis.cases.rules.correction import CorrectionState
from caasis.cases.rules.differences import Difference, difference_of
from caasis.cases.rules.doubts import Doubt, doubts
from caasis.cases.selectors import read_card, visible_cases, with_parts
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotFound

#: How many registered cases are looked at for doubts at once, the newest first.
LOOKED_AT = 200


def visible_corrections(*, actor: Actor) -> QuerySet[Correction]:
    """Corrections that the actor may see: a centre those of its cases, the national roles all."""
    if actor.is_system or actor.is_national:
        return Correction.objects.all()
    if actor.centre_id is not None and actor.works_for(actor.centre_id):
        return Correction.objects.filter(centre_id=actor.centre_id)
    return Correction.objects.none()


def get_correction(*, actor: Actor, correction_id: UUID, for_update: bool = False) -> Correction:
    """One correction with its case.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_corrections(actor=actor).filter(id=correction_id)
    if for_update:
        rows = rows.select_for_update(of=("self",))
    correction = rows.first()
    if correction is None:
        raise NotFound
    return correction


def corrections_of(case: Case, *, actor: Actor) -> list[Correction]:
    """The corrections of a case, the newest first, with their steps."""
    rows = visible_corrections(actor=actor).filter(case=case).prefetch_related("steps")
    return list(rows.order_by("-made_at"))


def inbox(*, actor: Actor) -> QuerySet[Correction]:
    """What the centre should look at: not seen yet, or disputed and not answered; the nearest last day first."""
    rows = visible_corrections(actor=actor).select_related("case")
    open_states = (CorrectionState.APPLIED.value, CorrectionState.DISPUTED.value)
    return rows.filter(state__in=open_states).order_by("dispute_until", "made_at")


def differences_of(correction: Correction) -> list[Difference]:
    """What was corrected, field by field, as people read it."""
    return [difference_of(name, correction.before.get(name), value, label) for name, value in correction.after.items()]


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A registered case with what a machine finds odd."""

    case: Case
    doubts: Sequence[Doubt]


@dataclass(frozen=True, slots=True)
class DoubtPage:
    """Registered cases, those with doubts first. `before` leads to the older ones; `looked_at` says how many were
    examined, `doubtful` how many of them have a doubt."""

    rows: Sequence[Doubtful]
    looked_at: int
    doubtful: int
    before: datetime | None


def registered_with_doubts(
    *,
    actor: Actor,
    words: str = "",
    product: str = "",
    sales_form: str = "",
    code: str = "",
    before: datetime | None = None,
    limit: int = LOOKED_AT,
) -> DoubtPage:
    """The newest registered cases that fit, examined by today's rules; those with doubts come first.

    `words` are looked for in title and product as heard, `product` is a code or the beginning of one, `code` one kind
    of doubt. Personal data are not read: the nation's scope has none.
    """
    rows = visible_cases(actor=actor).filter(state=State.REGISTERED.value)
    if before is not None:
        rows = rows.filter(registered_at__lt=before)
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(contracts__product_text__icontains=words))
    if product:
        rows = rows.filter(contracts__product__startswith=product)
    if sales_form:
        rows = rows.filter(contracts__sales_form=sales_form)
    found = list(with_parts(rows.distinct()).defer("summary", "handling").order_by("-registered_at", "-id")[:limit])
    examined = [Doubtful(case, tuple(doubts_of(case))) for case in found]
    if code:
        examined = [row for row in examined if any(doubt.code == code for doubt in row.doubts)]
    ordered = sorted(examined, key=lambda row: -len(row.doubts))
    return DoubtPage(
        rows=ordered,
        looked_at=len(found),
        doubtful=sum(1 for row in examined if row.doubts),
        before=found[-1].registered_at if len(found) == limit else None,
    )


def doubts_of(case: Case) -> list[Doubt]:
    """What is odd about a case with its parts read. Texts that weren't read are not asked for."""
    deferred = case.get_deferred_fields()
    card: dict[str, Any] = read_card(_Light(case)) if deferred else read_card(case)  # type: ignore[arg-type]
    return doubts(card, today=today(), is_code=lambda name, one: code_lists()[name].is_valid(one))


class _Light:
    """A case whose long texts stay where they are: the doubts concern codes, and a text counts as given."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def __getattr__(self, name: str) -> Any:
        return "あり" if name in ("summary", "handling") else getattr(self._case, name)
