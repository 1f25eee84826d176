"""Jitter buffers of all legs at once: packets in whatever order in, one frame of 20 ms a tick out.

A leg waits until 40 ms are in hand and then plays at its own pace. A packet is put where its timestamp says, so that order
does not matter; what is missing when its turn comes is concealed by the last frame, faded. When nothing is left, the leg
waits for 40 ms again: so the delay grows to what the line needs. It shrinks again, a frame a second, while more than 60 ms
stay in hand, and whatever goes beyond 160 ms is dropped, the oldest first.
"""

from __future__ import annotations

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import FRAME, Counts, Flags, Places, Samples

PREFILL = 2 * FRAME
KEPT_AT_LEAST = 3 * FRAME
LARGEST = 8 * FRAME
#: Ticks after which a leg begins with less than the prefill: its sender may have nothing more to say.
_PATIENCE = 3
#: Ticks over which the smallest stock is looked for, before a frame is dropped.
_WINDOW = 50
#: Frames that are concealed before there is silence.
_CONCEALED = 3
_SLOTS = 32
_RING = _SLOTS * FRAME
#: A timestamp this far behind is no late packet, but another count.
_RESTART = 4_000
#: Stands where no sample was written. No code of G.711 decodes to it.
_HOLE = -32_768
_IDLE, _FILLING, _PLAYING = 0, 1, 2
_FADE = np.linspace(1.0, 0.5, FRAME, dtype=np.float32)


