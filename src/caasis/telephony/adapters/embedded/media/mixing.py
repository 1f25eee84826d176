"""Who hears whom: for each leg the sources that it hears and how loud, mixed for all legs at once.

Most legs hear one other leg as it is: that is a single copy for all of them. The others are added up layer by layer, layer
k being everybody's k-th source, so that a tick costs a few operations however many rooms there are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import FRAME, AnyArray, Places, Samples

_LOUDEST, _QUIETEST = 32_767, -32_768


class Mixer:
    """The rows of `places` legs; whoever has no row hears nobody."""

    def __init__(self, places: int) -> None:
        self._rows: dict[int, dict[int, float]] = {}
        self._heard = np.zeros((places, FRAME), np.int16)
        self._single = np.arange(places)
        self._silent: Places = np.arange(places)
        self._mixed: Places = np.zeros(0, np.intp)
        self._layers: list[tuple[AnyArray, AnyArray, AnyArray]] = []
        self._changed = False

    def hear(self, place: int, sources: Mapping[int, float]) -> None:
        """Replace the whole row of a leg: gain by source. A gain of 0 is silence."""
        self._rows[place] = {source: gain for source, gain in sources.items() if gain}
        self._changed = True

    def forget(self, place: int) -> None:
        """Take a leg out: it hears nobody and nobody hears it."""
        self._rows.pop(place, None)
        for row in self._rows.values():
            row.pop(place, None)
        self._changed = True

    def mix(self, said: Samples) -> Samples:
        """What every leg hears of what every leg says: int16 (legs, 160) by place, good until the next call."""
        if self._changed:
            self._arrange()
        legs = len(said)
        heard = self._heard[:legs]
        np.take(said, self._single[:legs], axis=0, out=heard, mode="clip")
        heard[self._silent[self._silent < legs]] = 0
        if len(self._mixed):
            total = np.zeros((len(self._mixed), FRAME), np.float32)
            for rows, sources, gains in self._layers:
                total[rows] += said[sources] * gains
            heard[self._mixed] = np.clip(total, _QUIETEST, _LOUDEST).astype(np.int16)
        return heard

    def _arrange(self) -> None:
        self._changed = False
        self._single = np.arange(len(self._single))
        alone = {place: next(iter(row)) for place, row in self._rows.items() if list(row.values()) == [1.0]}
        mixed = {place: list(row.items()) for place, row in self._rows.items() if row and place not in alone}
        self._single[list(alone)] = list(alone.values())
        self._mixed = np.array(list(mixed), np.intp)
        self._silent = np.setdiff1d(np.arange(len(self._single)), np.array(list(alone), np.intp))
        self._layers = []
        for layer in range(max(map(len, mixed.values()), default=0)):
            heard = [(number, *row[layer]) for number, row in enumerate(mixed.values()) if len(row) > layer]
            numbers, sources, gains = zip(*heard, strict=True)
            self._layers.append((np.array(numbers), np.array(sources), np.array(gains, np.float32)[:, None]))


def add(frame: Samples, other: Samples) -> Samples:
    """Two frames together, cut off at the loudest."""
    both: Samples = np.clip(frame.astype(np.int32) + other, _QUIETEST, _LOUDEST).astype(np.int16)
    return both
