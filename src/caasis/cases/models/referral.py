"""Between centres: the referral with its form, who may see a case meanwhile, what was said, where a case came from."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.people.models import Person
from caasis.platform.models import Record, VersionedRecord


class Referral(VersionedRecord):
    """One 助言・共同処理・移送 from one centre to another: the form that was filled in, and what became of it.

    Texts hold no personal data of consumers (checked by machine). What was passed on of a person stands with `person`, a
    row of the receiving centre under its own key, and ends with the sharing.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="referrals")
    from_centre_id = models.UUIDField()
    to_centre_id = models.UUIDField()
    kind = models.CharField(max_length=10)
    #: A call that the national back-up took goes to the centre that answers for the place, with a short form.
    handed_back = models.BooleanField(default=False)
    state = models.CharField(max_length=12, default="sent")
    #: Code of the list `referral_basis`: why it may be passed on.
    basis = models.CharField(max_length=30)
    #: Number and day of a written demand.
    basis_document = models.CharField(max_length=80, blank=True, default="")
    consent_by = models.CharField(max_length=20, blank=True, default="")
    consent_on = models.DateField(null=True)
    consent_means = models.CharField(max_length=20, blank=True, default="")
    #: Names of the person's fields that somebody ticked: the minimum set.
    passed = models.JSONField(default=list)
    reason = models.TextField()
    request = models.TextField()
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    sent_by = models.UUIDField(null=True)
    sent_at = models.DateTimeField()
    opened_by = models.UUIDField(null=True)
    opened_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    #: Why it was returned, or why the sharing ended.
    closing_reason = models.TextField(blank=True, default="")
    ended_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: After 移送: the case that goes on in the receiving centre, and is the one that counts.
    continued_as = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="continues")

    class Meta:
        db_table = "cases_referral"
        indexes = [
            models.Index(fields=["to_centre_id", "state", "-sent_at"], name="referral_inbox"),
            models.Index(fields=["from_centre_id", "state", "-sent_at"], name="referral_outbox"),
        ]


class Share(Record):
    """While it runs, this centre may read this one case of another centre, without personal data. Selectors and the
    wall of `cases_case` ask this table."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="shares")
    referral = models.OneToOneField(Referral, on_delete=models.CASCADE, related_name="share")
    from_centre_id = models.UUIDField()
    centre_id = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_share"
        indexes = [models.Index(fields=["centre_id", "case"], condition=models.Q(ended_at=None), name="share_running")]


class ReferralMessage(Record):
    """What one of the two centres said: an answer (回答) or work done (経過). No personal data."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="messages")
    centre_id = models.UUIDField()
    author_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=10)
    text = models.TextField()

    class Meta:
        db_table = "cases_referral_message"
        ordering = ["created_at", "id"]


class CaseVia(VersionedRecord):
    """経由相談: the office that brought the case, and whom to ask there. Business data of an office, not of a consumer."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="via")
    centre_id = models.UUIDField()
    office = models.CharField(max_length=80)
    contact_person = models.CharField(max_length=40, blank=True, default="")
    phone = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        db_table = "cases_via"


class Introduction(Record):
    """他機関を紹介: an office of the directory was named to the consumer. Counted by office."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="introductions")
    centre_id = models.UUIDField()
    office_code = models.CharField(max_length=40)
    office_name = models.CharField(max_length=80)
    introduced_by = models.UUIDField(null=True)
    introduced_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_introduction"
        indexes = [models.Index(fields=["centre_id", "introduced_at"], name="introduction_of_centre")]


class Office(VersionedRecord):
    """A centre's own entry of the referral directory, or, with the code of a common entry, what it knows better."""

    centre_id = models.UUIDField()
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=30)
    handles = models.CharField(max_length=200, blank=True, default="")
    words = models.CharField(max_length=400, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    hours = models.CharField(max_length=120, blank=True, default="")
    url = models.CharField(max_length=200, blank=True, default="")
    source = models.CharField(max_length=120, blank=True, default="")
    checked_on = models.DateField(null=True)
    checked_by = models.UUIDField(null=True)
    hidden = models.BooleanField(default=False)

    class Meta:
        db_table = "cases_office"
        constraints = [models.UniqueConstraint(fields=["centre_id", "code"], name="office_once_per_centre")]
