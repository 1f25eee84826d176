"""Base models: UUIDv7 keys, a version for the optimistic lock, instants in UTC."""

from __future__ import annotations

from django.db import models

from caasis.kernel.ids import uuid7


class Record(models.Model):
    """Every table of the domain: key made in Python, so that a row knows its id before it is saved."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class VersionedRecord(Record):
    """A record that two people may edit: `version` goes up by one with each human save."""

    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


from caasis.platform.files.models import StoredFile  # noqa: E402
from caasis.platform.outbox.models import ConsumerCursor, DeadLetter, OutboxEvent  # noqa: E402

__all__ = ["ConsumerCursor", "DeadLetter", "OutboxEvent", "Record", "StoredFile", "VersionedRecord"]
