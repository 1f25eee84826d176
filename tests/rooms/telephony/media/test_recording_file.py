"""The sealed file: read back, sought in, cut off, changed, reordered and swapped."""

from __future__ import annotations

import hashlib
import os
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media import (
    NotARecording,
    RecordingDamaged,
    WavView,
    as_wav,
    key_name_of,
    open_recording,
)
from caasis.telephony.adapters.embedded.media.g711 import decode_ulaw
from caasis.telephony.adapters.embedded.media.recording_file import CHUNK, RecordingWriter
from caasis.telephony.adapters.embedded.media.sound import RATE
from tests.rooms.telephony.media.telephone import KEY, PATIENT

OTHER_KEY = bytes(32)
_HEADER = 9 + 16 + 2 + len("one") + len("key-2026")
_WHOLE = 2 + 2 * CHUNK + 16


def codes(seconds: float, seed: int = 1) -> np.ndarray:
    """Random codes of both sides: (2, samples)."""
    return np.random.default_rng(seed).integers(0, 256, (2, round(seconds * RATE))).astype(np.uint8)


def write(folder: Path, sound: np.ndarray, *, recording: str = "one", finish: bool = True) -> tuple[Path, str]:
    """A recording of this sound, and its SHA-256."""
    writer = RecordingWriter(folder, recording, "key-2026", KEY)
    whole = sound.shape[1] // CHUNK
    for number in range(whole):
        writer.write(sound[:, number * CHUNK : (number + 1) * CHUNK].tobytes())
    sha256 = writer.finish(sound[:, whole * CHUNK :].tobytes()) if finish else writer.abandon()
    return folder / f"{recording}.recording", sha256


@pytest.mark.parametrize("seconds", [0, 0.02, 0.98, 1, 2.5, 4])
def test_a_recording_is_read_as_it_was_written(tmp_path: Path, seconds: float):
    sound = codes(seconds)
    path, sha256 = write(tmp_path, sound)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_name_of(path) == "key-2026"
    with open_recording(path, KEY) as reader:
        assert (reader.recording, reader.key_name, reader.seconds, reader.cut) == ("one", "key-2026", seconds, False)
        read = reader.read()
        assert read.dtype == np.int16 and np.array_equal(read, decode_ulaw(sound).T)
        reader.verify()


@PATIENT
@given(begin=st.floats(-1, 5), seconds=st.none() | st.floats(-1, 5))
def test_any_stretch_can_be_read(tmp_path: Path, begin: float, seconds: float | None):
    sound = codes(3.3)
    if not (path := tmp_path / "one.recording").exists():
        write(tmp_path, sound)
    all_of_it = decode_ulaw(sound).T
    with open_recording(path, KEY) as reader:
        first = max(0, round(begin * RATE))
        stop = None if seconds is None else first + max(0, round(seconds * RATE))
        assert np.array_equal(reader.read(begin, seconds), all_of_it[first:stop])


def test_the_sound_is_not_in_the_file(tmp_path: Path):
    silence = np.full((2, 2 * RATE), 0xFF, np.uint8)
    first, _ = write(tmp_path, silence)
    second, _ = write(tmp_path, silence, recording="two")
    octets = first.read_bytes()
    assert b"\xff" * 8 not in octets
    assert octets[_HEADER : _HEADER + CHUNK] != second.read_bytes()[_HEADER : _HEADER + CHUNK]
    assert octets[_HEADER : _HEADER + CHUNK] != octets[_HEADER + _WHOLE : _HEADER + _WHOLE + CHUNK]


def test_a_recording_is_never_written_over(tmp_path: Path):
    write(tmp_path, codes(1))
    with pytest.raises(FileExistsError):
        RecordingWriter(tmp_path, "one", "key", KEY)


def test_another_key_does_not_open_it(tmp_path: Path):
    for finish in (True, False):
        path, _ = write(tmp_path, codes(2.5), finish=finish)
        with pytest.raises(RecordingDamaged):
            open_recording(path, OTHER_KEY)
        path.unlink()


@pytest.mark.parametrize("kept", [0, 1, 2])
@pytest.mark.parametrize("more", [0, 1, 500, _WHOLE - 1])
def test_a_file_that_was_cut_off_is_read_up_to_its_last_whole_second(tmp_path: Path, kept: int, more: int):
    sound = codes(3.5)
    path, _ = write(tmp_path, sound)
    os.truncate(path, _HEADER + kept * _WHOLE + more)
    with open_recording(path, KEY) as reader:
        assert reader.cut and reader.seconds == kept
        assert np.array_equal(reader.read(), decode_ulaw(sound[:, : kept * CHUNK]).T)


def test_an_abandoned_recording_says_that_it_is_cut(tmp_path: Path):
    path, sha256 = write(tmp_path, codes(2.5), finish=False)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    with open_recording(path, KEY) as reader:
        assert reader.cut and reader.seconds == 2


@pytest.mark.parametrize("cut", range(0, _HEADER, 5))
def test_a_header_that_was_cut_off_is_no_recording(tmp_path: Path, cut: int):
    path, _ = write(tmp_path, codes(1))
    os.truncate(path, cut)
    with pytest.raises(NotARecording):
        open_recording(path, KEY)


