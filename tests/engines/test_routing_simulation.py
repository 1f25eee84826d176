"""The simulators against Erlang C and Erlang A, against each other, and what choosing specialists first brings.

Seeds are fixed. A z-value is the distance between the mean of independent replications and the exact value, in standard
errors; one beyond 3 would come by chance once in 370 times.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from caasis.engines.routing import Agent, Choice, Overflow, Router
from caasis.engines.routing.simulation import (
    Constant,
    Estimate,
    Exponential,
    GivenArrivals,
    Lognormal,
    Never,
    Poisson,
    Pool,
    PoolRuns,
    QueueModel,
    Scenario,
    Times,
    compare,
    estimate,
    replicate,
    run,
    run_pool,
    town,
)
from caasis.engines.staffing import Demand, Performance, performance

HANDLING_S = 300.0


def pool_of(agents: int, load: float, patience_s: float | None) -> tuple[Pool, Performance]:
    """A pool with Erlang's assumptions, and what Erlang C or A says about it."""
    demand = Demand(calls_per_hour=agents * load * 3600 / HANDLING_S, handling_s=HANDLING_S, patience_s=patience_s)
    patience = Never() if patience_s is None else Exponential(patience_s)
    pool = Pool(
        agents=agents, arrivals=Poisson(demand.calls_per_hour), handling=Exponential(HANDLING_S), patience=patience
    )
    return pool, performance(agents, demand, pool.within_s)


def z_values(runs: PoolRuns, expected: Performance) -> dict[str, float]:
    found = {
        "wait_probability": (runs.wait_probability, expected.wait_probability),
        "service_level": (runs.service_level, expected.service_level),
        "mean_wait_s": (runs.mean_wait_s, expected.mean_wait_s),
        "asa_s": (runs.asa_s, expected.asa_s),
        "abandonment": (runs.abandonment, expected.abandonment),
        "utilisation": (runs.utilisation, expected.occupancy),
    }
    return {name: estimate(values).z(value) for name, (values, value) in found.items()}


# --- one pool ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("agents", "load"), [(1, 0.6), (3, 0.7), (12, 0.85), (40, 0.9)])
def test_without_impatience_the_pool_is_erlang_c(agents: int, load: float) -> None:
    pool, expected = pool_of(agents, load, None)
    runs = run_pool(pool, calls=800, warm_up=800, replications=500, seed=4)
    found = z_values(runs, expected)
    assert all(abs(z) < 3 for z in found.values()), found
    assert not runs.abandonment.any()


@pytest.mark.parametrize(
    ("agents", "load", "patience_s"), [(1, 0.9, 200.0), (3, 1.3, 100.0), (12, 0.95, 120.0), (40, 1.1, 300.0)]
)
def test_with_exponential_patience_the_pool_is_erlang_a(agents: int, load: float, patience_s: float) -> None:
    pool, expected = pool_of(agents, load, patience_s)
    found = z_values(run_pool(pool, calls=800, warm_up=400, replications=500, seed=5), expected)
    assert all(abs(z) < 3 for z in found.values()), found


def test_a_wrong_number_of_agents_would_be_seen() -> None:
    pool, _ = pool_of(12, 0.95, 120.0)
    _, other = pool_of(13, 0.95 * 12 / 13, 120.0)
    found = z_values(run_pool(pool, calls=800, warm_up=400, replications=500, seed=5), other)
    assert min(abs(found[name]) for name in ("service_level", "abandonment", "utilisation")) > 3


def test_the_pool_by_hand() -> None:
    """One agent, calls at 0, 10, 20 and 100 s of 30 s each, patience 25 s: the third would wait 40 s and gives up."""
    pool = Pool(
        agents=1, arrivals=GivenArrivals((0.0, 10.0, 20.0, 100.0)), handling=Constant(30.0), patience=Constant(25.0)
    )
    runs = run_pool(pool, calls=4, warm_up=0, replications=2, seed=0)
    assert runs.answered.tolist() == [3, 3]
    assert runs.waited.tolist() == [2, 2]
    assert runs.in_target.tolist() == [3, 3]
    assert runs.asa_s.tolist() == pytest.approx([20 / 3] * 2)
    assert runs.mean_wait_s.tolist() == pytest.approx([45 / 4] * 2)
    assert runs.abandonment.tolist() == [0.25, 0.25]
    # Busy from 0 to 60 of the 100 seconds between the first arrival and the last one.
    assert runs.utilisation.tolist() == pytest.approx([0.6, 0.6])
    # After a warm-up of two calls: busy from 20 to 60 of the 80 seconds that count.
    later = run_pool(pool, calls=2, warm_up=2, replications=1, seed=0)
    assert (later.answered.tolist(), later.utilisation.tolist()) == ([1], pytest.approx([0.5]))


