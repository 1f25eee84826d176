"""被害救済額: money that came back and claims that were given up stay apart, and nothing is ever deleted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from caasis.cases import redress
from caasis.cases import services as cases
from caasis.cases.models import Redress
from caasis.cases.rules.redress import RedressKind, RedressTotals, totals
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE

TODAY = day_in_japan(timezone.now())


@pytest.fixture
def case(town: Any) -> Any:
    with actor_transaction(town.counsellor):
        return cases.open_case(actor=town.counsellor, card=COMPLETE)


def write(town: Any, case: Any, kind: str, amount: int, **more: Any) -> Redress:
    values = {"on": TODAY, "source": "advice", "proof": "bank", **more}
    return cases.write_redress(actor=town.counsellor, case_id=case.id, kind=kind, amount=amount, **values)


@pytest.mark.django_db
def test_refunded_is_not_claim_withdrawn(town, case):
    write(town, case, "refunded", 100_000)
    write(town, case, "recovered", 30_000)
    write(town, case, "withdrawn", 1_000_000)
    write(town, case, "reduced", 50_000)
    write(town, case, "in_kind", 7_000)
    with actor_transaction(town.counsellor):
        assert redress.case_totals(case, actor=town.counsellor) == RedressTotals(130_000, 7_000, 1_050_000)


@pytest.mark.django_db
def test_a_counter_entry_takes_back_and_both_lines_stay(town, case):
    wrong = write(town, case, "refunded", 1_000_000, words="イカルの話")
    write(town, case, "refunded", 100_000)
    undo = {"actor": town.counsellor, "case_id": case.id, "redress_id": wrong.id, "reason": "けたをまちがえた"}
    counter = cases.counter_redress(**undo)
    assert counter.amount == -1_000_000 and cases.counter_redress(**undo).id == counter.id
    with pytest.raises(WrongState):
        cases.counter_redress(**{**undo, "redress_id": counter.id})
    with actor_transaction(town.counsellor):
        assert redress.case_totals(case, actor=town.counsellor).refunded == 100_000
        lines = redress.ledger_of(case, actor=town.counsellor, purpose=Purpose.OWN_CASE)
    assert [line.row.amount for line in lines] == [-1_000_000, 100_000, 1_000_000]
    assert [line.corrected for line in lines] == [False, False, True] and lines[2].words == "イカルの話"


@pytest.mark.django_db
def test_the_database_keeps_signs_right(town, case):
    entry = write(town, case, "refunded", 100)
    with system_transaction(), pytest.raises(IntegrityError), transaction.atomic():
        Redress.objects.filter(id=entry.id).update(amount=-100)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"kind": "x"}, {"amount": 0}, {"amount": 10**12}, {"on": TODAY + timedelta(days=1)}, {"source": ""}, {"proof": "?"}])
def test_an_entry_without_sense_is_refused(town, case, wrong):
    with pytest.raises(Invalid) as refused:
        write(town, case, **{"kind": "refunded", "amount": 100, **wrong})
    assert set(wrong) <= set(refused.value.fields)


@pytest.mark.django_db
def test_the_same_key_writes_one_entry_also_after_registration(town, case):
    with actor_transaction(town.counsellor):
        cases.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
        approval = cases.request_approval(actor=town.counsellor, case_id=case.id)
    flagged = [check["code"] for check in approval.checks if check["verdict"] == "flagged"]
    with actor_transaction(town.official):
        cases.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=flagged)
    key = uuid7()
    assert write(town, case, "refunded", 100, key=key).id == write(town, case, "refunded", 100, key=key).id == key
    # Registered, it counts for the nation; its texts stay inside.
    for who in ("outsider", "ncac", "analyst"):
        actor = town.actors[who]
        with actor_transaction(actor):
            year = date(TODAY.year, 1, 1), date(TODAY.year, 12, 31)
            assert redress.totals_between(actor=actor, start=year[0], end=year[1]).refunded == 100, who
            with pytest.raises(NotFound):
                redress.ledger_of(case, actor=actor, purpose=Purpose.ADVICE)


@pytest.mark.django_db
def test_who_is_outside_counts_and_writes_nothing_of_an_open_case(town, case):
    write(town, case, "refunded", 100)
    for who in ("outsider", "outside_official", "ncac", "analyst", "admin"):
        actor = town.actors[who]
        with actor_transaction(actor):
            assert not redress.case_totals(case, actor=actor).anything, who
            assert not redress.totals_between(actor=actor, start=TODAY, end=TODAY).anything, who
            assert not Redress.objects.exists(), who
            with pytest.raises(NotFound):
                cases.write_redress(actor=actor, case_id=case.id, kind="refunded", amount=1, on=TODAY, source="advice", proof="bank")


@pytest.mark.django_db
def test_a_business_shows_what_its_cases_brought_back(town):
    from caasis.businesses.services import create_business
    from caasis.kernel.actor import SYSTEM

    with system_transaction():
        roof = create_business(actor=SYSTEM, name="株式会社カクウルーフ")
    with actor_transaction(town.counsellor):
        case = cases.open_case(actor=town.counsellor, card=COMPLETE)
        cases.confirm_business(actor=town.counsellor, case_id=case.id, business_id=roof.id)
        write(town, case, "refunded", 250_000)
        assert redress.business_totals([roof.id], actor=town.counsellor) == RedressTotals(refunded=250_000)
    with actor_transaction(town.outsider):
        assert not redress.business_totals([roof.id], actor=town.outsider).anything


@given(st.lists(st.tuples(st.sampled_from([kind.value for kind in RedressKind]), st.integers(1, 10**9))))
def test_totals_split_all_yen_and_counter_entries_cancel(rows):
    found = totals(rows)
    assert found.refunded + found.in_kind + found.released == sum(amount for _, amount in rows)
    assert not totals([*rows, *((kind, -amount) for kind, amount in rows)]).anything
