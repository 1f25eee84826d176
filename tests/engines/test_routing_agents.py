"""Agents: which state follows which, what time counts as, and what work does to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.routing import (
    BY_HAND,
    BY_WORK,
    COUNTS,
    NO_ANSWER,
    Agent,
    AgentState,
    Channel,
    NotPossible,
    Pause,
    answer,
    choose,
    counts_as_work,
    end,
    finish_wrap_up,
    no_answer,
    occupancy,
    plan,
    ring,
    start,
    utilisation,
    why_not,
    withdraw,
    wrap_up_limit,
)

S = AgentState
PAUSES = {
    one.code: one
    for one in (
        Pause(code="meal", state=S.BREAK, label="食事"),
        Pause(code="meeting", state=S.AWAY, label="会議", counts_as_work=True),
        Pause(code=NO_ANSWER, state=S.AWAY, label="呼び出しに応答なし"),
    )
}
FREE = Agent(id="a", centre="c", state=S.AVAILABLE, capacity={Channel.PHONE: 1, Channel.CHAT: 3}, idle_since=5.0)


def talking(agent: Agent = FREE, work: str = "w1", channel: Channel = Channel.PHONE) -> Agent:
    return answer(ring(agent, work, channel, 10.0), work, 12.0)


# --- tables -----------------------------------------------------------------------------------------------------------


def test_every_state_has_its_line_in_every_table() -> None:
    assert set(COUNTS) == set(BY_HAND) == set(BY_WORK) == set(S)


def test_what_a_state_counts_as() -> None:
    assert {state for state in S if COUNTS[state].available} == {S.AVAILABLE}
    assert {state for state in S if not COUNTS[state].logged_in} == {S.OFFLINE}
    assert {state for state in S if COUNTS[state].occupied} == {S.RINGING, S.TALKING, S.WRAP_UP}
    assert {state for state in S if COUNTS[state].working} == {S.AVAILABLE, S.RINGING, S.TALKING, S.WRAP_UP}


def test_every_state_can_be_left_for_good_and_none_by_itself() -> None:
    for state in S:
        assert state not in BY_HAND[state]
        assert BY_HAND[state] | BY_WORK[state]
    assert not BY_WORK[S.OFFLINE]
    assert not BY_HAND[S.RINGING]
    assert not BY_HAND[S.TALKING]


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (S.AVAILABLE, S.AVAILABLE, "すでに"),
        (S.RINGING, S.BREAK, "呼び出し中"),
        (S.TALKING, S.BREAK, "通話中"),
        (S.OFFLINE, S.WRAP_UP, "受付を始め"),
        (S.AVAILABLE, S.TALKING, "自動で"),
        (S.AVAILABLE, S.BREAK, ""),
    ],
)
def test_what_can_not_be_chosen_is_answered_with_a_sentence(before: AgentState, after: AgentState, word: str) -> None:
    assert (word in why_not(before, after)) if word else why_not(before, after) == ""


def test_a_pause_is_a_break_or_being_away_and_no_break_is_work() -> None:
    for wrong in ({"state": S.TALKING}, {"state": S.BREAK, "counts_as_work": True}):
        with pytest.raises(ValueError, match="reason"):
            Pause(code="x", label="x", **wrong)


# --- K27 --------------------------------------------------------------------------------------------------------------


def test_utilisation_by_hand() -> None:
    spells = [
        (S.OFFLINE, "", 1000.0),
        (S.AVAILABLE, "", 100.0),
        (S.TALKING, "", 300.0),
        (S.WRAP_UP, "", 100.0),
        (S.BREAK, "meal", 250.0),
        (S.AWAY, "meeting", 150.0),
        (S.AWAY, NO_ANSWER, 100.0),
    ]
    # Work: 100 + 300 + 100 + 150 of 1,000 logged-in seconds.
    assert utilisation(spells, PAUSES) == pytest.approx(0.65)
    assert occupancy(spells) == pytest.approx(400 / 500)
    assert utilisation(spells[:1], PAUSES) is None
    assert occupancy([(S.BREAK, "meal", 9.0)]) is None


@given(st.lists(st.tuples(st.sampled_from(list(S)), st.sampled_from(["", *PAUSES]), st.floats(0, 1e5)), max_size=12))
def test_utilisation_is_a_share_and_does_not_mind_the_order(spells: list[Any]) -> None:
    share = utilisation(spells, PAUSES)
    if share is None:
        assert sum(length for state, _, length in spells if state is not S.OFFLINE) == 0
    else:
        assert 0 <= share <= 1 + 1e-12
        assert utilisation(spells[::-1], PAUSES) == pytest.approx(share)
    assert occupancy(spells) is None or 0 <= (occupancy(spells) or 0) <= 1 + 1e-12


def test_an_unknown_reason_is_no_work() -> None:
    assert not counts_as_work(S.AWAY, "walk", PAUSES)
    assert counts_as_work(S.AWAY, "meeting", PAUSES)
    assert not counts_as_work(S.BREAK, "meal", PAUSES)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_turn_from_signing_in_to_signing_out() -> None:
    offline = Agent(id="a", centre="c")
    here = choose(offline, S.AVAILABLE, 100.0, pauses=PAUSES)
    assert (here.state, here.since, here.idle_since) == (S.AVAILABLE, 100.0, 100.0)
    eating = choose(here, S.BREAK, 200.0, reason="meal", pauses=PAUSES)
    assert (eating.reason, eating.idle_since, eating.takes_now()) == ("meal", 100.0, ())
    back = choose(eating, S.AVAILABLE, 300.0, pauses=PAUSES)
    assert (back.reason, back.since, back.idle_since) == ("", 300.0, 100.0)
    assert choose(back, S.OFFLINE, 400.0, pauses=PAUSES).state is S.OFFLINE


@pytest.mark.parametrize(
    ("state", "reason"), [(S.BREAK, ""), (S.BREAK, "meeting"), (S.AWAY, "walk"), (S.OFFLINE, "meal")]
)
def test_a_break_needs_a_reason_of_its_own_and_nothing_else_has_one(state: AgentState, reason: str) -> None:
    with pytest.raises(NotPossible, match="理由"):
        choose(FREE, state, 1.0, reason=reason, pauses=PAUSES)


def test_nobody_takes_a_break_out_of_a_call_but_plans_one() -> None:
    busy = talking()
    with pytest.raises(NotPossible, match="通話中"):
        choose(busy, S.BREAK, 20.0, reason="meal", pauses=PAUSES)
    planned = plan(busy, S.BREAK, reason="meal", pauses=PAUSES)
    rests = end(planned, "w1", 30.0, wrap_up_s=0)
    assert (rests.state, rests.reason, rests.plan) == (S.BREAK, "meal", None)
    assert plan(planned, S.AVAILABLE, pauses=PAUSES).plan is None
    with pytest.raises(NotPossible, match="休憩か離席"):
        plan(busy, S.OFFLINE, pauses=PAUSES)
    with pytest.raises(NotPossible, match="仕事中"):
        plan(FREE, S.BREAK, reason="meal", pauses=PAUSES)
    with pytest.raises(NotPossible, match="理由"):
        plan(busy, S.BREAK, pauses=PAUSES)


# --- by work ----------------------------------------------------------------------------------------------------------


def test_a_call_from_the_ring_to_the_end_of_its_wrap_up() -> None:
    rung = ring(FREE, "w1", Channel.PHONE, 10.0)
    assert (rung.state, rung.rung_for, rung.takes_now()) == (S.RINGING, "w1", ())
    busy = answer(rung, "w1", 12.0)
    assert (busy.state, busy.rung_for, busy.takes_now()) == (S.TALKING, "", ())
    wraps = end(busy, "w1", 300.0, wrap_up_s=60.0)
    assert (wraps.state, wraps.at_work, wraps.wrap_up_until) == (S.WRAP_UP, {}, 360.0)
    assert (wrap_up_limit(wraps, 359.9), wrap_up_limit(wraps, 360.0)) == (None, 360.0)
    done = finish_wrap_up(wraps, 340.0)
    assert (done.state, done.idle_since, done.wrap_up_until) == (S.AVAILABLE, 340.0, None)
    with pytest.raises(NotPossible, match="後処理中"):
        finish_wrap_up(done, 341.0)


def test_a_wrap_up_without_limit_and_none_at_all() -> None:
    assert wrap_up_limit(end(talking(), "w1", 50.0, wrap_up_s=None), 1e9) is None
    assert end(talking(), "w1", 50.0, wrap_up_s=0).state is S.AVAILABLE


def test_who_does_not_answer_is_put_away_and_who_is_not_needed_any_more_stays_idle() -> None:
    rung = ring(FREE, "w1", Channel.PHONE, 10.0)
    away = no_answer(rung, "w1", 30.0)
    assert (away.state, away.reason, away.at_work, away.takes_now()) == (S.AWAY, NO_ANSWER, {}, ())
    free = withdraw(rung, "w1", 30.0)
    assert (free.state, free.idle_since, free.rung_for) == (S.AVAILABLE, 5.0, "")


def test_chats_side_by_side() -> None:
    one = talking(work="c1", channel=Channel.CHAT)
    assert one.takes_now() == (Channel.CHAT,)
    rung = ring(one, "c2", Channel.CHAT, 20.0)
    assert rung.takes_now() == ()
    assert withdraw(rung, "c2", 25.0).at_work == {"c1": Channel.CHAT}
    put_away = no_answer(rung, "c2", 25.0)
    assert (put_away.state, put_away.takes_now()) == (S.TALKING, ())
    assert end(put_away, "c1", 40.0, wrap_up_s=0).reason == NO_ANSWER
    # The first one ends while the second one rings.
    assert end(rung, "c1", 25.0, wrap_up_s=60.0).state is S.RINGING
    three = talking(talking(one, "c2", Channel.CHAT), "c3", Channel.CHAT)
    assert three.takes_now() == ()
    two = end(three, "c2", 50.0, wrap_up_s=60.0)
    assert (two.state, two.takes_now()) == (S.TALKING, (Channel.CHAT,))


def test_who_plans_a_break_is_given_nothing_new() -> None:
    assert replace(talking(work="c1", channel=Channel.CHAT), plan=(S.BREAK, "meal")).takes_now() == ()
    with pytest.raises(NotPossible, match="呼び出せません"):
        ring(talking(), "w2", Channel.PHONE, 20.0)


def test_a_call_out_of_a_break_leads_back_to_it() -> None:
    eating = choose(FREE, S.BREAK, 10.0, reason="meal", pauses=PAUSES)
    calling = start(eating, "out", Channel.PHONE, 20.0)
    assert (calling.state, calling.reason) == (S.TALKING, "")
    wraps = end(calling, "out", 90.0, wrap_up_s=30.0)
    back = finish_wrap_up(wraps, 100.0)
    assert (back.state, back.reason) == (S.BREAK, "meal")
    assert start(FREE, "out", Channel.PHONE, 20.0).plan is None
    assert start(wraps, "again", Channel.PHONE, 95.0).wrap_up_until is None
    # Two kinds of work at once: neither of them can be added to.
    assert start(talking(work="c1", channel=Channel.CHAT), "out", Channel.PHONE, 20.0).takes_now() == ()


def test_what_can_not_happen_is_refused() -> None:
    rung = ring(FREE, "w1", Channel.PHONE, 10.0)
    for impossible in (
        lambda: answer(FREE, "", 1.0),
        lambda: answer(rung, "w2", 11.0),
        lambda: withdraw(talking(), "w1", 20.0),
        lambda: no_answer(rung, "w2", 20.0),
        lambda: end(rung, "w1", 20.0, wrap_up_s=0),
        lambda: end(FREE, "w1", 20.0, wrap_up_s=0),
        lambda: start(rung, "out", Channel.PHONE, 20.0),
        lambda: start(Agent(id="a", centre="c"), "out", Channel.PHONE, 20.0),
        lambda: ring(FREE, "w1", Channel.VIDEO, 1.0),
    ):
        with pytest.raises(NotPossible):
            impossible()
