"""A recording that nobody may hear any more leaves the disk as well."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from caasis.platform.outbox.relay import run_once
from caasis.platform.transactions import system_transaction
from caasis.privacy.erasure import Reason, erase_record
from caasis.privacy.retention import erase_expired
from caasis.telephony.jobs import delete_recording, delete_recordings_left
from caasis.telephony.models import Call, Recording
from caasis.telephony.vocabulary import RequestKind
from tests.rooms.telephony.hall import MORNING, Hall, assert_true

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town, as_system, settings, tmp_path):
    settings.TELEPHONY_RECORDINGS = tmp_path / "recordings"
    settings.TELEPHONY_RECORDINGS.mkdir()
    made = Hall(town)
    made.seat("counsellor")
    yield made
    assert_true(made)


@pytest.fixture
def kept(hall) -> Path:
    """The sealed file of a call that is over, beside that of another one."""
    call = hall.connected()
    hall.wait(10)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    return write(Recording.objects.get())


def write(row: Recording) -> Path:
    """What the engine would have written."""
    from django.conf import settings

    (settings.TELEPHONY_RECORDINGS / "another.wav.sealed").write_bytes(b"another call")
    path = Path(settings.TELEPHONY_RECORDINGS) / row.file
    path.write_bytes(b"sealed")
    return path


def run_jobs() -> int:
    """Do the deletions that were put into the queue."""
    with connection.cursor() as cursor:
        name = "telephony.jobs.delete_recording"
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", [name])
        found = [json.loads(args) for (args,) in cursor.fetchall()]
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [name])
    for args in found:
        with system_transaction():
            delete_recording(**args)
    return len(found)


def test_the_end_of_its_time_takes_the_file_away(hall, kept):
    erase_expired(MORNING + timedelta(days=3649))
    run_once()
    assert run_jobs() == 0 and kept.exists()
    erase_expired(MORNING + timedelta(days=3654))
    run_once()
    assert run_jobs() == 1 and not kept.exists() and Recording.objects.get().file == ""
    assert (kept.parent / "another.wav.sealed").exists()


def test_a_call_that_is_erased_takes_the_file_with_it(hall, kept):
    erase_record(actor=hall.town.official, key_id=Call.objects.get().record_key_id, reason=Reason.CONSUMER_REQUEST)
    run_once()
    assert run_jobs() == 1 and not kept.exists()


def test_a_recording_that_is_erased_by_itself_is_gone_and_the_call_stays(hall, kept):
    erase_record(actor=hall.town.official, key_id=Recording.objects.get().record_key_id, reason=Reason.CONSUMER_REQUEST)
    run_once()
    assert run_jobs() == 1 and not kept.exists()
    assert Recording.objects.get().removed_at is not None and Call.objects.get().erased_at is None


def test_a_file_that_is_gone_already_is_no_error(hall, kept):
    kept.unlink()
    erase_record(actor=hall.town.official, key_id=Call.objects.get().record_key_id, reason=Reason.CONSUMER_REQUEST)
    run_once()
    assert run_jobs() == 1 and Recording.objects.get().file == ""
    with system_transaction():
        delete_recording(recording_id=Recording.objects.get().id)


def test_a_recording_that_lives_is_never_deleted(hall, kept):
    with system_transaction():
        delete_recording(recording_id=Recording.objects.get().id)
    delete_recordings_left()
    assert kept.exists()


def test_what_was_recorded_before_the_caller_refused_is_deleted_when_it_is_written(hall):
    call = hall.connected()
    hall.wait(5)
    assert hall.ask("counsellor", RequestKind.REFUSE_RECORDING, call).state == "done"
    row = Recording.objects.get()
    assert row.refused and row.file and row.ready_at is not None
    path = write(row)
    assert run_jobs() == 1 and not path.exists()
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()


def test_a_folder_that_cannot_be_written_keeps_the_file_for_the_next_night(hall, kept):
    Recording.objects.update(removed_at=MORNING)
    away = kept.rename(kept.with_suffix(".away"))
    kept.mkdir()
    delete_recordings_left()
    assert Recording.objects.get().file == kept.name, "not deleted, not forgotten"
    kept.rmdir()
    away.rename(kept)
    delete_recordings_left()
    assert not kept.exists() and Recording.objects.get().file == ""


def test_a_name_that_leads_out_of_the_folder_deletes_nothing_there(hall, kept):
    outside = kept.parent.parent / "outside"
    outside.write_bytes(b"not a recording")
    Recording.objects.update(removed_at=MORNING, file="../outside")
    delete_recordings_left()
    assert outside.exists() and Recording.objects.get().file == ""
