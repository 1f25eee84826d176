"""The case and what belongs to it."""

from __future__ import annotations

from typing import Any

import pghistory
from django.db import models

from caasis.businesses.models import Business
from caasis.cases.vocabulary import State
from caasis.channels.models import Contact
from caasis.people.models import Person
from caasis.platform.models import Record, VersionedRecord


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Case(VersionedRecord):
    """相談. Codes are those of the list version `codes_version`; texts hold no personal data of consumers."""

    receipt_number = models.CharField(max_length=20, unique=True)
    owning_centre_id = models.UUIDField()
    handling_centre_id = models.UUIDField()
    counsellor_id = models.UUIDField(null=True)
    record_key_id = models.UUIDField()
    state = models.CharField(max_length=20, default=State.RECEIVED.value)
    kind = models.CharField(max_length=20, blank=True, default="")
    route = models.CharField(max_length=20, blank=True, default="direct")
    channel = models.CharField(max_length=20)
    title = models.CharField(max_length=120, blank=True, default="")
    summary = models.TextField(blank=True, default="")
    handling = models.TextField(blank=True, default="")
    result = models.CharField(max_length=30, blank=True, default="")
    ended_reason = models.CharField(max_length=30, blank=True, default="")
    injury = models.BooleanField(default=False)
    money_moving = models.BooleanField(default=False)
    deadline_on = models.DateField(null=True)
    next_contact_at = models.DateTimeField(null=True)
    next_contact_note = models.CharField(max_length=80, blank=True, default="")
    received_at = models.DateTimeField()
    received_on = models.DateField()
    fiscal_year = models.PositiveSmallIntegerField()
    handled_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField(null=True)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    prefecture_code = models.CharField(max_length=2, blank=True, default="")
    municipality_code = models.CharField(max_length=5, blank=True, default="")
    codes_version = models.CharField(max_length=20, blank=True, default="")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    idempotency_key = models.CharField(max_length=80, null=True, unique=True)
    is_demo = models.BooleanField(default=False)
    #: The last thing that a person did: what lists are sorted by. System writes leave it alone.
    touched_at = models.DateTimeField()

    class Meta:
        db_table = "cases_case"
        indexes = [
            models.Index(fields=["handling_centre_id", "state", "-touched_at"], name="case_of_centre"),
            models.Index(fields=["handling_centre_id", "-received_at", "id"], name="case_of_centre_by_day"),
            models.Index(fields=["counsellor_id", "state"], name="case_of_counsellor"),
            models.Index(fields=["-registered_at"], condition=models.Q(state="registered"), name="case_registered"),
            models.Index(fields=["state", "-received_at", "id"], name="case_by_day"),
        ]

    def __str__(self) -> str:
        return self.title or self.receipt_number


