"""Jobs that the tests run, in this process and in workers of their own that are killed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID

from django.db import connection

from caasis.platform.jobs import job, stop_requested
from caasis.platform.outbox.models import ConsumerCursor


def _mark(text: str) -> None:
    """A row by which a test sees that a job's transaction was committed."""
    ConsumerCursor.objects.create(consumer="job", node=text)


@job()
def leave_mark(*, number: UUID) -> None:
    _mark(str(number))


@job()
def tell_scope(*, number: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('caasis.scope')")
        _mark(cursor.fetchone()[0])


@job()
def wait_for_leave(*, number: UUID) -> None:
    """Write, say that it is running, and wait until the test lets it go on."""
    _mark(str(number))
    folder = Path(os.environ["SAMPLE_FOLDER"])
    (folder / "started").touch()
    while not (folder / "leave").exists() and not stop_requested():
        time.sleep(0.02)


@job()
def fail_always(*, number: UUID) -> None:
    _mark(str(number))
    raise ValueError("this text may quote a person")


@job()
def defer_and_fail(*, number: UUID) -> None:
    leave_mark.defer(number=number)
    raise ValueError("what it put into the queue goes with its transaction")
