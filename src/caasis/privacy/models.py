"""Record keys: the key of one record, wrapped by its centre's key. Destroying the row's key forgets the record."""

from __future__ import annotations

from django.db import models

from caasis.kernel.ids import uuid7


class RecordKey(models.Model):
    """A record's data key, wrapped with the centre's key of master `version`; empty once destroyed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    centre_id = models.UUIDField(null=True, db_index=True)
    wrapped = models.BinaryField()
    version = models.PositiveIntegerField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "privacy_record_key"
        indexes = [models.Index(fields=["version"], name="record_key_version")]
