"""Random streams that are the same on every machine.

A stream is derived with SHA-256 from the seed and a name, so that neither ``PYTHONHASHSEED`` nor the order in which
parts of the town are built can change what is drawn.  Only ``Random.random`` is used on top of it: its sequence is
guaranteed by Python, while ``choice`` and ``gauss`` have changed or go through the platform's mathematics library.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")

Draw = Callable[[], float]
"""A source of numbers in [0, 1), usually ``stream(...).random``."""


def stream(seed: int, *names: str | int) -> random.Random:
    """Return the random stream that belongs to ``seed`` and the given names."""
    text = "\x1f".join(["caasis-twin", str(seed), *(str(name) for name in names)])
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))  # noqa: S311 - not secret


def pick(options: Sequence[T], draw: Draw) -> T:
    """Return one of ``options``, each equally likely."""
    return options[int(draw() * len(options))]


def between(low: int, high: int, draw: Draw) -> int:
    """Return an integer from ``low`` to ``high``, both included."""
    return low + int(draw() * (high - low + 1))


class Weighted(Generic[T]):
    """A choice among options with weights; weights of zero are never drawn.

    Raises ``ValueError`` when there is nothing to draw.
    """

    __slots__ = ("_bounds", "_total", "options", "weights")

    def __init__(self, options: Sequence[T], weights: Sequence[float]) -> None:
        if len(options) != len(weights) or any(weight < 0 for weight in weights):
            raise ValueError("each option needs one weight that is not negative")
        kept = [(option, weight) for option, weight in zip(options, weights, strict=True) if weight > 0]
        if not kept:
            raise ValueError("nothing to draw: all weights are zero")
        self.options: tuple[T, ...] = tuple(option for option, _ in kept)
        self.weights: tuple[float, ...] = tuple(weight for _, weight in kept)
        self._bounds = list(accumulate(self.weights))
        self._total = self._bounds[-1]

    def draw(self, draw: Draw) -> T:
        """Return one option with a probability proportional to its weight."""
        index = bisect_right(self._bounds, draw() * self._total)
        # A product that rounds up to the total would fall off the end.
        return self.options[index if index < len(self.options) else -1]


def along_quantiles(points: Sequence[float], draw: Draw) -> float:
    """Return a value from the distribution whose evenly spaced quantiles are ``points`` (linear in between)."""
    place = draw() * (len(points) - 1)
    index = int(place)
    return points[index] + (points[index + 1] - points[index]) * (place - index)
