"""One queue, agents who are all alike, first come first served: many replications in step.

Whoever is alike and idle the longest has also been free since the earliest moment. So a call goes to the agent with the
smallest moment of becoming free, F: it waits w = max(0, min F − arrival), and that agent's F becomes arrival + w + handling.
A call that would wait longer than its patience gives up and leaves F as it was. This is the recursion of J. Kiefer,
J. Wolfowitz, "On the theory of queues with many servers", Transactions of the American Mathematical Society 78 (1955) 1–18,
with the patience of Baccelli and Hebuterne (1981). It holds for any arrivals, handling times and patience, and gives what
the router with its events gives.

One step handles the n-th call of all replications at once. Among few agents it looks at everybody, among many at those who
become free soonest; both find the same agent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caasis.engines.routing.simulation.times import Arrivals, GivenArrivals, Seconds, Times

#: Calls, over all replications, whose times are drawn together: 4 MB for each kind of time.
CHUNK = 500_000
#: From so many agents on only those who are free soonest are looked at; below, a look at everybody costs less.
NEAR_FROM = 400
#: How many of them.
NEAR = 160
#: How often the bound is halved before only the very first moment counts.
TRIES = 40
LONG_AGO_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A queue and its agents. `within_s`: the service level counts answers within so many seconds.

    Raises ValueError without an agent.
    """

    agents: int
    arrivals: Arrivals
    handling: Times
    patience: Times
    within_s: float = 20.0

    def __post_init__(self) -> None:
        if self.agents < 1:
            raise ValueError("there is an agent")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRuns:
    """What came of it, an array of one value for each replication; rates of nothing are NaN.

    All is counted from the arrival of the first call after the warm-up to that of the last one. agent_utilisation: one row
    for each replication, one value for each agent; mean_wait_s: over all calls, with those that gave up.
    """

    offered: int
    answered: NDArray[np.int64]
    waited: NDArray[np.int64]
    in_target: NDArray[np.int64]
    asa_s: Seconds
    mean_wait_s: Seconds
    agent_utilisation: Seconds

    @property
    def service_level(self) -> Seconds:
        return self.in_target / self.offered

    @property
    def abandonment(self) -> Seconds:
        return 1.0 - self.answered / self.offered

    @property
    def wait_probability(self) -> Seconds:
        return self.waited / self.offered

    @property
    def utilisation(self) -> Seconds:
        return np.asarray(self.agent_utilisation.mean(axis=1))

    @property
    def spread(self) -> Seconds:
        """Standard deviation of the utilisation between agents."""
        return np.asarray(self.agent_utilisation.std(axis=1))


def run_pool(pool: Pool, *, calls: int, warm_up: int, replications: int, seed: int) -> PoolRuns:
    """Simulate `warm_up` + `calls` calls in each replication, from an empty start.

    Given arrivals must be as many as that; they come alike in each replication. Raises ValueError for fewer than 2 calls, no
    replication or a negative warm-up.
    """
    if calls < 2 or replications < 1 or warm_up < 0:
        raise ValueError("there are two calls or more, a replication, and a warm-up of 0 calls or more")
    if isinstance(pool.arrivals, GivenArrivals) and len(pool.arrivals.at_s) != warm_up + calls:
        raise ValueError("given arrivals are those of the warm-up and those that count")
    run = _Run(pool, replications, np.random.default_rng(seed))
    run.advance(warm_up, count=False)
    run.advance(calls, count=True)
    return run.result(calls)


