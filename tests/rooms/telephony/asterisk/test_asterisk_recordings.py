"""Recordings of an Asterisk: fetched, sealed, deleted there, or said to be lost."""

from __future__ import annotations

import time

import pytest

from caasis.telephony.adapters.embedded.media.recording_file import RecordingDamaged, open_recording
from caasis.telephony.commands import (
    StartRecording,
    StopRecording,
)
from caasis.telephony.signals import (
    RecordingReady,
)
from caasis.telephony.vocabulary import Refusal
from tests.rooms.telephony.asterisk.scene import ours, soon
from tests.rooms.telephony.contract.asterisk_world import KEY, AsteriskWorld
from tests.rooms.telephony.contract.talk import Talk


def test_no_recording_without_its_key(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    order = StartRecording(command_id="c", leg=leg, recording="r", key_name="unknown")
    assert talk.refused(order) is Refusal.NOT_PERMITTED
    assert ours(world) == (0, 0)


def test_a_side_that_is_lost_is_silent_and_said_to_be(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    soon(lambda: len(world.asterisk.live) == 2)
    time.sleep(0.7)
    fetch = world.asterisk.do_get_recordings_stored_file
    heard = next(name for name, one in world.asterisk.live.items() if one.channel.spy == "out")

    def fetch_one(recordingName: str, **asked: object) -> bytes:
        return b"no sound" if recordingName == heard else fetch(recordingName=recordingName, **asked)

    world.asterisk.do_get_recordings_stored_file = fetch_one
    talk.done(StopRecording, recording="r")
    ready = talk.until(RecordingReady, recording="r")
    assert ready.failed
    assert world.recorded(ready.file) == ({leg}, set())


def test_a_recording_that_cannot_be_written_stays_with_asterisk_and_is_said_to_be_lost(
    talk: Talk, world: AsteriskWorld
):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    soon(lambda: len(world.asterisk.live) == 2)
    world.folder.rmdir()
    world.folder.write_text("no folder")
    talk.done(StopRecording, recording="r")
    ready = talk.until(RecordingReady, recording="r")
    assert (ready.file, ready.sha256) == ("", "") and ready.failed
    assert len(world.asterisk.stored) == 2
    world.folder.unlink()
    world.folder.mkdir()


def test_a_file_of_whose_end_asterisk_does_not_tell_is_fetched_all_the_same(
    talk: Talk, world: AsteriskWorld, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("caasis.telephony.adapters.asterisk.recordings.PATIENCE_S", 0.3)
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    soon(lambda: len(world.asterisk.live) == 2)
    time.sleep(0.7)
    tell = world.asterisk.tell
    world.asterisk.tell = lambda kind, **facts: None if kind == "RecordingFinished" else tell(kind, **facts)
    talk.done(StopRecording, recording="r")
    ready = talk.until(RecordingReady, recording="r")
    assert not ready.failed and world.recorded(ready.file)[0] == {leg}


def test_a_recording_that_asterisk_cannot_write(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    soon(lambda: len(world.asterisk.live) == 2)
    with world.asterisk.lock:
        live = world.asterisk.live.pop(next(iter(world.asterisk.live)))
        live.channel.recording = None
        world.asterisk.tell("RecordingFailed", recording=live.told() | {"state": "failed", "cause": "no space"})
    assert talk.until(RecordingReady, recording="r").failed == "no space"
    assert not world.asterisk.live and not world.asterisk.stored


def test_only_what_is_sealed_is_written_to_our_folder(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    time.sleep(0.3)
    talk.done(StopRecording, recording="r")
    ready = talk.until(RecordingReady, recording="r")
    assert [one.name for one in world.folder.iterdir()] == [ready.file]
    content = (world.folder / ready.file).read_bytes()
    assert b"RIFF" not in content
    with open_recording(world.folder / ready.file, KEY) as sound:
        sound.verify()
    with pytest.raises(RecordingDamaged):
        open_recording(world.folder / ready.file, bytes(32))
