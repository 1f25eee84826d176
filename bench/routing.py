"""Routing: p50/p99 of one decision against looking at everybody, the simulators against simpy, and what specialists first brings.

bin/bench routing [--agents 3500] [--waiting 1000] [--decisions 4000] [--quick]
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import resource
import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.calibration import Calibration
from bench.installation import percentile, say
from bench.routing_peers import LooksAtEverybody, simpy_pool, simpy_town
from caasis.engines.routing import Agent, AgentState, Channel, Choice, Overflow, Router, Work
from caasis.engines.routing.simulation import (
    Estimate,
    Exponential,
    Lognormal,
    Poisson,
    Pool,
    QueueModel,
    Scenario,
    compare,
    estimate,
    run,
    run_pool,
)
from caasis.engines.staffing import Demand, performance

SEED = 20_261_128
GOAL_P99_MS = 5.0
GOAL_RATIO = 100.0
FIELDS = 24
#: Seconds between two events.
STEP_S = 0.1

# --- one decision -----------------------------------------------------------------------------------------------------


class Office:
    """Agents and calls of an invented nation: `centres` of equal size, fields some of which few agents know.

    The smaller the centres, the more calls that anybody can take (`plain`): with four people nobody sorts calls by field.
    """

    def __init__(self, agents: int, centres: int, chosen: random.Random) -> None:
        self._random, self._centres, self._count = chosen, centres, 0
        self._plain = 0.0 if centres == 1 else 0.5 if agents / centres > 20 else 0.9
        self._fields = [f"field-{number}" for number in range(FIELDS)]
        #: What callers ask for and what agents know: the tenth field half as often as the first one.
        self._weights = [1 / (1 + number / 9) for number in range(FIELDS)]
        self.agents = [self._agent(number) for number in range(agents)]

    def _agent(self, number: int) -> Agent:
        fields = self._some(self._random.choice((1, 1, 2, 3, 4, 6)))
        return Agent(
            id=f"agent-{number:05}", centre=f"centre-{number % self._centres:04}", state=AgentState.AVAILABLE,
            skills={field: self._random.randint(1, 5) for field in fields}, idle_since=self._random.uniform(-600, 0),
        )  # fmt: skip

    def _some(self, count: int) -> set[str]:
        return set(self._random.choices(self._fields, self._weights, k=count))

    def call(self, now: float) -> Work:
        self._count += 1
        own = self._random.randrange(self._centres)
        count = 0 if self._random.random() < self._plain else self._random.choice((1, 1, 2))
        partners = {(own + step) % self._centres for step in (1, 7)} - {own}
        return Work(
            id=f"call-{self._count:07}", queue=f"queue-{own}", centre=f"centre-{own:04}", channel=Channel.PHONE,
            arrived_at=now, required={field: self._random.randint(1, 4) for field in self._some(count)},
            overflow=tuple(
                Overflow(centre=f"centre-{partner:04}", waited_s=30.0 * place)
                for place, partner in enumerate(sorted(partners), start=1)
            ),
        )  # fmt: skip


class Bench:
    """The router and its peer through the same events; both must decide alike."""

    def __init__(self, agents: int, centres: int, waiting: int, *, with_peer: bool) -> None:
        self._random = random.Random(SEED)
        self._office = Office(agents, centres, self._random)
        self._router = Router()
        self._peer = LooksAtEverybody() if with_peer else None
        self._talking: list[str] = []
        self._now = 0.0
        self._waiting = 0
        self.times: dict[str, list[float]] = {"call arrives": [], "agent becomes idle": []}
        #: The same, without the time for which the machine had other things to do.
        self.cpu: dict[str, list[float]] = {name: [] for name in self.times}
        self.peer_cpu: dict[str, list[float]] = {name: [] for name in self.times}
        self.assigned = 0
        self._router.load(self._office.agents, (), 0.0)
        if self._peer is not None:
            self._peer.load(self._office.agents)
        while self._waiting < waiting:
            self.arrive(measure=False)

    def idle_agents(self) -> int:
        states = (self._router.agent(agent.id).state for agent in self._office.agents)
        return sum(state is AgentState.AVAILABLE for state in states)

    def waiting(self) -> int:
        return self._waiting

    def arrive(self, *, measure: bool = True) -> None:
        self._now += STEP_S
        work = self._office.call(self._now)
        self._waiting += 1
        self._do("call arrives", "enter", work, measure=measure)

    def end(self) -> None:
        """A call in hand ends, whichever."""
        self._now += STEP_S
        place = self._random.randrange(len(self._talking))
        self._talking[place], self._talking[-1] = self._talking[-1], self._talking[place]
        self._do("agent becomes idle", "ended", self._talking.pop(), measure=True)

    def _do(self, name: str, event: str, what: Any, *, measure: bool) -> None:
        began, cpu = time.perf_counter(), time.thread_time()
        given = getattr(self._router, event)(what, self._now)
        took, cpu = time.perf_counter() - began, time.thread_time() - cpu
        pairs = [(one.work, one.agent) for one in given]
        if measure:
            self.times[name].append(took)
            self.cpu[name].append(cpu)
        if self._peer is not None:
            cpu = time.thread_time()
            theirs = getattr(self._peer, event)(what, self._now)
            if measure:
                self.peer_cpu[name].append(time.thread_time() - cpu)
            if pairs != theirs:
                raise RuntimeError(f"router and peer decide differently: {pairs} against {theirs}")
        for work_id, _ in pairs:
            self._router.answered(work_id, self._now)
            if self._peer is not None:
                self._peer.answered(work_id, self._now)
            self._talking.append(work_id)
        self._waiting -= len(pairs)
        self.assigned += len(pairs)


def decisions(agents: int, centres: int, waiting: int, count: int) -> dict[str, Any]:
    """Calls arrive and end in turns; first with the peer for some, then alone for all, so that caches are the router's own."""
    say(f"  {agents} agents in {centres} centres, {waiting} waiting")
    beside = Bench(agents, centres, waiting, with_peer=True)
    for _ in range(max(50, count // 20)):
        beside.arrive()
        beside.end()
    alone = Bench(agents, centres, waiting, with_peer=False)
    gc.collect()
    gc.freeze()
    alone.assigned = 0
    for _ in range(count // 2):
        alone.arrive()
        alone.end()
    found: dict[str, Any] = {
        "agents": agents, "centres": centres, "waiting": alone.waiting(), "idle_agents": alone.idle_agents(),
        "assigned": alone.assigned, "same_as_peer": beside.assigned,
    }  # fmt: skip
    everything, cpu = ([took for times in each.values() for took in times] for each in (alone.times, alone.cpu))
    found["p50_ms"], found["p99_ms"] = _ms(everything, 0.5), _ms(everything, 0.99)
    found["cpu_p50_ms"], found["cpu_p99_ms"] = _ms(cpu, 0.5), _ms(cpu, 0.99)
    found["max_ms"], found["n"] = round(max(everything) * 1000, 3), len(everything)
    for name, times in alone.times.items():
        peer = beside.peer_cpu[name]
        found[name] = {
            "p50_ms": _ms(times, 0.5), "p99_ms": _ms(times, 0.99),
            "cpu_p99_ms": _ms(alone.cpu[name], 0.99), "peer_cpu_p50_ms": _ms(peer, 0.5), "peer_cpu_p99_ms": _ms(peer, 0.99),
            "ratio_of_mean_cpu": round(statistics.fmean(peer) / statistics.fmean(beside.cpu[name]), 1),
        }  # fmt: skip
    gc.unfreeze()
    return found


def _ms(times: list[float], share: float) -> float:
    return round(percentile(times, share) * 1000, 3)


# --- the simulator of one pool ----------------------------------------------------------------------------------------


def pools(quick: bool) -> Iterator[dict[str, Any]]:
    """The same number of calls by `run_pool` and by simpy: calls a second of CPU, figures side by side and against Erlang A."""
    replications = 100 if quick else 400
    for agents in (10, 50, 200, 500, 1_000, 3_500):
        # A large pool has to fill before it works as one: of 3,500 agents, 500 calls would find all but free.
        calls, warm_up = (300, 200) if agents <= 200 else (1_000 if quick else 3_000,) * 2
        say(f"  {agents} agents, {replications} replications of {warm_up + calls} calls")
        demand = Demand(calls_per_hour=agents * 0.95 * 12, handling_s=300, patience_s=180)
        pool = Pool(
            agents=agents, arrivals=Poisson(demand.calls_per_hour), handling=Exponential(300), patience=Exponential(180)
        )
        # Rounds in turns and by CPU time: on a busy machine one long stretch of either would meet another speed.
        rounds = 4
        size = {"calls": calls, "warm_up": warm_up, "replications": replications}
        ours_s, theirs_s = [], 0.0
        values: dict[str, Any] = {}
        theirs: dict[str, list[Any]] = {name: [] for name in _FIGURES}
        for turn in range(rounds):
            began = time.process_time()
            runs = run_pool(pool, **size, seed=SEED)
            values = {name: np.array(getattr(runs, name)) for name in _FIGURES}
            ours_s.append(time.process_time() - began)
            began = time.process_time()
            part = simpy_pool(
                pool, calls=calls, warm_up=warm_up, replications=replications // rounds, seed=SEED + 1 + turn
            )
            theirs_s += time.process_time() - began
            for name in _FIGURES:
                theirs[name].append(part[name])
        total = replications * (warm_up + calls)
        # An empty start of so many calls is not yet Erlang's long run: that comparison has a longer warm-up.
        steady = run_pool(
            pool, calls=max(1_000, agents), warm_up=max(1_000, 6 * agents), replications=replications, seed=SEED + 9
        )
        exact = performance(agents, demand, pool.within_s)
        yield {
            "agents": agents, "calls": total,
            "calls_per_s": round(total / statistics.median(ours_s)), "simpy_calls_per_s": round(total / theirs_s),
            "ratio": round(theirs_s / statistics.median(ours_s), 1),
            "figures": {name: _side_by_side(values[name], np.concatenate(theirs[name])) for name in _FIGURES},
            "z_against_erlang_a": {
                name: round(estimate(getattr(steady, name)).z(getattr(exact, field)), 2)
                for name, field in _FIGURES.items() if field
            },
        }  # fmt: skip


#: Ours → Erlang's name.
_FIGURES = {
    "service_level": "service_level", "abandonment": "abandonment", "wait_probability": "wait_probability",
    "asa_s": "asa_s", "mean_wait_s": "mean_wait_s", "utilisation": "occupancy", "spread": "",
}  # fmt: skip


def _side_by_side(ours: Any, theirs: Any) -> dict[str, float]:
    one, two = estimate(ours), estimate(theirs)
    apart = (one.standard_error**2 + two.standard_error**2) ** 0.5
    # In a large pool nobody waits in any replication: both say the same without any spread.
    z = (one.mean - two.mean) / apart if apart else (0.0 if one.mean == two.mean else math.inf)
    return {"ours": round(one.mean, 4), "simpy": round(two.mean, 4), "z": round(z, 2)}


# --- the simulator of several queues ----------------------------------------------------------------------------------


def four_queues(load: float, hours: float) -> Scenario:
    """Calls for everybody (45 %) and for three skills; 34 agents: 12 without a skill, 16 with one, 6 with all three."""
    kinds: list[tuple[dict[str, int], int]] = [
        ({}, 12), ({"debt": 3}, 6), ({"telecom": 3}, 6), ({"housing": 3}, 4), ({"debt": 2, "telecom": 2, "housing": 2}, 6),
    ]  # fmt: skip
    agents = tuple(
        Agent(id=f"{kind}-{number:02}", centre="centre", skills=skills, state=AgentState.AVAILABLE)
        for kind, (skills, count) in enumerate(kinds) for number in range(count)
    )  # fmt: skip
    queues = tuple(
        QueueModel(
            name=name, centre="centre", arrivals=Poisson(len(agents) * load * 6 * share), handling=Lognormal(600, 1.0),
            patience=Exponential(240), required={} if name == "general" else {name: 1},
        )
        for name, share in (("general", 0.45), ("debt", 0.2), ("telecom", 0.2), ("housing", 0.15))
    )  # fmt: skip
    return Scenario(queues=queues, agents=agents, duration_s=hours * 3600, warm_up_s=1800)


def town(quick: bool) -> dict[str, Any]:
    """The router's simulator and simpy's FilterStore, both with the longest idle first, on the very same calls; by CPU time."""
    replications = 5 if quick else 20
    say(f"  four queues, {replications} replications of 8 hours")
    scenario = four_queues(0.9, 8)
    ours_s = theirs_s = 0.0
    same = calls = 0
    for seed in range(replications):
        began = time.process_time()
        ours = run(scenario, seed=seed, choice=Choice.LONGEST_IDLE)
        ours_s += time.process_time() - began
        began = time.process_time()
        theirs = simpy_town(scenario, seed)
        theirs_s += time.process_time() - began
        calls += sum(queue.offered for queue in ours.queues.values())
        same += all((queue.answered, queue.in_target) == theirs[name] for name, queue in ours.queues.items())
    return {
        "calls": calls, "calls_per_s": round(calls / ours_s), "simpy_calls_per_s": round(calls / theirs_s),
        "ratio": round(theirs_s / ours_s, 2), "replications": replications, "replications_alike_to_the_call": same,
    }  # fmt: skip


def specialists(quick: bool) -> Iterator[dict[str, Any]]:
    """Service level by queue, specialist first less longest idle, in points with 95 % confidence."""
    replications = 10 if quick else 60
    for load in (0.8, 0.9, 1.0):
        say(f"  specialist first against longest idle, load {load}, {replications} replications of 8 hours, twice")
        scenario = four_queues(load, 8)
        found = compare(scenario, Choice.SPECIALIST_FIRST, Choice.LONGEST_IDLE, replications=replications, seed=SEED)
        yield {
            "load": load,
            "points": {name: _points(one) for name, one in {**found.service_level, "all calls": found.total}.items()},
            "spread_of_utilisation_points": _points(found.spread),
        }


def _points(one: Estimate) -> dict[str, Any]:
    low, high = one.interval
    return {"mean": round(100 * one.mean, 2), "interval": [round(100 * low, 2), round(100 * high, 2)]}


# --- all of it --------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=3500)
    parser.add_argument("--waiting", type=int, default=1000)
    parser.add_argument("--decisions", type=int, default=20_000)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    count = 2_000 if options.quick else options.decisions
    calibration = Calibration()
    calibration.look()
    say("decisions")
    found = []
    for centres in (1, options.agents // 50, options.agents // 4):
        found.append(decisions(options.agents, max(1, centres), options.waiting, count))
        calibration.look()
    say("one pool against simpy")
    simulated = list(pools(options.quick))
    calibration.look()
    say("several queues against simpy")
    several = town(options.quick)
    calibration.look()
    say("policies")
    policies = list(specialists(options.quick))
    zs = [abs(one["z"]) for pool in simulated for one in pool["figures"].values()]
    erlang = [abs(z) for pool in simulated for z in pool["z_against_erlang_a"].values()]
    worst = max(one["p99_ms"] for one in found)
    least = min(pool["ratio"] for pool in simulated)
    print(
        json.dumps(
            {
                "name": "routing", "seed": SEED, "decisions": found, "pool": simulated, "town": several, "policies": policies,
                "loop": calibration.report(), "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "goals": {
                    "p99_ms": GOAL_P99_MS, "p99_met": worst <= GOAL_P99_MS if calibration.calm else "not measurable",
                    "pool_ratio": GOAL_RATIO, "pool_ratio_met": least >= GOAL_RATIO,
                    "largest_z_against_simpy": max(zs), "largest_z_against_erlang_a": max(erlang),
                },
            },
            ensure_ascii=False,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
