"""Whether the machine was calm: the same small piece of work, timed again and again between measurements."""

from __future__ import annotations

import hashlib
import time

#: Share by which the piece of work may get slower before absolute times say nothing.
TOLERATED = 0.2


class Calibration:
    """Times of the piece of work (about 20 ms on a quiet core of 2024)."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def look(self) -> None:
        # The best of three: a single switch of processes is not yet a busy machine.
        self._times.append(min(_work() for _ in range(3)))

    @property
    def drift(self) -> float:
        return max(self._times) / min(self._times) - 1

    @property
    def calm(self) -> bool:
        return self.drift <= TOLERATED

    def report(self) -> dict[str, object]:
        milliseconds = [round(one * 1000, 1) for one in self._times]
        return {"fastest_ms": min(milliseconds), "slowest_ms": max(milliseconds), "drift": round(self.drift, 2)}


def _work() -> float:
    began = time.perf_counter()
    digest = b""
    for _ in range(20_000):
        digest = hashlib.sha256(digest).digest()
    return time.perf_counter() - began
