"""Work of the room that comes by itself or takes long."""

from __future__ import annotations

import logging
from uuid import UUID

from django.utils import timezone

from caasis.cases.exports import expire_exports, run_export
from caasis.cases.models import FileText
from caasis.cases.services.collecting import read_case_files
from caasis.cases.services.correcting import settle_silent_corrections
from caasis.cases.services.digesting import write_digests
from caasis.cases.services.watching import watch
from caasis.cases.subscriptions import match_daily
from caasis.platform.documents.reading import ocr_command
from caasis.platform.jobs import job
from caasis.platform.jobs.declaration import stop_requested
from caasis.platform.transactions import system_transaction

log = logging.getLogger(__name__)

#: Cases whose pictures are read in one run, once a reader was installed.
PORTION = 200


@job(queue="default", in_transaction=False)
def read_files(*, case_id: UUID) -> None:
    """Read the words in the files of one case."""
    read_case_files(case_id)


@job(cron="23 * * * *", lock="cases.read_pictures_again", in_transaction=False)
def read_pictures_again() -> None:
    """Every hour: pictures that came while Tesseract wasn't installed are read once it is."""
    if ocr_command() is None:
        return
    with system_transaction():
        rows = FileText.objects.filter(state=FileText.State.NO_READER).order_by("case_id")
        waiting = list(rows.values_list("case_id", flat=True).distinct()[:PORTION])
    for case_id in waiting:
        if stop_requested():
            return
        read_case_files(case_id, again=True)


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


@job(cron="* * * * *", lock="cases.watch")
def watch_cases() -> None:
    """Every minute: reminders, missed targets, what the centre's policy brings up, requests that nobody answered."""
    done = watch(now=timezone.now())
    if done.breached or done.raised or done.moved:
        log.info(
            "cases brought to notice",
            extra={"breached": done.breached, "raised": done.raised, "moved": done.moved},
        )


@job(in_transaction=False)
def write_export(*, export_id: UUID) -> None:
    """Write the results of a search into a file."""
    if run_export(export_id):
        with system_transaction():
            write_export.defer(export_id=export_id)


@job(cron="*/15 * * * *")
def forget_unfetched_exports() -> None:
    """Delete files that nobody fetched within their time."""
    log.info("exports expired", extra={"count": expire_exports()})


@job(cron="0 21 * * *", in_transaction=False)
def match_saved_searches() -> None:
    """Every morning at six in Japan: what is new for the searches that want to be told daily."""
    log.info("new hits of saved searches", extra={"count": match_daily()})
