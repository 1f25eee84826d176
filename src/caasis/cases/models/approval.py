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
    reason = models.TextField(blank=True, default="")
    fields = models.JSONField(default=list)
    confirmed_checks = models.JSONField(default=list)
    decided_at = models.DateTimeField()

    class Meta:
        db_table = "cases_approval_decision"
        ordering = ["decided_at"]
