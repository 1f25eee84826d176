"""Recordings of legs: both sides, pauses, ends, a full disk, a slow disk and kill -9."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from caasis.telephony.adapters.embedded.media import RecordingDone, UnknownLeg, open_recording
from caasis.telephony.adapters.embedded.media.recording import (
    DISK_FULL,
    EXISTS,
    FELL_BEHIND,
    NOT_WRITTEN,
    Recorders,
    Recording,
    RecordingFiles,
)
from caasis.telephony.adapters.embedded.media.sound import FRAME, RATE
from tests.rooms.telephony.media.telephone import KEY, LOUD, Exchange, level, sine, tones_in


def done(exchange: Exchange) -> list[RecordingDone]:
    return exchange.all(RecordingDone)


def sound_of(exchange: Exchange, one: RecordingDone) -> np.ndarray:
    """Left and right of a finished recording, whose digest is compared with the file's."""
    path = exchange.folder / one.file
    assert hashlib.sha256(path.read_bytes()).hexdigest() == one.sha256
    with open_recording(path, KEY) as reader:
        assert not reader.cut and reader.seconds == one.seconds
        return reader.read()


@pytest.fixture
def pair(exchange: Exchange) -> Exchange:
    """Two who talk."""
    exchange.call("a", 500)
    exchange.call("b", 700)
    exchange.engine.set_hearing("a", {"b": 1.0})
    exchange.engine.set_hearing("b", {"a": 1.0})
    exchange.talk(10)
    return exchange


def test_left_is_what_is_said_and_right_what_is_heard(pair: Exchange):
    pair.engine.start_recording("a", "rec", "key")
    pair.talk(125)
    pair.engine.stop_recording("rec")
    pair.talk(1)
    [one] = done(pair)
    assert (one.leg, one.recording, one.file, one.seconds, one.failed) == ("a", "rec", "rec.recording", 2.5, "")
    sound = sound_of(pair, one)
    assert tones_in(sound[:, 0], [500, 700]) == {500: 1.0}
    assert tones_in(sound[:, 1], [500, 700]) == {700: 1.0}


def test_what_is_played_is_heard(pair: Exchange):
    pair.engine.start_recording("a", "rec", "key")
    pair.engine.play("a", "music", [sine(900, RATE)], loop=True, until_key=False, over=False)
    pair.talk(50)
    pair.engine.stop_recording("rec")
    pair.talk(1)
    assert tones_in(sound_of(pair, done(pair)[0])[:, 1], [500, 700, 900]) == {900: 1.0}


def test_a_pause_is_silence_on_both_sides_and_times_stay_true(pair: Exchange):
    pair.engine.start_recording("a", "rec", "key")
    for paused in (False, True, False):
        pair.engine.pause_recording("rec", paused)
        pair.talk(50)
    pair.engine.stop_recording("rec")
    pair.talk(1)
    sound = sound_of(pair, done(pair)[0])
    assert len(sound) == 3 * RATE
    assert not sound[RATE : 2 * RATE].any()
    for second in (0, 2):
        part = sound[second * RATE : (second + 1) * RATE]
        assert level(part[:, 0], 500) > LOUD * 0.95 and level(part[:, 1], 700) > LOUD * 0.95


def test_a_recording_ends_with_its_leg(pair: Exchange):
    pair.engine.start_recording("a", "rec", "key")
    pair.talk(30)
    pair.hang_up("a")
    pair.talk(2)
    assert [(one.seconds, one.failed) for one in done(pair)] == [(0.6, "")]
    pair.engine.stop_recording("rec")
    pair.talk(2)
    assert len(done(pair)) == 1


def test_recordings_end_with_the_engine(pair: Exchange):
    pair.engine.start_recording("a", "one", "key")
    pair.engine.start_recording("b", "two", "key")
    pair.talk(30)
    pair.engine.stop()
    assert {one.recording: one.seconds for one in done(pair)} == {"one": 0.6, "two": 0.6}


def test_many_recordings_begin_and_end_among_each_other(exchange: Exchange):
    for number in range(12):
        exchange.call(f"leg{number}", 400 + 50 * number)
    for number in range(12):
        exchange.engine.start_recording(f"leg{number}", f"rec{number}", "key")
        exchange.talk(7)
    exchange.talk(40)
    for number in (3, 0, 11, 7, 1, 2, 10, 4, 5, 6, 8, 9):
        exchange.engine.stop_recording(f"rec{number}")
        exchange.talk(3)
    by_name = {one.recording: one for one in done(exchange)}
    assert len(by_name) == 12
    for number in range(12):
        sound = sound_of(exchange, by_name[f"rec{number}"])[10 * FRAME :, 0]
        assert tones_in(sound[len(sound) % RATE if len(sound) > RATE else 0 :], [400 + 50 * number])


def test_two_recordings_of_one_leg(pair: Exchange):
    pair.engine.start_recording("a", "one", "key")
    pair.talk(10)
    pair.engine.start_recording("a", "two", "key")
    pair.talk(10)
    pair.engine.stop_recording("one")
    pair.engine.stop_recording("two")
    pair.talk(1)
    assert {one.recording: one.seconds for one in done(pair)} == {"one": 0.4, "two": 0.2}


