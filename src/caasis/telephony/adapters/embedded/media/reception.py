"""What RFC 3550 counts of the packets that come: the extended sequence number, loss and jitter, of all legs at once.

Sources: RFC 3550, A.1 (sequence numbers), A.3 (loss) and A.8 (jitter).
"""

from __future__ import annotations

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import RATE, Counts, Flags, Places

_MAX_DROPOUT = 3_000
_MAX_MISORDER = 100
_NONE = -1


class Reception:
    """The counts of `places` legs; those of former sources of a leg are kept when another source begins."""

    def __init__(self, places: int) -> None:
        self._base = np.full(places, _NONE, np.int64)
        self._highest = np.zeros(places, np.int64)
        self._received = np.zeros(places, np.int64)
        self._after_jump = np.full(places, _NONE, np.int64)
        self._transit = np.full(places, _NONE, np.int64)
        self._jitter = np.zeros(places, np.float64)
        self._former_expected = np.zeros(places, np.int64)
        self._former_received = np.zeros(places, np.int64)
        self._reported = np.zeros((places, 2), np.int64)

    def clear(self, place: int) -> None:
        """Make a place ready for another leg."""
        self.restart(np.array([place]))
        self._former_expected[place] = self._former_received[place] = 0
        self._reported[place] = 0
        self._jitter[place] = 0

    def restart(self, places: Places) -> None:
        """Another source begins at these places."""
        ran = self._base[places] != _NONE
        self._former_expected[places] += np.where(ran, self._highest[places] - self._base[places] + 1, 0)
        self._former_received[places] += self._received[places]
        self._base[places] = self._after_jump[places] = self._transit[places] = _NONE
        self._received[places] = 0

    def count(self, places: Places, sequence: Counts, stamps: Counts, arrival: int, timed: Flags) -> Flags:
        """Count one packet for each place; which of them belong to their stream.

        arrival: in samples, like the timestamps. timed: packets of sound; an event's timestamp says nothing of its sending.
        """
        new = self._base[places] == _NONE
        self._begin(places[new], sequence[new])
        step = (sequence - self._highest[places]) & 0xFFFF
        ahead = step < _MAX_DROPOUT
        behind = step > (1 << 16) - _MAX_MISORDER
        jumped = ~(ahead | behind)
        if jumped.any():
            # Two packets in a row beyond all order: the sender began to count anew (RFC 3550, A.1).
            again = jumped & (sequence == self._after_jump[places])
            self._after_jump[places[jumped]] = (sequence[jumped] + 1) & 0xFFFF
            self.restart(places[again])
            self._begin(places[again], sequence[again])
            step[again], ahead = 0, ahead | again
        self._highest[places[ahead]] += step[ahead]
        good = ahead | behind
        self._received[places[good]] += 1
        self._measure_jitter(places[good & timed], stamps[good & timed], arrival)
        return good

    def received(self, place: int) -> int:
        """Packets that came since the place was cleared."""
        return int(self._former_received[place] + self._received[place])

    def expected(self, place: int) -> int:
        """Packets that were sent to us, by their sequence numbers."""
        ran = self._base[place] != _NONE
        return int(self._former_expected[place] + (self._highest[place] - self._base[place] + 1 if ran else 0))

    def lost(self, place: int) -> int:
        """Packets that did not come; doubles can't make it negative."""
        return max(0, self.expected(place) - self.received(place))

    def totals(self) -> tuple[int, int, int]:
        """Received, expected and lost, over all places."""
        ran = self._base != _NONE
        received = self._former_received + self._received
        expected = self._former_expected + np.where(ran, self._highest - self._base + 1, 0)
        return int(received.sum()), int(expected.sum()), int(np.maximum(expected - received, 0).sum())

    def jitter(self, place: int) -> int:
        """The interarrival jitter of RFC 3550, 6.4.1, in samples."""
        return int(self._jitter[place])

    def jitter_ms(self, place: int) -> float:
        """The same in milliseconds. It is as fine as the moments at which packets are looked for: 5 ms."""
        return round(float(self._jitter[place]) * 1000 / RATE, 2)

    def highest(self, place: int) -> int:
        """The extended highest sequence number (RFC 3550, 6.4.1)."""
        return int(self._highest[place]) & 0xFFFFFFFF

    def fraction_lost(self, place: int) -> int:
        """The share lost since it was last asked for, in 256ths (RFC 3550, A.3)."""
        expected, received = self.expected(place), self.received(place)
        before_expected, before_received = self._reported[place]
        self._reported[place] = expected, received
        interval = expected - int(before_expected)
        lost = interval - (received - int(before_received))
        return min(255, (lost << 8) // interval) if interval > 0 and lost > 0 else 0

    def _begin(self, places: Places, sequence: Counts) -> None:
        self._base[places] = self._highest[places] = sequence
        self._after_jump[places] = _NONE

    def _measure_jitter(self, places: Places, stamps: Counts, arrival: int) -> None:
        transit = (arrival - stamps) & 0xFFFFFFFF
        before = self._transit[places]
        change = np.abs((transit - before + (1 << 31)) % (1 << 32) - (1 << 31))
        # Beyond a second it is a clock that was set, not a line that shakes.
        counted = (before != _NONE) & (change < RATE)
        at = places[counted]
        self._jitter[at] += (change[counted] - self._jitter[at]) / 16
        self._transit[places] = transit
