"""Counterparty businesses: evidence, not personal data; never masked away from those who may see the case."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from caasis.businesses.vocabulary import Heard, Source
from caasis.platform.models import Record, VersionedRecord


class Business(VersionedRecord):
    """One business, resolved from the names that consumers heard.

    A business that was merged keeps its row, its aliases and its cases, and points to the one that speaks for it:
    whoever reads follows `merged_into`, and taking the merge back is one change.
    """

    name = models.CharField(max_length=160)
    normalised_name = models.CharField(max_length=160)
    kana = models.CharField(max_length=200, blank=True, default="", db_default="")
    corporate_number = models.CharField(max_length=13, blank=True, default="")
    prefecture_code = models.CharField(max_length=2, blank=True, default="", db_default="")
    address = models.CharField(max_length=240, blank=True, default="", db_default="")
    source = models.CharField(max_length=10, default=Source.CASE.value, db_default=Source.CASE.value)
    #: 登記記録の閉鎖等: the day on which the register closed the record.
    closed_on = models.DateField(null=True, blank=True)
    #: How often a person confirmed it on a case; what was met is met again.
    confirmed_count = models.PositiveIntegerField(default=0, db_default=0)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    is_demo = models.BooleanField(default=False)

    class Meta:
        db_table = "businesses_business"
        indexes = [
            models.Index(fields=["normalised_name"], name="business_name"),
            models.Index(fields=["-confirmed_count", "name"], condition=models.Q(confirmed_count__gt=0), name="business_met"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["corporate_number"], condition=~models.Q(corporate_number=""), name="business_corporate_number_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class BusinessAlias(Record):
    """Another name, phone number or address on the web under which the business was met.

    `times` counts the confirmations that rest on it. One whose last confirmation was taken back is removed, not
    deleted: the history names it.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="aliases")
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=200)
    normalised = models.CharField(max_length=200, db_index=True)
    source = models.CharField(max_length=10, default=Source.CASE.value, db_default=Source.CASE.value)
    times = models.PositiveIntegerField(default=1, db_default=1)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "businesses_alias"
        constraints = [models.UniqueConstraint(fields=["business", "kind", "normalised"], name="alias_once")]


class BusinessKey(models.Model):
    """A name, number or address of a business as the look-up finds it: one row each, all its keys in one array.

    A projection of Business and BusinessAlias that can be thrown away and written again (`services.write_keys`).
    """

    id = models.BigAutoField(primary_key=True)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=10)
    #: Core of a name, number in E.164 form, or key of an address.
    value = models.CharField(max_length=200)
    form = models.CharField(max_length=20, blank=True, default="")
    #: Folded readings of a name, separated by a blank.
    readings = models.CharField(max_length=480, blank=True, default="")
    #: True when a person confirmed the business on a case: found first among many of one name.
    met = models.BooleanField(default=False)
    keys = ArrayField(models.IntegerField())

    class Meta:
        db_table = "businesses_key"
        # Without the list of pending entries: a search never has to read through what was written last.
        indexes = [GinIndex(fields=["keys"], name="business_keys", fastupdate=False)]


class KeyCount(models.Model):
    """How many rows hold a key, for the common keys only; counted after an import."""

    key = models.IntegerField(primary_key=True)
    rows = models.IntegerField()

    class Meta:
        db_table = "businesses_key_count"


class BusinessChange(Record):
    """The history of identities: what a person did, to what, why, and whether it was taken back."""

    kind = models.CharField(max_length=10)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="changes")
    #: The business that was merged away, or that was split off.
    other = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, related_name="+")
    #: What it was done on, in the words of the room above: the case of a confirmation.
    subject_id = models.UUIDField(null=True, db_index=True)
    alias_ids = models.JSONField(default=list)
    reason = models.CharField(max_length=200, blank=True, default="")
    actor_id = models.UUIDField(null=True)
    centre_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.UUIDField(null=True)

    class Meta:
        db_table = "businesses_change"
        ordering = ["-at", "-id"]


class TrackingFlag(VersionedRecord):
    """A business that is watched: who decided it, on what grounds, until when, and when it is looked at again.

    A flag is no finding of guilt. It says so on every screen, ends by itself, and tells whether the business was heard.
    """

    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="flags")
    grounds = models.TextField()
    heard = models.CharField(max_length=10, default=Heard.NOT_YET.value)
    set_by = models.UUIDField(null=True)
    set_by_centre = models.UUIDField(null=True)
    set_at = models.DateTimeField()
    until = models.DateField()
    review_on = models.DateField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)
    lifted_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "businesses_tracking_flag"
        indexes = [models.Index(fields=["business", "-set_at"], name="flag_of_business")]
        constraints = [
            models.UniqueConstraint(fields=["business"], condition=models.Q(lifted_at=None), name="one_flag_at_a_time")
        ]


class RegisterImport(Record):
    """One file of the corporate-number register: how far it was read. An interrupted import goes on from `position`."""

    file_name = models.CharField(max_length=200)
    #: Size and SHA-256 of the first and the last megabyte: tells whether it is the same file.
    fingerprint = models.CharField(max_length=120, db_index=True)
    encoding = models.CharField(max_length=12)
    #: Bytes and lines that are taken in for good.
    position = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "businesses_register_import"