def test_ticks_that_were_left_out_are_silence(pair: Exchange):
    pair.engine.start_recording("a", "rec", "key")
    pair.talk(25)
    pair.now += 1.0
    pair.talk(25)
    pair.engine.stop_recording("rec")
    pair.talk(1)
    sound = sound_of(pair, done(pair)[0])
    assert len(sound) == 2 * RATE
    assert not sound[RATE // 2 + FRAME : RATE // 2 + 40 * FRAME].any()


@pytest.mark.parametrize("wrong", ["", "a/b", "../x", "x" * 65, "日本", "a.b"])
def test_a_recordings_id_is_never_a_path(pair: Exchange, wrong: str):
    with pytest.raises(ValueError, match="id"):
        pair.engine.start_recording("a", wrong, "key")


def test_what_can_not_be_recorded(pair: Exchange):
    with pytest.raises(UnknownLeg):
        pair.engine.start_recording("nobody", "rec", "key")
    pair.engine.start_recording("a", "rec", "key")
    with pytest.raises(ValueError, match="running"):
        pair.engine.start_recording("a", "rec", "key")
    pair.engine.pause_recording("unknown", True)
    pair.engine.stop_recording("unknown")


def test_a_key_that_is_not_known_or_none_is_told_at_once(tmp_path: Path):
    keys = {"good": KEY, "short": b"x"}
    exchange = Exchange(tmp_path, keys=lambda name: keys[name])
    exchange.call("a")
    with pytest.raises(KeyError):
        exchange.engine.start_recording("a", "rec", "unknown")
    with pytest.raises(ValueError, match="32"):
        exchange.engine.start_recording("a", "rec", "short")
    exchange.close()


def test_a_file_that_exists_is_not_written_over(pair: Exchange):
    (pair.folder / "rec.recording").write_bytes(b"old")
    pair.engine.start_recording("a", "rec", "key")
    pair.talk(60)
    assert [(one.failed, one.file, one.sha256) for one in done(pair)] == [(EXISTS, "", "")]
    assert (pair.folder / "rec.recording").read_bytes() == b"old"


def test_a_folder_that_can_not_be_written_ends_the_recording_not_the_call(tmp_path: Path):
    (tmp_path / "file").write_text("")
    exchange = Exchange(tmp_path / "file" / "folder")
    exchange.call("a", 500)
    exchange.engine.start_recording("a", "rec", "key")
    exchange.engine.set_hearing("a", {"a": 1.0})
    exchange.talk(120)
    assert [one.failed for one in done(exchange)] == [NOT_WRITTEN]
    assert exchange.hears("a") == {500: 1.0}
    exchange.close()


def test_a_full_disk_ends_the_recording_and_not_the_call(pair: Exchange):
    pair.engine.start_recording("a", "rec", "key")
    pair.talk(60)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))
    try:
        pair.talk(150)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    [one] = done(pair)
    assert (one.failed, one.seconds) == (DISK_FULL, 2.0)
    assert pair.hears("a") == {700: 1.0}
    path = pair.folder / one.file
    assert hashlib.sha256(path.read_bytes()).hexdigest() == one.sha256
    with open_recording(path, KEY) as reader:
        assert reader.cut and reader.seconds == 2.0
        assert tones_in(reader.read()[:, 0], [500]) == {500: 1.0}
    # The place is free again: another recording of the same leg works.
    pair.engine.start_recording("a", "next", "key")
    pair.talk(10)
    pair.engine.stop_recording("next")
    pair.talk(1)
    assert done(pair)[-1].failed == ""


def test_a_disk_that_is_too_slow_ends_the_recording_and_keeps_the_memory(tmp_path: Path):
    told: list[RecordingDone] = []
    files = RecordingFiles(tmp_path, told.append)  # type: ignore[arg-type]
    recorders = Recorders(files)
    recorders.begin(Recording("rec", "a", 0, "key", KEY))
    sound, heard = np.zeros((1, FRAME), np.int16), np.full((1, FRAME), 0xFF, np.uint8)
    for _ in range(50 * 200):
        recorders.tick(sound, heard)
    assert len(files._orders) <= 25
    files.work()
    assert [one.failed for one in told] == [FELL_BEHIND]


def test_a_fault_of_one_recording_does_not_end_the_others(tmp_path: Path):
    told: list[RecordingDone] = []
    files = RecordingFiles(tmp_path, told.append)  # type: ignore[arg-type]
    recorders = Recorders(files)
    bad, good = Recording("bad", "a", 0, "k" * 300, KEY), Recording("good", "a", 0, "key", KEY)
    recorders.begin(bad)
    recorders.begin(good)
    files.start()
    recorders.tick(np.zeros((1, FRAME), np.int16), np.full((1, FRAME), 0xFF, np.uint8))
    recorders.end(bad)
    recorders.end(good)
    files.stop()
    assert {one.recording: one.failed for one in told} == {"bad": NOT_WRITTEN, "good": ""}


KILLED = """
import sys, time
from pathlib import Path
from caasis.telephony.adapters.embedded.media import MediaEngine
from tests.rooms.telephony.media.telephone import PORTS
engine = MediaEngine(host="127.0.0.1", ports=PORTS, keys=lambda name: bytes(range(32)), recordings=Path(sys.argv[1]),
                     on_happening=print)
engine.open_leg("a")
engine.start_recording("a", "rec", "key")
engine.start()
print("started", flush=True)
time.sleep(60)
"""


def test_a_recording_is_whole_up_to_its_last_second_after_kill_9(tmp_path: Path):
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, env=os.environ)
    assert child.stdout is not None and child.stdout.readline() == b"started\n"
    path = tmp_path / "rec.recording"
    patience = time.monotonic() + 30
    while not path.exists() or path.stat().st_size < 20_000:
        assert time.monotonic() < patience
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    with open_recording(path, KEY) as reader:
        assert reader.cut and reader.seconds >= 1
        reader.verify()
