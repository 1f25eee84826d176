"""What goes beside the case to somebody else: product tests, 申出 of 特商法60条, co-operation with enforcement."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record
from caasis.privacy.sealed import SealedField


class CaseAsk(Record):
    """One request. `question` of a co-operation is the authority's own text and names no consumer."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="asks")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=12)
    addressee = models.CharField(max_length=80, blank=True, default="")
    question = models.TextField(blank=True, default="")
    #: Product test: the thing; 申出: the form as JSON; co-operation: what the centre answered.
    body = SealedField()
    due_on = models.DateField(null=True)
    #: None while nobody has asked the consumer.
    consumer_agrees = models.BooleanField(null=True)
    consumer_asked_at = models.DateTimeField(null=True)
    consumer_means = models.CharField(max_length=10, blank=True, default="")
    centre_agrees = models.BooleanField(null=True)
    centre_decided_by = models.UUIDField(null=True)
    asked_by = models.UUIDField(null=True)
    asked_by_nation = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_ask"
        ordering = ["asked_at", "id"]
        indexes = [models.Index(fields=["centre_id", "kind", "state"], name="ask_of_centre")]


class CaseAskEntry(Record):
    """One line of a request's log; for a product test the chain of custody."""

    ask = models.ForeignKey(CaseAsk, on_delete=models.CASCADE, related_name="entries")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.UUIDField(null=True)
    #: Organisations and places that a thing went from and to.
    gave = models.CharField(max_length=80, blank=True, default="")
    took = models.CharField(max_length=80, blank=True, default="")
    words = SealedField()

    class Meta:
        db_table = "cases_ask_entry"
        ordering = ["at", "id"]
