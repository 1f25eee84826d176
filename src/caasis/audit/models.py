"""Access rows (partitioned by month) and the seals that chain them."""

from __future__ import annotations

from django.db import models

from caasis.kernel.ids import uuid7


class AccessRecord(models.Model):
    """Who saw or did what, for what purpose. Append-only: the application may insert and read, nothing else.

    Partitioned by `at`; the migration makes the table, Django only knows it. Which link seals a row stands in SealedRow,
    so that no access row is ever changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor_roles = models.CharField(max_length=120, default="")
    centre_id = models.UUIDField(null=True)
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=60)
    object_id = models.UUIDField(null=True)
    fields = models.CharField(max_length=300, default="")
    purpose = models.CharField(max_length=40, default="")
    reason = models.TextField(default="")
    reference = models.CharField(max_length=40, default="")

    class Meta:
        managed = False
        db_table = "audit_access"


class AccessSeal(models.Model):
    """One link of the chain: the digest of a batch of committed access rows and of the link before."""

    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    row_count = models.IntegerField()
    rows_digest = models.CharField(max_length=64)
    chain_digest = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_seal"


class SealedRow(models.Model):
    """Which link holds which access row: one short row for each, written by the sealer alone.

    `digest` tells which row of a broken link was changed; the link's own digest vouches for it.
    """

    access_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    seal_number = models.BigIntegerField(db_index=True)
    digest = models.BinaryField(default=b"")

    class Meta:
        db_table = "audit_sealed_row"