class JitterBuffers:
    """Buffers for `places` legs, each known by its place.

    late, dropped, concealed: frames by place, since the place was last cleared.
    """

    def __init__(self, places: int) -> None:
        self._ring = np.full((places, _SLOTS, FRAME), _HOLE, np.int16)
        # Positions count samples from an arbitrary beginning, far from 0 so that a leg may step back.
        self._head = np.full(places, _RING, np.int64)
        self._end = np.full(places, _RING, np.int64)
        self._stamp = np.zeros(places, np.int64)
        self._state = np.zeros(places, np.int8)
        self._waited = np.zeros(places, np.int64)
        self._lowest = np.full(places, _RING, np.int64)
        self._missing = np.full(places, _CONCEALED, np.int64)
        # The frames of this tick and of the tick before: by turns one of the two.
        self._frames = np.zeros((places, FRAME), np.int16), np.zeros((places, FRAME), np.int16)
        self._ticks = 0
        self.late = np.zeros(places, np.int64)
        self.dropped = np.zeros(places, np.int64)
        self.concealed = np.zeros(places, np.int64)

    def clear(self, place: int) -> None:
        """Make a place ready for another leg."""
        self.restart(place)
        self._missing[place] = _CONCEALED
        for frames in self._frames:
            frames[place] = 0
        for counts in (self.late, self.dropped, self.concealed):
            counts[place] = 0

    def restart(self, place: int) -> None:
        """Forget what is in hand: another stream begins."""
        self._ring[place] = _HOLE
        self._end[place] = self._head[place]
        self._state[place] = _IDLE

    def stock(self, place: int) -> int:
        """Samples in hand."""
        return int(self._end[place] - self._head[place])

    def put(self, places: Places, stamps: Counts, frames: Samples) -> None:
        """Take frames of 20 ms, one for each place; `stamps` are their RTP timestamps, `frames` of shape (n, 160)."""
        if not len(places):
            return
        ahead, usable = self._where(places, stamps, np.full(len(places), FRAME))
        aligned = usable & (ahead % FRAME == 0)
        at = places[aligned]
        self._ring[at, (self._head[at] + ahead[aligned]) // FRAME % _SLOTS] = frames[aligned]
        for row in np.flatnonzero(usable & ~aligned):
            self._write(int(places[row]), int(ahead[row]), frames[row])
        self._grow(places[usable], ahead[usable] + FRAME)

    def put_one(self, place: int, stamp: int, samples: Samples) -> None:
        """Take a packet of any length up to 200 ms."""
        at, size = np.array([place]), len(samples)
        ahead, usable = self._where(at, np.array([stamp]), np.array([size]))
        if usable[0]:
            self._write(place, int(ahead[0]), samples)
            self._grow(at, ahead + size)

    def take(self, legs: int) -> Samples:
        """The next frame of the first `legs` places: int16 (legs, 160), good until the call after the next."""
        self._ticks += 1
        before, frames = self._frames[self._ticks % 2 - 1][:legs], self._frames[self._ticks % 2][:legs]
        state, head = self._state[:legs], self._head[:legs]
        stock = self._end[:legs] - head
        waiting = state == _FILLING
        self._waited[:legs] += waiting
        state[waiting & ((stock >= PREFILL) | (self._waited[:legs] >= _PATIENCE))] = _PLAYING
        state[(state == _PLAYING) & (stock <= 0)] = _IDLE
        playing = np.flatnonzero(state == _PLAYING)
        slots = head[playing] // FRAME % _SLOTS
        taken = self._ring[playing, slots]
        self._ring[playing, slots] = _HOLE
        head[playing] += FRAME
        self._stamp[playing] += FRAME
        if len(playing) == legs:
            frames[:] = taken
        else:
            frames[:] = _HOLE
            frames[playing] = taken
        self._conceal(frames, before)
        self._lowest[playing] = np.minimum(self._lowest[playing], stock[playing] - FRAME)
        if self._ticks % _WINDOW == 0:
            self._shrink(playing)
        return frames

    def _where(self, places: Places, stamps: Counts, sizes: Counts) -> tuple[Counts, Flags]:
        """How far ahead of the head each packet lies, and whether it can be used; buffers begin anew where need be."""
        ahead = (stamps - self._stamp[places] + (1 << 31)) % (1 << 32) - (1 << 31)
        idle = self._state[places] == _IDLE
        anew = idle | (ahead < -_RESTART) | (ahead + sizes > _RING - FRAME)
        for place in places[anew & ~idle]:
            self.restart(int(place))
        began = places[anew]
        self._stamp[began], self._state[began], self._waited[began] = stamps[anew], _FILLING, 0
        self._lowest[began] = _RING
        self._end[began] = self._head[began]
        ahead[anew] = 0
        # The first packet was overtaken by the one after it: there is still time to begin with the first.
        steps_back = (ahead < 0) & (ahead >= -PREFILL) & (ahead % FRAME == 0) & (self._state[places] == _FILLING)
        back = places[steps_back]
        self._head[back] += ahead[steps_back]
        self._stamp[back] += ahead[steps_back]
        ahead[steps_back] = 0
        late = ahead < 0
        self.late[places[late]] += 1
        return ahead, ~late

    def _write(self, place: int, ahead: int, samples: Samples) -> None:
        ring = self._ring[place].reshape(-1)
        at = (int(self._head[place]) + ahead) % _RING
        first = min(len(samples), _RING - at)
        ring[at : at + first] = samples[:first]
        ring[: len(samples) - first] = samples[first:]

    def _grow(self, places: Places, ends: Counts) -> None:
        self._end[places] = np.maximum(self._end[places], self._head[places] + ends)
        stock = self._end[places] - self._head[places]
        for row in np.flatnonzero(stock > LARGEST):
            self._drop(int(places[row]), -(-int(stock[row] - LARGEST) // FRAME))

    def _drop(self, place: int, count: int) -> None:
        for _ in range(count):
            self._ring[place, self._head[place] // FRAME % _SLOTS] = _HOLE
            self._head[place] += FRAME
            self._stamp[place] += FRAME
        self.dropped[place] += count

    def _shrink(self, playing: Places) -> None:
        for place in playing[self._lowest[playing] >= KEPT_AT_LEAST]:
            self._drop(int(place), 1)
        self._lowest[playing] = _RING

    def _conceal(self, frames: Samples, before: Samples) -> None:
        """Fill holes with the frame before: fading, then at half the level each, then silence."""
        missing = self._missing[: len(frames)]
        holed = frames.min(axis=1) == _HOLE
        missing[~holed] = 0
        rows = np.flatnonzero(holed)
        if not len(rows):
            return
        holes = frames[rows] == _HOLE
        since = missing[rows]
        faded = before[rows] * np.where(since[:, None] == 0, _FADE, np.float32(0.5))
        faded[since >= _CONCEALED] = 0
        frames[rows] = np.where(holes, faded.astype(np.int16), frames[rows])
        whole = holes.all(axis=1)
        self.concealed[rows[(since < _CONCEALED)]] += 1
        missing[rows] = np.where(whole, np.minimum(since + 1, _CONCEALED), 0)
