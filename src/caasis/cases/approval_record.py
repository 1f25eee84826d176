"""Reads of 決裁: what waits, who stands in for whom, what a person saw last, and the records of 代決 and self-approval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from caasis.accounts.models import Membership
from caasis.accounts.selectors import staff_of
from caasis.cases.models import Approval, ApprovalDecision, ApprovalLook, ApproverAbsence, Digest, DigestSubscription
from caasis.cases.rules.approval import StandIn
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import NotFound

APPROVERS = (Role.OFFICIAL, Role.SUPERVISOR)


def today() -> date:
    return day_in_japan(timezone.now())


# --- requests ---------------------------------------------------------------------------------------------------------


def approvals_waiting(*, actor: Actor) -> QuerySet[Approval]:
    """Requests that wait in the actor's centre, oldest first. Counsellors see those they sent, and all while they
    stand in for an absent approver."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Approval.objects.none()
    rows = Approval.objects.filter(centre_id=actor.centre_id, state=Approval.State.WAITING).select_related("case")
    if not actor.has(*APPROVERS) and not _is_deputy(actor):
        rows = rows.filter(requested_by=actor.id)
    return rows.order_by("requested_at", "id")


def _is_deputy(actor: Actor) -> bool:
    if actor.id is None or actor.centre_id is None:
        return False
    return _holding(today()).filter(centre_id=actor.centre_id, deputy_id=actor.id).exists()


def get_approval(*, actor: Actor, approval_id: UUID, for_update: bool = False) -> Approval:
    """One request of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    rows = Approval.objects.filter(centre_id=actor.centre_id) if actor.centre_id else Approval.objects.none()
    if for_update:
        rows = rows.select_for_update(of=("self",))
    approval = rows.filter(id=approval_id).select_related("case").first()
    if approval is None or not actor.works_for(approval.centre_id):
        raise NotFound
    return approval


def seen_before(approval: Approval, *, actor: Actor) -> tuple[Approval | None, bool]:
    """The earlier request of the same case from which differences count, and whether the actor has seen it.

    It is the newest that this person saw; else the newest that was sent at all.
    """
    earlier = Approval.objects.filter(case_id=approval.case_id, number__lt=approval.number).order_by("-number")
    own = earlier.filter(looks__user_id=actor.id).first() if actor.id else None
    if own is not None:
        return own, True
    return earlier.exclude(state=Approval.State.WITHDRAWN).first(), False


def seen_by(approval_ids: Iterable[UUID], *, actor: Actor) -> set[UUID]:
    """Which of the requests the actor has opened."""
    if actor.id is None:
        return set()
    rows = ApprovalLook.objects.filter(approval_id__in=list(approval_ids), user_id=actor.id)
    return set(rows.values_list("approval_id", flat=True))


# --- absence ----------------------------------------------------------------------------------------------------------


def _holding(day: date) -> QuerySet[ApproverAbsence]:
    return ApproverAbsence.objects.filter(first__lte=day, last__gte=day, ended_at=None)


def absences_now(centre_id: UUID) -> tuple[StandIn, ...]:
    """Who of a centre is away today, with their roles there and their deputy."""
    rows = list(_holding(today()).filter(centre_id=centre_id).order_by("first"))
    if not rows:
        return ()
    roles: dict[UUID, set[Role]] = {}
    held = Membership.objects.filter(centre_id=centre_id, user_id__in=[row.user_id for row in rows])
    for user_id, role in held.filter(Q(valid_to=None) | Q(valid_to__gte=today())).values_list("user_id", "role"):
        roles.setdefault(user_id, set()).add(Role(role))
    return tuple(StandIn(row.user_id, frozenset(roles.get(row.user_id, ())), row.deputy_id) for row in rows)


def absences(*, actor: Actor) -> QuerySet[ApproverAbsence]:
    """Absences of the actor's centre that hold or are to come, the next first."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return ApproverAbsence.objects.none()
    return ApproverAbsence.objects.filter(centre_id=actor.centre_id, last__gte=today(), ended_at=None).order_by("first", "id")


def possible_deputies(centre_id: UUID, *, user_id: UUID) -> list[tuple[UUID, str]]:
    """(id, name) of who may decide instead of an approver: other approvers, and where there is none, counsellors."""
    for roles in (APPROVERS, (Role.COUNSELLOR,)):
        found = [(user.pk, str(user)) for user in staff_of(centre_id, *roles) if user.pk != user_id]
        if found:
            return found
    return []


@dataclass(frozen=True, slots=True)
class MonthOfRecords:
    """Decisions of a month that need somebody's eye: in place of another (代決), and on one's own request."""

    month: date
    deputy: list[ApprovalDecision]
    own: list[ApprovalDecision]


def special_decisions(*, actor: Actor, month: date) -> MonthOfRecords:
    """代決 and self-approvals of the actor's centre in the month that begins on `month`: what the official, and in a
    one-person centre the prefecture, looks through."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return MonthOfRecords(month, [], [])
    start = datetime.combine(month, time(0), tzinfo=JST)
    end = datetime.combine((month + timedelta(days=32)).replace(day=1), time(0), tzinfo=JST)
    rows = ApprovalDecision.objects.filter(
        approval__centre_id=actor.centre_id, decided_at__gte=start, decided_at__lt=end
    ).select_related("approval__case")
    own = rows.filter(decided_by=F("approval__requested_by"))
    deputy = rows.exclude(deputy_for="").exclude(decided_by=F("approval__requested_by"))
    return MonthOfRecords(month, list(deputy[:500]), list(own[:500]))


# --- the digest -------------------------------------------------------------------------------------------------------


def latest_digest(*, actor: Actor) -> Digest | None:
    if actor.id is None or actor.centre_id is None:
        return None
    return Digest.objects.filter(user_id=actor.id, centre_id=actor.centre_id).order_by("-day").first()


def wants_digest(*, actor: Actor) -> bool:
    return actor.id is not None and DigestSubscription.objects.filter(user_id=actor.id).exists()
