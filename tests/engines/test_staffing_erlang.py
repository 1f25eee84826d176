"""Erlang B and C: published values, exact fractions, limits, and numbers that hold for 5,000 agents."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.staffing import Demand, erlang_b, erlang_c, waiting_probability

AGENTS = st.integers(1, 400)
ERLANGS = st.floats(0.01, 500)


def exact_b(agents: int, erlangs: Fraction) -> Fraction:
    """Erlang's own form: (aⁿ/n!) ÷ Σ aᵏ/k!."""
    terms = [erlangs**k / math.factorial(k) for k in range(agents + 1)]
    return terms[-1] / sum(terms)


@pytest.mark.parametrize(
    ("lines", "erlangs", "blocking"),
    [
        # Reference pages of the Erlang Library for Excel (Abstract Micro Systems): traffic at a blocking.
        (17, 9.65160, 0.01),
        (17, 12.4613, 0.05),
        (25, 16.1245, 0.01),
        # Published tables of Erlang B, two decimals: 10 lines at 1 %, 20 lines at 1 %.
        (10, 4.461, 0.01),
        (20, 12.03, 0.01),
    ],
)
def test_erlang_b_is_that_of_published_tables(lines: int, erlangs: float, blocking: float) -> None:
    assert erlang_b(lines, erlangs) == pytest.approx(blocking, rel=5e-4)


def test_erlang_c_is_that_of_published_examples() -> None:
    # Westbay's description of Erlang C: 360 calls in half an hour, 4 minutes, 55 agents, 15 seconds.
    found = erlang_c(55, Demand(calls_per_hour=720, handling_s=240), within_s=15)
    assert (round(found.wait_probability, 3), round(found.asa_s, 1)) == (0.239, 8.2)
    assert round(found.occupancy, 3) == 0.873
    # Call Centre Helper's worked example: 100 calls in half an hour, 180 seconds, 14 agents, 20 seconds.
    found = erlang_c(14, Demand(calls_per_hour=200, handling_s=180), within_s=20)
    assert (round(found.wait_probability, 3), round(found.service_level, 3), round(found.asa_s, 1)) == (
        0.174,
        0.888,
        7.8,
    )
    # N. Gans, G. Koole, A. Mandelbaum, "Telephone call centers: tutorial, review, and research prospects" (2003): 48 calls
    # a minute, one minute each, 50 agents. Mean wait 20.8 s, 90th percentile 58.1 s, 17 in the queue, agents 96 % busy.
    found = erlang_c(50, Demand(calls_per_hour=48 * 60, handling_s=60), within_s=58.1)
    assert (round(found.asa_s, 1), round(found.waiting), round(found.occupancy, 2)) == (20.8, 17, 0.96)
    assert found.service_level == pytest.approx(0.9, abs=2e-4)


@pytest.mark.parametrize(("agents", "erlangs", "waits"), [(1, 0.5, 1 / 2), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9)])
def test_erlang_c_by_hand(agents: int, erlangs: float, waits: float) -> None:
    assert waiting_probability(agents, erlangs) == pytest.approx(waits, rel=1e-14)


@given(agents=st.integers(0, 60), tenths=st.integers(1, 900))
def test_erlang_b_equals_the_exact_fraction(agents: int, tenths: int) -> None:
    assert erlang_b(agents, tenths / 10) == pytest.approx(float(exact_b(agents, Fraction(tenths, 10))), rel=1e-12)


@given(agents=AGENTS, erlangs=ERLANGS)
def test_erlang_b_satisfies_its_recursion_and_is_monotone(agents: int, erlangs: float) -> None:
    before, now = erlang_b(agents - 1, erlangs), erlang_b(agents, erlangs)
    assert now == pytest.approx(erlangs * before / (agents + erlangs * before), rel=1e-9)
    assert 0 <= now <= before <= 1
    assert erlang_b(agents, erlangs * 1.5) >= now


