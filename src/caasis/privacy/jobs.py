"""Periodic jobs of the room."""

from __future__ import annotations

import logging

from django.utils import timezone

from caasis.platform.jobs import job, stop_requested
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import complete_tombstones
from caasis.privacy.retention import erase_expired

log = logging.getLogger(__name__)


@job(cron="30 17 * * *", lock="privacy.retention", in_transaction=False)
def erase_what_is_past_its_time() -> None:
    """Every night: erase records that are past their centre's years of retention."""
    while not stop_requested() and erase_expired(timezone.now()):
        pass


@job(cron="*/15 * * * *", lock="privacy.tombstones")
def complete_the_tombstones() -> None:
    """Write tombstones that a crash kept from being written."""
    with system_transaction():
        count = complete_tombstones()
    if count:
        log.warning("tombstones were missing and are written now", extra={"count": count})
