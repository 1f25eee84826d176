"""Periodic work of the room."""

from __future__ import annotations

import logging

from django.utils import timezone

from caasis.cases.services.watching import watch
from caasis.platform.jobs import job

log = logging.getLogger(__name__)


@job(cron="* * * * *", lock="cases.watch")
def watch_cases() -> None:
    """Every minute: reminders, missed targets, what the centre's policy brings up, requests that nobody answered."""
    done = watch(now=timezone.now())
    if done.breached or done.raised or done.moved:
        log.info(
            "cases brought to notice",
            extra={"breached": done.breached, "raised": done.raised, "moved": done.moved},
        )
