"""Consumers and contract parties: everything that names them is sealed."""

from __future__ import annotations

import pghistory
from django.db import models

from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Person(VersionedRecord):
    """One person as one centre knows them. The same human in two centres is two rows on purpose."""

    centre_id = models.UUIDField()
    record_key_id = models.UUIDField()
    name = SealedField()
    kana = SealedField()
    postcode = SealedField()
    address = SealedField()
    #: Hours, no voicemail, 家族に内密, plain envelope: how to reach them without harm.
    contact_note = SealedField()
    name_index = models.BinaryField(null=True)
    kana_index = models.BinaryField(null=True)
    index_version = models.PositiveSmallIntegerField(default=1)
    watch_over = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_person"
        indexes = [
            models.Index(fields=["centre_id", "name_index"], name="person_name"),
            models.Index(fields=["centre_id", "kana_index"], name="person_kana"),
        ]


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ContactPoint(Record):
    """A phone number or mail address of a person. Families share one: a match is never an identity."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_points")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=10)
    value = SealedField()
    value_index = models.BinaryField(null=True)
    index_version = models.PositiveSmallIntegerField(default=1)
    usable = models.BooleanField(default=True)

    class Meta:
        db_table = "people_contact_point"
        indexes = [models.Index(fields=["centre_id", "kind", "value_index"], name="contact_point_value")]


class Consent(Record):
    """What a person agreed to, when, how and to whom it may go."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    given_by_means = models.CharField(max_length=20)
    withdrawn_at = models.DateTimeField(null=True)
    recorded_by = models.UUIDField(null=True)

    class Meta:
        db_table = "people_consent"
