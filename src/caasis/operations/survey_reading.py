"""What came of the surveys: by month, by what the case was about, by centre; with intervals, and nothing for a few."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import TruncMonth

from caasis.analytics.selectors import MetricValue
from caasis.cases.code_lists import label as case_label
from caasis.kernel.actor import Actor
from caasis.kernel.clock import JST
from caasis.kernel.errors import NotAllowed
from caasis.kernel.metrics import ratio
from caasis.operations.definitions import K50, K52, K56
from caasis.operations.models import SurveyRequest
from caasis.operations.rules.survey_results import Estimate, ces, csat, hide_small, nps
from caasis.operations.vocabulary import NotAsked, RequestState
from caasis.organisations.models import Centre
from caasis.platform.transactions import actor_transaction, system_transaction

#: The measures in the order in which they stand on a page.
MEASURES = ("csat", "nps", "ces")
_RULES: dict[str, Callable[[Counter[int]], Estimate]] = {"csat": csat, "nps": nps, "ces": ces}
NO_PRODUCT, NO_FORM = "商品が未記入", "販売購入形態が未記入"


@dataclass(frozen=True, slots=True)
class Group:
    """One line: how many were asked and answered, and the three measures."""

    key: str
    label: str
    asked: int
    answered: int
    csat: Estimate
    nps: Estimate
    ces: Estimate

    @property
    def rate(self) -> float | None:
        """回答率: answers among all that were asked, also those who can still answer."""
        return ratio(self.answered, self.asked)


@dataclass(frozen=True, slots=True)
class Results:
    """The whole page: everything, then the same by month (oldest first), product, sales form and centre."""

    total: Group
    months: list[Group]
    products: list[Group]
    sales_forms: list[Group]
    centres: list[Group]
    states: dict[str, int]
    not_asked: list[tuple[str, int]]
    closed: int
    metrics: dict[str, MetricValue]


@dataclass(slots=True)
class _Sums:
    asked: int = 0
    answered: int = 0
    points: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in MEASURES})


def survey_results(*, actor: Actor, start: date, end: date) -> Results:
    """Surveys of cases that were closed between two days of Japan, both included: of the actor's centre, or of all centres
    for the nation. One query for the figures.

    :raises NotAllowed: neither staff of a centre nor of the nation.
    """
    rows = _rows(actor, start, end)
    total, states, reasons = _Sums(), Counter[str](), Counter[str]()
    by: dict[str, dict[str, _Sums]] = {name: defaultdict(_Sums) for name in ("month", "product", "form", "centre")}
    for row in rows:
        times = int(row["times"])
        states[row["state"]] += times
        if row["state"] == RequestState.NOT_ASKED:
            reasons[row["not_asked"]] += times
            continue
        keys = {"month": row["month"].strftime("%Y-%m"), "product": row["product_group"], "form": row["sales_form"],
                "centre": str(row["centre_id"])}  # fmt: skip
        for sums in (total, *(by[name][key] for name, key in keys.items())):
            _add(sums, row, times)
    whole = _group("", "全体", total)
    names = _centre_names(by["centre"]) if actor.is_national else {}
    return Results(
        total=whole,
        months=_groups(by["month"], _month_words, order=lambda one: one.key, every=_months(start, end)),
        products=_groups(by["product"], lambda key: case_label("product", key) if key else NO_PRODUCT),
        sales_forms=_groups(by["form"], lambda key: case_label("sales_form", key) if key else NO_FORM),
        centres=_groups(by["centre"], lambda key: names.get(key, "")) if actor.is_national else [],
        states={state.value: states[state.value] for state in RequestState},
        not_asked=[(reason.label, reasons[reason.value]) for reason in NotAsked if reasons[reason.value]],
        closed=sum(states.values()),
        metrics=_metrics(total, whole),
    )


def _rows(actor: Actor, start: date, end: date) -> list[dict[str, Any]]:
    if not actor.is_national and (actor.centre_id is None or not actor.works_for(actor.centre_id)):
        raise NotAllowed("アンケートの結果を見られるのは、センターと国の職員です。")
    first, last = datetime.combine(start, time(0), JST), datetime.combine(end + timedelta(days=1), time(0), JST)
    wanted = SurveyRequest.objects.filter(asked_at__gte=first, asked_at__lt=last)
    counted = (
        wanted.annotate(month=TruncMonth("asked_at", tzinfo=JST))
        .values("centre_id", "month", "product_group", "sales_form", "state", "not_asked",
                "answer__csat", "answer__nps", "answer__ces")
        .annotate(times=Count("id"))
        .order_by()
    )  # fmt: skip
    if actor.is_national:
        # Sums of all centres: no words are read, and nothing below five answers is told.
        with system_transaction():
            return [dict(row) for row in counted]
    with actor_transaction(actor):
        return [dict(row) for row in counted.filter(centre_id=actor.centre_id or UUID(int=0))]


def _add(sums: _Sums, row: dict[str, Any], times: int) -> None:
    sums.asked += times
    if row["state"] != RequestState.ANSWERED:
        return
    sums.answered += times
    for name in MEASURES:
        point = row[f"answer__{name}"]
        if point is not None:
            sums.points[name][point] += times


def _group(key: str, label: str, sums: _Sums) -> Group:
    found = {name: _RULES[name](sums.points[name]) for name in MEASURES}
    return Group(key, label, sums.asked, sums.answered, found["csat"], found["nps"], found["ces"])


def _groups(
    by: dict[str, _Sums],
    words: Callable[[str], str],
    *,
    order: Callable[[Group], Any] = lambda one: (-one.asked, one.label),
    every: Iterable[str] = (),
) -> list[Group]:
    """The lines of one table, with as much hidden that nothing hidden can be worked out from the total."""
    for key in every:
        by.setdefault(key, _Sums())
    found = sorted((_group(key, words(key), sums) for key, sums in by.items()), key=order)
    for name in MEASURES:
        hidden = hide_small([getattr(one, name) for one in found])
        changed: list[dict[str, Any]] = [{name: estimate} for estimate in hidden]
        found = [replace(one, **change) for one, change in zip(found, changed, strict=True)]
    return found


def _metrics(total: _Sums, whole: Group) -> dict[str, MetricValue]:
    satisfied = total.points["csat"][4] + total.points["csat"][5]
    return {
        "K50": MetricValue(K50, whole.csat.value, {"satisfied": satisfied, "csat_answers": whole.csat.n}),
        "K52": MetricValue(K52, whole.nps.value, {"nps_answers": whole.nps.n}),
        "K56": MetricValue(K56, whole.ces.value, {"ces_answers": whole.ces.n}),
    }


def _months(start: date, end: date) -> list[str]:
    number, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [f"{at // 12}-{at % 12 + 1:02}" for at in range(number, last + 1)]


def _month_words(key: str) -> str:
    year, month = key.split("-")
    return f"{year}年{int(month)}月"


def _centre_names(keys: Iterable[str]) -> dict[str, str]:
    rows = Centre.objects.filter(id__in=[UUID(key) for key in keys]).values_list("id", "name")
    return {str(id_): name for id_, name in rows}
