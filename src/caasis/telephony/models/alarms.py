"""Limits of which a centre wants to be told at once, and the alarms that they brought."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record
from caasis.telephony.vocabulary import AlarmKind


class AlarmLimit(Record):
    """A limit of a centre, or of one of its queues. The unit follows from the kind (`rules.alarms`)."""

    centre_id = models.UUIDField()
    queue_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=20, choices=AlarmKind.choices())
    limit = models.PositiveIntegerField()
    #: Browsers that show the wallboard may sound.
    sound = models.BooleanField(default=False)
    #: Since when its condition holds without a break, for what must last before it is told.
    met_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "telephony_alarm_limit"
        constraints = [
            models.UniqueConstraint(
                fields=["centre_id", "queue_id", "kind"], name="one_limit_of_a_kind", nulls_distinct=False
            ),
        ]


class Alarm(Record):
    """One alarm from its begin to its end: the row is its log. It holds counts and ids of staff only."""

    centre_id = models.UUIDField()
    queue_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=20, choices=AlarmKind.choices())
    limit = models.PositiveIntegerField()
    #: The reading that brought it, and the last one while it stands.
    first_reading = models.FloatField()
    last_reading = models.FloatField()
    sound = models.BooleanField(default=False)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "telephony_alarm"
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["centre_id", "queue_id", "kind"],
                condition=models.Q(ended_at=None),
                name="one_standing_alarm",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["centre_id", "-began_at"], name="alarms_of_centre")]
