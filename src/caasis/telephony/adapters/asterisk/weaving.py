"""Two mono recordings of one leg, laid out side by side: what it says, what it hears, pauses as silence."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from caasis.telephony.adapters.embedded.media.g711 import encode_ulaw

RATE = 8_000
_SAMPLE = 2


class NoSound(ValueError):
    """The file is no 16-bit mono sound at 8 kHz."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a recording, in seconds since its beginning, in which it was not paused."""

    begin: float
    end: float


def samples(file: bytes) -> bytes:
    """The samples of a WAV file: 16-bit little-endian mono at 8 kHz. Raises NoSound."""
    try:
        with wave.open(io.BytesIO(file)) as sound:
            if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (1, _SAMPLE, RATE):
                raise NoSound("not 16-bit mono at 8 kHz")
            frames: bytes = sound.readframes(sound.getnframes())
            return frames
    except (wave.Error, EOFError) as error:
        raise NoSound(str(error)) from error


def laid_out(sound: bytes, stretches: Sequence[Stretch], seconds: float) -> bytearray:
    """Samples at their places: those of `sound` fill the stretches one after another, silence everything else.

    Returns just `seconds` of sound. What is left over in the end is cut off, what is missing is silence.
    """
    whole = bytearray(_bytes(seconds))
    at = 0
    for stretch in stretches:
        begin, end = _bytes(stretch.begin), min(_bytes(stretch.end), len(whole))
        piece = sound[at : at + max(0, end - begin)]
        whole[begin : begin + len(piece)] = piece
        at += len(piece)
    return whole


def seconds_of_codes(left: bytes | bytearray, right: bytes | bytearray) -> Iterator[bytes]:
    """Two sides of equal length as μ-law: a second of `left`, the same second of `right`, one after another.

    The last is shorter than a second, perhaps empty. Raises ValueError where the sides are not of one length.
    """
    if len(left) != len(right):
        raise ValueError("both sides must be of one length")
    step = RATE * _SAMPLE
    for at in range(0, len(left) + 1, step):
        yield b"".join(
            encode_ulaw(np.frombuffer(side, dtype="<i2", offset=at, count=(min(len(side), at + step) - at) // _SAMPLE)).tobytes()
            for side in (left, right)
        )


def _bytes(seconds: float) -> int:
    return round(max(0.0, seconds) * RATE) * _SAMPLE
