"""A recording as a WAV file that is never written: 16-bit PCM in stereo, any stretch of it, any range of its octets."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from caasis.telephony.adapters.embedded.media.recording_file import RecordingReader
from caasis.telephony.adapters.embedded.media.sound import RATE

_SIDES, _OCTETS = 2, 2
_FRAME = _SIDES * _OCTETS
_HEADER = 44


class WavView:
    """The stretch of a recording from `begin_s` to `end_s` (None: to its end) as a WAV file of `length` octets."""

    def __init__(self, reader: RecordingReader, *, begin_s: float = 0.0, end_s: float | None = None) -> None:
        self._reader = reader
        self._first = min(max(0, round(begin_s * RATE)), reader.samples)
        stop = reader.samples if end_s is None else min(round(end_s * RATE), reader.samples)
        self._samples = max(0, stop - self._first)
        self.length = _HEADER + self._samples * _FRAME

    def octets(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Octets `start` to `stop` (exclusive) of the file, as an HTTP range asks for them, a second at most a piece.

        Raises RecordingDamaged when it comes to a second that does not open.
        """
        stop = self.length if stop is None else min(stop, self.length)
        if start < min(stop, _HEADER):
            yield self._header()[start:stop]
        begin, end = max(start, _HEADER) - _HEADER, stop - _HEADER
        if begin >= end:
            return
        first, last = begin // _FRAME, -(-end // _FRAME)
        at = first * _FRAME
        for piece in self._reader.samples_between(self._first + first, self._first + last):
            octets = piece.astype("<i2").tobytes()
            yield octets[max(0, begin - at) : end - at]
            at += len(octets)

    def _header(self) -> bytes:
        size = min(self._samples * _FRAME, 0xFFFFFFFF - _HEADER)
        format_ = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, _SIDES, RATE, RATE * _FRAME, _FRAME, 8 * _OCTETS)
        return (
            struct.pack("<4sI4s", b"RIFF", _HEADER - 8 + size, b"WAVE") + format_ + struct.pack("<4sI", b"data", size)
        )


def as_wav(
    reader: RecordingReader,
    *,
    begin_s: float = 0.0,
    end_s: float | None = None,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[bytes]:
    """A stretch of a recording as a WAV file, or octets `start` to `stop` of that file; see `WavView`."""
    return WavView(reader, begin_s=begin_s, end_s=end_s).octets(start, stop)
