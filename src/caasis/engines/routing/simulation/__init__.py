"""Invented calls against the router's policy: what callers and agents would meet.

`run_pool`: one queue whose agents are all alike, many replications at once. `run`: several queues, skills and centres,
event by event through the real `Router`. `compare`: one policy against another on the very same calls.
"""

from caasis.engines.routing.simulation.figures import Estimate, estimate
from caasis.engines.routing.simulation.pool import Pool, PoolRuns, run_pool
from caasis.engines.routing.simulation.scenario import AgentResult, QueueModel, QueueResult, Result, Scenario
from caasis.engines.routing.simulation.times import (
    Constant,
    Exponential,
    GivenArrivals,
    Lognormal,
    Never,
    Poisson,
    Times,
)
from caasis.engines.routing.simulation.town import Comparison, compare, replicate, run

__all__ = [
    "AgentResult",
    "Comparison",
    "Constant",
    "Estimate",
    "Exponential",
    "GivenArrivals",
    "Lognormal",
    "Never",
    "Poisson",
    "Pool",
    "PoolRuns",
    "QueueModel",
    "QueueResult",
    "Result",
    "Scenario",
    "Times",
    "compare",
    "estimate",
    "replicate",
    "run",
    "run_pool",
]
