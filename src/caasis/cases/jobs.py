"""Periodic jobs of the room."""

from __future__ import annotations

import logging

from caasis.cases.services.correcting import settle_silent_corrections
from caasis.cases.services.digesting import write_digests
from caasis.platform.jobs import job

log = logging.getLogger(__name__)


@job(cron="0 22 * * *")
def write_the_daily_digests() -> None:
    """At seven in the morning in Japan: the approvers' digests, before they come in."""
    count = write_digests()
    log.info("digests written", extra={"count": count})


@job(cron="15 15 * * *")
def accept_corrections_in_silence() -> None:
    """After midnight in Japan: a correction that nobody disputed in time is accepted."""
    count = settle_silent_corrections()
    if count:
        log.info("corrections accepted in silence", extra={"count": count})
