"""Working together inside a centre: its policy, requests for help, response clocks, mentions, attempts, absences."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.cases.models.work import Note, Task
from caasis.platform.models import Record
from caasis.privacy.sealed import SealedField


class TeamPolicy(Record):
    """One version of a centre's policy. Rows are never changed: the highest number holds; none means the defaults."""

    centre_id = models.UUIDField()
    number = models.PositiveIntegerField()
    body = models.JSONField()
    saved_by = models.UUIDField(null=True)

    class Meta:
        db_table = "cases_team_policy"
        constraints = [models.UniqueConstraint(fields=["centre_id", "number"], name="team_policy_number")]


class HelpRequest(Record):
    """支援要請 of a colleague, or a case that the centre's policy brings to somebody's notice.

    `subject_id` is what set it off (a clock, a case, a contact): one trigger never asks twice for one subject.
    """

    centre_id = models.UUIDField()
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="help_requests")
    contact_id = models.UUIDField(null=True)
    subject_id = models.UUIDField()
    trigger = models.CharField(max_length=12)
    reason_code = models.CharField(max_length=12, blank=True, default="")
    reason = SealedField()
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    #: A named colleague, or nobody: then everybody with `role` is asked.
    asked_of = models.UUIDField(null=True)
    role = models.CharField(max_length=20)
    tier = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, default="open")
    settled_by = models.UUIDField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_help_request"
        constraints = [models.UniqueConstraint(fields=["trigger", "subject_id"], name="help_once_per_trigger")]
        indexes = [
            models.Index(fields=["centre_id", "asked_at"], condition=models.Q(state="open"), name="help_open"),
            models.Index(fields=["centre_id", "-asked_at"], name="help_of_centre"),
        ]


class ResponseClock(Record):
    """What the consumer waits for, in open minutes of the centre. Everything here follows from the clock's steps."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clocks")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=8)
    number = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=20)
    urgent = models.BooleanField(default=False)
    target_minutes = models.PositiveIntegerField()
    used_minutes = models.PositiveIntegerField(default=0)
    running_since = models.DateTimeField(null=True)
    #: When the target is reached if nothing stops the clock; empty while it stands still.
    due_at = models.DateTimeField(null=True)
    paused_for = models.CharField(max_length=12, blank=True, default="")
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    met = models.BooleanField(null=True)

    class Meta:
        db_table = "cases_response_clock"
        constraints = [models.UniqueConstraint(fields=["case", "kind", "number"], name="clock_once")]
        indexes = [
            models.Index(fields=["centre_id", "due_at"], condition=models.Q(stopped_at=None), name="clock_running"),
            models.Index(fields=["centre_id", "stopped_at"], name="clock_stopped"),
        ]


class ClockEvent(models.Model):
    """One step of a clock. Never changed: `rules.clocks.replay` rebuilds the clock from its steps."""

    id = models.UUIDField(primary_key=True, editable=False)
    clock = models.ForeignKey(ResponseClock, on_delete=models.CASCADE, related_name="steps")
    centre_id = models.UUIDField()
    at = models.DateTimeField()
    step = models.CharField(max_length=12)
    minutes = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        db_table = "cases_clock_event"
        indexes = [models.Index(fields=["clock", "at"], name="step_of_clock")]


class Mention(Record):
    """A colleague of the centre is named in a note; unread until the colleague opens it."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    centre_id = models.UUIDField()
    user_id = models.UUIDField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_mention"
        constraints = [models.UniqueConstraint(fields=["note", "user_id"], name="mention_once")]
        indexes = [models.Index(fields=["user_id"], condition=models.Q(read_at=None), name="mention_unread")]


class TaskAttempt(Record):
    """One attempt to call somebody, with what came of it."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="attempts")
    centre_id = models.UUIDField()
    at = models.DateTimeField()
    by = models.UUIDField(null=True)
    result = models.CharField(max_length=16)

    class Meta:
        db_table = "cases_task_attempt"
        ordering = ["at"]


class Absence(Record):
    """Days, both inclusive, on which a colleague is away: their tasks stand on the supervisor's page."""

    centre_id = models.UUIDField()
    user_id = models.UUIDField()
    first_day = models.DateField()
    last_day = models.DateField()
    entered_by = models.UUIDField(null=True)

    class Meta:
        db_table = "cases_absence"
        indexes = [models.Index(fields=["centre_id", "last_day"], name="absence_of_centre")]
