"""Work items: what waits for a person, in the order in which it must not wait."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import VersionedRecord


class WorkItem(VersionedRecord):
    """Something that waits in a centre's queue.

    Order: injury first, then money about to move, then the nearest legal deadline, then arrival. The subject is named
    by kind and id, because rooms above own the things themselves.
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
        ]
