"""A call's record is what its log says, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.kernel.clock import JST
from caasis.telephony.rules.call_log import Happened, Step
from caasis.telephony.rules.call_record import LogOutOfOrder, Outcome, record_of
from caasis.telephony.rules.figures import (
    CountedCall,
    agent_figures,
    centre_figures,
    interval_of,
    line_occupancy,
    queue_figures,
    traffic_erlang,
)

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=JST)


def log(*lines: tuple[float, Step] | tuple[float, Step, dict[str, str]]) -> list[Happened]:
    """Lines by their second; the centre is `c` where a line names none."""
    made = []
    for line in lines:
        said: dict[str, Any] = {"centre": "c"} | (line[2] if len(line) > 2 else {})  # type: ignore[misc]
        made.append(Happened(step=line[1], at=NOON + timedelta(seconds=line[0]), **said))
    return made


A, B = {"agent": "a"}, {"agent": "b"}
Q, Q2 = {"queue": "q"}, {"queue": "q2"}
#: Rings to a, who puts the caller on hold, asks b and gives the call away; b ends it, both wrap up.
GIVEN_AWAY = log(
    (0, Step.OFFERED), (10, Step.QUEUED, Q), (15, Step.RANG, A), (35, Step.RANG_OUT, A), (36, Step.RANG, A),
    (40, Step.CONNECTED, A), (100, Step.HELD, A), (130, Step.RESUMED, A), (200, Step.HELD, A), (210, Step.RANG, B),
    (220, Step.TRANSFERRED, A), (220, Step.CONNECTED, B), (220, Step.LEFT, A), (250, Step.WRAPPED_UP, A),
    (420, Step.ENDED), (420, Step.LEFT, B), (480, Step.WRAPPED_UP, B),
)  # fmt: skip


def counted(*logs: list[Happened], caller: str = "") -> list[CountedCall]:
    return [CountedCall(call=str(n), record=record_of(one), caller=caller) for n, one in enumerate(logs)]


def test_a_call_that_was_given_away_counted_by_hand():
    record = record_of(GIVEN_AWAY)
    assert [(stay.queue, stay.wait_s, stay.outcome) for stay in record.stays] == [("q", 30, Outcome.ANSWERED)]
    first, second = record.parts
    assert (first.agent, first.talk_s, first.hold_s, first.holds, first.acw_s) == ("a", 130, 50, 2, 30)
    assert (second.agent, second.talk_s, second.hold_s, second.acw_s) == ("b", 200, 0, 60)
    assert first.gave_away and not second.gave_away
    assert record.speed_of_answer_s == 40 and record.transfers == 1 and record.rang_out == ("a",)
    assert record.talk_s == 330 and record.hold_s == 50 and record.held
    assert [(seen.centre, seen.outcome, seen.until_answer_s) for seen in record.centres] == [
        ("c", Outcome.ANSWERED, 40)
    ]


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([(1, Step.BLOCKED), (1, Step.ENDED)], Outcome.BLOCKED),
        ([(5, Step.AFTER_HOURS), (9, Step.ENDED)], Outcome.AFTER_HOURS),
        ([(5, Step.SERVED_ITSELF), (9, Step.ENDED)], Outcome.SERVED_ITSELF),
        ([(5, Step.QUEUED, Q), (60, Step.DEFLECTED), (61, Step.ENDED)], Outcome.DEFLECTED),
        ([(5, Step.QUEUED, Q), (60, Step.CALLBACK_TAKEN), (61, Step.ENDED)], Outcome.CALLBACK),
        ([(5, Step.QUEUED, Q), (95, Step.ENDED)], Outcome.ABANDONED),
        ([(3, Step.ENDED)], Outcome.ABANDONED),
        ([(5, Step.SERVED_ITSELF), (9, Step.QUEUED, Q), (30, Step.ENDED)], Outcome.ABANDONED),
        ([(5, Step.QUEUED, Q), (9, Step.DEFLECTED), (10, Step.CONNECTED, A), (30, Step.ENDED)], Outcome.ANSWERED),
        ([(5, Step.QUEUED, Q)], Outcome.UNFINISHED),
    ],
)
def test_each_way_out_has_its_outcome(lines: list[Any], outcome: Outcome):
    record = record_of(log((0, Step.OFFERED), *lines))
    assert [seen.outcome for seen in record.centres] == [outcome]
    figures = centre_figures([CountedCall(call="1", record=record)], "c")
    assert figures.offered == 1 and figures.outcomes == {outcome: 1}


def test_a_call_that_overflows_is_offered_at_both_centres():
    record = record_of(
        log(
            (0, Step.OFFERED),
            (4, Step.QUEUED, Q),
            (64, Step.OVERFLOWED, {"centre": "p", "queue": "pq"}),
            (80, Step.CONNECTED, A | {"centre": "p"}),
            (180, Step.ENDED),
            (200, Step.WRAPPED_UP, A),
        )
    )
    assert [(seen.centre, seen.outcome) for seen in record.centres] == [
        ("c", Outcome.OVERFLOWED),
        ("p", Outcome.ANSWERED),
    ]
    assert [(stay.queue, stay.wait_s, stay.outcome) for stay in record.stays] == [
        ("q", 60, Outcome.OVERFLOWED),
        ("pq", 16, Outcome.ANSWERED),
    ]
    calls = [CountedCall(call="1", record=record)]
    own, partner = centre_figures(calls, "c"), centre_figures(calls, "p")
    assert (own.offered, own.answered, own.handled) == (1, 0, 0)
    assert (partner.offered, partner.answered, partner.aht_s, partner.in_target) == (1, 1, 120, 1)
    assert queue_figures(calls, "q").outcomes == {Outcome.OVERFLOWED: 1}


def test_within_a_centre_another_queue_is_no_other_offer():
    record = record_of(log((0, Step.OFFERED), (1, Step.QUEUED, Q), (31, Step.OVERFLOWED, Q2), (40, Step.ENDED)))
    assert [seen.outcome for seen in record.centres] == [Outcome.ABANDONED]
    assert record.centres[0].until_abandoned_s == 40
    assert [stay.outcome for stay in record.stays] == [Outcome.OVERFLOWED, Outcome.ABANDONED]


def test_callers_who_gave_up_are_counted_once_a_day_and_not_when_they_came_through():
    gave_up = log((0, Step.OFFERED), (30, Step.ENDED))
    came_through = log((60, Step.OFFERED), (70, Step.CONNECTED, A), (90, Step.ENDED))
    twice = counted(gave_up, gave_up, caller="x")
    later = [CountedCall(call="9", record=record_of(came_through), caller="y")]
    before = [CountedCall(call="8", record=record_of(gave_up), caller="y")]
    figures = centre_figures([*twice, *before, *later], "c")
    assert (figures.callers, figures.callers_who_gave_up, figures.giving_up_rate) == (2, 1, 0.5)
    assert figures.abandon_rate == 0.75
    # Nobody knows whether two callers without a number are one.
    unknown = centre_figures(counted(gave_up, gave_up), "c")
    assert (unknown.callers, unknown.callers_who_gave_up) == (2, 2)


def test_a_call_that_goes_on_is_closed_for_reading_only():
    held = log((0, Step.OFFERED), (10, Step.CONNECTED, A), (40, Step.HELD, A))
    record = record_of(held, until=NOON + timedelta(seconds=100))
    part = record.parts[0]
    assert (part.talk_s, part.hold_s, part.left_at, part.acw_s, part.handling_s) == (30, 60, None, None, None)
    assert record.ended_at is None
    figures = centre_figures([CountedCall(call="1", record=record)], "c")
    assert figures.handled == 0 and figures.aht_s is None


def test_what_is_told_after_the_end_changes_nothing():
    record = record_of(
        log((0, Step.OFFERED), (5, Step.QUEUED, Q), (20, Step.ENDED), (25, Step.QUEUED, Q), (30, Step.ENDED))
    )
    assert [(stay.wait_s, stay.outcome) for stay in record.stays] == [(15, Outcome.ABANDONED)]


def test_an_outbound_call_is_offered_to_nobody():
    record = record_of(log((0, Step.DIALLED), (9, Step.CONNECTED, A), (69, Step.ENDED), (80, Step.WRAPPED_UP, A)))
    assert not record.inbound and record.centres == () and record.talk_s == 60
    calls = [CountedCall(call="1", record=record)]
    assert centre_figures(calls, "c").offered == 0
    assert agent_figures(calls, "a").aht_s == 71


def test_agents_queues_and_lines():
    calls = counted(GIVEN_AWAY)
    mine = agent_figures(calls, "a")
    assert (mine.parts, mine.handled, mine.att_s, mine.hold_s, mine.acw_s, mine.aht_s, mine.rang_out) == (
        1, 1, 130, 50, 30, 210, 1,
    )  # fmt: skip
    queue = queue_figures(calls, "q")
    assert (queue.entered, queue.mean_wait_s, queue.longest_wait_s, queue.service_level) == (1, 30, 30, 0.0)
    assert queue_figures(calls, "q", target_s=30).service_level == 1.0
    assert queue_figures(calls, "nowhere").service_level is None
    assert traffic_erlang(calls, NOON, NOON + timedelta(seconds=840)) == 0.5
    assert traffic_erlang(calls, NOON + timedelta(hours=1), NOON + timedelta(hours=2)) == 0
    with pytest.raises(ValueError):
        traffic_erlang(calls, NOON, NOON)
    assert line_occupancy(1.5, 3) == 0.5 and line_occupancy(9, 3) == 1.0 and line_occupancy(1, 0) is None
    assert interval_of(NOON + timedelta(minutes=44, seconds=3)) == NOON + timedelta(minutes=30)


@pytest.mark.parametrize(
    "lines",
    [[], log((0, Step.QUEUED)), [*log((5, Step.OFFERED)), *log((1, Step.ENDED))]],
    ids=["empty", "begun", "back"],
)
def test_a_log_that_cannot_be_is_refused(lines: list[Happened]):
    with pytest.raises(LogOutOfOrder):
        record_of(lines)


STEPS = st.sampled_from([step for step in Step if step not in (Step.OFFERED, Step.DIALLED)])
LOGS = st.lists(
    st.tuples(STEPS, st.floats(0, 300), st.sampled_from("abc"), st.sampled_from("cp"), st.sampled_from("qr")),
    max_size=25,
)


def made_of(drawn: list[Any]) -> list[Happened]:
    moment, lines = NOON, log((0, Step.OFFERED))
    for step, later, agent, centre, queue in drawn:
        moment += timedelta(seconds=round(later, 3))
        lines.append(Happened(step=step, at=moment, agent=agent, centre=centre, queue=queue))
    return lines


@given(st.lists(LOGS, max_size=4), st.booleans())
def test_the_identities_hold_whatever_was_written(drawn: list[Any], ended: bool):
    end = [(Step.ENDED, 5.0, "a", "c", "q")] if ended else []
    logs = [made_of([*one, *end]) for one in drawn]
    calls = counted(*logs)
    assert [call.record for call in calls] == [record_of(one) for one in logs]
    for centre in "cp":
        figures = centre_figures(calls, centre)
        assert figures.offered == sum(figures.outcomes.values())
        for rate in (
            figures.answer_rate, figures.abandon_rate, figures.giving_up_rate, figures.blocked_rate, figures.hold_rate,
            figures.escalation_rate, figures.transfer_rate, figures.service_level,
        ):  # fmt: skip
            assert rate is None or 0 <= rate <= 1
        if figures.aht_s is not None:
            parts = (figures.att_s or 0) + (figures.mean_hold_s or 0) + (figures.mean_acw_s or 0)
            assert figures.aht_s == pytest.approx(parts)
    for call in calls:
        assert all(part.talk_s >= 0 and part.hold_s >= 0 and (part.acw_s or 0) >= 0 for part in call.record.parts)
        assert all(stay.wait_s is None or stay.wait_s >= 0 for stay in call.record.stays)
        if ended:
            assert Outcome.UNFINISHED not in {seen.outcome for seen in call.record.centres}
    for queue in "qr":
        assert queue_figures(calls, queue).entered == sum(queue_figures(calls, queue).outcomes.values())
