"""What the approval screens show, read in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from caasis.accounts.selectors import names_of
from caasis.cases.approval_record import seen_before, seen_by, today
from caasis.cases.code_lists import code_lists, label
from caasis.cases.models import Approval, ApprovalDecision
from caasis.cases.rules.approval import Right
from caasis.cases.rules.differences import Difference, changed_only, differences
from caasis.cases.services.deciding import Rules, right_of
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan

#: So many are shown at once; the rest comes up as these are decided.
QUEUE_LIMIT = 60
#: So many stand on the list with filters, and can be approved together.
MOST_AT_ONCE = 500

ROLE_WORDS = {Role.OFFICIAL.value: "職員", Role.SUPERVISOR.value: "主任", Role.COUNSELLOR.value: "相談員"}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One request in a list. `age_days` counts from the request, `seen` says that this person has opened it."""

    approval: Approval
    sender: str
    flags: int
    step_words: str
    mine: bool
    age_days: int
    seen: bool
    #: 代決: for whom the actor would decide, in words; "" where it is their own step.
    stands_in: str = ""


def queue_rows(waiting: Sequence[Approval], actor: Actor, rules: Rules) -> list[QueueRow]:
    """The rows of a list, in three queries however many there are."""
    rights = [right_of(row, actor, rules) for row in waiting]
    ids = {row.requested_by for row in waiting if row.requested_by} | {one.deputy_of for one in rights if one.deputy_of}
    names = names_of(ids)
    seen = seen_by((row.id for row in waiting), actor=actor)
    day = today()
    return [
        QueueRow(
            approval=row,
            sender=names.get(row.requested_by, "") if row.requested_by else "",
            flags=len(flagged(row)),
            step_words=step_words(row),
            mine=right.allowed,
            age_days=(day - day_in_japan(row.requested_at)).days,
            seen=row.id in seen,
            stands_in=deputy_words(right.deputy_for, right.deputy_of, names) if right.allowed else "",
        )
        for row, right in zip(waiting, rights, strict=True)
    ]


def deputy_words(role: str, absent: UUID | None, names: Mapping[UUID, str]) -> str:
    """「見本さんの代決」 where somebody is away, 「職員の代決」 by the centre's settings, else nothing."""
    if absent is not None:
        return f"{names.get(absent, '不在の決裁者')}さんの代決"
    return f"{ROLE_WORDS.get(role, role)}の代決" if role else ""


AGES = ((0, "すべて"), (1, "1日以上"), (3, "3日以上"), (7, "7日以上"), (14, "14日以上"))
FLAGS = (("", "すべて"), ("clean", "指摘のないもの"), ("flagged", "指摘のあるもの"))


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What the reader narrowed the list to; values that can't be are left out."""

    flags: str = ""
    kind: str = ""
    who: str = ""
    age: int = 0

    @classmethod
    def read(cls, data: Mapping[str, str]) -> QueueFilters:
        age = data.get("age", "")
        return cls(
            flags=data.get("flags", "") if data.get("flags") in ("clean", "flagged") else "",
            kind=data.get("kind", "") if code_lists()["kind"].find(data.get("kind", "")) else "",
            who=data.get("who", "") if is_uuid(data.get("who", "")) else "",
            age=next((days for days, _ in AGES if str(days) == age), 0),
        )

    def __bool__(self) -> bool:
        return bool(self.flags or self.kind or self.who or self.age)

    def fits(self, row: QueueRow) -> bool:
        if self.flags and (self.flags == "flagged") != bool(row.flags):
            return False
        if self.kind and row.approval.case.kind != self.kind:
            return False
        if self.who and str(row.approval.requested_by) != self.who:
            return False
        return row.age_days >= self.age


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class CheckCount:
    """How many of the waiting requests one of the machine's checks flags."""

    label: str
    count: int


def check_counts(rows: Sequence[QueueRow]) -> list[CheckCount]:
    """The flagged checks over a list, the most frequent first."""
    counted: Counter[str] = Counter(check["label"] for row in rows for check in flagged(row.approval))
    return [CheckCount(label_, count) for label_, count in counted.most_common()]


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
class Decided:
    """One decision, by whom, and for whom they stood in."""

    decision: ApprovalDecision
    by: str
    stood_in: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything about one request."""

    approval: Approval
    right: Right
    stands_in: str
    changed: list[Difference]
    everything: list[Difference]
    before: Approval | None
    #: Whether this person has seen `before`; else it is what somebody else saw last.
    seen_before: bool
    last_return: LastReturn | None
    sender: str
    decisions: list[Decided]


def read(approval: Approval, actor: Actor, rules: Rules) -> Reading:
    """A request with its differences since this person's last look. The card is the one that was sent, not the one of
    now."""
    before, seen = seen_before(approval, actor=actor)
    rows = differences(before.snapshot if before else None, approval.snapshot, label_of=label)
    back = (
        ApprovalDecision.objects.filter(
            approval__case_id=approval.case_id, approval__number__lt=approval.number, decision="returned"
        )
        .order_by("-decided_at")
        .first()
    )
    own = list(approval.decisions.all())
    ids: set[UUID] = {d.decided_by for d in own if d.decided_by}
    ids |= {approval.requested_by} if approval.requested_by else set()
    ids |= {back.decided_by} if back and back.decided_by else set()
    ids |= {d.deputy_of for d in own if d.deputy_of}
    right = right_of(approval, actor, rules)
    ids |= {right.deputy_of} if right.deputy_of else set()
    names = names_of(ids)
    return Reading(
        approval=approval,
        right=right,
        stands_in=deputy_words(right.deputy_for, right.deputy_of, names) if right.allowed else "",
        changed=changed_only(rows),
        everything=rows,
        before=before,
        seen_before=seen,
        last_return=LastReturn(back, names.get(back.decided_by, "") if back.decided_by else "") if back else None,
        sender=names.get(approval.requested_by, "") if approval.requested_by else "",
        decisions=[
            Decided(d, names.get(d.decided_by, "") if d.decided_by else "", deputy_words(d.deputy_for, d.deputy_of, names))
            for d in own
        ],
    )