def test_chunks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = tuple(float(moment) for moment in np.random.default_rng(1).uniform(0, 3000, 60))
    pool = Pool(agents=3, arrivals=GivenArrivals(moments), handling=Constant(140.0), patience=Constant(90.0))
    whole = run_pool(pool, calls=50, warm_up=10, replications=2, seed=0)
    monkeypatch.setattr("caasis.engines.routing.simulation.pool.CHUNK", 14)
    pieces = run_pool(pool, calls=50, warm_up=10, replications=2, seed=0)
    assert pieces.answered.tolist() == whole.answered.tolist()
    assert pieces.agent_utilisation == pytest.approx(whole.agent_utilisation)
    assert pieces.asa_s == pytest.approx(whole.asa_s)


@pytest.mark.parametrize("agents", [170, 400, 1_000])
@pytest.mark.parametrize("handling", [Exponential(300), Constant(300.0)], ids=["exponential", "constant"])
def test_looking_at_those_who_are_free_soonest_finds_whom_a_look_at_everybody_finds(
    agents: int, handling: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool(agents=agents, arrivals=Poisson(agents * 0.98 * 12), handling=handling, patience=Exponential(60))
    asked = {"calls": 3 * agents, "warm_up": 2 * agents, "replications": 20, "seed": 7}
    found = []
    for start in (1, 10**9):
        monkeypatch.setattr("caasis.engines.routing.simulation.pool.NEAR_FROM", start)
        found.append(run_pool(pool, **asked))
    near, everybody = found
    assert near.waited.sum() > 0
    for name in ("answered", "waited", "in_target", "asa_s", "mean_wait_s", "agent_utilisation"):
        assert np.array_equal(getattr(near, name), getattr(everybody, name)), name


def test_many_who_become_free_at_the_very_same_moment_are_taken_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals = GivenArrivals((0.0,) * 400 + (1.0,) * 400)
    pool = Pool(agents=300, arrivals=arrivals, handling=Constant(10.0), patience=Constant(60.0))
    found = []
    for start in (1, 10**9):
        monkeypatch.setattr("caasis.engines.routing.simulation.pool.NEAR_FROM", start)
        found.append(run_pool(pool, calls=700, warm_up=100, replications=2, seed=0))
    assert np.array_equal(found[0].agent_utilisation, found[1].agent_utilisation)
    assert found[0].asa_s.tolist() == found[1].asa_s.tolist()


@pytest.mark.parametrize("patience_s", [None, 120.0])
def test_a_large_pool_is_erlang_c_and_a(patience_s: float | None) -> None:
    pool, expected = pool_of(500, 0.97, patience_s)
    found = z_values(run_pool(pool, calls=12_000, warm_up=12_000, replications=60, seed=8), expected)
    assert all(abs(z) < 3 for z in found.values()), found


def test_alike_agents_are_used_alike_and_the_spread_is_chance() -> None:
    pool, expected = pool_of(10, 0.8, None)
    runs = run_pool(pool, calls=2000, warm_up=200, replications=60, seed=6)
    assert runs.agent_utilisation.shape == (60, 10)
    assert runs.agent_utilisation.mean(axis=0) == pytest.approx(np.full(10, expected.occupancy), abs=0.03)
    assert 0 < runs.spread.mean() < 0.05


def test_a_replication_in_which_nobody_is_answered_has_no_mean_wait() -> None:
    pool = Pool(agents=1, arrivals=GivenArrivals((0.0, 1.0, 2.0)), handling=Constant(500.0), patience=Constant(3.0))
    runs = run_pool(pool, calls=2, warm_up=1, replications=3, seed=0)
    assert np.isnan(runs.asa_s).all()
    with pytest.raises(ValueError, match="two replications"):
        estimate(runs.asa_s)


def test_pools_that_make_no_sense_are_refused() -> None:
    pool, _ = pool_of(2, 0.5, None)
    for calls, warm_up, replications in ((1, 0, 1), (2, -1, 1), (2, 0, 0)):
        with pytest.raises(ValueError, match="two calls"):
            run_pool(pool, calls=calls, warm_up=warm_up, replications=replications, seed=0)
    with pytest.raises(ValueError, match="given arrivals"):
        run_pool(replace(pool, arrivals=GivenArrivals((1.0,))), calls=2, warm_up=0, replications=1, seed=0)
    with pytest.raises(ValueError, match="agent"):
        replace(pool, agents=0)


# --- times and estimates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "mean", "deviation"),
    [(Exponential(300), 300, 300), (Lognormal(300, 1.5), 300, 450), (Constant(7), 7, 0), (Lognormal(60, 0.3), 60, 18)],
)
def test_times_have_the_mean_and_the_deviation_that_they_say(times: Any, mean: float, deviation: float) -> None:
    drawn = times.draw(np.random.default_rng(3), (200, 2000))
    assert drawn.shape == (200, 2000)
    assert drawn.mean() == pytest.approx(mean, rel=0.01)
    assert drawn.std() == pytest.approx(deviation, rel=0.05)