class Standing(models.Manager):  # type: ignore[type-arg]
    """Parts of a record that stand. What was taken out stays in its table and can be put back."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(removed_at=None)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Party(Record):
    """関係者. Coded attributes as at the time of the contract; the name, if any was given, is with the person."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="parties")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    position = models.PositiveSmallIntegerField(default=1)
    roles = models.JSONField(default=list)
    sex = models.CharField(max_length=10, blank=True, default="")
    age = models.PositiveSmallIntegerField(null=True)
    occupation = models.CharField(max_length=30, blank=True, default="")
    prefecture_code = models.CharField(max_length=2, blank=True, default="")
    municipality_code = models.CharField(max_length=5, blank=True, default="")
    residence = models.CharField(max_length=20, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="ja")
    relation = models.CharField(max_length=30, blank=True, default="")
    #: How to reach and treat this person without harm: codes, so that they show while the name is masked.
    care = models.JSONField(default=list)
    #: What a 法定代理人・後見人 is: 親権者, 成年後見人, …
    guardian_kind = models.CharField(max_length=30, blank=True, default="")
    removed_at = models.DateTimeField(null=True)

    objects = Standing()
    everything = models.Manager()

    class Meta:
        db_table = "cases_party"
        constraints = [models.UniqueConstraint(fields=["case", "position"], name="party_position")]
        ordering = ["position"]


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Contract(Record):
    """契約. 販売購入形態 is one and statistical; 取引類型 are several and legal. Amounts are yen."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="contracts")
    position = models.PositiveSmallIntegerField(default=1)
    product = models.CharField(max_length=30, blank=True, default="")
    product_text = models.CharField(max_length=80, blank=True, default="")
    sales_form = models.CharField(max_length=20, blank=True, default="")
    transaction_types = models.JSONField(default=list)
    contracted_on = models.DateField(null=True)
    application_document_on = models.DateField(null=True)
    contract_document_on = models.DateField(null=True)
    credit_document_on = models.DateField(null=True)
    delivered_on = models.DateField(null=True)
    document_faulty = models.BooleanField(null=True)
    obstructed = models.BooleanField(null=True)
    requested_visit = models.BooleanField(null=True)
    amount = models.BigIntegerField(null=True)
    paid = models.BigIntegerField(null=True)
    payment_method = models.CharField(max_length=30, blank=True, default="")
    notice_sent_on = models.DateField(null=True)
    notice_means = models.CharField(max_length=20, blank=True, default="")
    led_by = models.CharField(max_length=30, blank=True, default="")
    contract_place = models.CharField(max_length=60, blank=True, default="")
    overview_document_on = models.DateField(null=True)
    service_until = models.DateField(null=True)
    outstanding = models.BigIntegerField(null=True)
    refunded = models.BigIntegerField(null=True)
    credit_company = models.CharField(max_length=80, blank=True, default="")
    instalments = models.PositiveSmallIntegerField(null=True)
    #: Answers that deadlines depend on, by the names of engines.deadlines.Facts; days as ISO texts, unknown is absent.
    law_facts = models.JSONField(default=dict)
    content_classes = models.JSONField(default=list)
    keywords = models.JSONField(default=list)
    removed_at = models.DateTimeField(null=True)

    objects = Standing()
    everything = models.Manager()

    class Meta:
        db_table = "cases_contract"
        constraints = [models.UniqueConstraint(fields=["case", "position"], name="contract_position")]
        ordering = ["position"]


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class CaseBusiness(Record):
    """相手方事業者 in a role: the name as heard, and the business once a person has confirmed it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="businesses")
    position = models.PositiveSmallIntegerField(default=1)
    business = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, related_name="+")
    name_as_heard = models.CharField(max_length=160, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    url = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(max_length=20, default="seller")
    removed_at = models.DateTimeField(null=True)

    objects = Standing()
    everything = models.Manager()

    class Meta:
        db_table = "cases_business"
        constraints = [models.UniqueConstraint(fields=["case", "position"], name="case_business_position")]
        ordering = ["position"]


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Harm(Record):
    """危害 (injured) or 危険 (might have been)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="harms")
    injured = models.BooleanField(null=True)
    kind = models.CharField(max_length=30, blank=True, default="")
    degree = models.CharField(max_length=30, blank=True, default="")
    treatment_days = models.PositiveSmallIntegerField(null=True)
    happened_on = models.DateField(null=True)
    place = models.CharField(max_length=60, blank=True, default="")
    product = models.CharField(max_length=80, blank=True, default="")
    model = models.CharField(max_length=80, blank=True, default="")
    lot = models.CharField(max_length=80, blank=True, default="")
    kept = models.BooleanField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = Standing()
    everything = models.Manager()

    class Meta:
        db_table = "cases_harm"
        ordering = ["created_at"]


class CaseContact(Record):
    """Which contacts belong to which cases: many to many; the link lives in the upper room."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="contact_links")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "cases_contact"
        constraints = [models.UniqueConstraint(fields=["case", "contact"], name="contact_once_per_case")]


class IdentityCheck(Record):
    """「氏名と住所を確かめました」: somebody asked the consumer of this case and says that it is that person.

    Only then do the past cases of the person show on this case. A telephone number alone shows that there are some.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="identity_checks")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    centre_id = models.UUIDField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_identity_check"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "person"], condition=models.Q(withdrawn_at=None), name="identity_check_once"
            )
        ]
