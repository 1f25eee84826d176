"""決裁: approving a step, returning with marked fields, registering; one request or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.audit.services import access_row
from caasis.cases.approval_record import absences_now, get_approval
from caasis.cases.events import CaseRegistered
from caasis.cases.models import Approval, ApprovalDecision, Case, CaseEntry
from caasis.cases.rules.approval import Right, StandIn, right_to_decide
from caasis.cases.rules.card import BY_NAME
from caasis.cases.services.guards import locked_case, step
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, WrongState
from caasis.organisations.selectors import CentrePolicy, policy_of
from caasis.platform.inserting import insert_together
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.outbox.publish import outbox_row
from caasis.platform.transactions import actor_transaction

LONGEST_REASON = 2000
DECIDERS = (Role.OFFICIAL, Role.SUPERVISOR, Role.COUNSELLOR)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a centre's decisions follow today: its settings, and who stands in for whom. Read once for a batch."""

    policy: CentrePolicy
    absences: Sequence[StandIn] = ()


def rules_of(centre_id: UUID) -> Rules:
    return Rules(policy_of(centre_id), absences_now(centre_id))


def right_of(approval: Approval, actor: Actor, rules: Rules | None = None) -> Right:
    """May the actor decide on this request now, and as whom?"""
    rules = rules or rules_of(approval.centre_id)
    return right_to_decide(
        actor=actor,
        centre_id=approval.centre_id,
        steps=approval.steps,
        current_step=approval.current_step,
        requested_by=approval.requested_by,
        deputies=rules.policy.approval_deputies,
        self_approval=rules.policy.self_approval,
        absences=rules.absences,
    )


def decide(
    *,
    actor: Actor,
    approval_id: UUID,
    approve: bool,
    reason: str = "",
    fields: Sequence[str] = (),
    confirmed_checks: Sequence[str] = (),
    case_version: int | None = None,
    rules: Rules | None = None,
) -> Approval:
    """Approve one step, or return the case with a reason. The last approval registers it.

    `rules` are those of the request's centre, where the caller has read them already.

    :raises Invalid: a flagged check isn't confirmed, or a return has no reason.
    :raises WrongState: decided already, or the case changed since the approver looked.
    """
    with actor_transaction(actor):
        approval = get_approval(actor=actor, approval_id=approval_id, for_update=True)
        if approval.state != Approval.State.WAITING:
            raise WrongState("この依頼は、すでに決裁が済んでいます。")
        right = right_of(approval, actor, rules)
        if not right.allowed:
            raise NotAllowed(right.why_not)
        case = locked_case(actor=actor, case_id=approval.case_id, roles=DECIDERS)
        if case_version is not None and case_version != case.version:
            raise WrongState("見ているあいだに内容が変わりました。開き直して確かめてください。")
        if approve:
            _require_confirmed(approval, confirmed_checks)
        elif len(reason.strip()) < 2:
            raise Invalid(fields={"reason": ["差し戻す理由を書いてください。"]})
        at = timezone.now()
        writing = _Writing(case, actor)
        writing.decisions.append(
            ApprovalDecision(
                approval=approval,
                step=approval.current_step,
                decision="approved" if approve else "returned",
                decided_by=actor.id,
                deputy_for=right.deputy_for,
                deputy_of=right.deputy_of,
                reason=reason.strip()[:LONGEST_REASON],
                # Whatever else a form may send, only fields of the card can be marked.
                fields=[name for name in fields if name in BY_NAME],
                confirmed_checks=[check["code"] for check in approval.checks if check["code"] in confirmed_checks],
                decided_at=at,
            )
        )
        writing.log("approve_step" if approve else "return_case")
        if approve:
            _approve(writing, approval, right, at)
        else:
            _return(writing, approval, at)
        writing.save(approval)
        return approval


