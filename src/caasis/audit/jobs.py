"""Periodic jobs of the access log."""

from __future__ import annotations

from django.db import connection

from caasis.platform.jobs import job

MONTHS_AHEAD = 3


@job(cron="10 17 * * *")
def make_partitions_ahead() -> None:
    """Make the access log's partitions of the coming months, so that no row ever falls into the default one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions(%s)", [MONTHS_AHEAD])