def test_arrivals() -> None:
    moments = Poisson(360.0).moments(np.random.default_rng(2), 36_000.0)
    assert abs(len(moments) - 3600) < 4 * 60
    assert (np.diff(moments) >= 0).all()
    assert np.diff(moments).std() == pytest.approx(10.0, rel=0.1)
    assert GivenArrivals((5.0, 1.0, 9.0)).moments(np.random.default_rng(2), 9.0).tolist() == [1.0, 5.0]


def test_times_that_are_none_are_refused() -> None:
    for make in (
        lambda: Exponential(0.0),
        lambda: Lognormal(10.0, 0.0),
        lambda: Poisson(math.inf),
        lambda: Constant(-1.0),
        lambda: GivenArrivals((-1.0,)),
    ):
        with pytest.raises(ValueError, match=r"0|after"):
            make()


def test_estimates() -> None:
    found = estimate([1.0, 2.0, 3.0, math.nan])
    assert (found.mean, found.replications) == (2.0, 3)
    assert found.standard_error == pytest.approx(1 / math.sqrt(3))
    assert found.interval == pytest.approx((2 - 1.96 / math.sqrt(3), 2 + 1.96 / math.sqrt(3)))
    assert found.z(2.0) == 0
    always = Estimate(1.0, 0.0, 5)
    assert (always.z(1.0), always.z(0.5), always.z(2.0)) == (0.0, math.inf, -math.inf)


# --- through the router -----------------------------------------------------------------------------------------------


def queue(name: str, calls_per_hour: float, **named: Any) -> QueueModel:
    return QueueModel(
        **{
            "name": name,
            "centre": "own",
            "arrivals": Poisson(calls_per_hour),
            "handling": Exponential(HANDLING_S),
            "patience": Exponential(180.0),
            **named,
        }
    )


def staff(count: int, prefix: str = "a", centre: str = "own", **skills: int) -> tuple[Agent, ...]:
    return tuple(Agent(id=f"{prefix}-{number:02}", centre=centre, skills=skills) for number in range(count))


@pytest.mark.parametrize("patience", [Never(), Constant(45.0)])
def test_call_by_call_the_router_does_what_the_pool_does(patience: Times) -> None:
    random = np.random.default_rng(11)
    moments = np.sort(random.uniform(0, 7200, 300))
    model = queue("q", 1.0, arrivals=GivenArrivals(tuple(moments.tolist())), handling=Constant(90.0), patience=patience)
    result = run(Scenario(queues=(model,), agents=staff(4), duration_s=7200.0), seed=0)
    pool = Pool(agents=4, arrivals=model.arrivals, handling=Constant(90.0), patience=patience)
    runs = run_pool(pool, calls=300, warm_up=0, replications=1, seed=0)
    assert (result.queues["q"].answered, result.queues["q"].in_target) == (runs.answered[0], runs.in_target[0])
    assert result.queues["q"].asa_s == pytest.approx(runs.asa_s[0])
    # The router's agents are counted from 0 to 7,200 s, the pool's from the first arrival to the last one.
    assert sorted(one.answered for one in result.agents.values()) == pytest.approx(
        sorted(runs.agent_utilisation[0] * (moments[-1] - moments[0]) / 90.0), abs=1.01
    )


@pytest.mark.parametrize(("load", "patience_s"), [(0.8, None), (1.05, 200.0)])
def test_through_the_router_one_queue_is_erlang_c_and_a(load: float, patience_s: float | None) -> None:
    pool, expected = pool_of(8, load, patience_s)
    model = queue("q", 8 * load * 12, patience=pool.patience)
    scenario = Scenario(queues=(model,), agents=staff(8), duration_s=3 * 3600.0, warm_up_s=3600.0)
    results = list(replicate(scenario, replications=30, seed=21))
    found = {
        "service_level": estimate(one.queues["q"].service_level for one in results).z(expected.service_level),
        "asa_s": estimate(one.queues["q"].asa_s for one in results).z(expected.asa_s),
        "abandonment": estimate(one.queues["q"].abandonment for one in results).z(expected.abandonment),
        "utilisation": estimate(one.utilisation for one in results).z(expected.occupancy),
    }
    assert all(abs(z) < 3 for z in found.values()), found


