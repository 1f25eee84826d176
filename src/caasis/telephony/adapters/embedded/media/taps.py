"""Live sound of legs for whoever listens, a piece of 100 ms at a time."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import FRAME, Samples

_FRAMES = 5
#: Pieces that wait for a slow reader; then it loses the oldest.
_KEPT = 50


class Tap:
    """One reader's pieces: 16-bit little-endian mono at 8 kHz, 100 ms each, until the leg ends.

    Iterating waits for the next piece; `take` never waits.
    """

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque(maxlen=_KEPT)
        self._changed = threading.Condition()
        self._readers = 0
        self.ended = False

    def put(self, piece: bytes) -> None:
        """Add a piece; the oldest goes when nobody takes them."""
        self._pieces.append(piece)
        # The lock is only worth its time while somebody waits. A reader says so before it looks for the last time, and
        # the piece was there before we asked: one of the two sees the other.
        if self._readers:
            with self._changed:
                self._changed.notify_all()

    def end(self) -> None:
        """No more pieces come: readers get what is left, then StopIteration."""
        self.ended = True
        with self._changed:
            self._changed.notify_all()

    def take(self) -> list[bytes]:
        """The pieces that are there, perhaps none."""
        pieces = []
        try:
            while True:
                pieces.append(self._pieces.popleft())
        except IndexError:
            return pieces

    def close(self) -> None:
        """The reader goes: no more pieces are kept."""
        self.end()

    def __iter__(self) -> Tap:
        return self

    def __next__(self) -> bytes:
        while True:
            try:
                return self._pieces.popleft()
            except IndexError:
                with self._changed:
                    self._readers += 1
                    try:
                        self._changed.wait_for(lambda: bool(self._pieces) or self.ended)
                    finally:
                        self._readers -= 1
                if self.ended and not self._pieces:
                    raise StopIteration from None


class Taps:
    """The taps that run, in one block of memory; all on the thread that ticks."""

    def __init__(self) -> None:
        self._running: list[tuple[Tap, int, bool]] = []
        self._block = np.zeros((8, _FRAMES, FRAME), "<i2")
        self._at = np.zeros(8, np.intp)
        self._said = self._heard = self._said_places = self._heard_places = np.zeros(0, np.intp)

    def begin(self, tap: Tap, place: int, *, heard: bool) -> None:
        """Tap what a leg says, or what it hears."""
        if len(self._running) == len(self._at):
            self._block = np.concatenate([self._block, np.zeros_like(self._block)])
            self._at = np.concatenate([self._at, np.zeros_like(self._at)])
        self._at[len(self._running)] = 0
        self._running.append((tap, place, heard))
        self._arrange()

    def end_of(self, place: int) -> None:
        """End the taps of a leg that goes."""
        self._end([row for row, (_, tapped, _) in enumerate(self._running) if tapped == place])

    def tick(self, said: Samples, heard: Samples) -> None:
        """Take a frame of both sides, by place."""
        count = len(self._running)
        if not count:
            return
        if len(self._said):
            self._block[self._said, self._at[self._said]] = said[self._said_places]
        if len(self._heard):
            self._block[self._heard, self._at[self._heard]] = heard[self._heard_places]
        self._at[:count] += 1
        closed = []
        for row in np.flatnonzero(self._at[:count] == _FRAMES):
            tap = self._running[row][0]
            self._at[row] = 0
            if tap.ended:
                closed.append(int(row))
            else:
                tap.put(self._block[row].tobytes())
        if closed:
            self._end(closed)

    def _end(self, rows: list[int]) -> None:
        if not rows:
            return
        for row in rows:
            self._running[row][0].end()
        kept = [row for row in range(len(self._running)) if row not in set(rows)]
        self._block[: len(kept)] = self._block[kept]
        self._at[: len(kept)] = self._at[kept]
        self._running = [self._running[row] for row in kept]
        self._arrange()

    def _arrange(self) -> None:
        sides = [heard for _, _, heard in self._running]
        places = np.array([place for _, place, _ in self._running], np.intp)
        self._heard = np.array([row for row, heard in enumerate(sides) if heard], np.intp)
        self._said = np.array([row for row, heard in enumerate(sides) if not heard], np.intp)
        self._heard_places, self._said_places = places[self._heard], places[self._said]
