"""Counterparty businesses: evidence, not personal data; never masked away from those who may see the case."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record, VersionedRecord


class Business(VersionedRecord):
    """One business, resolved from the names that consumers heard."""

    name = models.CharField(max_length=160)
    normalised_name = models.CharField(max_length=160, db_index=True)
    corporate_number = models.CharField(max_length=13, blank=True, default="", db_index=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        db_table = "businesses_business"

    def __str__(self) -> str:
        return self.name


class BusinessAlias(Record):
    """Another name, phone number or address on the web under which the business was met."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="aliases")
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=200)
    normalised = models.CharField(max_length=200, db_index=True)

    class Meta:
        db_table = "businesses_alias"
        constraints = [models.UniqueConstraint(fields=["business", "kind", "normalised"], name="alias_once")]
