"""消費者安全法12条: notices of serious accidents."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record
from caasis.privacy.sealed import SealedField


class AccidentNotice(Record):
    """One notice to CAA, or a later supplement to it. Independent of the case's state and of 決裁."""

    class State(models.TextChoices):
        OPEN = "open", "通知していない"
        SENT = "sent", "通知した"
        DISMISSED = "dismissed", "重大事故等にあたらない"
        REVOKED = "revoked", "取り消した"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="accident_notices")
    centre_id = models.UUIDField()
    supplements = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="supplement_notices")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    #: Codes of the rule's criteria that were met when it was found; empty when a person started it.
    criteria = models.JSONField(default=list)
    found_at = models.DateTimeField()
    found_by = models.UUIDField(null=True)
    #: The form as it was filled in: field name → text, as JSON.
    body = SealedField()
    body_saved_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.UUIDField(null=True)
    sent_means = models.CharField(max_length=10, blank=True, default="")
    sent_to = models.CharField(max_length=80, blank=True, default="")
    task_id = models.UUIDField(null=True)
    #: Why it is none, or is taken back.
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    reason = SealedField()

    class Meta:
        db_table = "cases_accident_notice"
        ordering = ["found_at", "id"]
        indexes = [models.Index(fields=["centre_id", "state", "found_at"], name="accident_of_centre")]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(supplements=None, state__in=["open", "sent"]), name="accident_once"
            )
        ]
