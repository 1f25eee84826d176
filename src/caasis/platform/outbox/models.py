"""Rows of the outbox, cursors of its readers, and what could not be delivered."""

from __future__ import annotations

from django.db import models

from caasis.kernel.ids import uuid7


class OutboxEvent(models.Model):
    """One event. `position` is null until the relay, which sees committed rows only, numbers it.

    An identity column is no commit order: a reader that keeps `id > last` skips rows of slow transactions.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    position = models.BigIntegerField(null=True, unique=True)
    topic = models.CharField(max_length=80)
    subject = models.UUIDField()
    centre_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "platform_outbox"
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(position=None), name="outbox_unnumbered"),
            models.Index(fields=["created_at"], name="outbox_created"),
        ]


class ConsumerCursor(models.Model):
    """How far one reader on one node has come."""

    consumer = models.CharField(max_length=80)
    node = models.CharField(max_length=80, default="")
    position = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "platform_consumer_cursor"
        constraints = [models.UniqueConstraint(fields=["consumer", "node"], name="cursor_per_consumer_and_node")]


class DeadLetter(models.Model):
    """An event that a handler refused after all tries: shown to the operator, can be tried again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consumer = models.CharField(max_length=80)
    position = models.BigIntegerField()
    topic = models.CharField(max_length=80)
    subject = models.UUIDField()
    centre_id = models.UUIDField(null=True)
    payload = models.JSONField(default=dict)
    error = models.TextField()
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "platform_dead_letter"
        constraints = [models.UniqueConstraint(fields=["consumer", "position"], name="dead_letter_once")]
