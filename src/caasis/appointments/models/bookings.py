"""Times that a consumer booked with a centre, and the times that a centre offers."""

from __future__ import annotations

from django.db import models

from caasis.appointments.vocabulary import BookingState, BookingWay
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


class BookingPolicy(VersionedRecord):
    """How early and how far ahead a centre takes bookings. One row per centre that has ever entered its hours."""

    centre_id = models.UUIDField(unique=True)
    lead_hours = models.PositiveSmallIntegerField(default=24)
    days_ahead = models.PositiveSmallIntegerField(default=14)

    class Meta:
        db_table = "appointments_booking_policy"


class BookingHours(Record):
    """A span of a weekday (0 Monday … 6 Sunday) in which a centre takes bookings for one way of talking.

    Offered is only what lies inside the centre's opening hours of that day.
    """

    centre_id = models.UUIDField()
    way = models.CharField(max_length=8, choices=BookingWay.choices())
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()
    minutes = models.PositiveSmallIntegerField(default=30)
    #: How many people at the same time.
    capacity = models.PositiveSmallIntegerField(default=1)

    class Meta:
        db_table = "appointments_booking_hours"
        ordering = ["way", "weekday", "opens"]
        indexes = [models.Index(fields=["centre_id", "way", "weekday"], name="booking_hours_of_centre")]


class Booking(VersionedRecord):
    """One booked time. Whoever has its link sees, changes and cancels it; only a hash of the link's secret is kept."""

    centre_id = models.UUIDField()
    way = models.CharField(max_length=8, choices=BookingWay.choices())
    #: Eight digits that people can read out; unique inside the centre.
    number = models.CharField(max_length=8)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    #: Which of the places of this time, from 0.
    seat = models.PositiveSmallIntegerField(default=0)
    record_key_id = models.UUIDField()
    name = SealedField()
    phone = SealedField()
    phone_index = models.BinaryField(null=True)
    index_version = models.PositiveSmallIntegerField(default=1)
    mail = SealedField()
    matter = SealedField()
    secret_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=BookingState.choices(), default="booked")
    #: Grows with each change, so that calendars replace their entry.
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    #: The member of staff who took it down; empty when it came over the portal.
    made_by = models.UUIDField(null=True)
    reminded_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointments_booking"
        constraints = [
            # The lock of `book_slot` keeps two people apart; this holds even for a writer that forgets the lock.
            models.UniqueConstraint(
                fields=["centre_id", "way", "starts_at", "seat"],
                condition=models.Q(state__in=["booked", "kept", "missed"]),
                name="one_booking_for_a_seat",
            ),
            models.UniqueConstraint(fields=["centre_id", "number"], name="booking_number_once"),
        ]
        indexes = [
            models.Index(fields=["centre_id", "starts_at"], name="booking_of_centre"),
            models.Index(
                fields=["centre_id", "phone_index"], condition=models.Q(state="booked"), name="booking_of_number"
            ),
            models.Index(fields=["ends_at"], condition=models.Q(erased_at=None), name="booking_to_forget"),
        ]
