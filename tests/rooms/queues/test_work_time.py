"""K27, logged-in hours, K51 and K53 from the log of agents' states: a day counted by hand, and what holds for any log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.queues.code_lists import code_lists, reasons, work_reasons
from caasis.queues.rules.worktime import (
    Change,
    LogOutOfOrder,
    WorkTime,
    full_time_equivalents,
    operators_per_supervisor,
    stretches,
    together,
    work_time,
)
from caasis.queues.vocabulary import NO_ANSWER, AgentState

NINE = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)
WORK = frozenset({"meeting", "training"})


def at(minutes: float, state: AgentState, reason: str = "") -> Change:
    return Change(at=NINE + timedelta(minutes=minutes), state=state, reason=reason)


DAY = [
    at(0, AgentState.AVAILABLE),
    at(10, AgentState.RINGING),
    at(11, AgentState.TALKING),
    at(31, AgentState.WRAP_UP),
    at(36, AgentState.AVAILABLE),
    at(60, AgentState.BREAK, "rest"),
    at(75, AgentState.AWAY, "meeting"),
    at(105, AgentState.AWAY, "away"),
    at(115, AgentState.OFFLINE),
]


def span(first: float, last: float) -> tuple[datetime, datetime]:
    return NINE + timedelta(minutes=first), NINE + timedelta(minutes=last)


def minutes(length: timedelta) -> float:
    return length / timedelta(minutes=1)


def test_a_turn_counted_by_hand():
    worked = work_time(DAY, *span(-30, 180))
    assert minutes(worked.logged_in) == 115
    assert minutes(worked.of(AgentState.TALKING)) == 20
    assert minutes(worked.of(AgentState.WRAP_UP)) == 5
    assert minutes(worked.of(AgentState.AVAILABLE)) == 34
    assert minutes(worked.breaks) == 15
    assert minutes(worked.of(AgentState.OFFLINE)) == 30 + 65
    # 115 minutes, less 15 of break and 10 away from the desk; the meeting is work.
    assert minutes(worked.work(WORK)) == 90
    assert worked.utilisation(WORK) == 90 / 115
    assert worked.utilisation(frozenset()) == 60 / 115


def test_what_lies_before_the_span_tells_the_state_at_its_begin():
    found = stretches(DAY, *span(20, 33))
    assert [(one.state, minutes(one.length)) for one in found] == [(AgentState.TALKING, 11), (AgentState.WRAP_UP, 2)]


def test_a_turn_that_goes_on_counts_until_the_end_of_the_span():
    assert minutes(work_time(DAY[:3], *span(0, 200)).of(AgentState.TALKING)) == 189


def test_nobody_there_is_no_rate_and_no_log_is_being_offline():
    nothing = work_time([], *span(0, 60))
    assert nothing.utilisation(WORK) is None and minutes(nothing.of(AgentState.OFFLINE)) == 60
    assert work_time(DAY, *span(5, 5)) == WorkTime()
    assert operators_per_supervisor(timedelta(hours=8), timedelta()) is None


def test_what_is_no_log_or_no_span_is_refused():
    with pytest.raises(LogOutOfOrder):
        stretches([DAY[1], DAY[0]], *span(0, 60))
    with pytest.raises(ValueError, match="ends before"):
        stretches(DAY, *span(60, 0))
    with pytest.raises(ValueError, match="full-time"):
        full_time_equivalents(timedelta(hours=1), timedelta())


def test_full_time_equivalents_and_span_of_control():
    operators = together(work_time(DAY, *span(0, 115)) for _ in range(12))
    supervisors = together(work_time(DAY, *span(0, 115)) for _ in range(2))
    assert operators_per_supervisor(operators.logged_in, supervisors.logged_in) == 6
    # Two part-timers of four hours are one person of eight.
    assert full_time_equivalents(timedelta(hours=4) * 2, timedelta(hours=8)) == 1


def test_which_reasons_count_as_work_is_data():
    assert {"meeting", "training", "paperwork"} <= work_reasons()
    assert not work_reasons() & {"away", NO_ANSWER, "work", "off"}
    chosen = {term.code for term in reasons(AgentState.AWAY)}
    # What only the switchboard gives can't be chosen, and neither can a heading.
    assert chosen == {t.code for t in code_lists()["away_reason"].terms()} - {NO_ANSWER, "work", "off"}
    assert {term.code for term in reasons(AgentState.BREAK)} == {"rest", "meal"} and reasons(AgentState.TALKING) == ()


# --- what holds for any log -------------------------------------------------------------------------------------------

REASONS = st.sampled_from(["", "meeting", "away", "rest"])
MOMENTS = st.integers(-3_000, 3_000)


@st.composite
def logs(draw: st.DrawFn) -> list[Change]:
    moments = sorted(draw(st.lists(MOMENTS, max_size=20)))
    return [at(moment / 7, draw(st.sampled_from(AgentState)), draw(REASONS)) for moment in moments]


@given(logs(), MOMENTS, MOMENTS, MOMENTS)
def test_times_add_up(log: list[Change], one: int, two: int, three: int):
    first, middle, last = sorted((one, two, three))
    start, end = span(first, last)
    whole = work_time(log, start, end)
    assert whole.of(*AgentState) == end - start
    assert sum((whole.of(s) for s in AgentState if s is not AgentState.OFFLINE), timedelta()) == whole.logged_in
    parts = work_time(log, *span(first, middle)) + work_time(log, *span(middle, last))
    assert {k: v for k, v in parts.times.items() if v} == {k: v for k, v in whole.times.items() if v}
    found = stretches(log, start, end)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(stretch.length > timedelta() for stretch in found)


@given(logs(), MOMENTS, MOMENTS)
def test_utilisation_is_a_rate_and_grows_with_what_counts_as_work(log: list[Change], one: int, two: int):
    worked = work_time(log, *span(*sorted((one, two))))
    less, more = worked.utilisation(frozenset()), worked.utilisation(WORK)
    if not worked.logged_in:
        assert less is more is None
        return
    assert less is not None and more is not None
    assert 0 <= less <= more <= 1
    assert worked.work(WORK) + worked.breaks <= worked.logged_in


@given(st.lists(logs(), max_size=4), MOMENTS, MOMENTS)
def test_several_people_together_are_the_sum_of_each(people: list[list[Change]], one: int, two: int):
    where = span(*sorted((one, two)))
    each = [work_time(log, *where) for log in people]
    assert together(each).logged_in == sum((time.logged_in for time in each), timedelta())
    assert together(each).work(WORK) == sum((time.work(WORK) for time in each), timedelta())
