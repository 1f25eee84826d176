"""Erlang B and Erlang C: calls that find no free agent are lost, or wait for ever.

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges", Elektroteknikeren 13 (1917); for the recursion of Erlang B and for Erlang C from Erlang B, R. B. Cooper,
Introduction to Queueing Theory, 2nd ed. (1981), chapter 3.
"""

from __future__ import annotations

import math

from caasis.engines.staffing.demand import Demand, Performance, check_agents, check_target


def erlang_b(agents: int, erlangs: float) -> float:
    """Share of calls that are lost when nobody can wait (M/M/n/n, and M/G/n/n alike).

    :param agents: 0 or more; lines of a trunk, too. :param erlangs: offered traffic, 0 or more. Raises ValueError.
    """
    return 1.0 / inverse_erlang_b(agents, erlangs)


def inverse_erlang_b(agents: int, erlangs: float) -> float:
    """1 ÷ Erlang B; infinite where losses are too rare for a number.

    1/B(n) = 1 + (n/a) · 1/B(n − 1) adds positive numbers only: nothing cancels and no factorial is formed, however large n.
    """
    check_agents(agents, 0)
    if not 0 <= erlangs < math.inf:
        raise ValueError("the traffic is 0 erlangs or more")
    if erlangs == 0:
        return 1.0 if agents == 0 else math.inf
    inverse = 1.0
    for number in range(1, agents + 1):
        inverse = 1.0 + inverse * (number / erlangs)
    return inverse


def waiting_probability(agents: int, erlangs: float) -> float:
    """Erlang C: share of calls that find all agents busy when everybody waits (M/M/n).

    C = 1 ÷ (1 + (1 − a/n)(1/B − 1)). 1.0 where the agents can't keep up (a ≥ n).
    """
    inverse = inverse_erlang_b(agents, erlangs)
    if erlangs >= agents:
        return 1.0
    return 1.0 / (1.0 + (1.0 - erlangs / agents) * (inverse - 1.0))


def erlang_c(agents: int, demand: Demand, within_s: float = 20.0) -> Performance:
    """Waiting when nobody ever gives up; the demand's patience is not looked at.

    :param within_s: the service level counts answers within so many seconds.

    Where the agents can't keep up the queue grows without end: everybody waits, for ever, and no call is answered in time.
    Raises ValueError without an agent.
    """
    check_agents(agents, 1)
    check_target(within_s)
    waits = waiting_probability(agents, demand.erlangs)
    if demand.erlangs >= agents:
        return Performance(
            wait_probability=1.0, service_level=0.0, asa_s=math.inf, mean_wait_s=math.inf, abandonment=0.0,
            occupancy=1.0, waiting=math.inf,
        )  # fmt: skip
    # Those who wait do so for an exponential time with the rate at which the agents work the queue off.
    rate = (agents - demand.erlangs) / demand.handling_s
    mean = waits / rate
    return Performance(
        wait_probability=waits,
        service_level=1.0 - waits * math.exp(-rate * within_s),
        asa_s=mean,
        mean_wait_s=mean,
        abandonment=0.0,
        occupancy=demand.erlangs / agents,
        waiting=demand.calls_per_s * mean,
    )
