"""Several queues, skills and centres, event by event through the real router."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from caasis.engines.routing.router import Assignments, Router
from caasis.engines.routing.simulation.figures import Estimate, estimate
from caasis.engines.routing.simulation.scenario import AgentResult, QueueModel, QueueResult, Result, Scenario
from caasis.engines.routing.vocabulary import AgentState, Channel, Choice
from caasis.engines.routing.work import Work


@dataclass(slots=True)
class _Call:
    """A call with everything about it that chance decides, drawn before the run."""

    arrival: float
    queue: QueueModel
    handling: float
    patience: float
    work_id: str = ""
    waited: float = math.nan


def run(scenario: Scenario, *, seed: int | np.random.SeedSequence, choice: Choice = Choice.SPECIALIST_FIRST) -> Result:
    """One replication. The same seed draws the same calls, whatever the choice of agents.

    Assigned calls are answered at once; handling includes the wrap-up.
    """
    return _Town(scenario, seed, choice).run()


def replicate(
    scenario: Scenario, *, replications: int, seed: int, choice: Choice = Choice.SPECIALIST_FIRST
) -> Iterator[Result]:
    """Independent replications, one after the other, so that a caller can show how far it has come."""
    for child in np.random.SeedSequence(seed).spawn(replications):
        yield run(scenario, seed=child, choice=choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the first choice has more than the second one, on the same calls.

    service_level: by queue, as a share; total: over all calls; spread: between agents' utilisation.
    """

    service_level: dict[str, Estimate]
    total: Estimate
    spread: Estimate


def compare(scenario: Scenario, first: Choice, second: Choice, *, replications: int, seed: int) -> Comparison:
    """Both choices on the same calls (common random numbers), so that mostly the choice makes the difference."""
    one = list(replicate(scenario, replications=replications, seed=seed, choice=first))
    two = list(replicate(scenario, replications=replications, seed=seed, choice=second))
    pairs = list(zip(one, two, strict=True))
    return Comparison(
        service_level={
            queue.name: estimate(
                a.queues[queue.name].service_level - b.queues[queue.name].service_level for a, b in pairs
            )
            for queue in scenario.queues
        },
        total=estimate(a.service_level - b.service_level for a, b in pairs),
        spread=estimate(a.spread - b.spread for a, b in pairs),
    )


class _Town:
    def __init__(self, scenario: Scenario, seed: int | np.random.SeedSequence, choice: Choice) -> None:
        self._scenario = scenario
        self._calls = _draw(scenario, seed)
        self._by_id = {call.work_id: call for call in self._calls}
        self._router = Router(choice=choice)
        for name, seconds in scenario.handling_s.items():
            self._router.learn(name, handling_s=seconds)
        #: Moment, whether the call ends (or else gives up), id.
        self._due: list[tuple[float, bool, str]] = []
        self._busy = dict.fromkeys((agent.id for agent in scenario.agents), 0.0)
        self._served = dict.fromkeys(self._busy, 0)

    def run(self) -> Result:
        agents = [
            replace(agent, state=AgentState.AVAILABLE, since=0.0, idle_since=0.0) for agent in self._scenario.agents
        ]
        self._router.load(agents, (), 0.0)
        arrivals = iter(self._calls)
        call = next(arrivals, None)
        review = self._scenario.review_s
        while call is not None or self._due:
            timer = self._router.next_moment()
            arrives = call.arrival if call is not None else math.inf
            due = self._due[0][0] if self._due else math.inf
            now = min(arrives, due, review, math.inf if timer is None else timer)
            if due == now:
                self._happen(*heapq.heappop(self._due))
            elif call is not None and arrives == now:
                self._arrive(call)
                call = next(arrivals, None)
            elif review == now:
                review += self._scenario.review_s
                self._begin(self._router.review(now))
            else:
                self._begin(self._router.tick(now))
        return self._result()

    def _arrive(self, call: _Call) -> None:
        queue = call.queue
        work = Work(
            id=call.work_id, queue=queue.name, centre=queue.centre, channel=Channel.PHONE, arrived_at=call.arrival,
            required=queue.required, languages=queue.languages, overflow=queue.overflow,
        )  # fmt: skip
        self._begin(self._router.enter(work, call.arrival))
        if math.isnan(call.waited) and call.patience < math.inf:
            heapq.heappush(self._due, (call.arrival + call.patience, False, call.work_id))

    def _happen(self, now: float, ends: bool, work_id: str) -> None:
        if ends:
            self._begin(self._router.ended(work_id, now))
        elif math.isnan(self._by_id[work_id].waited):
            self._begin(self._router.leave(work_id, now))

    def _begin(self, given: Assignments) -> None:
        for one in given:
            call = self._by_id[one.work]
            call.waited = one.at - call.arrival
            heapq.heappush(self._due, (one.at + call.handling, True, one.work))
            begins, ends = (
                min(max(moment, self._scenario.warm_up_s), self._scenario.duration_s)
                for moment in (one.at, one.at + call.handling)
            )
            self._busy[one.agent] += ends - begins
            self._served[one.agent] += call.arrival >= self._scenario.warm_up_s
            self._begin(self._router.answered(one.work, one.at))

    def _result(self) -> Result:
        counted = [call for call in self._calls if call.arrival >= self._scenario.warm_up_s]
        span = self._scenario.duration_s - self._scenario.warm_up_s
        return Result(
            queues={
                queue.name: _queue_result([call for call in counted if call.queue is queue], queue.within_s)
                for queue in self._scenario.queues
            },
            agents={
                agent: AgentResult(utilisation=busy / span, answered=self._served[agent])
                for agent, busy in self._busy.items()
            },
        )


def _draw(scenario: Scenario, seed: int | np.random.SeedSequence) -> list[_Call]:
    """Each queue has random numbers of its own, so that another queue's calls don't change them."""
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    calls: list[_Call] = []
    for number, queue in enumerate(scenario.queues):
        random = np.random.default_rng(np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, number)))
        moments = queue.arrivals.moments(random, scenario.duration_s)
        handling, patience = (times.draw(random, len(moments)) for times in (queue.handling, queue.patience))
        calls += [
            _Call(arrival, queue, handles, waits)
            for arrival, handles, waits in zip(moments.tolist(), handling.tolist(), patience.tolist(), strict=True)
        ]
    calls.sort(key=lambda call: call.arrival)
    for place, call in enumerate(calls):
        call.work_id = f"{place:08}"
    return calls


def _queue_result(calls: list[_Call], within_s: float) -> QueueResult:
    answered = [call.waited for call in calls if not math.isnan(call.waited)]
    return QueueResult(
        offered=len(calls),
        answered=len(answered),
        in_target=sum(waited <= within_s for waited in answered),
        waited_of_answered_s=sum(answered),
    )
