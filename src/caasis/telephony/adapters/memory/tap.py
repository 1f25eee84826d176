"""Live sound of the memory engine: every source is a steady tone, so that a reader can tell who is in it."""

from __future__ import annotations

import math
import struct
import threading
from collections import deque
from collections.abc import Iterable

RATE = 8_000
PIECE_S = 0.1
_SAMPLES = int(RATE * PIECE_S)
_FORMAT = f"<{_SAMPLES}h"
_KEPT_PIECES = 50
# Multiples of 10 Hz, so that each tone goes into a piece without a rest and pieces join without a click.
_LOWEST_HZ, _HIGHEST_HZ, _STEP_HZ = 300, 3_400, 10
_AMPLITUDE = 3_000


class Tones:
    """Which tone each source is: given at first use, taken from the source that got its own longest ago when all are given."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}

    def hz(self, source: str) -> int:
        """The frequency of a source."""
        if source not in self._of:
            given = len(self._of)
            all_given = given > (_HIGHEST_HZ - _LOWEST_HZ) // _STEP_HZ
            self._of[source] = self._of.pop(next(iter(self._of))) if all_given else _LOWEST_HZ + given * _STEP_HZ
        return self._of[source]

    def sources(self, piece: bytes) -> frozenset[str]:
        """The sources that are in 100 ms of sound."""
        samples = struct.unpack(_FORMAT, piece)
        return frozenset(source for source, hz in self._of.items() if _amplitude(samples, hz) > _AMPLITUDE / 2)

    def sound(self, sources: Iterable[str]) -> bytes:
        """100 ms of these sources: 16-bit little-endian mono at 8 kHz."""
        frequencies = [self.hz(source) for source in sorted(sources)]
        step = 2 * math.pi / RATE
        mixed = (sum(_AMPLITUDE * math.sin(step * hz * n) for hz in frequencies) for n in range(_SAMPLES))
        return struct.pack(_FORMAT, *(max(-32_768, min(32_767, round(one))) for one in mixed))


def _amplitude(samples: tuple[int, ...], hz: int) -> float:
    step = 2 * math.pi * hz / RATE
    real = sum(one * math.cos(step * n) for n, one in enumerate(samples))
    imaginary = sum(one * math.sin(step * n) for n, one in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / len(samples)


class Tap:
    """The pieces of one tap. A slow reader loses the oldest.

    Driven by one thread, asking for a piece that is not yet due can only be a mistake: RuntimeError, never a wait.
    """

    def __init__(self, *, threaded: bool) -> None:
        self._pieces: deque[bytes] = deque(maxlen=_KEPT_PIECES)
        self._threaded = threaded
        self._changed = threading.Condition()
        self.ended = False

    def put(self, piece: bytes) -> None:
        with self._changed:
            self._pieces.append(piece)
            self._changed.notify_all()

    def end(self) -> None:
        """The leg is over: the reader gets what is left, then StopIteration."""
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def __iter__(self) -> Tap:
        return self

    def __next__(self) -> bytes:
        with self._changed:
            if self._threaded:
                self._changed.wait_for(lambda: bool(self._pieces) or self.ended)
            if self._pieces:
                return self._pieces.popleft()
            if self.ended:
                raise StopIteration
            raise RuntimeError("no sound is due yet: let the clock advance")
