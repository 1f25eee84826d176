"""The bulk service leaves what the single services leave, row for row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases.models import (
    Approval,
    ApprovalDecision,
    Case,
    CaseBusiness,
    CaseEntry,
    Contract,
    Party,
    ResponseClock,
    Task,
)
from caasis.cases.selectors import get_case, open_personal, read_card
from caasis.cases.services.bulk import BulkCase, register_cases_in_bulk
from caasis.cases.services.opening import clean_or_raise
from caasis.cases.vocabulary import State
from caasis.people.models import ContactPoint, Person
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.models import RecordKey
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db

CARD = {**COMPLETE, "consumer_name": "見本 花子", "consumer_kana": "みほん はなこ", "consumer_phone": "090-1234-5678", "consumer_address": "架空町1-2-3"}
#: Made anew for each row, or the moment of writing.
OWN = {"id", "case_id", "person_id", "record_key_id", "receipt_number", "created_at", "updated_at", "at", "received_at", "handled_at", "registered_at", "touched_at", "requested_at", "decided_at", "saved_at", "approval_id", "subject", "object_id", "position", "due_at"}


def singly(town, state: State, card: dict[str, Any]) -> Case:
    case = services.open_case(actor=town.counsellor, card=card, take=state != State.RECEIVED)
    if state == State.MEDIATING:
        services.change_state(actor=town.counsellor, case_id=case.id, verb="begin_mediation")
    if state in (State.HANDLED, State.WAITING_APPROVAL, State.RETURNED, State.REGISTERED):
        services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    if state in (State.WAITING_APPROVAL, State.RETURNED, State.REGISTERED):
        approval = services.request_approval(actor=town.counsellor, case_id=case.id)
        confirmed = [c["code"] for c in approval.checks if c["verdict"] == "flagged"]
        if state == State.REGISTERED:
            services.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=confirmed)
        if state == State.RETURNED:
            services.decide(actor=town.official, approval_id=approval.id, approve=False, reason="内容を確かめてください。")
    return case


def in_bulk(town, state: State, card: dict[str, Any]) -> Case:
    now = timezone.now()
    one = BulkCase(
        actor=town.counsellor,
        centre_id=town.centre_a.id,
        card=clean_or_raise(card),
        received_at=now - timedelta(days=3),
        state=state,
        handled_at=now - timedelta(days=2),
        registered_at=now - timedelta(days=1),
        official=town.official,
    )
    [[case]] = list(register_cases_in_bulk([one]))
    return case


def snapshot(case: Case) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that belongs to the case, without ids and moments, sealed bytes as their length."""
    with system_transaction():
        case = Case.objects.get(id=case.id)
        persons = Person.objects.filter(id__in=Party.objects.filter(case=case).values("person_id"))
        keys = [case.record_key_id, *persons.values_list("record_key_id", flat=True)]
        sources = {
            "case": Case.objects.filter(id=case.id),
            "party": Party.objects.filter(case=case).order_by("position"),
            "person": persons,
            "points": ContactPoint.objects.filter(person__in=persons),
            "keys": RecordKey.objects.filter(id__in=keys),
            "contract": Contract.objects.filter(case=case),
            "business": CaseBusiness.objects.filter(case=case),
            "entries": CaseEntry.objects.filter(case=case).order_by("at", "id"),
            "tasks": Task.objects.filter(case=case),
            "approvals": Approval.objects.filter(case=case),
            "decisions": ApprovalDecision.objects.filter(approval__case=case),
            "events": OutboxEvent.objects.filter(subject=case.id).order_by("created_at", "id"),
            "accesses": AccessRecord.objects.filter(object_id=case.id).order_by("action"),
        }
        found = {
            name: [{k: plain(v) for k, v in row.items() if k not in OWN} for row in rows.values()]
            for name, rows in sources.items()
        }
    for row in found["case"]:
        row.pop("received_on"), row.pop("fiscal_year")
        # Morning of an open day some weeks after the day of handling, which is not the same day in both.
        due = row.pop("next_contact_at")
        assert due is None or due > timezone.now()
    for row in found["entries"]:
        if "task" in row["data"]:
            row["data"] = {"task": "the follow-up"}
    # A single transaction writes its entries at one instant, the bulk writer at the instants of a life.
    for name in ("entries", "events"):
        found[name].sort(key=lambda row: str(sorted(row.items())))
    return found


def plain(value: Any) -> Any:
    if hasattr(value, "data") and isinstance(value.data, bytes):
        return ("sealed", len(value.data))
    if isinstance(value, memoryview | bytes):
        return ("bytes", len(bytes(value)))
    return value


@pytest.mark.parametrize("state", [State.RECEIVED, State.ADVISING, State.MEDIATING, State.HANDLED, State.WAITING_APPROVAL, State.RETURNED, State.REGISTERED])
def test_bulk_leaves_row_for_row_what_the_single_services_leave(town, state):
    one, many = snapshot(singly(town, state, CARD)), snapshot(in_bulk(town, state, CARD))
    for table in one:
        assert len(many[table]) == len(one[table]), table
        for single, bulk in zip(one[table], many[table], strict=True):
            assert {k: (single[k], bulk[k]) for k in single if single[k] != bulk[k]} == {}, table


def test_another_contract_party_is_a_second_row_in_both(town):
    card = {**CARD, "contract_party_is_consumer": False, "party_relation": "母", "party_age": 81, "party_sex": "female"}
    assert snapshot(in_bulk(town, State.REGISTERED, card)) == snapshot(singly(town, State.REGISTERED, card))


def test_the_words_of_a_bulk_case_open_like_any_other(town):
    case = in_bulk(town, State.ADVISING, CARD)
    with actor_transaction(town.counsellor):
        case = get_case(actor=town.counsellor, case_id=case.id)
        assert open_personal(case, actor=town.counsellor)["consumer_phone"] == "090-1234-5678"
        assert read_card(case)["amount"] == 1_480_000


def test_history_that_is_written_in_bulk_asks_nobody_to_call(town):
    long_ago = timezone.now() - timedelta(days=400)
    one = BulkCase(
        actor=town.counsellor, centre_id=town.centre_a.id, card=clean_or_raise({**CARD, "result": "advice"}),
        received_at=long_ago, state=State.HANDLED, handled_at=long_ago + timedelta(hours=1),
    )  # fmt: skip
    [[case]] = list(register_cases_in_bulk([one]))
    with system_transaction():
        assert not Task.objects.filter(case=case).exists() and case.next_contact_at is None


def test_no_waiting_time_is_made_up_for_what_is_written_in_bulk(town):
    case = in_bulk(town, State.ADVISING, CARD)
    with system_transaction():
        assert not ResponseClock.objects.filter(case=case).exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_batch_is_committed_before_it_is_handed_out(town) -> None:
    one = BulkCase(
        actor=town.counsellor, centre_id=town.centre_a.id, card={}, official=town.official,
        received_at=timezone.now() - timedelta(minutes=1),
    )  # fmt: skip
    for batch in register_cases_in_bulk([one, one], batch=1):
        assert len(batch) == 1 and not connection.in_atomic_block
