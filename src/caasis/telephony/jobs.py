"""Work that comes by itself: what callers are to hear is spoken before anybody calls, what nobody may hear is deleted."""

from __future__ import annotations

import logging
from uuid import UUID

from caasis.engines.ivr import Sound, read_flow
from caasis.platform.jobs import job, stop_requested
from caasis.platform.transactions import system_transaction
from caasis.telephony.models import Flow, FlowVersion, MessageSwitch, Recording
from caasis.telephony.offices import offices_of
from caasis.telephony.prompts import BUILT_IN, open_store, prepare, prepare_line
from caasis.telephony.recording_files import delete_file

log = logging.getLogger(__name__)


@job(in_transaction=False, lock="telephony.prompts")
def prepare_flow(*, version_id: UUID) -> None:
    """Speak all that a published version can say. What is there already costs nothing; safe to run again."""
    with system_transaction():
        version = FlowVersion.objects.filter(id=version_id).first()
        offices = offices_of(version.centre_id) if version else {}
    if version is None:
        return
    made = faulty = 0
    for prepared in prepare(open_store(), read_flow(version.document), offices=offices):
        made, faulty = made + 1, faulty + (not prepared.seconds)
        if stop_requested():
            with system_transaction():
                prepare_flow.defer(version_id=version_id)
            return
    log.info("the lines of a flow are ready", extra={"count": made, "check": f"{faulty} can't be said"})


@job(in_transaction=False)
def prepare_everything() -> None:
    """Sounds without words, messages that are switched on, and every flow that callers hear: after a start of the
    switchboard, because its voice may be another one since."""
    store = open_store()
    for name in BUILT_IN:
        store.named(name)
    with system_transaction():
        messages = [words for row in MessageSwitch.objects.filter(on=True) for words in row.words.items()]
        for version_id in Flow.objects.exclude(published=None).values_list("published_id", flat=True):
            prepare_flow.defer(version_id=version_id)
    for language, text in messages:
        prepare_line(store, Sound(text=text, language=language))


@job()
def delete_recording(*, recording_id: UUID) -> None:
    """Delete the sealed file of a recording that was removed. One that is gone already is as good."""
    row = Recording.objects.filter(id=recording_id).exclude(removed_at=None).exclude(file="").first()
    if row is not None:
        delete_file(row)


@job(cron="45 18 * * *", in_transaction=False)
def delete_recordings_left() -> None:
    """Delete what is left of removed recordings, whatever has kept a file from being deleted at once."""
    with system_transaction():
        left = Recording.objects.exclude(removed_at=None).exclude(file="").order_by("removed_at")
        ids = list(left.values_list("id", flat=True))
    failed = 0
    for recording_id in ids:
        try:
            with system_transaction():
                delete_recording(recording_id=recording_id)
        except OSError:
            failed += 1
    if failed:
        log.error("sealed recordings can't be deleted from their folder", extra={"count": failed})
