"""Reads of complaints about ourselves and of incidents: inside the centre only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from caasis.analytics.selectors import MetricValue
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.operations.definitions import K5
from caasis.operations.models import Matter, Measure
from caasis.operations.vocabulary import MatterState, Sort
from caasis.privacy.services import open_fields


def visible_matters(*, actor: Actor) -> QuerySet[Matter]:
    """Those of the actor's centre. Nobody outside sees any."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Matter.objects.none()
    return Matter.objects.filter(centre_id=actor.centre_id)


def get_matter(*, actor: Actor, matter_id: UUID, for_update: bool = False) -> Matter:
    """One matter.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_matters(actor=actor).filter(id=matter_id)
    if for_update:
        rows = rows.select_for_update(of=("self",))
    matter = rows.first()
    if matter is None:
        raise NotFound("この記録は見つかりません。一覧を開き直してください。")
    return matter


def get_measure(*, actor: Actor, measure_id: UUID) -> Measure:
    """One measure of a matter of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    measure = Measure.objects.filter(id=measure_id, matter__in=visible_matters(actor=actor)).first()
    if measure is None:
        raise NotFound("この対策は見つかりません。一覧を開き直してください。")
    return measure


def open_texts(matter: Matter, *, actor: Actor) -> Mapping[str, str]:
    """What happened, who complained, what they were told: opened to work on it, and logged."""
    return open_fields(matter, "what", "complainant", "answer", actor=actor, purpose=Purpose.OWN_HANDLING)


def narrowed(
    rows: QuerySet[Matter], *, sort: str = "", state: str = "", kind: str = "", severity: str = ""
) -> QuerySet[Matter]:
    """A list, narrowed by codes; `state` "unfinished" is everything that isn't closed."""
    if sort:
        rows = rows.filter(sort=sort)
    if state == "unfinished":
        rows = rows.exclude(state=MatterState.CLOSED.value)
    elif state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if severity:
        rows = rows.filter(severity=severity)
    return rows.order_by("-noticed_on", "-number")


@dataclass(frozen=True, slots=True)
class Month:
    """How many complaints and incidents were noticed in a month (its first day)."""

    month: date
    complaints: int
    incidents: int


def by_month(*, actor: Actor, until: date, months: int = 12) -> list[Month]:
    """The last months, the one of `until` included, also those without any. One query."""
    first = _months_before(until.replace(day=1), months - 1)
    counted = (
        visible_matters(actor=actor)
        .filter(noticed_on__gte=first, noticed_on__lte=until)
        .annotate(month=TruncMonth("noticed_on"))
        .values("month")
        .annotate(
            complaints=Count("id", filter=Q(sort=Sort.COMPLAINT.value)),
            incidents=Count("id", filter=Q(sort=Sort.INCIDENT.value)),
        )
    )
    found = {row["month"]: row for row in counted}
    listed = [_months_before(until.replace(day=1), back) for back in range(months - 1, -1, -1)]
    return [
        Month(one, found[one]["complaints"], found[one]["incidents"]) if one in found else Month(one, 0, 0)
        for one in listed
    ]


def _months_before(first: date, count: int) -> date:
    number = first.year * 12 + first.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def complaints_about_us(*, actor: Actor, start: date, end: date) -> MetricValue:
    """K5 of the actor's centre between two days, both included."""
    count = (
        visible_matters(actor=actor)
        .filter(sort=Sort.COMPLAINT.value, noticed_on__gte=start, noticed_on__lte=end)
        .count()
    )
    return MetricValue(K5, count, {"complaints": count})


def open_measures(*, actor: Actor) -> QuerySet[Measure]:
    """Measures that are not done, and done ones whose check is due; the nearest day first."""
    rows = Measure.objects.filter(matter__in=visible_matters(actor=actor), held=None).select_related("matter")
    return rows.exclude(matter__state=MatterState.CLOSED.value).order_by("due_on", "id")
