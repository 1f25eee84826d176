"""Reads of the facts: the same figures for the dashboard, the API and the reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Left

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


@dataclass(frozen=True, slots=True)
class Totals:
    """What the metrics are made of. All are numbers of cases, `amount` is in yen."""

    cases: int = 0
    web_cases: int = 0
    complaints: int = 0
    mediated: int = 0
    amount: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.cases + other.cases,
            self.web_cases + other.web_cases,
            self.complaints + other.complaints,
            self.mediated + other.mediated,
            self.amount + other.amount,
        )


_MEDIATED = Q(kind="complaint", result__in=["mediation_settled", "mediation_failed"])


def _sums(condition: Q | None = None, prefix: str = "") -> dict[str, Any]:
    """The aggregates behind `Totals`, of the rows that meet the condition."""
    within = condition or Q()
    return {
        f"{prefix}cases": Count("case_id", filter=condition),
        f"{prefix}web_cases": Count("case_id", filter=within & Q(channel="web")),
        f"{prefix}complaints": Count("case_id", filter=within & Q(kind="complaint")),
        f"{prefix}mediated": Count("case_id", filter=within & _MEDIATED),
        f"{prefix}total": Sum("amount", filter=condition),
    }


def _totals(row: Mapping[str, Any], prefix: str = "") -> Totals:
    names = ("cases", "web_cases", "complaints", "mediated", "total")
    return Totals(*(int(row[f"{prefix}{name}"] or 0) for name in names))


def evaluate(slice_: Slice, *, actor: Actor) -> dict[str, MetricValue]:
    """K12, K13, K10 and K14 of a slice, in one query."""
    return metrics_of(_totals(facts(slice_, actor=actor).aggregate(**_sums())))


def metrics_of(totals: Totals) -> dict[str, MetricValue]:
    """K12, K13, K10 and K14 of what was counted."""
    numbers = {f.name: getattr(totals, f.name) for f in fields(Totals)}
    return {
        "K12": MetricValue(K12, totals.cases, {"cases": totals.cases}),
        "K13": MetricValue(K13, totals.amount, {"amount": totals.amount}),
        "K10": MetricValue(K10, ratio(totals.web_cases, totals.cases), _parts(numbers, K10)),
        "K14": MetricValue(K14, ratio(totals.mediated, totals.complaints), _parts(numbers, K14)),
    }


def _parts(numbers: Mapping[str, int], definition: MetricDefinition) -> dict[str, int]:
    assert definition.ratio_of is not None
    return {name: numbers[name] for name in definition.ratio_of}


# --- one period against another -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Against:
    """What a slice is compared with: the same conditions `shift` days earlier.

    Weeks pass between a consultation and its registration, so the newest days are never complete. The earlier period
    is therefore counted as it was known `shift` days ago: only what was registered until `known_on`.
    """

    shift: int
    known_on: date

    @classmethod
    def earlier(cls, days: int, *, today: date) -> Against:
        """The comparison with `days` days before, seen from `today`."""
        return cls(days, today - timedelta(days=days))

    def period(self, slice_: Slice) -> tuple[date, date]:
        """First and last day of the earlier period."""
        shift = timedelta(days=self.shift)
        return slice_.start - shift, slice_.end - shift


def _both(slice_: Slice, against: Against | None, *, actor: Actor) -> tuple[QuerySet[CaseFact], Q, Q]:
    """Rows of both periods, and the conditions by which a row belongs to the one and to the other."""
    now = Q(received_on__gte=slice_.start, received_on__lte=slice_.end)
    if against is None:
        return facts(slice_, actor=actor), now, Q(pk__in=[])
    start, end = against.period(slice_)
    then = Q(received_on__gte=start, received_on__lte=end)
    wide = replace(slice_, start=min(start, slice_.start), end=max(end, slice_.end))
    return facts(wide, actor=actor).filter(now | then), now, then & Q(registered_on__lte=against.known_on)


@dataclass(frozen=True, slots=True)
class Days:
    """Totals by day. `then` is None without a comparison; its days are those of `now` to which they are compared."""

    now: Mapping[date, Totals]
    then: Mapping[date, Totals] | None

    def over(self, days: Iterable[date]) -> tuple[Totals, Totals | None]:
        """Totals of some days, now and then."""
        chosen = list(days)
        return _sum_of(self.now, chosen), None if self.then is None else _sum_of(self.then, chosen)


def _sum_of(by_day: Mapping[date, Totals], days: Iterable[date]) -> Totals:
    return sum((by_day[day] for day in days if day in by_day), Totals())


def daily_totals(slice_: Slice, *, actor: Actor, against: Against | None = None, lead: int = 0) -> Days:
    """Totals of each day on which anything was received, in one query.

    :param lead: days before the start that are wanted too, for a moving average.
    """
    wide = replace(slice_, start=slice_.start - timedelta(days=lead))
    rows, now, then = _both(wide, against, actor=actor)
    sums = _sums(now) | (_sums(then, "then_") if against else {})
    counted: list[Any] = list(rows.values("received_on").annotate(**sums))
    shift = timedelta(days=against.shift if against else 0)
    return Days(
        now={row["received_on"]: _totals(row) for row in counted if row["cases"]},
        then={row["received_on"] + shift: _totals(row, "then_") for row in counted if row["then_cases"]} if against else None,
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """Cases of one value of a dimension, now and then (None without a comparison)."""

    key: str
    now: int
    then: int | None


def compare_by(
    dimension: str, slice_: Slice, *, actor: Actor, against: Against | None = None, length: int = 0
) -> list[Pair]:
    """Cases by one dimension in both periods, the most frequent first, in one query.

    :param length: count codes by their first characters (P0210 holds P021001 and P021002); 0 for whole codes.
    :raises Invalid: the dimension does not exist.
    """
    rows, now, then = _both(slice_, against, actor=actor)
    column = _column(dimension)
    grouped = rows.values(key=Left(column, length) if length else F(column))
    sums: dict[str, Any] = {"now": Count("case_id", filter=now)}
    if against is not None:
        sums["then"] = Count("case_id", filter=then)
    counted: Iterable[Any] = grouped.annotate(**sums)
    pairs = [Pair(str(row["key"]), row["now"], row.get("then")) for row in counted]
    return sorted((pair for pair in pairs if pair.now or pair.then), key=lambda pair: (-pair.now, -(pair.then or 0), pair.key))


def daily_by(dimension: str, slice_: Slice, *, actor: Actor, against: Against | None = None) -> dict[str, Days]:
    """Numbers of cases by day for each value of a dimension, in one query. Only `Totals.cases` is filled."""
    rows, now, then = _both(slice_, against, actor=actor)
    sums: dict[str, Any] = {"now": Count("case_id", filter=now)}
    if against is not None:
        sums["then"] = Count("case_id", filter=then)
    shift = timedelta(days=against.shift if against else 0)
    found: dict[str, tuple[dict[date, Totals], dict[date, Totals]]] = defaultdict(lambda: ({}, {}))
    counted: Iterable[Any] = rows.values("received_on", key=F(_column(dimension))).annotate(**sums)
    for row in counted:
        key, day = str(row["key"]), row["received_on"]
        if row["now"]:
            found[key][0][day] = Totals(cases=row["now"])
        if row.get("then"):
            found[key][1][day + shift] = Totals(cases=row["then"])
    return {key: Days(ours, earlier if against else None) for key, (ours, earlier) in found.items()}


def _column(dimension: str) -> str:
    column = DIMENSIONS.get(dimension)
    if column is None:
        raise Invalid(fields={"by": ["この分け方はありません。"]})
    return column


# --- one dimension ------------------------------------------------------------------------------------------------


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
    column = _column(dimension)
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


def is_small(cases: int) -> bool:
    """Whether so few cases could point at somebody, so that the cell isn't shown where places are compared."""
    return cases < SMALL_CELL
