"""The platform's own periodic jobs: what would otherwise pile up is deleted."""

from __future__ import annotations

import logging

from django.db import connection

from caasis.platform.files.store import sweep_orphans
from caasis.platform.jobs.declaration import job
from caasis.platform.outbox.relay import forget_old_events

log = logging.getLogger(__name__)

#: How long finished jobs stay for the operator to look at.
KEEP_JOBS_DAYS = 7
_BATCH = 5000


@job(cron="*/10 * * * *")
def forget_delivered_events() -> None:
    """Delete events that all readers have passed and that are older than seven days."""
    count = forget_old_events(limit=_BATCH)
    if count == _BATCH:
        forget_delivered_events.defer()


@job(cron="20 18 * * *")
def sweep_orphaned_files() -> None:
    """Delete bytes below `files` that no row owns."""
    log.info("orphaned files deleted", extra={"count": sweep_orphans()})


@job(cron="40 18 * * *")
def forget_finished_jobs() -> None:
    """Delete jobs that ended well more than a week ago; failed ones stay four weeks."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM procrastinate_jobs j
            USING (SELECT job_id, max(at) AS ended FROM procrastinate_events GROUP BY job_id) e
            WHERE e.job_id = j.id
              AND (j.status IN ('succeeded', 'cancelled', 'aborted') AND e.ended < now() - make_interval(days => %s)
                   OR j.status = 'failed' AND e.ended < now() - make_interval(days => %s))
            """,
            [KEEP_JOBS_DAYS, KEEP_JOBS_DAYS * 4],
        )
        log.info("finished jobs deleted", extra={"count": cursor.rowcount})
