"""What agents can, what they do now, and the log of what they did."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record, VersionedRecord
from caasis.queues.vocabulary import AgentState


class Skill(VersionedRecord):
    """Something that an agent can: a field, a language. Without a centre it is the nation's.

    `is_seed` marks what came with the product and nobody has changed since: a newer seed may change it.
    """

    centre_id = models.UUIDField(null=True)
    code = models.SlugField(max_length=30, db_index=False)
    label = models.CharField(max_length=40)
    is_seed = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "queues_skill"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["centre_id", "code"], name="skill_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.label


class AgentSkill(Record):
    """A level, 1 to 5, that a member of staff of a centre has in a skill, from a day to a day, both inclusive."""

    user_id = models.UUIDField()
    centre_id = models.UUIDField()
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="holders")
    level = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "queues_agent_skill"
        constraints = [
            models.CheckConstraint(condition=models.Q(level__gte=1, level__lte=5), name="level_is_one_to_five"),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="skill_ends_after_it_begins",
            ),
            # Two rows of one skill never overlap: the service ends the one before. This keeps two at once from
            # both being without an end.
            models.UniqueConstraint(
                fields=["user_id", "centre_id", "skill"], condition=models.Q(valid_to=None), name="one_open_level"
            ),
        ]
        indexes = [models.Index(fields=["centre_id", "user_id"], name="skills_of_agent")]


class AgentStatus(VersionedRecord):
    """What a member of staff does now in a centre. `version` counts the changes of state, which stand in the log."""

    user_id = models.UUIDField()
    centre_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=AgentState.choices(), default="offline")
    reason = models.CharField(max_length=20, blank=True, default="")
    since = models.DateTimeField()
    signed_in_at = models.DateTimeField(null=True)
    #: The last sign of life of the agent's browser.
    last_seen_at = models.DateTimeField(null=True)
    #: When the last call or chat ended: who has been without work the longest.
    last_work_at = models.DateTimeField(null=True)
    #: Kind of channel → how many at once. What is not here is not taken.
    capacity = models.JSONField(default=dict)
    #: Id of what the agent works on → its kind of channel.
    at_work = models.JSONField(default=dict)
    wrap_up_of = models.UUIDField(null=True)
    wrap_up_until = models.DateTimeField(null=True)
    #: What follows the call and its wrap-up; empty: available.
    next_state = models.CharField(max_length=10, blank=True, default="")
    next_reason = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        db_table = "queues_agent_status"
        constraints = [models.UniqueConstraint(fields=["user_id", "centre_id"], name="one_status_per_agent")]
        indexes = [
            models.Index(fields=["centre_id"], condition=~models.Q(state="offline"), name="agents_signed_in"),
        ]


class AgentStatusChange(Record):
    """One change of an agent's state. Written once: the database refuses changes and deletions.

    `number` is the status's version after it. `subject_id` is the call or chat that brought it, if one did.
    """

    status = models.ForeignKey(AgentStatus, on_delete=models.PROTECT, related_name="changes")
    user_id = models.UUIDField()
    centre_id = models.UUIDField()
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=AgentState.choices())
    reason = models.CharField(max_length=20, blank=True, default="")
    subject_id = models.UUIDField(null=True)
    #: Who changed it; None is the switchboard.
    actor_id = models.UUIDField(null=True)

    class Meta:
        db_table = "queues_agent_status_change"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["status", "number"], name="agent_change_once")]
        indexes = [
            models.Index(fields=["centre_id", "at"], name="agent_changes_of_centre"),
            models.Index(fields=["user_id", "-at"], name="agent_changes_of_agent"),
        ]
