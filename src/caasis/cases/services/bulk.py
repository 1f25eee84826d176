"""Many cases at once: what the single services leave, row for row, in batches.

The twin, the import from the former system and load tests write through here. Each case walks its whole life in memory
(opened, handled, sent for approval, approved, registered), with the same rows in every table as the single services
write; `tests/rooms/cases/test_bulk.py` compares them.

One thing is left out on purpose: response clocks. They measure how long a centre let somebody wait; of a case that was
received elsewhere or long ago nobody knows when it was first answered, and a made-up figure would stand in K65.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connections

from caasis.audit.models import AccessRecord
from caasis.audit.services import access_row
from caasis.businesses.models import Business
from caasis.businesses.services import write_keys
from caasis.cases.events import CaseRegistered, CaseStateChanged
from caasis.cases.models import (
    Approval,
    ApprovalDecision,
    Case,
    CaseBusiness,
    CaseEntry,
    Contract,
    Party,
    Task,
)
from caasis.cases.parts import contracts_of_snapshot, further_of_rows, snapshot_of
from caasis.cases.rules.checks import check_card
from caasis.cases.rules.parts import Further, PartKind
from caasis.cases.selectors import card_of_parts
from caasis.cases.services.rows import CaseRows, build_case, entry, insert_cases, with_known_parts
from caasis.cases.services.tasking import follow_up_lines, follow_up_row
from caasis.cases.vocabulary import TRANSITIONS, Entry, PartyRole, State
from caasis.engines.schedule import Schedule
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.ids import new_receipt_number
from caasis.organisations.schedules import working_schedules
from caasis.platform.inserting import new_row
from caasis.platform.outbox.publish import outbox_row
from caasis.platform.transactions import system_transaction

BATCH = 500
#: Tries of a batch one of whose receipt numbers another process stored meanwhile (once in two hundred, of two writers).
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class BulkCase:
    """One case to write. `card` holds typed values; `official` decides when the case is to be registered.

    `state` is where its life has come to: received, advising, mediating, handled, waiting_approval, returned or
    registered. `opened_at` and what follows are instants; they are given, because a town's past lies behind it.
    """

    actor: Actor
    centre_id: UUID
    card: Mapping[str, Any]
    received_at: datetime
    state: State = State.REGISTERED
    handled_at: datetime | None = None
    registered_at: datetime | None = None
    official: Actor | None = None
    receipt_number: str | None = None
    idempotency_key: str | None = None
    business_id: UUID | None = None
    is_demo: bool = False
    approval_steps: tuple[str, ...] = ("official",)
    further: tuple[Further, ...] = ()


@dataclass(slots=True)
class _Batch:
    rows: list[CaseRows] = field(default_factory=list)
    #: By centre, for the days of follow-ups.
    schedules: Mapping[UUID, Schedule] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    decisions: list[ApprovalDecision] = field(default_factory=list)


def register_cases_in_bulk(cases: Iterable[BulkCase], *, batch: int = BATCH) -> Iterator[list[Case]]:
    """Write cases in batches, one transaction each; yields the cases of each committed batch, which know their parts.

    Runs in the system's scope: the caller has checked that whoever asked may write for every centre named.
    """
    source = iter(cases)
    while chunk := list(islice(source, batch)):
        yield _write(chunk)


def _write(chunk: list[BulkCase]) -> list[Case]:
    for attempt in range(1, MOST_TRIES + 1):
        try:
            with system_transaction():
                return _write_once(chunk)
        except IntegrityError as error:
            # Somebody else has stored one of the numbers since they were looked for; a fresh batch draws others.
            if attempt == MOST_TRIES or not _is_taken_number(error):
                raise
    raise AssertionError("unreachable")


def _write_once(chunk: list[BulkCase]) -> list[Case]:
    work = _Batch(schedules=working_schedules({one.centre_id for one in chunk}))
    for one in chunk:
        _live(one, work)
    _renumber([r.case for r, one in zip(work.rows, chunk, strict=True) if not one.receipt_number])
    insert_cases(work.rows, work.tasks, work.approvals, work.decisions)
    return [with_known_parts(r) for r in work.rows]


def _is_taken_number(error: IntegrityError) -> bool:
    told = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    return "receipt_number" in told


def _renumber(cases: list[Case]) -> None:
    """Give another number to those whose random one is taken, in the tables or in this batch."""
    fresh = cases
    while fresh:
        taken = set(
            Case.objects.filter(receipt_number__in=[case.receipt_number for case in fresh]).values_list("receipt_number", flat=True)
        )
        seen = Counter(case.receipt_number for case in cases)
        fresh = [case for case in fresh if case.receipt_number in taken or seen[case.receipt_number] > 1]
        for case in fresh:
            case.receipt_number = new_receipt_number(case.received_on.year)


def _live(one: BulkCase, work: _Batch) -> None:
    counsellor = one.actor.id if one.state != State.RECEIVED else None
    rows = build_case(
        actor=one.actor,
        centre_id=one.centre_id,
        card=one.card,
        received_at=one.received_at,
        at=one.received_at,
        receipt_number=one.receipt_number,
        counsellor_id=counsellor,
        idempotency_key=one.idempotency_key,
        is_demo=one.is_demo,
        further=one.further,
    )
    for business in rows.businesses[:1]:
        business.business_id = one.business_id
    work.rows.append(rows)
    case = rows.case
    handled_at = one.handled_at or one.received_at + timedelta(minutes=30)
    if one.state == State.MEDIATING:
        _move(rows, "begin_mediation", one.actor, handled_at)
        return
    if one.state in (State.RECEIVED, State.ADVISING):
        return
    case.handled_at = handled_at
    _follow_up(rows, one, work, handled_at)
    _move(rows, "finish_handling", one.actor, handled_at)
    if one.state == State.HANDLED:
        return
    _ask(rows, one, work, handled_at + timedelta(minutes=5))
    approval = work.approvals[-1]
    decided_at = one.registered_at or handled_at + timedelta(days=1)
    if one.state == State.WAITING_APPROVAL:
        return
    official = one.official or one.actor
    if one.state == State.RETURNED:
        approval.state = Approval.State.RETURNED
        work.decisions.append(
            _decision(approval, "returned", official, decided_at, reason="内容を確かめてください。")
        )
        rows.accesses.append(_access(case, "return_case", official))
        _move(rows, "return_case", official, decided_at)
        rows.entries.append(entry(case, Entry.RETURNED, actor=official, at=decided_at, number=1, fields=[]))
        return
    confirmed = [check["code"] for check in approval.checks if check["verdict"] == "flagged"]
    work.decisions.append(_decision(approval, "approved", official, decided_at, confirmed=confirmed))
    rows.accesses.append(_access(case, "approve_step", official))
    approval.state = Approval.State.APPROVED
    approval.current_step = 1
    rows.entries.append(
        entry(case, Entry.APPROVAL_STEP, actor=official, at=decided_at, number=1, step=1, deputy_for="")
    )
    _move(rows, "approve", official, decided_at)
    case.registered_at = decided_at
    _move(rows, "register", official, decided_at)
    rows.entries.append(entry(case, Entry.REGISTERED, actor=official, at=decided_at, light=False))
    rows.events.append(outbox_row(CaseRegistered(subject=case.id, centre_id=case.handling_centre_id), official))


def _follow_up(rows: CaseRows, one: BulkCase, work: _Batch, at: datetime) -> None:
    task = follow_up_row(rows.case, rows.contracts[0], actor=one.actor, at=at, schedule=work.schedules[one.centre_id])
    if task is None:
        return
    work.tasks.append(task)
    rows.case.next_contact_at, rows.case.next_contact_note = task.due_at, task.what[:80]
    line, told = follow_up_lines(task, actor=one.actor, at=at)
    rows.entries.append(line)
    rows.events.append(outbox_row(told, one.actor))


def _ask(rows: CaseRows, one: BulkCase, work: _Batch, at: datetime) -> None:
    case = rows.case
    card = _card_of(rows)
    further = further_of_rows(
        consumer=rows.parties[0],
        other=_other_of(rows),
        rows={
            PartKind.CONTRACT: list(rows.contracts),
            PartKind.PARTY: list(rows.parties),
            PartKind.BUSINESS: list(rows.businesses),
            PartKind.HARM: list(rows.harms),
        },
    )
    checks = check_card(card, today=day_in_japan(at), personal={}, further=contracts_of_snapshot(card, further))
    _move(rows, "request_approval", one.actor, at)
    approval = new_row(
        Approval,
        case=case,
        centre_id=case.handling_centre_id,
        number=1,
        requested_by=one.actor.id,
        requested_at=at,
        case_version=case.version,
        snapshot=snapshot_of(card, further),
        checks=[check.to_json() for check in checks],
        steps=list(one.approval_steps[:1]),
    )
    work.approvals.append(approval)
    rows.entries.append(entry(case, Entry.APPROVAL_REQUESTED, actor=one.actor, at=at, number=1))
    rows.accesses.append(_access(case, "request_approval", one.actor))


def _other_of(rows: CaseRows) -> Party | None:
    """The contract party, where that is not the consumer."""
    return next((party for party in rows.parties[1:] if PartyRole.CONTRACT_PARTY in party.roles), None)


def _card_of(rows: CaseRows) -> dict[str, Any]:
    """The card of unsaved rows, as `selectors.read_card` reads the saved ones."""
    consumer = rows.parties[0]
    other = _other_of(rows)
    return card_of_parts(
        rows.case,
        consumer=consumer,
        other=other,
        same=True if "contract_party" in consumer.roles else False if other else None,
        contract=rows.contracts[0],
        business=next(iter(rows.businesses), None),
        harm=next(iter(rows.harms), None),
    )


def _move(rows: CaseRows, verb: str, actor: Actor, at: datetime) -> None:
    sources, target = TRANSITIONS[verb]
    case = rows.case
    before = State(case.state)
    if before not in sources:
        raise ValueError(f"{verb} does not start at {before}")
    case.state = target.value
    case.touched_at = at
    case.version += 1
    rows.entries.append(
        entry(case, Entry.STATE_CHANGED, actor=actor, at=at, before=before.value, after=target.value, verb=verb)
    )
    rows.events.append(
        outbox_row(
            CaseStateChanged(subject=case.id, centre_id=case.handling_centre_id, before=before.value, after=target.value),
            actor,
        )
    )
    if verb in ("begin_mediation", "finish_handling"):
        rows.accesses.append(_access(case, verb, actor))


def _access(case: Case, action: str, actor: Actor) -> AccessRecord:
    return access_row(
        actor=actor, action=action, object_kind="case", object_id=case.id, centre_id=case.handling_centre_id
    )


def _decision(
    approval: Approval, decision: str, official: Actor, at: datetime, *, reason: str = "", confirmed: list[str] | None = None
) -> ApprovalDecision:
    return new_row(
        ApprovalDecision,
        approval=approval,
        step=0,
        decision=decision,
        decided_by=official.id,
        reason=reason,
        fields=[],
        confirmed_checks=confirmed or [],
        decided_at=at,
    )


def analyse_tables() -> None:
    """Let the planner know of what was written; after a bulk load its figures are stale for minutes. Only the tables'
    owner may."""
    with connections["owner"].cursor() as cursor:
        for model in (Case, Party, Contract, CaseBusiness, CaseEntry, Approval):
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def ensure_businesses(names: Mapping[str, str], *, is_demo: bool) -> dict[str, UUID]:
    """Businesses by normalised name, made where they don't exist: normalised → id."""
    known = dict(Business.objects.filter(normalised_name__in=list(names)).values_list("normalised_name", "id"))
    fresh = [
        Business(name=name, normalised_name=normalised, is_demo=is_demo)
        for normalised, name in names.items()
        if normalised not in known
    ]
    Business.objects.bulk_create(fresh, batch_size=1000)
    write_keys([business.id for business in fresh])
    return known | {business.normalised_name: business.id for business in fresh}
