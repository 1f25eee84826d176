"""Reads of the redress ledger: of a case, of a business, of a centre, of the nation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet, Sum

from caasis.accounts.selectors import names_of
from caasis.cases.models import Case, Redress
from caasis.cases.rules.redress import Proof, RedressKind, RedressTotals, Source, totals
from caasis.cases.selectors import is_insider, visible_cases
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.privacy.services import open_rows


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words; `words` is None while no purpose is stated."""

    row: Redress
    kind: str
    source: str
    proof: str
    who: str
    words: str | None
    corrected: bool


def ledger_of(case: Case, *, actor: Actor, purpose: Purpose | None) -> list[Line]:
    """The entries of a case, the newest first. :raises NotFound: outside the centre."""
    if not is_insider(case, actor):
        raise NotFound
    rows = list(case.redress.all())
    corrected = {row.corrects_id for row in rows if row.corrects_id}
    names = names_of({row.by for row in rows if row.by})
    texts: Sequence[str | None] = [None] * len(rows)
    if purpose is not None:
        texts = open_rows(rows, "words", key_id=case.record_key_id, object_id=case.id, actor=actor, purpose=purpose)
    return [
        Line(
            row,
            RedressKind.words(row.kind),
            Source.words(row.source),
            Proof.words(row.proof),
            names.get(row.by, "") if row.by else "",
            text,
            row.id in corrected,
        )
        for row, text in zip(rows, texts, strict=True)
    ][::-1]


def _sum(rows: QuerySet[Redress]) -> RedressTotals:
    return totals(rows.order_by().values_list("kind").annotate(yen=Sum("amount")))


def case_totals(case: Case, *, actor: Actor) -> RedressTotals:
    """Totals of a case that the actor may see."""
    return _sum(Redress.objects.filter(case__in=visible_cases(actor=actor).filter(id=case.id)))


def business_totals(business_ids: Iterable[UUID], *, actor: Actor) -> RedressTotals:
    """Totals over the cases that the actor may see, with one of these businesses."""
    seen = visible_cases(actor=actor).exclude(state=State.MERGED.value)
    return _sum(Redress.objects.filter(business_id__in=list(business_ids), case__in=seen))


def totals_between(*, actor: Actor, start: date, end: date, centre_id: UUID | None = None) -> RedressTotals:
    """Totals of the days from `start` to `end`, both inclusive: of one centre, or of all cases that the actor may see.

    Outside the own centre only registered cases count, as everywhere in the statistics.
    """
    rows = Redress.objects.filter(on__gte=start, on__lte=end, case__in=visible_cases(actor=actor).exclude(state=State.MERGED.value))
    if centre_id is not None:
        rows = rows.filter(centre_id=centre_id)
    return _sum(rows)