@given(agents=AGENTS, erlangs=ERLANGS)
def test_erlang_c_lies_between_erlang_b_and_one(agents: int, erlangs: float) -> None:
    lost, waits = erlang_b(agents, erlangs), waiting_probability(agents, erlangs)
    assert lost * (1 - 1e-12) <= waits <= 1
    if erlangs < agents:
        # The textbook identity C = nB ÷ (n − a(1 − B)).
        assert waits == pytest.approx(agents * lost / (agents - erlangs * (1 - lost)), rel=1e-9)
        assert waiting_probability(agents + 1, erlangs) <= waits
    else:
        assert waits == 1


@given(agents=st.integers(1, 300), load=st.floats(0.05, 0.99), handling=st.floats(10, 3000), within=st.floats(0, 600))
def test_littles_law_and_the_shares_of_erlang_c(agents: int, load: float, handling: float, within: float) -> None:
    demand = Demand(calls_per_hour=agents * load * 3600 / handling, handling_s=handling)
    found = erlang_c(agents, demand, within)
    assert found.waiting == pytest.approx(demand.calls_per_s * found.mean_wait_s)
    assert 0 <= found.service_level <= 1
    assert found.service_level >= 1 - found.wait_probability - 1e-12
    assert erlang_c(agents, demand, within + 30).service_level >= found.service_level
    assert found.occupancy == pytest.approx(load)
    assert found.abandonment == 0


@pytest.mark.parametrize("agents", [1_000, 5_000])
def test_thousands_of_agents_keep_every_digit(agents: int) -> None:
    assert erlang_b(agents, 0.1 * agents) < 1e-300
    # Critically loaded, B ≈ √(2/(πn)) (first term of Jagerman's expansion).
    assert erlang_b(agents, float(agents)) == pytest.approx(math.sqrt(2 / (math.pi * agents)), rel=0.02)
    # Far beyond capacity what is lost is what cannot be carried.
    assert erlang_b(agents, 10.0 * agents) == pytest.approx(0.9, rel=1e-3)
    # Halfin and Whitt (1981): a load of n − β√n at β = 1 waits with probability (1 + βΦ(β)/φ(β))⁻¹ = 0.2234 in the limit.
    assert waiting_probability(agents, agents - math.sqrt(agents)) == pytest.approx(0.2234, rel=0.03)


def test_agents_who_can_not_keep_up_let_everybody_wait_for_ever() -> None:
    found = erlang_c(2, Demand(calls_per_hour=20, handling_s=360))
    assert found.asa_s == found.mean_wait_s == found.waiting == math.inf
    assert (found.wait_probability, found.service_level, found.occupancy) == (1, 0, 1)


def test_without_calls_nobody_waits() -> None:
    quiet = Demand(calls_per_hour=0, handling_s=300)
    assert (erlang_b(0, 0), erlang_b(3, 0)) == (1, 0)
    assert erlang_c(3, quiet).service_level == 1
    assert erlang_c(3, quiet).asa_s == 0


def test_what_is_no_number_of_calls_agents_or_seconds_is_refused() -> None:
    with pytest.raises(ValueError, match="calls"):
        Demand(calls_per_hour=-1, handling_s=300)
    with pytest.raises(ValueError, match="more than 0 seconds"):
        Demand(calls_per_hour=1, handling_s=0)
    with pytest.raises(ValueError, match="more than 0 seconds"):
        Demand(calls_per_hour=1, handling_s=1, patience_s=math.inf)
    with pytest.raises(ValueError, match="0 or more"):
        erlang_b(-1, 1)
    with pytest.raises(ValueError, match="erlangs"):
        erlang_b(1, math.nan)
    with pytest.raises(ValueError, match="1 or more"):
        erlang_c(0, Demand(calls_per_hour=1, handling_s=1))
    with pytest.raises(ValueError, match="target"):
        erlang_c(1, Demand(calls_per_hour=1, handling_s=1), within_s=-1)
