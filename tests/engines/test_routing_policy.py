"""The routing policy, rule by rule, as a supervisor would ask for it: whose turn it is, and who gets it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.routing import (
    HEAD_STARTS,
    Agent,
    AgentState,
    Channel,
    Choice,
    Need,
    NotPossible,
    Overflow,
    Preferred,
    PriorityReason,
    Reason,
    Router,
    Why,
    Work,
    assign,
    head_start_s,
    key_of,
)
from caasis.engines.routing.index import MOST_LINES
from tests.engines.routing_cases import agent, call, pairs

R = PriorityReason


# --- whose turn it is -------------------------------------------------------------------------------------------------


def test_the_longest_waiting_one_goes_first() -> None:
    assert pairs(assign([agent("a")], [call("late", 120.0), call("early", 90.0)], 200.0)) == [("early", "a")]


def test_a_reason_puts_forward_by_its_head_start_and_not_further() -> None:
    watched = {"reasons": frozenset({R.WATCH_OVER})}
    assert pairs(assign([agent("a")], [call("plain", 100.0), call("watched", 699.0, **watched)], 700.0)) == [
        ("watched", "a")
    ]
    assert pairs(assign([agent("a")], [call("plain", 100.0), call("watched", 701.0, **watched)], 701.0)) == [
        ("plain", "a")
    ]


def test_reasons_do_not_add_up_and_a_queue_can_be_lifted() -> None:
    assert head_start_s(call("w", reasons=frozenset({R.INJURY, R.WATCH_OVER}))) == HEAD_STARTS[R.INJURY]
    assert head_start_s(call("w", lift_s=50.0)) == 50.0
    assert key_of(call("w", 100.0, lift_s=50.0)) == (50.0, 100.0, "w")


@given(
    st.lists(
        st.tuples(st.floats(0, 5000), st.frozensets(st.sampled_from(list(R)), max_size=2)), min_size=2, max_size=12
    )
)
def test_nobody_is_passed_by_work_that_came_later_than_the_bound(arrivals: list[Any]) -> None:
    """One agent takes everything, one after the other, while calls with reasons keep coming."""
    works = sorted(
        (call(f"{n:02}", at, reasons=why) for n, (at, why) in enumerate(arrivals)), key=lambda w: w.arrived_at
    )
    router, free_at, begun = Router(), 0.0, []
    router.put_agent(agent("a"), 0.0)
    current = ""
    for work in [*works, None]:
        until = work.arrived_at if work is not None else float("inf")
        while current and free_at <= until:
            given = router.ended(current, free_at)
            current = given[0].work if given else ""
            if current:
                begun.append((current, free_at))
                router.answered(current, free_at)
            free_at += 400.0
        if work is not None and (given := router.enter(work, work.arrived_at)):
            current, free_at = work.id, work.arrived_at + 400.0
            begun.append((work.id, work.arrived_at))
            router.answered(work.id, work.arrived_at)
    by_id = {work.id: work for work in works}
    order = {work_id: place for place, (work_id, _) in enumerate(begun)}
    assert len(order) == len(works)
    for first, begins in begun:
        for second in works:
            if order[second.id] > order[first] and second.arrived_at <= begins:
                bound = max(HEAD_STARTS.values()) - head_start_s(second)
                assert by_id[first].arrived_at <= second.arrived_at + bound + 1e-6


# --- who gets it ------------------------------------------------------------------------------------------------------


def test_the_specialist_comes_first_then_the_higher_level_then_the_longest_idle() -> None:
    generalist = agent("generalist", idle_since=0.0, debt=5, housing=5)
    junior = agent("junior", idle_since=10.0, debt=1)
    senior = agent("senior", idle_since=50.0, debt=4)
    veteran = agent("veteran", idle_since=40.0, debt=4)
    works = [call(str(number), required={"debt": 1}) for number in range(4)]
    given = assign([generalist, junior, senior, veteran], works, 100.0)
    assert [one.agent for one in given] == ["veteran", "senior", "junior", "generalist"]


def test_the_longest_idle_whatever_they_can_do_is_the_other_choice() -> None:
    router = Router(choice=Choice.LONGEST_IDLE)
    agents = [agent("specialist", idle_since=20.0, debt=3), agent("generalist", idle_since=10.0, debt=1, housing=1)]
    assert pairs(router.load(agents, [call("w", required={"debt": 1})], 100.0)) == [("w", "generalist")]


def test_a_level_below_the_least_does_not_serve_and_a_level_of_nothing_is_none() -> None:
    works = [call("w", required={"debt": 3})]
    assert assign([agent("a", debt=2)], works, 100.0) == ()
    assert pairs(assign([agent("a", debt=3)], works, 100.0)) == [("w", "a")]
    # A level of 0 is no other skill either: `a` is as much a specialist as `b`, and has been idle for longer.
    given = assign([agent("a", debt=3, housing=0), agent("b", idle_since=5.0, debt=3)], works, 100.0)
    assert pairs(given) == [("w", "a")]


def test_one_of_the_callers_languages_is_enough() -> None:
    speaks = {"languages": frozenset({"english", "nepali"})}
    assert assign([agent("a", debt=1)], [call("w", **speaks)], 100.0) == ()
    # Somebody with one of the two has no other skill; with both, one more than it takes.
    both, one = agent("both", english=5, nepali=5), agent("one", idle_since=50.0, nepali=1)
    (given,) = assign([both, one], [call("w", **speaks)], 100.0)
    assert (given.agent, given.reasons[1:3]) == ("one", (Reason(Why.OTHER_SKILLS, 0), Reason(Why.LEVEL, 1)))
    assert Need(Channel.PHONE, languages=frozenset({"english", "nepali"})).level({"english": 2, "nepali": 4}) == 4


def test_whoever_chats_can_take_another_chat_but_the_one_with_less_in_hand_comes_first() -> None:
    capacity = {Channel.CHAT: 2, Channel.PHONE: 1}
    busy = Agent(id="busy", centre="own", state=AgentState.AVAILABLE, capacity=capacity, idle_since=0.0)
    router = Router()
    router.put_agent(busy, 0.0)
    chat = {"channel": Channel.CHAT}
    assert pairs(router.enter(call("c1", **chat), 100.0)) == [("c1", "busy")]
    router.answered("c1", 101.0)
    assert router.enter(call("phone"), 102.0) == ()
    idle = Agent(id="idle", centre="own", state=AgentState.AVAILABLE, capacity={Channel.CHAT: 1}, idle_since=90.0)
    router.put_agent(idle, 103.0)
    assert pairs(router.enter(call("c2", **chat), 104.0)) == [("c2", "idle")]
    assert pairs(router.enter(call("c3", **chat), 105.0)) == [("c3", "busy")]
    assert router.enter(call("c4", **chat), 106.0) == ()


def test_an_assignment_says_why() -> None:
    works = [call("w", 20.0, required={"debt": 2}, reasons=frozenset({R.WATCH_OVER, R.INJURY, R.CALLBACK}))]
    (given,) = assign([agent("a", idle_since=10.0, debt=4, housing=1)], works, 215.0)
    assert given.reasons == (
        Reason(Why.WAITED, 195.0),
        Reason(Why.PRIORITY, code=R.INJURY),
        Reason(Why.PRIORITY, code=R.WATCH_OVER),
        Reason(Why.OTHER_SKILLS, 1),
        Reason(Why.LEVEL, 4),
        Reason(Why.IDLE, 205.0),
    )
    assert [one.words for one in given.reasons] == [
        "先に待っていた（3分15秒）",
        "優先：けが・健康被害",
        "優先：見守り",
        "ほかのスキルが少ない（1）",
        "スキルの段階（4）",
        "待機が長い（3分25秒）",
    ]
    assert Reason(Why.IDLE, 7.4).words == "待機が長い（7秒）"
    assert Reason(Why.PREFERRED).words == "前に話した担当者"


# --- the preferred agent ----------------------------------------------------------------------------------------------


def preferring(patience_s: float = 60.0, **named: Any) -> Work:
    return call("w", 100.0, preferred=Preferred(agent="known", patience_s=patience_s), **named)


def test_who_spoke_with_the_caller_before_goes_before_a_specialist() -> None:
    given = assign([agent("known", debt=1), agent("other")], [preferring()], 100.0)
    assert pairs(given) == [("w", "known")]
    assert Reason(Why.PREFERRED) in given[0].reasons


def test_the_preferred_agent_alone_is_waited_for_until_patience_ends() -> None:
    router = Router()
    router.load([agent("known")], [call("first", 90.0)], 90.0)
    router.answered("first", 91.0)
    router.put_agent(agent("other"), 95.0)
    assert router.enter(preferring(), 100.0) == ()
    assert router.next_moment() == 160.0
    assert router.tick(159.0) == ()
    assert pairs(router.tick(160.0)) == [("w", "other")]


def test_nobody_waits_for_a_preferred_agent_who_is_not_at_work_or_can_not_do_it() -> None:
    resting = Agent(id="known", centre="own", state=AgentState.BREAK)
    for known in (resting, agent("known", centre="far")):
        assert pairs(assign([known, agent("other")], [preferring()], 100.0)) == [("w", "other")]
    debtor = agent("other", debt=1)
    assert pairs(assign([agent("known"), debtor], [preferring(required={"debt": 1})], 100.0)) == [("w", "other")]


def test_a_preferred_agent_who_chats_is_not_rung_for_a_call() -> None:
    capacity = {Channel.CHAT: 2, Channel.PHONE: 1}
    chatting = replace(agent("known"), state=AgentState.TALKING, capacity=capacity, at_work={"c": Channel.CHAT})
    assert pairs(assign([chatting, agent("other")], [preferring(0.0)], 100.0)) == [("w", "other")]


def test_nobody_waits_for_a_preferred_agent_who_is_about_to_take_a_break() -> None:
    planned = replace(agent("known"), state=AgentState.TALKING, plan=(AgentState.BREAK, "meal"))
    assert pairs(assign([planned, agent("other")], [preferring()], 100.0)) == [("w", "other")]


def test_work_goes_on_when_the_preferred_agent_takes_a_break_and_waits_again_when_it_is_over() -> None:
    router = Router()
    router.load([agent("known")], [call("first", 90.0)], 90.0)
    router.answered("first", 91.0)
    for work_id in ("w1", "w2"):
        router.enter(call(work_id, 100.0, preferred=Preferred(agent="known", patience_s=900.0)), 100.0)
    router.ended("first", 110.0, wrap_up_s=None)
    assert router.put_agent(agent("other"), 111.0) == ()
    resting = replace(router.agent("known"), state=AgentState.BREAK)
    assert pairs(router.put_agent(resting, 120.0)) == [("w1", "other")]
    router.put_agent(replace(resting, state=AgentState.WRAP_UP), 130.0)
    assert router.put_agent(agent("third"), 131.0) == ()
    assert pairs(router.finish_wrap_up("known", 140.0)) == [("w2", "known")]


def test_work_goes_on_when_the_preferred_agent_leaves_and_waits_again_when_they_come_back() -> None:
    router = Router()
    router.load([agent("known")], [call("first", 90.0)], 90.0)
    router.answered("first", 91.0)
    router.put_agent(agent("other"), 92.0)
    assert router.enter(preferring(), 100.0) == ()
    assert pairs(router.remove_agent("known", 110.0)) == [("w", "other")]
    # Nobody answers: it waits at its old place, and again for the one who has come back meanwhile.
    router.put_agent(agent("third"), 111.0)
    router.put_agent(Agent(id="known", centre="own", state=AgentState.WRAP_UP), 112.0)
    assert router.no_answer("w", 120.0) == ()
    assert pairs(router.put_agent(agent("known"), 121.0)) == [("w", "known")]


def test_work_of_a_kind_that_the_preferred_agent_can_not_take_beside_another_waits_behind_one_that_they_can() -> None:
    capacity = {Channel.CHAT: 2, Channel.PHONE: 1}
    router = Router()
    router.put_agent(Agent(id="known", centre="own", state=AgentState.AVAILABLE, capacity=capacity), 0.0)
    router.enter(call("chat", 10.0, channel=Channel.CHAT), 10.0)
    assert router.enter(preferring(900.0), 100.0) == ()
    later = call("later", 110.0, channel=Channel.CHAT, preferred=Preferred(agent="known", patience_s=900.0))
    assert router.enter(later, 110.0) == ()
    # The first chat has been answered: the telephone call has to go on waiting, another chat need not.
    assert pairs(router.answered("chat", 120.0)) == [("later", "known")]


# --- ringing, wrap-up, loose ends -------------------------------------------------------------------------------------


def test_a_caller_whom_nobody_answers_keeps_the_place() -> None:
    router = Router()
    router.load([agent("a")], [call("1", 1.0), call("2", 2.0)], 5.0)
    assert router.no_answer("1", 25.0) == ()
    assert router.agent("a").state is AgentState.AWAY
    assert pairs(router.put_agent(agent("b"), 30.0)) == [("1", "b")]


def test_a_caller_who_hangs_up_while_it_rings_sets_the_agent_free_for_the_next_one() -> None:
    router = Router()
    router.load([agent("a")], [call("1", 1.0), call("2", 2.0)], 5.0)
    assert pairs(router.leave("1", 10.0)) == [("2", "a")]
    router.answered("2", 11.0)
    with pytest.raises(NotPossible):
        router.leave("2", 12.0)


def test_a_wrap_up_ends_at_its_limit_or_by_the_button() -> None:
    router = Router()
    router.load([agent("a"), agent("b", idle_since=1.0)], [call("1", 1.0), call("2", 2.0), call("3", 3.0)], 5.0)
    for work_id in ("1", "2"):
        router.answered(work_id, 6.0)
        assert router.ended(work_id, 100.0, wrap_up_s=60.0) == ()
    assert router.next_moment() == 160.0
    assert pairs(router.finish_wrap_up("b", 120.0)) == [("3", "b")]
    router.answered("3", 121.0)
    router.ended("3", 130.0, wrap_up_s=60.0)
    # Late: the wrap-up of `a` ended at its limit, that of `b` has a new one.
    assert router.tick(170.0) == ()
    assert (router.agent("a").state, router.agent("a").idle_since) == (AgentState.AVAILABLE, 160.0)
    assert router.agent("b").state is AgentState.WRAP_UP
    assert router.next_moment() == 190.0
    router.tick(190.0)
    assert router.next_moment() is None


def test_two_agents_who_become_free_at_one_moment_take_the_next_two() -> None:
    router = Router()
    router.load([agent("a"), agent("b", idle_since=1.0)], [call("1", 1.0), call("2", 2.0)], 5.0)
    for work_id in ("1", "2"):
        router.answered(work_id, 6.0)
        router.ended(work_id, 100.0, wrap_up_s=60.0)
    for number in (3, 4, 5):
        router.enter(call(str(number), 100.0 + number), 110.0)
    assert pairs(router.tick(160.0)) == [("3", "a"), ("4", "b")]


def test_an_agent_who_goes_while_working_leaves_work_that_ends_without_them() -> None:
    router = Router()
    router.load([agent("a")], [call("1", 1.0)], 5.0)
    router.answered("1", 6.0)
    assert router.remove_agent("a", 7.0) == ()
    assert router.ended("1", 8.0) == ()
    router.load([agent("b")], [call("2", 9.0)], 10.0)
    router.put_agent(agent("b"), 11.0)
    assert router.leave("2", 12.0) == ()


def test_an_agent_who_learns_or_moves_is_found_where_they_are_now() -> None:
    router = Router()
    router.enter(call("1", 1.0, required={"debt": 2}), 1.0)
    router.enter(call("2", 2.0, centre="near"), 2.0)
    assert router.put_agent(agent("b", debt=1), 3.0) == ()
    assert pairs(router.put_agent(agent("b", debt=2), 4.0)) == [("1", "b")]
    router.answered("1", 5.0)
    router.put_agent(agent("c", housing=1), 6.0)
    assert pairs(router.put_agent(agent("c", centre="near"), 7.0)) == [("2", "c")]
    assert router.enter(call("3", 8.0, required={"housing": 1}), 8.0) == ()


def test_two_calls_that_wait_for_one_agent_get_them_one_after_the_other() -> None:
    router = Router()
    router.load([agent("known")], [call("first", 90.0)], 90.0)
    router.answered("first", 90.0)
    for work_id in ("1", "2"):
        router.enter(call(work_id, 100.0, preferred=Preferred(agent="known", patience_s=900.0)), 100.0)
    assert pairs(router.ended("first", 110.0)) == [("1", "known")]
    router.answered("1", 111.0)
    assert pairs(router.ended("1", 120.0)) == [("2", "known")]


def test_work_that_is_here_is_not_taken_twice() -> None:
    router = Router()
    router.enter(call("1"), 100.0)
    with pytest.raises(ValueError, match="already"):
        router.enter(call("1"), 101.0)
    with pytest.raises(KeyError):
        router.leave("2", 102.0)


def test_needs_that_nobody_has_any_more_are_forgotten() -> None:
    router = Router()
    router.put_agent(agent("a", debt=9), 0.0)
    router.answered(router.enter(call("first", required={"debt": 1}), 1.0)[0].work, 1.0)
    for number in range(MOST_LINES + 20):
        router.enter(call(f"w{number}", required={f"skill-{number}": 1}), 2.0)
        router.leave(f"w{number}", 2.0)
    router.enter(call("second", required={"debt": 2}), 3.0)
    assert pairs(router.ended("first", 4.0)) == [("second", "a")]
    assert len(router._hall.floor("own").lines) <= MOST_LINES


def test_wrong_work_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        call("w", required={"debt": 0})
    with pytest.raises(ValueError, match="another centre"):
        call("w", overflow=(Overflow(centre="own", waited_s=1.0),))
    with pytest.raises(ValueError, match="patience"):
        Preferred(agent="a", patience_s=-1.0)
    for wrong in ({}, {"waited_s": 1.0, "expected_wait_s": 1.0}, {"waited_s": -1.0}):
        with pytest.raises(ValueError, match="partner"):
            Overflow(centre="near", **wrong)
