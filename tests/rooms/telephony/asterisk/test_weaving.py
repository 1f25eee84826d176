"""Two mono files are laid side by side, with pauses as silence."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.asterisk.weaving import RATE, NoSound, Stretch, laid_out, samples, seconds_of_codes
from caasis.telephony.adapters.embedded.media.g711 import decode_ulaw

sounds = st.lists(st.integers(-32_768, 32_767), max_size=200).map(lambda some: struct.pack(f"<{len(some)}h", *some))


def mono(sound: bytes, *, rate: int = RATE, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(sound)
    return file.getvalue()


@given(sounds)
def test_the_samples_of_a_file_are_those_that_were_written(sound: bytes):
    assert samples(mono(sound)) == sound


@pytest.mark.parametrize(
    "file",
    [b"", b"RIFF", b"hello" * 20, mono(b"", rate=16_000), mono(b"\0" * 4, channels=2), mono(b"\0" * 3, width=1)],
)
def test_what_is_no_such_sound_is_refused(file: bytes):
    with pytest.raises(NoSound):
        samples(file)


@given(sounds, sounds)
def test_left_and_right_come_apart_again(one: bytes, other: bytes):
    length = min(len(one), len(other)) // 2 * 2
    left, right = one[:length], other[:length]
    (codes,) = seconds_of_codes(left, right)
    assert len(codes) == length
    for told, side in ((codes[: length // 2], left), (codes[length // 2 :], right)):
        given = np.frombuffer(side, dtype="<i2").astype(np.int64)
        kept = decode_ulaw(np.frombuffer(told, dtype=np.uint8)).astype(np.int64)
        # μ-law steps are a sixteenth of the size; what is too loud for it is cut.
        assert (abs(kept - np.clip(given, -32_124, 32_124)) <= abs(given) // 16 + 8).all()


@pytest.mark.parametrize("samples_", [0, 1, RATE - 1, RATE, RATE + 1, 3 * RATE])
def test_whole_seconds_and_a_shorter_one_in_the_end(samples_: int):
    *whole, last = seconds_of_codes(bytes(2 * samples_), bytes(2 * samples_))
    assert [len(one) for one in whole] == [2 * RATE] * (samples_ // RATE)
    assert len(last) == 2 * (samples_ % RATE)


def test_sides_of_two_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        list(seconds_of_codes(bytes(2), b""))


def second(value: int) -> bytes:
    return struct.pack("<h", value) * RATE


def test_a_pause_is_silence_in_its_place():
    sound = second(1) + second(2)
    laid = laid_out(sound, [Stretch(0.5, 1.5), Stretch(3.0, 4.0)], 5.0)
    assert laid == second(0)[:RATE] + second(1) + second(0) + second(0)[:RATE] + second(2) + second(0)


def test_what_is_left_over_is_cut_and_what_is_missing_is_silence():
    assert laid_out(second(1) + second(2), [Stretch(0.0, 1.0)], 1.0) == second(1)
    assert laid_out(second(1), [Stretch(0.0, 2.0)], 2.0) == second(1) + second(0)
    assert laid_out(b"", [], 1.0) == second(0)
    assert laid_out(second(1), [Stretch(0.0, 9.0)], 0.5) == second(1)[:RATE]


@given(
    sounds,
    st.lists(st.floats(0, 0.2), max_size=6),
    st.floats(0, 0.2),
)
def test_it_is_as_long_as_it_should_be_and_holds_nothing_but_the_sound(
    sound: bytes, moments: list[float], seconds: float
):
    moments = sorted(moments)
    stretches = [Stretch(*pair) for pair in zip(moments[::2], moments[1::2], strict=False)]
    laid = laid_out(sound, stretches, seconds)
    assert len(laid) == round(seconds * RATE) * 2
    told = [one for (one,) in struct.iter_unpack("<h", laid) if one]
    given = [one for (one,) in struct.iter_unpack("<h", sound) if one]
    assert told == given[: len(told)]
