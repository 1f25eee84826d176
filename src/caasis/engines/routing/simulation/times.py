"""When calls come, how long they take, and how long callers wait: distributions of seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]
Shape = int | tuple[int, ...]


class Times(Protocol):
    """Random times; `draw` gives an array of a shape, each value independent and in seconds."""

    def draw(self, random: np.random.Generator, shape: Shape) -> Seconds: ...


@dataclass(frozen=True, slots=True)
class Exponential:
    """What Erlang's formulas assume."""

    mean_s: float

    def __post_init__(self) -> None:
        _check_positive(self.mean_s)

    def draw(self, random: np.random.Generator, shape: Shape) -> Seconds:
        times = random.standard_exponential(shape)
        times *= self.mean_s
        return times


@dataclass(frozen=True, slots=True)
class Lognormal:
    """What handling times of call centres look like: a long tail. `variation` is standard deviation ÷ mean.

    Source: L. Brown and others, "Statistical analysis of a telephone call center: a queueing-science perspective", Journal
    of the American Statistical Association 100 (2005) 36–50.
    """

    mean_s: float
    variation: float

    def __post_init__(self) -> None:
        _check_positive(self.mean_s)
        _check_positive(self.variation)

    def draw(self, random: np.random.Generator, shape: Shape) -> Seconds:
        variance = math.log1p(self.variation**2)
        return random.lognormal(math.log(self.mean_s) - variance / 2, math.sqrt(variance), shape)


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same."""

    seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.seconds < math.inf:
            raise ValueError("a time is 0 seconds or more")

    def draw(self, random: np.random.Generator, shape: Shape) -> Seconds:
        return np.full(shape, self.seconds)


@dataclass(frozen=True, slots=True)
class Never:
    """The patience of callers who never give up."""

    def draw(self, random: np.random.Generator, shape: Shape) -> Seconds:
        return np.full(shape, math.inf)


@dataclass(frozen=True, slots=True)
class Poisson:
    """Calls that come independently of each other, at one rate."""

    calls_per_hour: float

    def __post_init__(self) -> None:
        _check_positive(self.calls_per_hour)

    def moments(self, random: np.random.Generator, until_s: float) -> Seconds:
        """The moments of the calls from 0 to `until_s`, in order."""
        count = int(random.poisson(self.calls_per_hour / 3600 * until_s))
        return np.sort(random.uniform(0.0, until_s, count))


@dataclass(frozen=True, slots=True)
class GivenArrivals:
    """Calls that came, or are forecast, at these moments (seconds from the start)."""

    at_s: tuple[float, ...]

    def __post_init__(self) -> None:
        if any(moment < 0 for moment in self.at_s):
            raise ValueError("a call comes after the start")

    def moments(self, random: np.random.Generator, until_s: float) -> Seconds:
        """Those before `until_s`, in order."""
        return np.sort([moment for moment in self.at_s if moment < until_s])


Arrivals = Poisson | GivenArrivals


def _check_positive(value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError("a rate, a mean and a variation are more than 0")