class _Run:
    """The state of all replications between two calls."""

    def __init__(self, pool: Pool, replications: int, random: np.random.Generator) -> None:
        self._pool, self._random = pool, random
        self._shape = (replications, pool.agents)
        # At the empty start all are free, and are taken in the order of their places: nobody's moment is another's.
        self._free_at = np.tile(np.arange(pool.agents) - LONG_AGO_S, replications)
        #: Where the agents of each replication begin in the flat arrays.
        self._base = np.arange(replications) * pool.agents
        self._clock = np.zeros(replications)
        self._done = 0
        self._counting_since = np.zeros(replications)
        self._first_counted = True
        self._busy = np.zeros(replications * pool.agents)
        self._answered, self._waited, self._in_target = (np.zeros(replications, np.int64) for _ in range(3))
        self._wait_of_answered, self._wait = np.zeros(replications), np.zeros(replications)

    def advance(self, calls: int, *, count: bool) -> None:
        """Handle the next calls, a chunk of them at a time."""
        most = max(1, CHUNK // self._shape[0])
        for begin in range(0, calls, most):
            self._chunk(min(most, calls - begin), count=count)

    def _chunk(self, calls: int, *, count: bool) -> None:
        shape = (calls, len(self._clock))
        arrivals = self._arrivals(shape)
        handling = self._pool.handling.draw(self._random, shape)
        patience = self._pool.patience.draw(self._random, shape)
        if count and self._first_counted:
            self._count_from(arrivals[0])
        waits, whom = np.empty(shape), np.empty(shape, np.intp)
        table = self._free_at.reshape(self._shape)
        desk: _Desk | _Near = _Desk(table) if self._pool.agents < NEAR_FROM else _Near(table)
        begins = np.empty(shape[1])
        for call in range(calls):
            wait, chosen = waits[call], whom[call]
            desk.first(chosen, begins)
            np.maximum(begins, arrivals[call], out=begins)
            np.subtract(begins, arrivals[call], out=wait)
            # Who gives up takes no time of the agent, whose moment stays: it was later than the arrival.
            handling[call] *= wait <= patience[call]
            begins += handling[call]
            desk.take(begins)
        self._free_at = desk.free_at().ravel()
        whom += self._base
        self._clock = arrivals[-1]
        if count:
            self._count(waits, patience, handling, whom)

    def _arrivals(self, shape: tuple[int, int]) -> Seconds:
        arrivals = self._pool.arrivals
        if isinstance(arrivals, GivenArrivals):
            moments = np.sort(arrivals.at_s)[self._done : self._done + shape[0]]
            self._done += shape[0]
            return np.broadcast_to(moments[:, None], shape)
        gaps = self._random.standard_exponential(shape)
        gaps *= 3600 / arrivals.calls_per_hour
        gaps[0] += self._clock
        return np.cumsum(gaps, axis=0, out=gaps)

    def _count_from(self, moment: Seconds) -> None:
        """Agents who are busy at this moment are so without a gap until they become free."""
        self._first_counted = False
        self._counting_since = moment
        self._busy = np.maximum(self._free_at.reshape(self._shape) - moment[:, None], 0.0).ravel()

    def _count(self, waits: Seconds, patience: Seconds, handling: Seconds, whom: NDArray[np.intp]) -> None:
        answered = waits <= patience
        self._answered += answered.sum(axis=0)
        self._waited += (waits > 0).sum(axis=0)
        self._in_target += (answered & (waits <= self._pool.within_s)).sum(axis=0)
        self._wait_of_answered += (waits * answered).sum(axis=0)
        self._wait += np.minimum(waits, patience).sum(axis=0)
        self._busy += np.bincount(whom.ravel(), handling.ravel(), minlength=len(self._busy))

    def result(self, calls: int) -> PoolRuns:
        # What agents will be doing after the last arrival lies outside the time that is counted.
        after = np.maximum(self._free_at.reshape(self._shape) - self._clock[:, None], 0.0)
        span = (self._clock - self._counting_since)[:, None]
        return PoolRuns(
            offered=calls,
            answered=self._answered,
            waited=self._waited,
            in_target=self._in_target,
            asa_s=np.where(self._answered > 0, self._wait_of_answered / np.maximum(self._answered, 1), np.nan),
            mean_wait_s=self._wait / calls,
            agent_utilisation=(self._busy.reshape(self._shape) - after) / span,
        )


class _Desk:
    """When each agent becomes free, a row for each replication; each step looks at everybody."""

    def __init__(self, table: Seconds) -> None:
        self._table = table.copy()
        self._flat = self._table.ravel()
        self._base = np.arange(table.shape[0]) * table.shape[1]
        self._at = np.empty(table.shape[0], np.intp)

    def first(self, chosen: NDArray[np.intp], moment: Seconds) -> None:
        """Whoever becomes free first in each replication, and when."""
        self._table.argmin(axis=1, out=chosen)
        np.add(chosen, self._base, out=self._at)
        self._flat.take(self._at, out=moment, mode="clip")

    def take(self, until: Seconds) -> None:
        """Those who were found are free again at these moments."""
        self._flat[self._at] = until

    def free_at(self) -> Seconds:
        return self._table


class _Near:
    """The same for many agents: each step looks at the few who become free soonest.

    The moments up to `_bound` lie together, at most `NEAR` in each replication, in the order of the agents; every other
    agent's is later. Whoever is taken until after the bound leaves them; when nobody is left they are chosen anew out of
    everybody, up to a bound that about half of the places will be taken for.
    """

    def __init__(self, table: Seconds) -> None:
        self._table = table.copy()
        self._flat = self._table.ravel()
        self._runs, self._agents = table.shape
        rows = np.arange(self._runs)
        self._base, self._near_base = rows * self._agents, rows * NEAR
        self._near, self._who = np.empty((self._runs, NEAR)), np.zeros((self._runs, NEAR), np.intp)
        self._near_flat, self._who_flat = self._near.ravel(), self._who.ravel()
        self._ahead = np.ones(self._runs)
        self._place, self._at = np.empty(self._runs, np.intp), np.empty(self._runs, np.intp)
        self._late = np.empty(self._runs, np.bool_)
        self._bound = self._choose()

    def _choose(self) -> Seconds:
        """Choose those who are near, and give the bound up to which they are.

        More than there are places for may become free at the very same moment: then the first of them are near.
        """
        least = self._table.min(axis=1)
        for ahead in (*[self._ahead] * TRIES, 0.0):
            bound: Seconds = least + ahead
            inside = np.flatnonzero(self._table <= bound[:, None])
            row = inside // self._agents
            counts = np.bincount(row, minlength=self._runs)
            self._ahead *= np.clip(0.6 * NEAR / counts, 0.5, 2.0)
            if counts.max() <= NEAR:
                break
        place = np.arange(len(inside)) - (np.cumsum(counts) - counts)[row]
        fits = place < NEAR
        place, inside, row = (place + row * NEAR)[fits], inside[fits], row[fits]
        self._near.fill(np.inf)
        self._near_flat[place] = self._flat[inside]
        self._who_flat[place] = inside - row * self._agents
        return np.asarray(bound)

    def first(self, chosen: NDArray[np.intp], moment: Seconds) -> None:
        """As `_Desk.first`."""
        self._look(moment)
        np.greater(moment, self._bound, out=self._late)
        if np.logical_or.reduce(self._late):
            self._bound = self._choose()
            self._look(moment)
        self._who_flat.take(self._place, out=chosen, mode="clip")
        np.add(chosen, self._base, out=self._at)

    def _look(self, moment: Seconds) -> None:
        self._near.argmin(axis=1, out=self._place)
        self._place += self._near_base
        self._near_flat.take(self._place, out=moment, mode="clip")

    def take(self, until: Seconds) -> None:
        """As `_Desk.take`."""
        self._flat[self._at] = until
        np.greater(until, self._bound, out=self._late)
        self._near_flat[self._place] = np.where(self._late, np.inf, until)

    def free_at(self) -> Seconds:
        return self._table
