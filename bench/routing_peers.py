"""Peers for routing: the same decisions by looking at everybody, and the same queues in simpy."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Iterable
from typing import Any

import numpy as np
import simpy

from caasis.engines.routing import Agent, AgentState, Work, answer, end, key_of, ring
from caasis.engines.routing.simulation import Poisson, Pool, QueueModel, Scenario

# --- looking at everybody ---------------------------------------------------------------------------------------------


def able(agent: Agent, work: Work) -> bool:
    if agent.state is not AgentState.AVAILABLE or not agent.capacity.get(work.channel):
        return False
    skills = agent.skills
    return all(skills.get(skill, 0) >= least for skill, least in work.required.items())


class LooksAtEverybody:
    """An arrival looks at every agent, an agent who is free at every call that waits. No index, nothing sorted.

    The policy is the router's as far as this benchmark uses it: priority, skills with levels, partner centres by time
    waited, specialist first, longest idle.
    """

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.waiting: dict[str, Work] = {}
        self.given: dict[str, str] = {}
        self._opens: dict[str, list[float]] = {}

    def load(self, agents: Iterable[Agent]) -> None:
        self.agents = {agent.id: agent for agent in agents}

    def enter(self, work: Work, now: float) -> list[tuple[str, str]]:
        self.waiting[work.id] = work
        self._opens[work.id] = [work.arrived_at + (rule.waited_s or 0) for rule in work.overflow]
        return self._find_agents([work.id, *self._newly_open(now)], now)

    def ended(self, work_id: str, now: float) -> list[tuple[str, str]]:
        agent_id = self.given.pop(work_id)
        self.agents[agent_id] = end(self.agents[agent_id], work_id, now, wrap_up_s=0)
        agent = self.agents[agent_id]
        found = None
        for work in self.waiting.values():
            if agent.centre in self._centres(work, now) and able(agent, work):
                key = key_of(work)
                if found is None or key < found:
                    found = key
        # Whoever becomes free may be the best for calls that a partner may take from now on, too.
        return self._find_agents([*([found[2]] if found else []), *self._newly_open(now)], now)

    def answered(self, work_id: str, now: float) -> None:
        agent_id = self.given[work_id]
        self.agents[agent_id] = answer(self.agents[agent_id], work_id, now)

    def _centres(self, work: Work, now: float) -> list[str]:
        return [work.centre, *(rule.centre for rule in work.overflow if now >= work.arrived_at + (rule.waited_s or 0))]

    def _newly_open(self, now: float) -> list[str]:
        found = []
        for work_id in self.waiting:
            moments = self._opens[work_id]
            if moments and moments[0] <= now:
                self._opens[work_id] = [moment for moment in moments if moment > now]
                found.append(work_id)
        return found

    def _find_agents(self, work_ids: list[str], now: float) -> list[tuple[str, str]]:
        given = []
        for work in sorted({work_id: self.waiting[work_id] for work_id in work_ids}.values(), key=key_of):
            centres, best, chosen = self._centres(work, now), None, None
            for agent in self.agents.values():
                if agent.centre in centres and able(agent, work):
                    level = sum(agent.skills[skill] for skill in work.required)
                    rank = (centres.index(agent.centre), len(agent.skills), -level, agent.idle_since, agent.id)
                    if best is None or rank < best:
                        best, chosen = rank, agent
            if chosen is not None:
                self.agents[chosen.id] = ring(chosen, work.id, work.channel, now)
                self.given[work.id] = chosen.id
                del self.waiting[work.id]
                given.append((work.id, chosen.id))
        return given


# --- simpy ------------------------------------------------------------------------------------------------------------


def simpy_pool(pool: Pool, *, calls: int, warm_up: int, replications: int, seed: int) -> dict[str, Any]:
    """One queue of alike agents in simpy: the same model, the same counting, the same figures for each replication.

    A resource with as many places as agents; the agent with the longest idle time is the first of a deque.
    """
    names = ("service_level", "abandonment", "wait_probability", "asa_s", "mean_wait_s", "utilisation", "spread")
    found: dict[str, list[float]] = {name: [] for name in names}
    for child in np.random.SeedSequence(seed).spawn(replications):
        for name, value in _simpy_replication(pool, calls, warm_up, np.random.default_rng(child)).items():
            found[name].append(value)
    return {name: np.array(values) for name, values in found.items()}


def _simpy_replication(pool: Pool, calls: int, warm_up: int, random: np.random.Generator) -> dict[str, float]:
    assert isinstance(pool.arrivals, Poisson)
    total = warm_up + calls
    # Drawn at once, as a careful user of simpy does: numbers one by one would cost it another fifth.
    moments = np.cumsum(random.standard_exponential(total) * (3600 / pool.arrivals.calls_per_hour)).tolist()
    handling, patience = (times.draw(random, total).tolist() for times in (pool.handling, pool.patience))
    since, until = moments[warm_up], moments[-1]
    environment = simpy.Environment()
    places = simpy.Resource(environment, pool.agents)
    idle = deque(range(pool.agents))
    busy = [0.0] * pool.agents
    waits: list[float] = []
    all_waits: list[float] = []

    def call(number: int) -> Generator[simpy.Event, Any, None]:
        arrived = environment.now
        with places.request() as request:
            if not request.triggered:
                yield request | environment.timeout(patience[number])
            counted = number >= warm_up
            if counted:
                all_waits.append(environment.now - arrived)
            if not request.triggered:
                return
            if counted:
                waits.append(environment.now - arrived)
            agent = idle.popleft()
            begins, ends = environment.now, environment.now + handling[number]
            busy[agent] += max(0.0, min(ends, until) - max(begins, since))
            yield environment.timeout(handling[number])
            idle.append(agent)

    def source() -> Generator[simpy.Event, Any, None]:
        for number, moment in enumerate(moments):
            yield environment.timeout(moment - environment.now)
            environment.process(call(number))

    environment.process(source())
    environment.run()
    shares = [one / (until - since) for one in busy]
    mean = sum(shares) / len(shares)
    return {
        "service_level": sum(wait <= pool.within_s for wait in waits) / calls,
        "abandonment": 1 - len(waits) / calls,
        "wait_probability": sum(wait > 0 for wait in all_waits) / calls,
        "asa_s": sum(waits) / len(waits) if waits else math.nan,
        "mean_wait_s": sum(all_waits) / calls,
        "utilisation": mean,
        "spread": math.sqrt(sum((share - mean) ** 2 for share in shares) / len(shares)),
    }


def simpy_town(scenario: Scenario, seed: int) -> dict[str, tuple[int, int]]:
    """Several queues and skills in simpy, longest idle first: (answered, in target) of each queue's calls after the warm-up.

    Agents lie in a store in the order in which they became idle; a call takes the first who has its skills, and an agent
    who comes back goes to the call that has asked first. That is the router's policy with `Choice.LONGEST_IDLE`.
    """
    environment = simpy.Environment()
    store = simpy.FilterStore(environment)
    store.items.extend(scenario.agents)
    answered = dict.fromkeys((queue.name for queue in scenario.queues), 0)
    in_target = dict(answered)

    def call(queue: QueueModel, handles: float, patience: float) -> Generator[simpy.Event, Any, None]:
        arrived, required = environment.now, queue.required.items()
        request = store.get(lambda agent: all(agent.skills.get(skill, 0) >= least for skill, least in required))
        if not request.triggered:
            yield request | environment.timeout(patience)
        if not request.triggered:
            request.cancel()
            return
        if arrived >= scenario.warm_up_s:
            answered[queue.name] += 1
            in_target[queue.name] += environment.now - arrived <= queue.within_s
        yield environment.timeout(handles)
        store.put(request.value)

    def source(queue: QueueModel, number: int) -> Generator[simpy.Event, Any, None]:
        random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
        moments = queue.arrivals.moments(random, scenario.duration_s)
        drawn = [times.draw(random, len(moments)).tolist() for times in (queue.handling, queue.patience)]
        for moment, handles, patience in zip(moments.tolist(), *drawn, strict=True):
            yield environment.timeout(moment - environment.now)
            environment.process(call(queue, handles, patience))

    for number, queue in enumerate(scenario.queues):
        environment.process(source(queue, number))
    environment.run()
    return {name: (answered[name], in_target[name]) for name in answered}
