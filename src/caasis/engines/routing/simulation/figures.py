"""What replications say about a figure: its mean, and how far chance may have moved it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

#: Two-sided 95 % of the normal distribution.
CONFIDENCE = 1.96


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of independent replications and its standard error."""

    mean: float
    standard_error: float
    replications: int

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true value lies with 95 % confidence (normal approximation; 30 replications or more)."""
        half = CONFIDENCE * self.standard_error
        return (self.mean - half, self.mean + half)

    def z(self, expected: float) -> float:
        """How many standard errors the mean lies above an expected value; 0 where both are the same and nothing varies."""
        if self.standard_error == 0:
            return 0.0 if self.mean == expected else math.copysign(math.inf, self.mean - expected)
        return (self.mean - expected) / self.standard_error


def estimate(values: Iterable[float]) -> Estimate:
    """From one value of each replication; replications without one (NaN: nothing to count) are left out.

    Raises ValueError for fewer than two values.
    """
    found = np.asarray(list(values), dtype=np.float64)
    found = found[~np.isnan(found)]
    if len(found) < 2:
        raise ValueError("an estimate needs two replications or more")
    return Estimate(float(found.mean()), float(found.std(ddof=1)) / math.sqrt(len(found)), len(found))
