"""Time in the memory engine: it stands still until somebody moves it, and what is due happens in its order."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count


class Clock:
    """`now` is aware. Whatever was asked for with `later` happens while `advance` passes its moment."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        self.now = now
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do this after so many seconds, unless everything is forgotten before."""
        heapq.heappush(self._due, (self.now + timedelta(seconds=seconds), next(self._order), action))

    def advance(self, seconds: float) -> None:
        """Let time pass. Raises ValueError for a negative number: time never goes back."""
        if seconds < 0:
            raise ValueError("time never goes back")
        until = self.now + timedelta(seconds=seconds)
        while self._due and self._due[0][0] <= until:
            self.now, _, action = heapq.heappop(self._due)
            action()
        self.now = until

    def forget(self) -> None:
        """Nothing that was asked for happens any more."""
        self._due.clear()
