"""あっせん with its log and offers, where it went on to, and the redress ledger of a case."""

from __future__ import annotations

from django.db import models

from caasis.businesses.models import Business
from caasis.cases.models.case import Case
from caasis.platform.models import Record
from caasis.privacy.sealed import SealedField


class Mediation(Record):
    """One mediation between a consumer and one business. What names the business is evidence and stands open."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="mediations")
    centre_id = models.UUIDField()
    business = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, related_name="+")
    business_name = models.CharField(max_length=160)
    business_phone = models.CharField(max_length=40, blank=True, default="")
    #: Who answers for the business there.
    business_person = models.CharField(max_length=80, blank=True, default="")
    #: For the look-up when the business calls: the number as E.164, the name without legal form.
    phone_key = models.CharField(max_length=20, blank=True, default="")
    name_key = models.CharField(max_length=160, blank=True, default="")
    handled_by = models.UUIDField(null=True)
    began_at = models.DateTimeField()
    #: 本人の同意: the consumer may be named to this business.
    consent_given_at = models.DateTimeField(null=True)
    consent_means = models.CharField(max_length=20, blank=True, default="")
    consent_by = models.UUIDField(null=True)
    #: The row of the people room, where the consumer is a known person.
    consent_id = models.UUIDField(null=True)
    answer_due_on = models.DateField(null=True)
    answer_task_id = models.UUIDField(null=True)
    last_step_at = models.DateTimeField()
    last_step = models.CharField(max_length=20, blank=True, default="")
    outcome = models.CharField(max_length=12, blank=True, default="")
    failed_because = models.CharField(max_length=20, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_mediation"
        ordering = ["began_at"]
        indexes = [
            models.Index(fields=["centre_id", "phone_key"], condition=models.Q(outcome=""), name="mediation_open_phone"),
            models.Index(fields=["centre_id", "name_key"], condition=models.Q(outcome=""), name="mediation_open_name"),
            models.Index(fields=["business"], condition=models.Q(outcome=""), name="mediation_open_business"),
        ]


class MediationStep(Record):
    """One line of the log. It is never changed; one that was wrong is struck through and stays."""

    mediation = models.ForeignKey(Mediation, on_delete=models.CASCADE, related_name="steps")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.UUIDField(null=True)
    means = models.CharField(max_length=10, blank=True, default="")
    direction = models.CharField(max_length=20, blank=True, default="")
    named_consumer = models.BooleanField(default=False)
    #: Codes, ids and days, never text.
    data = models.JSONField(default=dict)
    words = SealedField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_mediation_step"
        ordering = ["at", "id"]


class MediationOffer(Record):
    """案: from whom, how much, on what terms, until when, and the answer."""

    mediation = models.ForeignKey(Mediation, on_delete=models.CASCADE, related_name="offers")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    centre_id = models.UUIDField()
    side = models.CharField(max_length=10)
    amount = models.BigIntegerField(null=True)
    terms = SealedField()
    until = models.DateField(null=True)
    state = models.CharField(max_length=10, default="waiting")
    answered_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    by = models.UUIDField(null=True)

    class Meta:
        db_table = "cases_mediation_offer"
        ordering = ["made_at", "id"]


class MediationOnward(Record):
    """What came after: ADR, a committee, a court."""

    mediation = models.ForeignKey(Mediation, on_delete=models.CASCADE, related_name="onwards")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    centre_id = models.UUIDField()
    body = models.CharField(max_length=20)
    state = models.CharField(max_length=12)
    on = models.DateField()
    reference = models.CharField(max_length=60, blank=True, default="")
    ended_on = models.DateField(null=True)
    words = SealedField()
    by = models.UUIDField(null=True)

    class Meta:
        db_table = "cases_mediation_onward"
        ordering = ["on", "id"]


class Redress(Record):
    """One entry of the ledger 被害救済額. Never changed or deleted: a counter-entry takes back what was wrong."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="redress")
    centre_id = models.UUIDField()
    mediation = models.ForeignKey(Mediation, null=True, on_delete=models.PROTECT, related_name="redress")
    business = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    #: Yen; negative in a counter-entry only.
    amount = models.BigIntegerField()
    on = models.DateField()
    source = models.CharField(max_length=12)
    proof = models.CharField(max_length=12)
    words = SealedField()
    corrects = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")
    by = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_redress"
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["business", "on"], name="redress_of_business")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(corrects=None, amount__gt=0) | models.Q(corrects__isnull=False, amount__lt=0),
                name="redress_sign",
            )
        ]
