"""Ending an abusive consultation by rule: the centre's rule, the file of a case, and its log."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


class ConductRule(VersionedRecord):
    """A centre's own rule. Absent means the defaults of `rules.conduct`."""

    centre_id = models.UUIDField(unique=True)
    warnings_needed = models.PositiveSmallIntegerField()
    longest_days = models.PositiveSmallIntegerField()
    warning = models.TextField()
    ending = models.TextField()
    appeal_to = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        db_table = "cases_conduct_rule"


class ConductFile(Record):
    """What happened on one case, and what was decided. It never stops a consultation about injury or danger to life."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="conduct_files")
    centre_id = models.UUIDField()
    state = models.CharField(max_length=12)
    opened_by = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    proposed_by = models.UUIDField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    ended_from = models.DateField(null=True)
    ended_until = models.DateField(null=True)

    class Meta:
        db_table = "cases_conduct_file"
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=~models.Q(state__in=["lifted", "closed"]), name="conduct_once"
            )
        ]


class ConductEntry(Record):
    """One line: an incident, a warning, a decision, an appeal, or care for staff. Its words are folded on the screen."""

    file = models.ForeignKey(ConductFile, on_delete=models.CASCADE, related_name="entries")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.UUIDField(null=True)
    witness = models.UUIDField(null=True)
    criteria = models.JSONField(default=list)
    words = SealedField()

    class Meta:
        db_table = "cases_conduct_entry"
        ordering = ["at", "id"]
