"""Figures of the API are those of the dashboard: the same facts, the same definitions."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from caasis.analytics import selectors
from caasis.analytics.models import CaseFact
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.rooms.provision.conftest import assert_problem

pytestmark = pytest.mark.django_db

PERIOD = "from=2026-01-01&to=2026-03-31"
#: day, prefecture, channel, kind, result, product, sales form, age band, sex, amount
ROWS = [
    ("2026-01-01", "04", "phone", "complaint", "mediation_settled", "P1301", "door_to_door", "70s", "female", 1_000_000),
    ("2026-01-31", "04", "web", "complaint", "advice", "P1301", "door_to_door", "70s", "male", 500_000),
    ("2026-02-15", "12", "web", "complaint", "mediation_failed", "P0210", "mail_order", "20s", "male", None),
    ("2026-03-31", "12", "phone", "inquiry", "information", "P0210", "mail_order", "", "", 3_000),
    ("2026-04-01", "12", "phone", "complaint", "advice", "P0210", "mail_order", "20s", "male", 99),
]


@pytest.fixture
def facts(town: Any) -> None:
    with system_transaction():
        for day, prefecture, channel, kind, result, product, form, age, sex, amount in ROWS:
            centre: UUID = (town.centre_a if prefecture == "04" else town.centre_b).id
            CaseFact.objects.create(
                case_id=uuid7(), centre_id=centre, received_on=day, registered_on=day, fiscal_year=2025,
                prefecture_code=prefecture, channel=channel, kind=kind, result=result, product=product, sales_form=form,
                age_band=age, sex=sex, amount=amount,
            )  # fmt: skip


def count(api: Any, by: str, more: str = "", role: str = "analyst") -> dict[str, Any]:
    answer = api(role, "GET", f"/statistics/cases?by={by}&{PERIOD}{more}")
    assert answer.status_code == 200, answer.content.decode()
    body: dict[str, Any] = answer.json()
    return body


def cells(body: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {cell["key"]: (cell["cases"], cell["amount"]) for cell in body["cells"]}


def test_both_ends_of_the_period_are_counted(api: Any, facts: None) -> None:
    body = count(api, "month")
    assert body["from"] == "2026-01-01" and body["to"] == "2026-03-31" and body["by"] == "month"
    assert cells(body) == {"2026-01-01": (2, 1_500_000), "2026-02-01": (1, 0), "2026-03-01": (1, 3_000)}
    assert body["metrics"]["K12"] == 4 and body["metrics"]["K13"] == 1_503_000
    assert body["metrics"]["K10"] == pytest.approx(2 / 4)
    assert body["metrics"]["K14"] == pytest.approx(2 / 3)
    assert body["definition"].startswith("K12 第")


def test_labels_are_in_japanese(api: Any, facts: None, town: Any) -> None:
    named = {cell["key"]: cell["label"] for cell in count(api, "prefecture")["cells"]}
    assert named == {"04": "宮城県", "12": "千葉県"}
    centres = {cell["label"]: cell["cases"] for cell in count(api, "centre")["cells"]}
    assert centres == {town.centre_a.name: 2, town.centre_b.name: 2}
    assert {cell["label"] for cell in count(api, "sex")["cells"]} >= {"女性", "男性", "不明"}


def test_conditions_narrow_and_a_product_class_holds_what_is_below(api: Any, facts: None) -> None:
    assert cells(count(api, "sales_form", "&product=P13")) == {"door_to_door": (2, 1_500_000)}
    assert cells(count(api, "channel", "&prefecture=12")) == {"web": (1, 0), "phone": (1, 3_000)}
    assert count(api, "day", "&age_band=70s&channel=web")["metrics"]["K12"] == 1
    empty = count(api, "day", "&channel=visit")
    assert empty["cells"] == [] and empty["metrics"]["K12"] == 0
    assert empty["metrics"]["K10"] is None, "nothing can be said of a share of nothing"


@pytest.mark.parametrize("dimension", sorted(selectors.DIMENSIONS))
def test_the_figures_are_those_of_the_selectors(api: Any, facts: None, town: Any, dimension: str) -> None:
    """What the dashboard reads, asked directly."""
    slice_ = selectors.Slice(date(2026, 1, 1), date(2026, 3, 31))
    with actor_transaction(town.analyst):
        expected = {str(c.key): (c.cases, c.amount) for c in selectors.count_by(dimension, slice_, actor=town.analyst)}
        metrics = {code: value.value for code, value in selectors.evaluate(slice_, actor=town.analyst).items()}
    body = count(api, dimension)
    assert cells(body) == expected
    assert body["metrics"] == metrics
    assert sum(cases for cases, _ in expected.values()) == metrics["K12"], "the cells of a dimension hold every case"


def test_a_case_registered_twice_counts_once(api: Any, town: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from caasis.analytics.facts import store_facts
    from caasis.cases import services
    from caasis.kernel.clock import day_in_japan
    from tests.support.cards import COMPLETE

    today = day_in_japan(timezone.now())
    query = f"/statistics/cases?by=day&from={today - timedelta(days=1)}&to={today}"
    case = services.open_case(actor=town.counsellor, card={**COMPLETE, "amount": 100})
    for amount in (100, 200):
        services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
        asked = services.request_approval(actor=town.counsellor, case_id=case.id)
        flagged = [check["code"] for check in asked.checks if check["verdict"] == "flagged"]
        services.decide(actor=town.official, approval_id=asked.id, approve=True, confirmed_checks=flagged)
        with system_transaction():
            store_facts([case.id])
        metrics = api("analyst", "GET", query).json()["metrics"]
        assert (metrics["K12"], metrics["K13"]) == (1, amount)
        if amount == 100:
            services.reopen_case(actor=town.counsellor, case_id=case.id, reason="金額が違った。")
            with system_transaction():
                case.refresh_from_db()
            services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"amount": 200})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=colour&from=2026-01-01&to=2026-01-31", "by"),
        ("by=day&from=2026-02-01&to=2026-01-31", "to"),
        ("by=day&from=2026-02-31&to=2026-03-31", "from"),
        ("by=day&from=yesterday&to=2026-03-31", "from"),
        ("by=day&to=2026-03-31", "from"),
        ("from=2026-01-01&to=2026-03-31", "by"),
        (f"by={'x' * 201}&from=2026-01-01&to=2026-03-31", "by"),
    ],
)
def test_what_cannot_be_counted_is_said(api: Any, town: Any, query: str, field: str) -> None:
    assert_problem(api("analyst", "GET", f"/statistics/cases?{query}"), 422, field=field)


@pytest.mark.parametrize(("role", "status"), [("public", 401), ("admin", 403), ("counsellor", 200), ("ncac", 200)])
def test_who_may_count(api: Any, facts: None, role: str, status: int) -> None:
    answer = api(role, "GET", f"/statistics/cases?by=day&{PERIOD}")
    if status == 200:
        assert answer.status_code == 200
    else:
        assert_problem(answer, status)
