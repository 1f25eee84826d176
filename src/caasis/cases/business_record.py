"""What the cases tell of one business: only those that the actor may see are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth

from caasis.businesses.models import Business
from caasis.cases.models import Case, CaseBusiness, Contract
from caasis.cases.selectors import visible_cases
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Actor

MONTHS = 24
MOST_GROUPS = 8


@dataclass(frozen=True, slots=True)
class Month:
    """Cases received in one month; `first` is its first day."""

    first: date
    cases: int


@dataclass(frozen=True, slots=True)
class Redress:
    """Money in yen over the contracts of the cases: contracted, paid, and really refunded (not what was only given up),
    and in how many contracts a refund is recorded."""

    contracted: int
    paid: int
    refunded: int
    refunds: int


@dataclass(frozen=True, slots=True)
class BusinessRecord:
    """Numbers about a business: months oldest first, products and results as (code, cases), most first."""

    total: int
    months: list[Month]
    products: list[tuple[str, int]]
    results: list[tuple[str, int]]
    redress: Redress


def cases_of_business(*, actor: Actor, business_ids: Sequence[UUID]) -> QuerySet[Case]:
    """Cases that the actor may see in which a person confirmed one of these businesses; the newest first."""
    named = CaseBusiness.objects.filter(business_id__in=business_ids).values("case_id")
    return visible_cases(actor=actor).filter(id__in=named).exclude(state=State.MERGED.value).order_by("-received_at", "id")


def read_record(*, actor: Actor, business_ids: Sequence[UUID], today: date) -> BusinessRecord:
    """The record of a business (and of those merged into it), in five queries."""
    cases = cases_of_business(actor=actor, business_ids=business_ids).order_by()
    first = _months_before(today, MONTHS - 1)
    counted = dict(
        cases.filter(received_on__gte=first)
        .annotate(month=TruncMonth("received_on"))
        .values_list("month")
        .annotate(n=Count("id"))
    )
    months = [_months_before(today, back) for back in range(MONTHS - 1, -1, -1)]
    contracts = Contract.objects.filter(case_id__in=cases.values("id"))
    products = contracts.exclude(product="").values_list("product").annotate(n=Count("case_id", distinct=True))
    results = cases.exclude(result="").values_list("result").annotate(n=Count("id"))
    sums = contracts.aggregate(
        sum_contracted=Sum("amount"), sum_paid=Sum("paid"), sum_refunded=Sum("refunded"), refunds=Count("refunded")
    )
    return BusinessRecord(
        total=cases.count(),
        months=[Month(month, counted.get(month, 0)) for month in months],
        products=list(products.order_by("-n", "product")[:MOST_GROUPS]),
        results=list(results.order_by("-n", "result")[:MOST_GROUPS]),
        redress=Redress(
            sums["sum_contracted"] or 0, sums["sum_paid"] or 0, sums["sum_refunded"] or 0, sums["refunds"] or 0
        ),
    )


def confirmed_business(case: Case) -> Business | None:
    """The business that speaks for the one confirmed on this case, or None."""
    row = CaseBusiness.objects.filter(case=case).select_related("business").order_by("position").first()
    business = row.business if row is not None else None
    seen: set[UUID] = set()
    while business is not None and business.merged_into is not None and business.id not in seen:
        seen.add(business.id)
        business = business.merged_into
    return business


def _months_before(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)
