"""Reads of the facts: the same figures for the dashboard, the API and the reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from caasis.analytics.definitions import K10, K12, K13, K14
from caasis.analytics.models import CaseFact
from caasis.kernel.actor import CENTRE_ROLES, NATIONAL_ROLES, Actor
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.kernel.metrics import MetricDefinition, ratio

#: By what cases can be counted: name → column of the fact.
DIMENSIONS: dict[str, str] = {
    "day": "received_on",
    "month": "received_on__month",
    "product": "product",
    "sales_form": "sales_form",
    "age_band": "age_band",
    "prefecture": "prefecture_code",
    "channel": "channel",
    "kind": "kind",
    "result": "result",
    "sex": "sex",
    "centre": "centre_id",
}
#: In what is published, a cell of fewer cases than this is not shown.
SMALL_CELL = 3


@dataclass(frozen=True, slots=True)
class Slice:
    """What is counted: received between two days (both included), narrowed by codes."""

    start: date
    end: date
    filters: Mapping[str, str] = field(default_factory=dict)
    centre_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise Invalid(fields={"to": ["終わりの日を、始まりの日より後にしてください。"]})
        unknown = set(self.filters) - set(DIMENSIONS)
        if unknown:
            raise Invalid(fields={name: ["この条件では絞り込めません。"] for name in sorted(unknown)})


def facts(slice_: Slice, *, actor: Actor) -> QuerySet[CaseFact]:
    """The facts that the actor may count: all of the nation for staff and national roles."""
    if not (actor.has_any(CENTRE_ROLES | NATIONAL_ROLES) or actor.is_system):
        raise NotAllowed("集計を見られるのは、センターと国の職員です。")
    rows = CaseFact.objects.filter(received_on__gte=slice_.start, received_on__lte=slice_.end)
    if slice_.centre_id is not None:
        rows = rows.filter(centre_id=slice_.centre_id)
    for name, value in slice_.filters.items():
        if value == "":
            continue
        if name == "product":
            # A class stands for everything below it: codes grow to the right (P03 → P0305 → P030501).
            rows = rows.filter(product__startswith=value)
        else:
            rows = rows.filter(**{DIMENSIONS[name]: value})
    return rows


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One evaluated metric: its definition, the value (None when nothing can be said), and what it was made of."""

    definition: MetricDefinition
    value: float | int | None
    parts: Mapping[str, int]


def evaluate(slice_: Slice, *, actor: Actor) -> dict[str, MetricValue]:
    """K12, K13, K10 and K14 of a slice, in one query."""
    totals = facts(slice_, actor=actor).aggregate(
        cases=Count("case_id"),
        amount=Sum("amount"),
        web_cases=Count("case_id", filter=Q(channel="web")),
        complaints=Count("case_id", filter=Q(kind="complaint")),
        mediated=Count("case_id", filter=Q(kind="complaint", result__in=["mediation_settled", "mediation_failed"])),
    )
    numbers = {name: int(value or 0) for name, value in totals.items()}
    return {
        "K12": MetricValue(K12, numbers["cases"], {"cases": numbers["cases"]}),
        "K13": MetricValue(K13, numbers["amount"], {"amount": numbers["amount"]}),
        "K10": MetricValue(K10, ratio(numbers["web_cases"], numbers["cases"]), _parts(numbers, K10)),
        "K14": MetricValue(K14, ratio(numbers["mediated"], numbers["complaints"]), _parts(numbers, K14)),
    }


def _parts(numbers: Mapping[str, int], definition: MetricDefinition) -> dict[str, int]:
    assert definition.ratio_of is not None
    return {name: numbers[name] for name in definition.ratio_of}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a dimension: how many cases, and their contract amount in yen."""

    key: Any
    cases: int
    amount: int


def count_by(dimension: str, slice_: Slice, *, actor: Actor) -> list[Cell]:
    """Cases by one dimension; days in order, everything else by number of cases.

    :raises Invalid: the dimension does not exist.
    """
    column = DIMENSIONS.get(dimension)
    if column is None:
        raise Invalid(fields={"by": ["この分け方はありません。"]})
    rows = facts(slice_, actor=actor)
    if dimension == "month":
        from django.db.models.functions import TruncMonth

        rows = rows.annotate(month=TruncMonth("received_on"))
        column = "month"
    counted = rows.values(column).annotate(cases=Count("case_id"), total=Sum("amount"))
    cells = [Cell(row[column], row["cases"], int(row["total"] or 0)) for row in counted]
    if dimension in ("day", "month"):
        return sorted(cells, key=lambda cell: cell.key)
    return sorted(cells, key=lambda cell: (-cell.cases, str(cell.key)))


def suppress_small(cells: list[Cell]) -> list[Cell | None]:
    """For what is published: None in place of a cell that could point at somebody."""
    return [cell if cell.cases >= SMALL_CELL else None for cell in cells]
