"""What comes in, and how it is then served: the words that the formulas share."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Calls of one queue in a time in which their rate doesn't change.

    calls_per_hour: arrivals as a Poisson process.
    handling_s: mean seconds that an agent needs for one, wrap-up included; exponentially distributed.
    patience_s: mean seconds for which callers would wait, exponentially distributed; None: nobody ever gives up.

    Raises ValueError for a negative number of calls, or for a mean that is not above nothing and finite.
    """

    calls_per_hour: float
    handling_s: float
    patience_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.calls_per_hour < math.inf:
            raise ValueError("the number of calls is 0 or more")
        for mean in (self.handling_s, self.patience_s):
            if mean is not None and not 0 < mean < math.inf:
                raise ValueError("handling time and patience are more than 0 seconds")

    @property
    def calls_per_s(self) -> float:
        return self.calls_per_hour / 3600

    @property
    def erlangs(self) -> float:
        """Offered traffic: how many agents would be busy if nobody had to wait."""
        return self.calls_per_s * self.handling_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What callers and agents meet in the long run.

    wait_probability: share of calls that find all agents busy.
    service_level: share of all calls that are answered within the target.
    asa_s: mean seconds until an answer, over the answered calls (平均応答速度); infinite when nobody can be answered.
    mean_wait_s: mean seconds of waiting, over all calls, those that give up included.
    abandonment: share of all calls that give up.
    occupancy: share of the agents' time that calls take.
    waiting: mean number of callers who wait at a moment.
    """

    wait_probability: float
    service_level: float
    asa_s: float
    mean_wait_s: float
    abandonment: float
    occupancy: float
    waiting: float


def check_agents(agents: int, least: int) -> None:
    """Raises ValueError for fewer agents than a formula has an answer for."""
    if agents < least:
        raise ValueError(f"the number of agents is {least} or more")


def check_target(within_s: float) -> None:
    """Raises ValueError for a target of the service level that is no time."""
    if not 0 <= within_s < math.inf:
        raise ValueError("the target is 0 seconds or more")
