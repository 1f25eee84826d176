"""The least number of agents and lines: published numbers, and that one fewer would not do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caasis.engines.staffing import Demand, Target, agents_needed, erlang_b, lines_needed, performance


def test_the_numbers_of_published_examples() -> None:
    # Call Centre Helper: 100 calls in half an hour, 180 seconds, 80 % within 20 seconds: 14 agents.
    assert agents_needed(Demand(calls_per_hour=200, handling_s=180), Target(service_level=0.8, within_s=20)) == 14
    # Erlang Library for Excel: 10 and 15.7 erlangs at 1 %, 10 erlangs at 5 %.
    assert (lines_needed(10, 0.01), lines_needed(15.7, 0.01), lines_needed(10, 0.05)) == (18, 25, 15)


@settings(max_examples=60)
@given(
    calls=st.floats(0.5, 3000),
    patience=st.none() | st.floats(30, 1200),
    level=st.floats(0.5, 0.95),
    abandonment=st.none() | st.floats(0.01, 0.2),
    occupancy=st.none() | st.floats(0.5, 0.95),
)
def test_one_fewer_would_not_do(
    calls: float, patience: float | None, level: float, abandonment: float | None, occupancy: float | None
) -> None:
    demand = Demand(calls_per_hour=calls, handling_s=420, patience_s=patience)
    target = Target(service_level=level, within_s=20, abandonment=abandonment, occupancy=occupancy)
    agents = agents_needed(demand, target)
    assert target.met_by(performance(agents, demand, 20))
    assert agents == 1 or not target.met_by(performance(agents - 1, demand, 20))


def test_a_target_is_met_when_each_of_its_parts_is() -> None:
    demand = Demand(calls_per_hour=200, handling_s=180, patience_s=120)
    found = performance(13, demand, 20)
    for part, value, worse in (
        ("service_level", found.service_level, 0.001),
        ("abandonment", found.abandonment, -0.001),
        ("occupancy", found.occupancy, -0.001),
    ):
        assert Target(**{"service_level": 0.0, part: value}).met_by(found), part
        assert not Target(**{"service_level": 0.0, part: value + worse}).met_by(found), part


def test_impatient_callers_need_fewer_agents() -> None:
    patient = Demand(calls_per_hour=400, handling_s=600)
    impatient = Demand(calls_per_hour=400, handling_s=600, patience_s=120)
    target = Target(service_level=0.8)
    assert agents_needed(impatient, target) < agents_needed(patient, target)
    assert agents_needed(impatient, Target(service_level=0.8, abandonment=0.001)) > agents_needed(impatient, target)


@given(erlangs=st.floats(0.01, 2000), blocking=st.floats(0.0001, 0.5))
def test_one_line_fewer_would_lose_more(erlangs: float, blocking: float) -> None:
    lines = lines_needed(erlangs, blocking)
    assert erlang_b(lines, erlangs) <= blocking
    assert lines == 1 or erlang_b(lines - 1, erlangs) > blocking


def test_where_nobody_calls_nobody_is_needed() -> None:
    assert agents_needed(Demand(calls_per_hour=0, handling_s=300), Target()) == 0
    assert lines_needed(0, 0.01) == 0


def test_targets_that_nobody_can_meet_are_refused() -> None:
    for wrong in ({"service_level": 1.0}, {"abandonment": 0.0}, {"occupancy": 0.01}, {"within_s": -1.0}):
        with pytest.raises(ValueError, match=r"reached|kept|target"):
            Target(**wrong)
    with pytest.raises(ValueError, match="kept"):
        lines_needed(10, 0.0)
