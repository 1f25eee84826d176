"""States that may follow one another, skills, overflow, priority: on plain objects."""

from __future__ import annotations

from datetime import date
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.kernel.actor import Actor, Role
from caasis.queues.rules.overflow import LONGEST_S, NotARule, OverflowRule, overflow_to, read_overflow
from caasis.queues.rules.priority import LIFTS, priority_of
from caasis.queues.rules.setup import capacity_error, may_lead, may_set_up, queue_errors, skill_errors
from caasis.queues.rules.skills import Held, levels_on, required_error, serves
from caasis.queues.rules.states import BUSY, BY_AGENT, BY_SWITCHBOARD, free_places, why_not
from caasis.queues.vocabulary import AgentState, ChannelKind, PriorityReason

HERE, THERE = UUID(int=1), UUID(int=2)


# --- states -----------------------------------------------------------------------------------------------------------


def test_every_refused_change_has_a_sentence_and_every_allowed_one_has_none():
    for before, after in product(AgentState, AgentState):
        sentence = why_not(before, after)
        assert (sentence == "") == (after in BY_AGENT[before]), (before, after)
        assert sentence == "" or sentence.endswith("。")


def test_nobody_makes_a_call_by_hand_and_no_call_signs_anybody_out():
    for before in AgentState:
        assert not BY_AGENT[before] & {AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP}
    for before in BUSY:
        assert BY_AGENT[before] == frozenset() and AgentState.OFFLINE not in BY_SWITCHBOARD[before]
    assert BY_SWITCHBOARD[AgentState.OFFLINE] == BY_AGENT[AgentState.OFFLINE] == frozenset()


def test_labels_are_the_words_of_the_field():
    assert [state.label for state in AgentState] == [
        "オフライン", "待機", "呼び出し中", "通話中", "後処理", "休憩", "離席",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("capacity", "at_work", "channel", "free"),
    [
        ({"phone": 1}, {}, "phone", 1),
        ({"phone": 1}, {"a": "phone"}, "phone", 0),
        ({"phone": 1, "chat": 3}, {"a": "chat", "b": "phone"}, "chat", 2),
        ({"phone": 1}, {}, "chat", 0),
        ({"phone": 1}, {"a": "phone", "b": "phone"}, "phone", 0),
    ],
)
def test_free_places(capacity, at_work, channel, free):
    assert free_places(capacity, at_work, channel) == free


# --- skills -----------------------------------------------------------------------------------------------------------


def test_a_level_holds_from_its_first_to_its_last_day():
    held = [Held("debt", 2, date(2026, 4, 1), date(2026, 9, 30)), Held("debt", 4, date(2026, 10, 1)), Held("english", 5, date(2027, 1, 1))]
    assert levels_on(held, date(2026, 3, 31)) == {}
    assert levels_on(held, date(2026, 9, 30)) == {"debt": 2}
    assert levels_on(held, date(2026, 10, 1)) == {"debt": 4}
    assert levels_on(held, date(2027, 1, 1)) == {"debt": 4, "english": 5}
    assert levels_on([Held("a", 5, date(2026, 1, 1)), Held("a", 3, date(2026, 1, 1))], date(2026, 1, 1)) == {"a": 5}


def test_who_serves_has_at_least_what_is_required():
    assert serves({}, {}) and serves({"debt": 3, "english": 1}, {"debt": 3})
    assert not serves({"debt": 2}, {"debt": 3}) and not serves({"debt": 5}, {"english": 1})


@pytest.mark.parametrize("required", [{"": 1}, {3: 1}, {"debt": 0}, {"debt": 6}, {"debt": True}, {"debt": "3"}])
def test_required_skills_that_are_none_are_told_in_words(required):
    assert required_error(required).endswith("。")
    assert required_error({"debt": 1, "english": 5}) == ""


# --- overflow ---------------------------------------------------------------------------------------------------------


def test_the_first_rule_that_holds_decides():
    rules = read_overflow([{"queue": str(HERE), "expected_wait_s": 600}, {"queue": str(THERE), "waited_s": 120}])
    assert overflow_to(rules, waited_s=0, expected_wait_s=None) is None
    assert overflow_to(rules, waited_s=0, expected_wait_s=600) is None, "above n, not from n on"
    assert overflow_to(rules, waited_s=0, expected_wait_s=601) == HERE
    assert overflow_to(rules, waited_s=119.9, expected_wait_s=None) is None
    assert overflow_to(rules, waited_s=120, expected_wait_s=None) == THERE
    assert overflow_to(rules, waited_s=120, expected_wait_s=700) == HERE


