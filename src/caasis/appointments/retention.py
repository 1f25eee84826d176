"""Retention: a number that was called back, or not, is of no use some time later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from caasis.appointments.models import Booking, Callback, FollowUpEntry, VideoTalk
from caasis.privacy.retention import RetentionRule, register_retention

#: How long number, name and note of a promise are kept after its end. The product's own choice (要確認); whoever became
#: a case has their number there. States and times stay: they are what figures are made of.
KEEP_FOR = timedelta(days=90)


def expired_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of promises that ended longer ago than that."""
    rows = Callback.objects.filter(done_at__lt=now - KEEP_FOR, erased_at=None).order_by("done_at")
    return list(rows.values_list("record_key_id", flat=True)[:limit])


def expired_follow_up_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of people of lists who were done with longer ago than that. Numbers that refused are kept apart."""
    rows = FollowUpEntry.objects.filter(done_at__lt=now - KEEP_FOR, erased_at=None).order_by("done_at")
    return list(rows.values_list("record_key_id", flat=True)[:limit])


def expired_talk_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of talks by video that ended longer ago than that; the case and the call have keys of their own."""
    rows = VideoTalk.objects.filter(done_at__lt=now - KEEP_FOR, erased_at=None).order_by("done_at")
    return list(rows.values_list("record_key_id", flat=True)[:limit])


def expired_booking_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of bookings whose time was longer ago than that, whatever became of them."""
    rows = Booking.objects.filter(ends_at__lt=now - KEEP_FOR, erased_at=None).order_by("ends_at")
    return list(rows.values_list("record_key_id", flat=True)[:limit])


def register() -> None:
    register_retention(RetentionRule("appointments.bookings", expired_booking_keys))
    register_retention(RetentionRule("appointments.callbacks", expired_keys))
    register_retention(RetentionRule("appointments.follow_ups", expired_follow_up_keys))
    register_retention(RetentionRule("appointments.video_talks", expired_talk_keys))
