"""What is simulated event by event, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from caasis.engines.routing.agents import Agent
from caasis.engines.routing.simulation.times import Arrivals, Times
from caasis.engines.routing.work import Overflow


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueModel:
    """A queue: its calls, what they need, and how long they take. `within_s`: the target of its service level."""

    name: str
    centre: str
    arrivals: Arrivals
    handling: Times
    patience: Times
    required: Mapping[str, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    overflow: tuple[Overflow, ...] = ()
    within_s: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Queues and agents for some time. Agents are available from the start to the end.

    warm_up_s: calls that come before it are simulated and not counted. review_s: how often expected waits are looked at
    for partners to help; what is expected is computed from `handling_s` of each queue's name.

    Raises ValueError for a warm-up that takes it all, and for a queue that is named twice.
    """

    queues: tuple[QueueModel, ...]
    agents: tuple[Agent, ...]
    duration_s: float
    warm_up_s: float = 0.0
    review_s: float = math.inf
    handling_s: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.warm_up_s < self.duration_s:
            raise ValueError("the warm-up ends before the end")
        if len({queue.name for queue in self.queues}) != len(self.queues):
            raise ValueError("each queue has a name of its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueResult:
    """A queue's counted calls. Rates and means of nothing are NaN."""

    offered: int
    answered: int
    in_target: int
    waited_of_answered_s: float

    @property
    def service_level(self) -> float:
        """Share of all calls that were answered within the queue's target."""
        return self.in_target / self.offered if self.offered else math.nan

    @property
    def abandonment(self) -> float:
        return 1 - self.answered / self.offered if self.offered else math.nan

    @property
    def asa_s(self) -> float:
        return self.waited_of_answered_s / self.answered if self.answered else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult:
    """An agent's share of the counted time that calls took, and how many calls they answered."""

    utilisation: float
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One replication, by the names of queues and the ids of agents."""

    queues: Mapping[str, QueueResult]
    agents: Mapping[str, AgentResult]

    @property
    def utilisation(self) -> float:
        """The agents' mean."""
        return sum(one.utilisation for one in self.agents.values()) / len(self.agents)

    @property
    def spread(self) -> float:
        """Standard deviation of the utilisation between agents."""
        mean = self.utilisation
        return math.sqrt(sum((one.utilisation - mean) ** 2 for one in self.agents.values()) / len(self.agents))

    @property
    def service_level(self) -> float:
        """Over all calls. Never to be reported without that of each queue."""
        offered = sum(queue.offered for queue in self.queues.values())
        return sum(queue.in_target for queue in self.queues.values()) / offered if offered else math.nan
