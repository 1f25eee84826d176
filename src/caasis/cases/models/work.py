"""What counsellors do on a case: drafts, notes, tasks, and the timeline."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record
from caasis.privacy.sealed import SealedField


class Draft(Record):
    """One user's unsaved card, sealed. Nobody else's action touches it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    user_id = models.UUIDField()
    centre_id = models.UUIDField()
    base_version = models.PositiveIntegerField()
    body = SealedField()
    #: Counts the page's saves, so that a late answer never overwrites a newer one.
    sequence = models.PositiveBigIntegerField(default=0)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "cases_draft"
        constraints = [models.UniqueConstraint(fields=["case", "user_id"], name="draft_per_user")]


class Note(Record):
    """内部メモ: never seen by the consumer, kept apart from answers."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    centre_id = models.UUIDField()
    author_id = models.UUIDField()
    body = SealedField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_note"
        ordering = ["created_at"]


class Task(Record):
    """予定: call back, remind, look after closing whether the fix held."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tasks")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=20, default="reminder")
    what = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    #: The end of the time window that was promised for a call; empty when only a moment was.
    until_at = models.DateTimeField(null=True)
    assigned_to = models.UUIDField(null=True)
    created_by = models.UUIDField(null=True)
    #: When the colleague was told that the moment has come.
    told_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True, default="", db_default="")

    class Meta:
        db_table = "cases_task"
        indexes = [
            models.Index(fields=["assigned_to", "due_at"], condition=models.Q(done_at=None), name="task_open"),
            models.Index(fields=["due_at"], condition=models.Q(done_at=None, told_at=None), name="task_to_tell"),
            models.Index(fields=["centre_id", "due_at"], condition=models.Q(done_at=None), name="task_of_centre"),
        ]


class CaseEntry(models.Model):
    """One line of the one timeline. `data` holds codes, ids and names of fields, never personal data."""

    id = models.UUIDField(primary_key=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    actor_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        db_table = "cases_entry"
        indexes = [models.Index(fields=["case", "-at"], name="entry_of_case")]
