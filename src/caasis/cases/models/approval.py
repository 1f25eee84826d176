"""決裁: a request with a snapshot of the card, its steps and the decisions."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record


class Approval(Record):
    """One request for approval. `snapshot` is the card as it was sent, without names; the next request is compared."""

    class State(models.TextChoices):
        WAITING = "waiting", "確認待ち"
        RETURNED = "returned", "差戻し"
        APPROVED = "approved", "承認"
        WITHDRAWN = "withdrawn", "取り下げ"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="approvals")
    centre_id = models.UUIDField()
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    requested_by = models.UUIDField(null=True)
    requested_at = models.DateTimeField()
    case_version = models.PositiveIntegerField()
    snapshot = models.JSONField()
    checks = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    current_step = models.PositiveSmallIntegerField(default=0)
    reply = models.TextField(blank=True, default="")

    class Meta:
        db_table = "cases_approval"
        indexes = [models.Index(fields=["centre_id", "state", "requested_at"], name="approval_queue")]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="approval_number")]


class ApprovalDecision(Record):
    """What one person decided at one step."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="decisions")
    step = models.PositiveSmallIntegerField()
    decision = models.CharField(max_length=10)
    decided_by = models.UUIDField(null=True)
    #: 代決: the role for which the decider stood in.
    deputy_for = models.CharField(max_length=20, blank=True, default="")
    #: 代決 during an absence: the person for whom the decider stood in.
    deputy_of = models.UUIDField(null=True)
    reason = models.TextField(blank=True, default="")
    fields = models.JSONField(default=list)
    confirmed_checks = models.JSONField(default=list)
    decided_at = models.DateTimeField()

    class Meta:
        db_table = "cases_approval_decision"
        ordering = ["decided_at"]


class ApprovalLook(Record):
    """That a person has seen a request: from here their next look at the same case counts its differences."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="looks")
    centre_id = models.UUIDField()
    user_id = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "cases_approval_look"
        constraints = [models.UniqueConstraint(fields=["approval", "user_id"], name="look_once")]


class ApproverAbsence(Record):
    """An approver is away from `first` to `last` (both included, days of Japan). `deputy_id` decides meanwhile (代決);
    empty in a centre where nobody can: then the requests wait."""

    centre_id = models.UUIDField()
    user_id = models.UUIDField()
    deputy_id = models.UUIDField(null=True)
    first = models.DateField()
    last = models.DateField()
    note = models.CharField(max_length=60, blank=True, default="")
    entered_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_approver_absence"
        indexes = [models.Index(fields=["centre_id", "first", "last"], name="approver_absence")]


class DigestSubscription(Record):
    """Who wants the daily digest. Nobody gets it unasked."""

    centre_id = models.UUIDField()
    user_id = models.UUIDField(unique=True)

    class Meta:
        db_table = "cases_digest_subscription"


class Digest(Record):
    """One morning's figures for one person: numbers and days only, never a name, a title or a case."""

    centre_id = models.UUIDField()
    user_id = models.UUIDField()
    day = models.DateField()
    figures = models.JSONField(default=dict)

    class Meta:
        db_table = "cases_digest"
        constraints = [models.UniqueConstraint(fields=["user_id", "day"], name="digest_once_a_day")]