@PATIENT
@given(st.binary(max_size=200))
def test_any_other_file_is_no_recording(tmp_path: Path, octets: bytes):
    for beginning in (b"", b"CaaSISrc\x01"):
        (tmp_path / "x.recording").write_bytes(beginning + octets)
        with pytest.raises((NotARecording, RecordingDamaged)):
            open_recording(tmp_path / "x.recording", KEY)


@PATIENT
@given(st.data())
def test_a_single_changed_bit_is_noticed(tmp_path: Path, data: st.DataObject):
    path = tmp_path / "one.recording"
    path.unlink(missing_ok=True)
    write(tmp_path, codes(2.25))
    octets = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(octets)
    try:
        with open_recording(path, KEY) as reader:
            whole = not reader.cut
            reader.verify()
    except (RecordingDamaged, NotARecording):
        return
    # The one that can look like a cut: the count of the last chunk. Then that is what it says.
    assert not whole and _HEADER + 2 * _WHOLE <= at < _HEADER + 2 * _WHOLE + 2


def changed(path: Path, chunks: list[bytes], header: bytes) -> None:
    path.write_bytes(header + b"".join(chunks))


def parts(path: Path) -> tuple[bytes, list[bytes]]:
    octets = path.read_bytes()
    return octets[:_HEADER], [octets[at : at + _WHOLE] for at in range(_HEADER, len(octets), _WHOLE)]


def test_seconds_that_change_places_are_noticed(tmp_path: Path):
    path, _ = write(tmp_path, codes(3.5))
    header, chunks = parts(path)
    changed(path, [chunks[1], chunks[0], *chunks[2:]], header)
    with open_recording(path, KEY) as reader, pytest.raises(RecordingDamaged):
        reader.verify()


def test_a_second_that_is_left_out_is_noticed(tmp_path: Path):
    path, _ = write(tmp_path, codes(3.5))
    header, chunks = parts(path)
    changed(path, [*chunks[:1], *chunks[2:]], header)
    with pytest.raises(RecordingDamaged):
        open_recording(path, KEY)


def test_a_second_of_another_recording_is_noticed(tmp_path: Path):
    path, _ = write(tmp_path, codes(3.5))
    other, _ = write(tmp_path, codes(3.5), recording="two")
    header, chunks = parts(path)
    changed(path, [chunks[0], parts(other)[1][1], *chunks[2:]], header)
    with open_recording(path, KEY) as reader:
        assert len(reader.read(0, 1)) == RATE
        with pytest.raises(RecordingDamaged):
            reader.read(1.5, 0.1)


def test_an_end_of_another_recording_or_anything_after_the_end_is_noticed(tmp_path: Path):
    path, _ = write(tmp_path, codes(3.5))
    other, _ = write(tmp_path, codes(3.5), recording="two")
    header, chunks = parts(path)
    for wrong in ([*chunks[:3], parts(other)[1][3]], [*chunks, b"more"], [*chunks[:3], chunks[3] + chunks[3]]):
        changed(path, wrong, header)
        with pytest.raises(RecordingDamaged):
            open_recording(path, KEY)


def test_a_whole_file_under_another_recordings_name_is_noticed(tmp_path: Path):
    path, _ = write(tmp_path, codes(1.5))
    renamed = path.rename(tmp_path / "two.recording")
    with pytest.raises(RecordingDamaged):
        open_recording(renamed, KEY)
    renamed.write_bytes(renamed.read_bytes().replace(b"\x03one", b"\x03two", 1))
    with pytest.raises(RecordingDamaged):
        open_recording(renamed, KEY)


def test_what_can_not_be_written(tmp_path: Path):
    writer = RecordingWriter(tmp_path, "one", "key", KEY)
    for wrong in (b"", bytes(2 * CHUNK - 2)):
        with pytest.raises(ValueError, match="whole second"):
            writer.write(wrong)
    for wrong in (bytes(2 * CHUNK), bytes(3)):
        with pytest.raises(ValueError, match="shorter"):
            writer.finish(wrong)
    with pytest.raises(ValueError, match="255"):
        RecordingWriter(tmp_path, "two", "k" * 256, KEY)
    with pytest.raises(ValueError, match="32"):
        RecordingWriter(tmp_path, "two", "key", b"short")
    writer.abandon()


def test_a_wav_is_read_by_any_player(tmp_path: Path):
    sound = codes(2.25)
    path, _ = write(tmp_path, sound)
    with open_recording(path, KEY) as reader:
        octets = b"".join(as_wav(reader))
        assert len(octets) == WavView(reader).length
        stretch = b"".join(as_wav(reader, begin_s=0.5, end_s=1.25))
    with wave.open(BytesIO(octets)) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (2, 2, RATE)
        frames = np.frombuffer(read.readframes(read.getnframes()), "<i2").reshape(-1, 2)
    assert np.array_equal(frames, decode_ulaw(sound).T)
    with wave.open(BytesIO(stretch)) as read:
        assert read.getnframes() == 0.75 * RATE
        assert read.readframes(1) == frames[4_000].tobytes()


@PATIENT
@given(st.integers(0, 80_000), st.none() | st.integers(0, 80_000))
def test_any_range_of_a_wav_is_a_part_of_the_whole(tmp_path: Path, start: int, stop: int | None):
    if not (path := tmp_path / "one.recording").exists():
        write(tmp_path, codes(2.25))
    with open_recording(path, KEY) as reader:
        whole = b"".join(as_wav(reader, begin_s=0.01))
        assert b"".join(as_wav(reader, begin_s=0.01, start=start, stop=stop)) == whole[start:stop]
