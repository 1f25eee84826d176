"""Whose packets count: one source for each leg, and no more of them than a telephone sends."""

from __future__ import annotations

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import Counts, Flags, Places

#: Seconds without a packet of the source after which another one may take its place.
_SOURCE_SILENT_S = 0.1
#: Packets that a leg may bring in a tick; 2 would do for packets of 10 ms, and the rest makes up for a stall.
_A_TICK = 2.5
_BURST = 60.0
_NOBODY = -1


class Admission:
    """Synchronisation sources (RFC 3550, 8) and rates of `places` legs.

    refused: packets by place that did not count, since the place was last cleared.
    """

    def __init__(self, places: int) -> None:
        self._source = np.full(places, _NOBODY, np.int64)
        self.heard_at = np.zeros(places, np.float64)
        self._tokens = np.full(places, _BURST, np.float64)
        self.refused = np.zeros(places, np.int64)

    def clear(self, place: int) -> None:
        """Make a place ready for another leg."""
        self.restart(place)
        self._tokens[place] = _BURST
        self.refused[place] = 0

    def restart(self, place: int) -> None:
        """Let any source begin: the other side said that it would."""
        self._source[place] = _NOBODY

    def tick(self) -> None:
        """Grant what a tick grants."""
        np.minimum(self._tokens + _A_TICK, _BURST, out=self._tokens)

    def admit(self, places: Places, sources: Counts, now: float) -> tuple[Flags, Places]:
        """Which packets count, and the places where another source has begun with this one."""
        within = self._tokens[places] >= 1
        same = self._source[places] == sources
        silent = now - self.heard_at[places] > _SOURCE_SILENT_S
        changed = within & ~same & ((self._source[places] == _NOBODY) | silent)
        good = within & (same | changed)
        self._tokens[places[good]] -= 1
        self._source[places[changed]] = sources[changed]
        self.heard_at[places[good]] = now
        self.refused[places[~good]] += 1
        return good, places[changed]

    def source(self, place: int) -> int | None:
        """The source of a leg, once it has one."""
        source = int(self._source[place])
        return None if source == _NOBODY else source
