"""Work that comes by itself: promises whose time has come, and those whose time is over."""

from __future__ import annotations

from django.utils import timezone

from caasis.appointments.services import (
    BATCH,
    expire_callbacks,
    expire_talks,
    queue_due_callbacks,
    queue_due_follow_ups,
)
from caasis.kernel.actor import SYSTEM
from caasis.platform.jobs import job


@job(cron="* * * * *", lock="appointments.look_after_promises", in_transaction=False)
def look_after_promises() -> None:
    """Each minute: promises that are over end, those that are due go into their queues, and so do people of lists."""
    while expire_callbacks(actor=SYSTEM, now=timezone.now()) >= BATCH:
        pass
    while queue_due_callbacks(actor=SYSTEM, now=timezone.now()) >= BATCH:
        pass
    queue_due_follow_ups(actor=SYSTEM, now=timezone.now())
    while expire_talks(actor=SYSTEM, now=timezone.now()) >= BATCH:
        pass