def test_no_call_comes_back_to_where_it_has_waited():
    rules = read_overflow([{"queue": str(HERE), "waited_s": 0}, {"queue": str(THERE), "waited_s": 60}])
    assert overflow_to(rules, waited_s=30, expected_wait_s=None, been={HERE}) is None
    assert overflow_to(rules, waited_s=60, expected_wait_s=None, been={HERE}) == THERE
    assert overflow_to(rules, waited_s=60, expected_wait_s=None, been={HERE, THERE}) is None


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"queue": str(HERE), "waited_s": 1},
        ["x"],
        [{}],
        [{"queue": str(HERE)}],
        [{"queue": str(HERE), "waited_s": 1, "expected_wait_s": 1}],
        [{"queue": str(HERE), "waited_s": 1, "more": 1}],
        [{"queue": "here", "waited_s": 1}],
        [{"queue": 7, "waited_s": 1}],
        [{"queue": None, "waited_s": 1}],
        [{"queue": str(HERE), "waited_s": -1}],
        [{"queue": str(HERE), "waited_s": LONGEST_S + 1}],
        [{"queue": str(HERE), "waited_s": 1.5}],
        [{"queue": str(HERE), "waited_s": True}],
        [{"queue": str(HERE), "expected_wait_s": "600"}],
        [{"queue": str(HERE), "waited_s": 1}] * 11,
    ],
)
def test_json_that_holds_no_rules_is_refused_with_a_sentence(data):
    with pytest.raises(NotARule, match=r"。$"):
        read_overflow(data)


@given(
    st.lists(
        st.builds(OverflowRule, st.uuids(), st.integers(0, LONGEST_S), st.none())
        | st.builds(OverflowRule, st.uuids(), st.none(), st.integers(0, LONGEST_S)),
        max_size=10,
    )
)
def test_rules_survive_the_way_through_json(rules):
    assert read_overflow([rule.to_json() for rule in rules]) == tuple(rules)


# --- priority and setting up ------------------------------------------------------------------------------------------


def test_the_strongest_reason_counts_and_reasons_do_not_add_up():
    assert priority_of([]) == 0 and priority_of([], queue_priority=7) == 7
    assert priority_of(["repeat_caller", "watch_over"]) == LIFTS[PriorityReason.WATCH_OVER] == priority_of(["watch_over"])
    assert priority_of(["cut_off"]) > priority_of(["transferred"]) > priority_of(["watch_over"]) > priority_of(["callback"])
    assert set(LIFTS) == set(PriorityReason)
    with pytest.raises(ValueError):
        priority_of(["vip"])


def actor(*roles: Role, centre: UUID | None = HERE) -> Actor:
    return Actor(id=UUID(int=9), centre_id=centre, roles=frozenset(roles))


def test_who_sets_up_and_who_leads():
    assert may_set_up(actor(Role.SUPERVISOR), HERE) and may_set_up(actor(Role.OFFICIAL), HERE)
    assert may_set_up(actor(Role.ADMIN, centre=None), HERE) and may_set_up(actor(Role.SYSTEM, centre=None), HERE)
    assert not may_lead(actor(Role.ADMIN, centre=None), HERE)
    for who in (actor(Role.COUNSELLOR), actor(Role.SUPERVISOR, centre=THERE), actor(Role.NCAC, centre=None), actor()):
        assert not may_set_up(who, HERE) and not may_lead(who, HERE)


def test_fields_of_a_queue_are_refused_one_by_one():
    good = {"name": "外国語", "channels": ["phone"], "priority": 0, "target_seconds": 20, "ring_seconds": 20, "wrap_up_seconds": None}
    assert queue_errors(**good) == {}
    for field, value in [
        ("name", ""), ("name", "あ" * 61), ("channels", []), ("channels", ["pigeon"]), ("priority", 101), ("priority", -101),
        ("target_seconds", -1), ("target_seconds", 3601), ("ring_seconds", 4), ("ring_seconds", 121),
        ("wrap_up_seconds", -1), ("wrap_up_seconds", 3601),
    ]:  # fmt: skip
        assert list(queue_errors(**{**good, field: value})) == [field], (field, value)


def test_skills_and_capacities_are_refused():
    assert skill_errors(code="sign_language", label="手話") == {}
    assert set(skill_errors(code="手話", label="")) == {"code", "label"} and skill_errors(code="A1", label="x")
    assert capacity_error({"phone": 1, "chat": 3}) == capacity_error({ChannelKind.PHONE: 1}) == ""
    for wrong in ({}, {"pigeon": 1}, {"phone": 0}, {"phone": 11}, {"phone": True}):
        assert capacity_error(wrong).endswith("。")
