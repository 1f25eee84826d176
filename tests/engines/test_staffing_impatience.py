"""Erlang A: published values, the chain solved step by step, its two limits, monotony, and thousands of agents."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caasis.engines.staffing import Demand, Performance, erlang_a, erlang_b, erlang_c

#: Nobody of the examples below waits for so long.
LONG_S = 4_000.0


def demand(agents: int, load: float, patience_s: float, handling_s: float = 300.0) -> Demand:
    return Demand(calls_per_hour=agents * load * 3600 / handling_s, handling_s=handling_s, patience_s=patience_s)


def test_erlang_a_is_that_of_the_published_example() -> None:
    # Gans, Koole, Mandelbaum (2003), next to Erlang C: 48 calls a minute, one minute each, 50 agents, patience two minutes.
    # 3.1 % give up, mean wait 3.7 s, 90th percentile 12.5 s, 3 in the queue, agents 93 % busy.
    found = erlang_a(50, Demand(calls_per_hour=48 * 60, handling_s=60, patience_s=120))
    assert round(found.abandonment, 3) == 0.031
    assert round(found.mean_wait_s, 1) == 3.7
    assert round(found.waiting) == 3
    assert round(found.occupancy, 2) == 0.93


def simpson(function: Callable[[float], float], end: float, steps: int = 6_000) -> float:
    """The integral from 0 to `end`."""
    width = end / steps
    inner = math.fsum((4 if k % 2 else 2) * function(k * width) for k in range(1, steps))
    return (function(0.0) + inner + function(end)) * width / 3


def chain(agents: int, one: Demand, within_s: float) -> Performance:
    """The birth-and-death chain up to a far state, and by Simpson's rule over the offered wait what is answered when."""
    assert one.patience_s is not None
    arrivals, served, leaving = one.calls_per_s, 1 / one.handling_s, 1 / one.patience_s
    logs = [0.0]
    for state in range(1, agents + 3_000):
        out = min(state, agents) * served + max(0, state - agents) * leaving
        logs.append(logs[-1] + math.log(arrivals / out))
    highest = max(logs)
    weights = [math.exp(log - highest) for log in logs]
    total = math.fsum(weights)
    shares = [weight / total for weight in weights]
    waiting = math.fsum(max(0, state - agents) * share for state, share in enumerate(shares))
    waits = math.fsum(shares[agents:])
    abandonment = leaving * waiting / arrivals

    def density(v: float) -> float:
        grown = arrivals / leaving * -math.expm1(-leaving * v) - agents * served * v
        return arrivals * shares[agents - 1] * math.exp(grown - leaving * v)

    in_time = simpson(density, within_s)
    answered_late = simpson(density, LONG_S, 30_000)
    waited = simpson(lambda v: v * density(v), LONG_S, 30_000)
    return Performance(
        wait_probability=waits,
        service_level=1 - waits + in_time,
        asa_s=waited / (1 - waits + answered_late),
        mean_wait_s=waiting / arrivals,
        abandonment=abandonment,
        occupancy=math.fsum(min(state, agents) * share for state, share in enumerate(shares)) / agents,
        waiting=waiting,
    )


@pytest.mark.parametrize(
    ("agents", "load", "patience_s"), [(1, 0.5, 60), (3, 1.0, 200), (20, 0.95, 120), (20, 1.6, 400), (60, 0.8, 1000)]
)
def test_every_figure_is_that_of_the_chain(agents: int, load: float, patience_s: float) -> None:
    one = demand(agents, load, patience_s)
    found, expected = erlang_a(agents, one, within_s=30), chain(agents, one, within_s=30)
    for name in ("wait_probability", "service_level", "asa_s", "mean_wait_s", "abandonment", "occupancy", "waiting"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-6), name


