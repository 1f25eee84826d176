"""The figures against a naive recount of the same rows, and what may be counted by whom."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caasis.analytics.facts import store_facts
from caasis.analytics.models import CaseFact
from caasis.analytics.selectors import (
    Against,
    Slice,
    Totals,
    compare_by,
    count_by,
    daily_by,
    daily_totals,
    evaluate,
    is_small,
)
from caasis.cases import services
from caasis.kernel.actor import PUBLIC, SYSTEM, Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.platform.transactions import system_transaction
from tests.rooms.analytics.facts import fact, random_facts, save
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
ANALYST = Actor(id=UUID(int=9), roles=frozenset({Role.ANALYST}))
OTHER = UUID(int=2)

#: (start, end, filters, centre): the last period is longer than the shift of a year, so that the two overlap.
SLICES = [
    (date(2026, 8, 29), TODAY, {}, None),
    (date(2026, 11, 20), TODAY, {}, None),
    (date(2026, 8, 1), date(2026, 10, 31), {"product": "P02", "prefecture": "13"}, None),
    (date(2026, 8, 1), TODAY, {"sales_form": "mail_order", "age_band": "70s"}, OTHER),
    (date(2025, 11, 20), TODAY, {}, None),
]


def matches(row: CaseFact, filters: dict[str, str], centre: UUID | None) -> bool:
    return (
        (centre is None or row.centre_id == centre)
        and row.product.startswith(filters.get("product", ""))
        and filters.get("prefecture", row.prefecture_code) == row.prefecture_code
        and filters.get("sales_form", row.sales_form) == row.sales_form
        and filters.get("age_band", row.age_band) == row.age_band
    )


def recount(rows: list[CaseFact]) -> Totals:
    complaints = [row for row in rows if row.kind == "complaint"]
    return Totals(
        cases=len(rows),
        web_cases=len([row for row in rows if row.channel == "web"]),
        complaints=len(complaints),
        mediated=len([row for row in complaints if row.result.startswith("mediation_")]),
        amount=sum(row.amount for row in rows if row.amount is not None),
    )


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("start", "end", "filters", "centre"), SLICES)
def test_every_figure_equals_a_naive_recount(seed, start, end, filters, centre):
    everything = save(random_facts(700, seed=seed, until=TODAY, days=760, centres=(UUID(int=1), OTHER)))
    rows = [row for row in everything if matches(row, filters, centre)]
    slice_ = Slice(start, end, filters, centre)
    shift = timedelta(days=364)
    against = Against.earlier(364, today=TODAY)
    now = [row for row in rows if start <= row.received_on <= end]
    then = [row for row in rows if start <= row.received_on + shift <= end and row.registered_on <= TODAY - shift]

    values = evaluate(slice_, actor=ANALYST)
    totals = recount(now)
    assert values["K12"].value == totals.cases
    assert values["K13"].value == totals.amount
    assert values["K10"].value == (totals.web_cases / totals.cases if totals.cases else None)
    assert values["K14"].value == (totals.mediated / totals.complaints if totals.complaints else None)

    days = [start + timedelta(days=index) for index in range((end - start).days + 1)]
    daily = daily_totals(slice_, actor=ANALYST, against=against)
    assert daily.over(days) == (recount(now), recount(then))
    for day in (start, end, days[len(days) // 2]):
        mine = [row for row in now if row.received_on == day]
        assert daily.over([day])[0] == recount(mine)
        assert daily.over([day])[1] == recount([row for row in then if row.received_on + shift == day])

    for dimension, column, length in (("prefecture", "prefecture_code", 0), ("age_band", "age_band", 0), ("product", "product", 5)):
        size = length or None
        ours = Counter(getattr(row, column)[:size] for row in now)
        earlier = Counter(getattr(row, column)[:size] for row in then)
        pairs = compare_by(dimension, slice_, actor=ANALYST, against=against, length=length)
        assert {pair.key: (pair.now, pair.then) for pair in pairs} == {
            key: (ours[key], earlier[key]) for key in set(ours) | set(earlier)
        }
        assert [pair.now for pair in pairs] == sorted((pair.now for pair in pairs), reverse=True)

    by_form = daily_by("sales_form", slice_, actor=ANALYST, against=against)
    for form, per_day in by_form.items():
        assert per_day.over(days)[0].cases == len([row for row in now if row.sales_form == form])
        assert per_day.over(days)[1].cases == len([row for row in then if row.sales_form == form])
    assert sum(per_day.over(days)[0].cases for per_day in by_form.values()) == len(now)


def test_the_earlier_period_is_counted_as_it_was_known_then():
    a_year_ago = TODAY - timedelta(days=364)
    save(
        [
            fact(a_year_ago - timedelta(days=3), registered_on=a_year_ago),
            # Received in the period, but registered only after the day that corresponds to today.
            fact(a_year_ago - timedelta(days=3), registered_on=a_year_ago + timedelta(days=1)),
        ]
    )
    slice_ = Slice(TODAY - timedelta(days=7), TODAY)
    pairs = compare_by("product", slice_, actor=ANALYST, against=Against.earlier(364, today=TODAY))
    assert [(pair.now, pair.then) for pair in pairs] == [(0, 1)]


def test_without_a_comparison_there_is_no_earlier_number():
    save([fact(TODAY), fact(TODAY - timedelta(days=364))])
    slice_ = Slice(TODAY, TODAY)
    assert daily_totals(slice_, actor=ANALYST).over([TODAY]) == (Totals(1, 0, 1, 0, 10_000), None)
    assert [(pair.now, pair.then) for pair in compare_by("product", slice_, actor=ANALYST)] == [(1, None)]


def test_a_reopened_case_is_counted_once_and_with_its_newest_values(town):
    case = services.open_case(actor=town.counsellor, card={**COMPLETE, "amount": 500})
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approval = services.request_approval(actor=town.counsellor, case_id=case.id)
    confirmed = [check["code"] for check in approval.checks if check["verdict"] == "flagged"]
    services.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=confirmed)
    with system_transaction():
        assert store_facts([case.id]) == 1
        row = CaseFact.objects.get(case_id=case.id)
        slice_ = Slice(row.received_on, row.received_on)
        assert (evaluate(slice_, actor=SYSTEM)["K12"].value, evaluate(slice_, actor=SYSTEM)["K13"].value) == (1, 500)
    services.reopen_case(actor=town.counsellor, case_id=case.id, reason="続きの相談があったため")
    with system_transaction():
        case.refresh_from_db()
        contract = case.contracts.get()
        contract.amount = 900
        contract.save()
        assert store_facts([case.id]) == 1
        values = evaluate(slice_, actor=SYSTEM)
    assert (values["K12"].value, values["K13"].value) == (1, 900)


def test_each_reading_is_one_query(django_assert_num_queries):
    save(random_facts(50, seed=3, until=TODAY))
    slice_, against = Slice(date(2026, 8, 29), TODAY), Against.earlier(364, today=TODAY)
    for read in (
        lambda: evaluate(slice_, actor=ANALYST),
        lambda: daily_totals(slice_, actor=ANALYST, against=against, lead=6),
        lambda: compare_by("product", slice_, actor=ANALYST, against=against, length=5),
        lambda: daily_by("sales_form", slice_, actor=ANALYST, against=against),
        lambda: count_by("month", slice_, actor=ANALYST),
    ):
        with CaptureQueriesContext(connection) as queries:
            read()
        assert len(queries) == 1


@pytest.mark.parametrize("actor", [PUBLIC, Actor(id=UUID(int=4), roles=frozenset({Role.ADMIN}))])
def test_whoever_is_neither_staff_nor_national_counts_nothing(actor):
    slice_ = Slice(TODAY, TODAY)
    for read in (
        lambda: evaluate(slice_, actor=actor),
        lambda: daily_totals(slice_, actor=actor, against=Against.earlier(364, today=TODAY)),
        lambda: compare_by("product", slice_, actor=actor),
        lambda: daily_by("product", slice_, actor=actor),
    ):
        with pytest.raises(NotAllowed):
            read()


def test_a_dimension_that_does_not_exist_is_refused():
    with pytest.raises(Invalid):
        compare_by("password", Slice(TODAY, TODAY), actor=ANALYST)
    with pytest.raises(Invalid):
        daily_by("password", Slice(TODAY, TODAY), actor=ANALYST)


def test_a_cell_is_small_below_three():
    assert [is_small(cases) for cases in (0, 1, 2, 3)] == [True, True, True, False]
