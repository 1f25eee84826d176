"""Queues: how a centre lets people wait."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import VersionedRecord

#: How long an agent is rung, how long the wrap-up may last, and within how many seconds a call should be answered,
#: where nobody has set anything else.
RING_SECONDS, WRAP_UP_SECONDS, TARGET_SECONDS = 20, 300, 20
#: How often an agent may prolong one wrap-up, and by how many seconds each time.
WRAP_UP_EXTENSIONS, WRAP_UP_EXTENSION_SECONDS = 2, 120


class Queue(VersionedRecord):
    """A queue of a centre: what waits in it, how it rings, where it overflows to, and what it offers to who waits.

    Each centre has one default queue, made when it is first asked for. `overflow` is read by `rules.overflow`.
    """

    centre_id = models.UUIDField()
    name = models.CharField(max_length=60)
    channels = models.JSONField(default=list)
    #: Higher goes first, for agents who serve several queues.
    priority = models.SmallIntegerField(default=0)
    #: Service level: answered within so many seconds.
    target_seconds = models.PositiveIntegerField(default=TARGET_SECONDS)
    ring_seconds = models.PositiveSmallIntegerField(default=RING_SECONDS)
    #: None: as long as the agent needs. 0: none.
    wrap_up_seconds = models.PositiveIntegerField(null=True, default=WRAP_UP_SECONDS)
    #: How often an agent may prolong one wrap-up. 0: never.
    wrap_up_extensions = models.PositiveSmallIntegerField(default=WRAP_UP_EXTENSIONS)
    overflow = models.JSONField(default=list)
    offers_web_link = models.BooleanField(default=False)
    offers_callback = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "queues_queue"
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(fields=["centre_id", "name"], name="queue_name_once_per_centre"),
            models.UniqueConstraint(
                fields=["centre_id"], condition=models.Q(is_default=True), name="one_default_queue_per_centre"
            ),
        ]

    def __str__(self) -> str:
        return self.name
