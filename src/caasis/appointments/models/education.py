"""Education events with their sign-ups, and lectures that somebody asks for (F102)."""

from __future__ import annotations

from django.db import models

from caasis.appointments.education_vocabulary import (
    Access,
    Audience,
    EventState,
    LectureState,
    PartOfDay,
    SignUpState,
    Theme,
)
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


class EducationEvent(VersionedRecord):
    """A talk or course of a centre. Everything here is for the public, about nobody."""

    centre_id = models.UUIDField()
    title = models.CharField(max_length=80)
    #: The subset of Markdown of articles.
    summary = models.TextField()
    audience = models.CharField(max_length=10, choices=Audience.choices())
    online = models.BooleanField(default=False)
    #: Where it is; of an online event how one takes part.
    place = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField()
    sign_up_until = models.DateTimeField()
    #: Codes of `Access`.
    access = models.JSONField(default=list)
    access_note = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=10, choices=EventState.choices(), default="draft")
    is_demo = models.BooleanField(default=False)
    created_by = models.UUIDField(null=True)
    #: How many came, once it was held.
    came = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "appointments_education_event"
        indexes = [
            models.Index(fields=["centre_id", "starts_at"], name="education_event_of_centre"),
            models.Index(fields=["starts_at"], condition=~models.Q(state="draft"), name="education_event_public"),
        ]

    @property
    def access_words(self) -> list[str]:
        """What is ready at it, as people read it."""
        return [one.label for one in Access if one.value in self.access]


class SignUp(Record):
    """Somebody who wants to come, perhaps with others. Found by the hash of the secret in their link."""

    event = models.ForeignKey(EducationEvent, on_delete=models.PROTECT, related_name="sign_ups")
    centre_id = models.UUIDField()
    record_key_id = models.UUIDField()
    name = SealedField()
    phone = SealedField()
    #: What they need at the place; it may tell of their health.
    needs = SealedField()
    people = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=SignUpState.choices())
    secret_hash = models.CharField(max_length=64, unique=True)
    #: In this order seats are given; set under the event's lock.
    place_in_line = models.PositiveIntegerField()
    #: The centre has something to tell them by telephone: a seat came free, or the event is off.
    to_tell = models.BooleanField(default=False)
    done_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointments_sign_up"
        ordering = ["place_in_line"]
        constraints = [models.UniqueConstraint(fields=["event", "place_in_line"], name="sign_up_place_once")]
        indexes = [models.Index(fields=["done_at"], condition=models.Q(erased_at=None), name="sign_up_to_forget")]


class LectureRequest(VersionedRecord):
    """A group asks a centre to come and talk (出前講座)."""

    centre_id = models.UUIDField()
    record_key_id = models.UUIDField()
    organisation = models.CharField(max_length=80)
    name = SealedField()
    phone = SealedField()
    note = SealedField()
    day1 = models.DateField()
    day2 = models.DateField(null=True)
    day3 = models.DateField(null=True)
    part_of_day = models.CharField(max_length=10, choices=PartOfDay.choices())
    place = models.CharField(max_length=120)
    people = models.PositiveIntegerField()
    audience = models.CharField(max_length=10, choices=Audience.choices())
    theme = models.CharField(max_length=10, choices=Theme.choices())
    state = models.CharField(max_length=10, choices=LectureState.choices(), default="new")
    #: The day that was agreed.
    agreed_day = models.DateField(null=True)
    came = models.PositiveIntegerField(null=True)
    #: A form that is sent twice is one request.
    once_hash = models.CharField(max_length=64, unique=True)
    done_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointments_lecture_request"
        indexes = [
            models.Index(fields=["centre_id", "state", "-created_at"], name="lecture_request_of_centre"),
            models.Index(fields=["done_at"], condition=models.Q(erased_at=None), name="lecture_request_to_forget"),
        ]

    @property
    def days(self) -> list[object]:
        """The wished days that were given."""
        return [day for day in (self.day1, self.day2, self.day3) if day is not None]
