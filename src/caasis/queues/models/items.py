"""Work items: what waits for a person, in the order in which it must not wait."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import VersionedRecord
from caasis.queues.vocabulary import ChannelKind


class WorkItem(VersionedRecord):
    """Something that waits in a centre's queue.

    Order by hand: injury first, then money about to move, then the nearest legal deadline, then arrival. Order of what
    rules give out, inside a queue: priority, then arrival. The subject is named by kind and id, because rooms above own
    the things themselves.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待っています"
        TAKEN = "taken", "対応中"
        DONE = "done", "終わりました"
        CANCELLED = "cancelled", "取り下げ"

    centre_id = models.UUIDField()
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    title = models.CharField(max_length=120, default="")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    injury = models.BooleanField(default=False)
    money_moving = models.BooleanField(default=False)
    deadline_on = models.DateField(null=True)
    arrived_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    assigned_to = models.UUIDField(null=True)
    taken_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    #: Empty for what is taken by hand from the centre's list.
    queue = models.ForeignKey("Queue", null=True, on_delete=models.PROTECT, related_name="items", db_index=False)
    channel = models.CharField(max_length=10, choices=ChannelKind.choices(), default="web", db_default="web")
    #: Code of a skill → the least level that serves.
    required_skills = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    #: Higher goes first; why, as codes of PriorityReason.
    priority = models.SmallIntegerField(default=0, db_default=0)
    priority_reasons = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))

    class Meta:
        db_table = "queues_work_item"
        constraints = [models.UniqueConstraint(fields=["subject_kind", "subject_id"], name="one_item_per_subject")]
        indexes = [
            models.Index(
                models.F("centre_id"),
                models.OrderBy(models.F("injury"), descending=True),
                models.OrderBy(models.F("money_moving"), descending=True),
                models.OrderBy(models.F("deadline_on"), nulls_last=True),
                models.F("arrived_at"),
                condition=models.Q(state="waiting"),
                name="queue_order",
            ),
            models.Index(fields=["assigned_to", "state"], name="queue_assigned"),
            models.Index(
                models.F("queue"),
                models.OrderBy(models.F("priority"), descending=True),
                models.F("arrived_at"),
                condition=models.Q(state="waiting", queue__isnull=False),
                name="queue_given_out",
            ),
        ]
