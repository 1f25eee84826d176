"""A stored file's row; its bytes lie sealed below `CAASIS_HOME/files`."""

from __future__ import annotations

from django.db import models

from caasis.kernel.ids import uuid7


class StoredFile(models.Model):
    """One uploaded file. The name is sealed like the content; `sha256` is of the sealed bytes, for restore checks."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    centre_id = models.UUIDField(null=True, db_index=True)
    record_key_id = models.UUIDField()
    sealed_name = models.BinaryField()
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    scanned = models.CharField(max_length=20, default="not_scanned")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "platform_file"
