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
    #: 見守り: somebody of the centre looks after this person; why, and when that is looked at again.
    watch_over = models.BooleanField(default=False)
    watch_reason = SealedField()
    watch_review_on = models.DateField(null=True)
    watch_set_by = models.UUIDField(null=True)
    watch_set_at = models.DateTimeField(null=True)
    #: Another row of the same human, which speaks for this one. Nothing moves, so that taking it back loses nothing.
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
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


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Consent(Record):
    """What a person agreed to, when, how, by whom it was said, to whom it may go, and until when."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=20, default="self")
    given_by_means = models.CharField(max_length=20)
    #: The one centre that it may go to; None where the kind names no centre, or where any may have it.
    recipient_centre_id = models.UUIDField(null=True)
    #: What was agreed on, in words.
    note = SealedField()
    until = models.DateField(null=True)
    #: The case on which it was recorded. An id only: cases lie above this room.
    case_id = models.UUIDField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_means = models.CharField(max_length=20, blank=True, default="")
    withdrawn_recorded_by = models.UUIDField(null=True)
    recorded_by = models.UUIDField(null=True)

    class Meta:
        db_table = "people_consent"
        indexes = [models.Index(fields=["person", "kind"], name="consent_of_person")]


class PersonMerge(Record):
    """Somebody said that two rows are one human. Taking it back is a date; both rows were kept all the time."""

    keep = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges_away")
    centre_id = models.UUIDField()
    reason = SealedField()
    actor_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    undone_by = models.UUIDField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_merge"
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["other"], condition=models.Q(undone_at=None), name="person_merged_once")
        ]
