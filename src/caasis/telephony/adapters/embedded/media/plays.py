"""Sound that is played to one leg: prompts one after another, music in a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from caasis.telephony.adapters.embedded.media.mixing import add
from caasis.telephony.adapters.embedded.media.sound import FRAME, Samples
from caasis.telephony.vocabulary import PlayEnd as Reason


class Play:
    """One play. The pieces are not copied: a thousand callers hear the same music from the same memory.

    Raises ValueError for pieces that are not one-dimensional int16, or all empty.
    """

    def __init__(
        self, place: int, play: str, pieces: Sequence[Samples], *, loop: bool, until_key: bool, over: bool
    ) -> None:
        if any(piece.ndim != 1 or piece.dtype != np.int16 for piece in pieces):
            raise ValueError("sound is int16 of one dimension, 8,000 samples a second")
        self._pieces = [piece for piece in pieces if len(piece)]
        if not self._pieces:
            raise ValueError("there is nothing to play")
        self.place, self.play, self.until_key, self.over = place, play, until_key, over
        self._loop = loop
        self._piece = self._at = 0

    def next(self) -> Samples | None:
        """The next frame, filled up with silence at the end; None when it is over."""
        if self._piece == len(self._pieces):
            return None
        piece = self._pieces[self._piece]
        end = self._at + FRAME
        if end < len(piece):
            frame = piece[self._at : end]
            self._at = end
            return frame
        return self._over_the_edge()

    def _over_the_edge(self) -> Samples:
        frame, filled = np.zeros(FRAME, np.int16), 0
        while self._piece < len(self._pieces) and filled < FRAME:
            piece = self._pieces[self._piece]
            part = piece[self._at : self._at + FRAME - filled]
            frame[filled : filled + len(part)] = part
            filled += len(part)
            self._at += len(part)
            if self._at == len(piece):
                self._at = 0
                self._piece += 1
                if self._loop:
                    self._piece %= len(self._pieces)
        return frame


class Plays:
    """The plays that run, one a leg at most. `on_end` is told of each when it ends."""

    def __init__(self, on_end: Callable[[Play, Reason], None]) -> None:
        self._on_end = on_end
        self._of: dict[int, Play] = {}

    def begin(self, play: Play) -> None:
        """Play from the next tick on; what was played to the leg ends."""
        self.end_of(play.place, Reason.STOPPED)
        self._of[play.place] = play

    def stop(self, name: str) -> None:
        """End a play; one that is over is nothing."""
        for play in [one for one in self._of.values() if one.play == name]:
            self.end_of(play.place, Reason.STOPPED)

    def key(self, place: int) -> None:
        """A key goes down at a leg."""
        if place in self._of and self._of[place].until_key:
            self.end_of(place, Reason.KEY)

    def end_of(self, place: int, reason: Reason) -> None:
        """End what is played to a leg, if anything is."""
        play = self._of.pop(place, None)
        if play is not None:
            self._on_end(play, reason)

    def tick(self, heard: Samples) -> None:
        """Put a frame of each play in the place of what its leg hears, or over it."""
        over = []
        for place, play in self._of.items():
            frame = play.next()
            if frame is None:
                over.append(place)
            else:
                heard[place] = add(heard[place], frame) if play.over else frame
        for place in over:
            self.end_of(place, Reason.FINISHED)
