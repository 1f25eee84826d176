"""Two mono recordings of one leg become one in stereo: left what it says, right what it hears, pauses as silence."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass

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


def woven(left: bytes | bytearray, right: bytes | bytearray) -> bytearray:
    """A stereo WAV file of two sides of equal length. Raises ValueError where they are not.

    The file is written where it is to lie: an hour of sound is 115 MB, of which no copy is wanted.
    """
    if len(left) != len(right):
        raise ValueError("both sides must be of one length")
    frame, size = 2 * _SAMPLE, 2 * len(left)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 2, RATE, RATE * frame, frame, 8 * _SAMPLE, b"data", size,
    )  # fmt: skip
    file = bytearray(head) + bytearray(size)
    for offset, side in ((len(head), left), (len(head) + _SAMPLE, right)):
        for byte in range(_SAMPLE):
            file[offset + byte :: frame] = side[byte::_SAMPLE]
    return file


def _bytes(seconds: float) -> int:
    return round(max(0.0, seconds) * RATE) * _SAMPLE