def _require_confirmed(approval: Approval, confirmed: Sequence[str]) -> None:
    left = [check["code"] for check in approval.checks if check["verdict"] == "flagged" and check["code"] not in confirmed]
    if left:
        raise Invalid(
            "指摘を1つずつ「確かめた」にしてから承認してください。", fields={code: ["確かめてください。"] for code in left}
        )


@dataclass(slots=True)
class _Writing:
    """All that one decision writes beside the request and the case, so that it goes to the database in one trip."""

    case: Case
    actor: Actor
    decisions: list[ApprovalDecision] = field(default_factory=list)
    lines: list[CaseEntry] = field(default_factory=list)
    accesses: list[AccessRecord] = field(default_factory=list)
    events: list[OutboxEvent] = field(default_factory=list)
    moved: bool = False

    def log(self, action: str) -> None:
        self.accesses.append(
            access_row(
                actor=self.actor,
                action=action,
                object_kind="case",
                object_id=self.case.id,
                centre_id=self.case.handling_centre_id,
            )
        )

    def move(self, verb: str, at: datetime) -> None:
        line, event = step(self.case, verb, actor=self.actor, at=at)
        self.lines.append(line)
        self.events.append(event)
        self.moved = True

    def note(self, kind: Entry, at: datetime, **data: object) -> None:
        self.lines.append(entry(self.case, kind, actor=self.actor, at=at, **data))

    def save(self, approval: Approval) -> None:
        approval.save(update_fields=["state", "current_step", "updated_at"])
        if self.moved:
            self.case.save(update_fields=["state", "version", "touched_at", "registered_at", "updated_at"])
        insert_together(self.decisions, self.lines, self.accesses, self.events)


def _return(writing: _Writing, approval: Approval, at: datetime) -> None:
    approval.state = Approval.State.RETURNED
    writing.move("return_case", at)
    writing.note(Entry.RETURNED, at, number=approval.number, fields=writing.decisions[0].fields)


def _approve(writing: _Writing, approval: Approval, right: Right, at: datetime) -> None:
    approval.current_step += 1
    stood_in = {"deputy_of": str(right.deputy_of)} if right.deputy_of else {}
    writing.note(
        Entry.APPROVAL_STEP, at, number=approval.number, step=approval.current_step, deputy_for=right.deputy_for, **stood_in
    )
    if approval.current_step < len(approval.steps):
        return
    approval.state = Approval.State.APPROVED
    writing.move("approve", at)
    if writing.case.registered_at is None:
        # The first registration is the one that counts; a reopened case keeps its day.
        writing.case.registered_at = at
    writing.move("register", at)
    writing.note(Entry.REGISTERED, at, light=False)
    registered = CaseRegistered(subject=writing.case.id, centre_id=writing.case.handling_centre_id)
    writing.events.append(outbox_row(registered, writing.actor))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request of a batch, with a sentence."""

    approval_id: UUID
    done: bool
    sentence: str


def decide_many(
    *,
    actor: Actor,
    requests: Sequence[tuple[UUID, int | None]],
    after_each: Callable[[], object] | None = None,
) -> list[Outcome]:
    """Approve the step of each request, each in a transaction of its own: one that can't be approved stops no other.

    `requests` are ids with the version of the case that the approver saw. `after_each` is called between two of them:
    a caller that holds an outer transaction commits there. Requests with a flagged check are left and say so.
    """
    outcomes: list[Outcome] = []
    known: dict[UUID, Rules] = {}
    if actor.centre_id is not None:
        known[actor.centre_id] = rules_of(actor.centre_id)
    for approval_id, version in requests:
        try:
            done = decide(
                actor=actor,
                approval_id=approval_id,
                approve=True,
                case_version=version,
                rules=known.get(actor.centre_id) if actor.centre_id else None,
            )
        except DomainError as error:
            outcomes.append(Outcome(approval_id, False, error.message))
        else:
            registered = done.state == Approval.State.APPROVED
            outcomes.append(Outcome(approval_id, True, "登録しました。" if registered else "承認しました。次の段階へ進みます。"))
        if after_each is not None:
            after_each()
    return outcomes
