"""Jobs of workers that died: found by their missing heartbeat, put back into the queue."""

from __future__ import annotations

import logging

from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.jobs import Job, Status

from caasis.platform.jobs.declaration import IN_TRANSACTION
from caasis.platform.transactions import system_transaction

log = logging.getLogger(__name__)

#: A worker beats each 10 s; one that was silent for 30 s is taken for dead.
HEARTBEAT_SECONDS = 10.0
DEAD_AFTER_SECONDS = 30.0
#: A job under which workers have died this often is not innocent: it is marked as failed and shown to the operator.
MOST_DEATHS = 5

_SWEEP_LOCK = 0x0CAA517


def sweep_stalled_jobs(*, dead_after_seconds: float = DEAD_AFTER_SECONDS) -> int:
    """Put the jobs of dead workers back into the queue. Returns how many.

    Two sweepers take turns, and finding and putting back are one transaction: else the slower one would put back a
    job that the faster one's worker is already running again.
    """
    with system_transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SWEEP_LOCK])
        return async_to_sync(_put_back)(dead_after_seconds)


async def _put_back(dead_after_seconds: float) -> int:
    stalled: list[Job] = list(await IN_TRANSACTION.get_stalled_jobs(seconds_since_heartbeat=dead_after_seconds))
    for found in stalled:
        if found.attempts >= MOST_DEATHS:
            log.error("a job was given up: workers die under it", extra={"job": found.task_name})
            await IN_TRANSACTION.finish_job(found, status=Status.FAILED, delete_job=False)
        else:
            log.warning("a job of a dead worker runs again", extra={"job": found.task_name})
            await IN_TRANSACTION.retry_job(found)
    return len(stalled)
