"""Complaints about ourselves and incidents, their measures and their timeline."""

from __future__ import annotations

from django.db import models

from caasis.cases.models import Case
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


class Matter(VersionedRecord):
    """応対への苦情 or 事故. What happened and who complained may name people, so they are sealed; the rest is written
    without names."""

    centre_id = models.UUIDField()
    number = models.CharField(max_length=20, unique=True)
    sort = models.CharField(max_length=12)
    kind = models.CharField(max_length=20)
    channel = models.CharField(max_length=20, blank=True, default="")
    severity = models.CharField(max_length=10)
    state = models.CharField(max_length=14, default="open")
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="+")
    #: The member of staff whose handling it is about; empty where it is nobody's in particular.
    concerned_id = models.UUIDField(null=True)
    happened_on = models.DateField(null=True)
    noticed_on = models.DateField()
    #: An outage or a leak that has been stopped.
    restored_at = models.DateTimeField(null=True)
    record_key_id = models.UUIDField()
    what = SealedField()
    complainant = SealedField()
    #: What the complainant was told in the end.
    answer = SealedField()
    whys = models.JSONField(default=list)
    root_cause = models.CharField(max_length=400, blank=True, default="")
    lessons = models.TextField(blank=True, default="")
    #: Answers to the questions about reporting: code of the question → yes, no, unknown.
    duties = models.JSONField(default=dict)
    recorded_by = models.UUIDField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    idempotency_key = models.CharField(max_length=80, null=True, unique=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        db_table = "operations_matter"
        indexes = [models.Index(fields=["centre_id", "sort", "-noticed_on"], name="matter_of_centre")]

    def __str__(self) -> str:
        return self.number


class Measure(Record):
    """What is done so that it doesn't happen again: by whom, until when, and whether it held."""

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="measures")
    centre_id = models.UUIDField()
    what = models.CharField(max_length=200)
    owner_id = models.UUIDField()
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True)
    check_on = models.DateField()
    held = models.BooleanField(null=True)
    checked_at = models.DateTimeField(null=True)
    checked_by = models.UUIDField(null=True)
    check_note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "operations_measure"
        ordering = ["created_at", "id"]


class MatterStep(Record):
    """One line of a matter's timeline. `words` are written without names."""

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="steps")
    centre_id = models.UUIDField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    actor_id = models.UUIDField(null=True)
    words = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        db_table = "operations_step"
        ordering = ["at", "id"]