def four_queues(load: float) -> Scenario:
    """Calls for everybody and for three skills; 34 agents: 12 without a skill, 16 with one, 6 with all three."""
    agents = (
        *staff(12, "general"),
        *staff(6, "debt", debt=3),
        *staff(6, "telecom", telecom=3),
        *staff(4, "housing", housing=3),
        *staff(6, "all", debt=2, telecom=2, housing=2),
    )
    shares = {"general": 0.45, "debt": 0.2, "telecom": 0.2, "housing": 0.15}
    calls_per_hour = len(agents) * load * 3600 / 600
    queues = (
        queue(
            name,
            calls_per_hour * share,
            required={} if name == "general" else {name: 1},
            handling=Lognormal(600.0, 1.0),
            patience=Exponential(240.0),
        )
        for name, share in shares.items()
    )
    return Scenario(queues=tuple(queues), agents=agents, duration_s=4 * 3600.0, warm_up_s=1800.0)


def test_specialists_first_help_every_queue_that_needs_a_skill() -> None:
    """Against the longest idle: more in time where a skill is needed and in all, a little less where none is.

    `bin/bench routing` measures the same with more calls, and prints the intervals.
    """
    found = compare(four_queues(0.85), Choice.SPECIALIST_FIRST, Choice.LONGEST_IDLE, replications=16, seed=1)
    for name in ("debt", "telecom", "housing"):
        assert found.service_level[name].interval[0] > 0, name
    assert found.total.interval[0] > 0
    assert -0.03 < found.service_level["general"].mean < 0
    assert found.spread.interval[1] < 0


def test_the_same_choice_on_the_same_calls_makes_no_difference() -> None:
    small = Scenario(queues=(queue("q", 60.0),), agents=staff(5), duration_s=3600.0)
    found = compare(small, Choice.LONGEST_IDLE, Choice.LONGEST_IDLE, replications=2, seed=1)
    assert (found.total.mean, found.total.standard_error, found.spread.mean) == (0, 0, 0)


def test_partners_shorten_the_wait_by_time_and_by_expectation() -> None:
    helpers = staff(4, "h", centre="near")
    quiet = Scenario(queues=(queue("q", 70.0),), agents=(*staff(4), *helpers), duration_s=4 * 3600.0)
    alone = run(quiet, seed=3)
    assert all(alone.agents[one.id].answered == 0 for one in helpers)

    def helped(rule: Overflow, **named: Any) -> float:
        result = run(replace(quiet, queues=(queue("q", 70.0, overflow=(rule,)),), **named), seed=3)
        assert sum(result.agents[one.id].answered for one in helpers) > 0
        return result.queues["q"].service_level

    assert helped(Overflow(centre="near", waited_s=10.0)) > alone.queues["q"].service_level + 0.1
    expected = {"review_s": 30.0, "handling_s": {"q": HANDLING_S}}
    assert helped(Overflow(centre="near", expected_wait_s=100.0), **expected) > alone.queues["q"].service_level + 0.1


def test_the_expected_wait_that_is_told_is_the_one_that_is_met() -> None:
    """Erlang C's queue: the mean of (told − waited) over the calls that had to wait is nothing but chance."""
    told: dict[str, float] = {}

    class Telling(Router):
        def enter(self, work: Any, now: float) -> Any:
            given = super().enter(work, now)
            if not given:
                told[work.id] = self.expected_wait_s(work.id) or 0.0
            return given

    errors = []
    scenario = Scenario(
        queues=(queue("q", 8 * 0.9 * 12, patience=Never()),), agents=staff(8), duration_s=4 * 3600.0,
        handling_s={"q": HANDLING_S},
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(town, "Router", Telling)
        for seed in range(24):
            told.clear()
            one = town._Town(scenario, seed, Choice.SPECIALIST_FIRST)
            one.run()
            errors.append(float(np.mean([told[key] - one._by_id[key].waited for key in told])))
    found = estimate(errors)
    assert abs(found.z(0.0)) < 3, found
    assert found.standard_error < 15


def test_nothing_is_counted_before_the_warm_up_and_nothing_without_calls() -> None:
    early = queue("early", 1.0, arrivals=GivenArrivals((10.0, 20.0)))
    result = run(Scenario(queues=(early,), agents=staff(1), duration_s=3600.0, warm_up_s=1800.0), seed=0)
    assert result.queues["early"].offered == 0
    assert math.isnan(result.queues["early"].service_level)
    assert math.isnan(result.queues["early"].abandonment)
    assert math.isnan(result.queues["early"].asa_s)
    assert math.isnan(result.service_level)
    assert result.agents["a-00"].answered == 0


def test_scenarios_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="warm-up"):
        Scenario(queues=(), agents=(), duration_s=1.0, warm_up_s=1.0)
    with pytest.raises(ValueError, match="name"):
        Scenario(queues=(queue("q", 1.0), queue("q", 1.0)), agents=(), duration_s=1.0)