@settings(max_examples=60)
@given(agents=st.integers(1, 200), load=st.floats(0.05, 2.5), patience=st.floats(5, 3000), within=st.floats(0, 300))
def test_what_always_holds(agents: int, load: float, patience: float, within: float) -> None:
    one = demand(agents, load, patience)
    found = erlang_a(agents, one, within)
    # Little's law, and the flow balance: θ E(Q) = λ P(Ab), so that E(W) = P(Ab) ÷ θ.
    assert found.waiting == pytest.approx(one.calls_per_s * found.mean_wait_s, rel=1e-9, abs=1e-12)
    for share in (found.wait_probability, found.service_level, found.abandonment, found.occupancy):
        assert 0 <= share <= 1
    assert found.service_level + found.abandonment <= 1 + 1e-9
    assert found.service_level >= 1 - found.wait_probability - 1e-9
    assert found.occupancy == pytest.approx((1 - found.abandonment) * load, abs=1e-9)
    # The wait of everybody is that of the answered and that of those who give up; none of the latter waits past patience.
    gave_up_s = found.mean_wait_s - (1 - found.abandonment) * found.asa_s
    assert gave_up_s >= -1e-9


@settings(max_examples=40)
@given(agents=st.integers(1, 150), load=st.floats(0.2, 2.0), patience=st.floats(20, 2000))
def test_more_agents_help_and_more_calls_hurt(agents: int, load: float, patience: float) -> None:
    one = demand(agents, load, patience)
    found, helped = erlang_a(agents, one), erlang_a(agents + 1, one)
    assert helped.abandonment <= found.abandonment + 1e-12
    assert helped.service_level >= found.service_level - 1e-9
    assert helped.wait_probability <= found.wait_probability + 1e-12
    busier = erlang_a(agents, demand(agents, load * 1.1, patience))
    assert busier.abandonment >= found.abandonment - 1e-12
    assert busier.service_level <= found.service_level + 1e-9
    longer = erlang_a(agents, one, within_s=60)
    assert longer.service_level >= found.service_level - 1e-9


@given(agents=st.integers(1, 200), load=st.floats(0.1, 0.97))
def test_with_endless_patience_it_is_erlang_c(agents: int, load: float) -> None:
    one = demand(agents, load, patience_s=1e9)
    found, limit = erlang_a(agents, one), erlang_c(agents, one)
    for name in ("wait_probability", "service_level", "asa_s", "mean_wait_s", "occupancy", "waiting"):
        assert getattr(found, name) == pytest.approx(getattr(limit, name), rel=1e-3, abs=1e-6), name
    assert found.abandonment < 1e-5


@given(agents=st.integers(1, 200), load=st.floats(0.1, 3.0))
def test_without_any_patience_it_is_erlang_b(agents: int, load: float) -> None:
    one = demand(agents, load, patience_s=1e-6)
    found = erlang_a(agents, one)
    assert found.abandonment == pytest.approx(erlang_b(agents, one.erlangs), rel=1e-4, abs=1e-9)
    assert found.service_level == pytest.approx(1 - erlang_b(agents, one.erlangs), rel=1e-4, abs=1e-9)
    assert found.mean_wait_s < 1e-5


def test_with_patience_like_handling_it_is_the_infinite_server_queue() -> None:
    # With θ = μ everybody leaves at the same rate, served or not: the number in the system is Poisson with mean a.
    found = erlang_a(5, demand(5, 1.2, patience_s=300))
    poisson = [math.exp(-6.0) * 6.0**k / math.factorial(k) for k in range(5)]
    assert found.wait_probability == pytest.approx(1 - sum(poisson), rel=1e-12)


@pytest.mark.parametrize("load", [0.3, 0.99, 1.0, 1.01, 2.0])
def test_five_thousand_agents(load: float) -> None:
    found = erlang_a(5_000, demand(5_000, load, patience_s=600))
    # In overload what can't be served gives up (fluid limit, Garnett, Mandelbaum, Reiman 2002).
    assert found.abandonment == pytest.approx(max(0.0, 1 - 1 / load), abs=0.006)
    assert math.isfinite(found.asa_s)
    assert erlang_a(5_001, demand(5_000, load, patience_s=600)).abandonment <= found.abandonment


def test_without_calls_nobody_gives_up() -> None:
    found = erlang_a(2, Demand(calls_per_hour=0, handling_s=300, patience_s=60))
    assert (found.service_level, found.abandonment, found.asa_s) == (1, 0, 0)


def test_what_has_no_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="Erlang C"):
        erlang_a(2, Demand(calls_per_hour=10, handling_s=300))
    with pytest.raises(ValueError, match="1 or more"):
        erlang_a(0, demand(1, 1.0, 60))
    with pytest.raises(ValueError, match="no bounds"):
        erlang_a(10, demand(10, 2.0, patience_s=1e9))
