"""What the approval screens show, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from caasis.accounts.selectors import names_of
from caasis.cases.code_lists import label
from caasis.cases.models import Approval, ApprovalDecision
from caasis.cases.rules.approval import Right
from caasis.cases.rules.differences import Difference, changed_only, differences
from caasis.cases.services.approving import right_of
from caasis.kernel.actor import Actor, Role
from caasis.organisations.selectors import CentrePolicy

#: So many are shown at once; the rest comes up as these are decided.
QUEUE_LIMIT = 60

ROLE_WORDS = {Role.OFFICIAL.value: "職員", Role.SUPERVISOR.value: "主任", Role.COUNSELLOR.value: "相談員"}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One request in the list at the left."""

    approval: Approval
    sender: str
    flags: int
    step_words: str
    mine: bool


def queue_rows(waiting: Sequence[Approval], actor: Actor, policy: CentrePolicy) -> list[QueueRow]:
    names = names_of({row.requested_by for row in waiting if row.requested_by})
    return [
        QueueRow(
            approval=row,
            sender=names.get(row.requested_by, "") if row.requested_by else "",
            flags=len(flagged(row)),
            step_words=step_words(row),
            mine=right_of(row, actor, policy).allowed,
        )
        for row in waiting
    ]


def flagged(approval: Approval) -> list[dict[str, Any]]:
    return [check for check in approval.checks if check["verdict"] == "flagged"]


def step_words(approval: Approval) -> str:
    """「2段階の1段階目・主任」, or nothing where there is one step."""
    if len(approval.steps) < 2:
        return ""
    now = min(approval.current_step, len(approval.steps) - 1)
    return f"{len(approval.steps)}段階の{now + 1}段階目・{ROLE_WORDS.get(approval.steps[now], approval.steps[now])}"


@dataclass(frozen=True, slots=True)
class LastReturn:
    """Why it was sent back before, and what the counsellor answered."""

    decision: ApprovalDecision
    by: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything about one request."""

    approval: Approval
    right: Right
    changed: list[Difference]
    everything: list[Difference]
    before: Approval | None
    last_return: LastReturn | None
    sender: str
    decisions: list[tuple[ApprovalDecision, str]]


def read(approval: Approval, actor: Actor, policy: CentrePolicy) -> Reading:
    """A request with its differences since the last look. The card is the one that was sent, not the one of now."""
    before = (
        Approval.objects.filter(case=approval.case, number__lt=approval.number)
        .exclude(state=Approval.State.WITHDRAWN)
        .order_by("-number")
        .first()
    )
    rows = differences(before.snapshot if before else None, approval.snapshot, label_of=label)
    back = before.decisions.filter(decision="returned").order_by("-decided_at").first() if before else None
    own = list(approval.decisions.all())
    ids: set[UUID] = {d.decided_by for d in own if d.decided_by}
    ids |= {approval.requested_by} if approval.requested_by else set()
    ids |= {back.decided_by} if back and back.decided_by else set()
    names = names_of(ids)
    return Reading(
        approval=approval,
        right=right_of(approval, actor, policy),
        changed=changed_only(rows),
        everything=rows,
        before=before,
        last_return=LastReturn(back, names.get(back.decided_by, "") if back.decided_by else "") if back else None,
        sender=names.get(approval.requested_by, "") if approval.requested_by else "",
        decisions=[(d, names.get(d.decided_by, "") if d.decided_by else "") for d in own],
    )
