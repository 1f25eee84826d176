"""What the room does when a lower room tells something."""

from __future__ import annotations

from django.utils import timezone

from caasis.appointments.services import (
    forget_booking,
    forget_callback,
    forget_follow_ups,
    forget_lecture,
    forget_sign_up,
    forget_talk,
)
from caasis.kernel.actor import SYSTEM
from caasis.platform.outbox.handlers import Delivered, subscribe


@subscribe("appointments.forget", "privacy.record_erased")
def forget_promise(event: Delivered) -> None:
    """Whoever was erased is called by nobody."""
    forget_callback(actor=SYSTEM, key_id=event.subject, now=timezone.now())
    forget_follow_ups(actor=SYSTEM, key_id=event.subject, now=timezone.now())
    forget_booking(actor=SYSTEM, key_id=event.subject, now=timezone.now())
    forget_talk(actor=SYSTEM, key_id=event.subject, now=timezone.now())
    forget_sign_up(actor=SYSTEM, key_id=event.subject, now=timezone.now())
    forget_lecture(actor=SYSTEM, key_id=event.subject, now=timezone.now())
