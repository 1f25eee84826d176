"""The router against the reference that looks at everything: the same assignments in any sequence of events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caasis.engines.routing import (
    NO_ANSWER,
    Agent,
    AgentState,
    AlreadyPromised,
    Assignments,
    Channel,
    Choice,
    Overflow,
    Pause,
    Preferred,
    PriorityReason,
    Router,
    Work,
    choose,
    plan,
)
from tests.engines.routing_reference import Pairs, Reference

CENTRES = ("east", "north", "west")
SKILLS = ("debt", "housing", "safety")
LANGUAGES = ("english", "nepali")
AGENTS = tuple(f"agent-{number}" for number in range(6))
PAUSES = {
    "rest": Pause(code="rest", state=AgentState.BREAK, label="休憩"),
    NO_ANSWER: Pause(code=NO_ANSWER, state=AgentState.AWAY, label="呼び出しに応答なし"),
}

levels = st.dictionaries(st.sampled_from([*SKILLS, *LANGUAGES]), st.integers(0, 3), max_size=4)
capacities = st.sampled_from(
    [
        {Channel.PHONE: 1, Channel.CALLBACK: 1},
        {Channel.PHONE: 1, Channel.CALLBACK: 1, Channel.CHAT: 2},
        {Channel.CHAT: 3, Channel.PHONE: 0},
    ]
)
# Thresholds that no expected wait hits exactly: sums in another order may differ in their last digit.
rules = st.builds(
    lambda centre, seconds, by_waiting: (
        Overflow(centre=centre, waited_s=seconds)
        if by_waiting
        else Overflow(centre=centre, expected_wait_s=seconds + 0.77)
    ),
    st.sampled_from(CENTRES),
    st.sampled_from([0.0, 30.0, 90.0, 250.0]),
    st.booleans(),
)


@st.composite
def works(draw: Any, number: int, now: float) -> Work:
    centre = draw(st.sampled_from(CENTRES))
    overflow = {rule.centre: rule for rule in draw(st.lists(rules, max_size=2)) if rule.centre != centre}
    return Work(
        id=f"work-{number:03}",
        queue=draw(st.sampled_from(["general", "special"])),
        centre=centre,
        channel=draw(st.sampled_from([Channel.PHONE, Channel.PHONE, Channel.CHAT, Channel.CALLBACK])),
        arrived_at=now - draw(st.sampled_from([0.0, 0.0, 40.0])),
        required=draw(st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3), max_size=2)),
        languages=draw(st.frozensets(st.sampled_from(LANGUAGES), max_size=2)) if draw(st.booleans()) else frozenset(),
        reasons=draw(st.frozensets(st.sampled_from(list(PriorityReason)), max_size=2)),
        lift_s=draw(st.sampled_from([0.0, 0.0, 60.0])),
        preferred=draw(
            st.none()
            | st.builds(
                lambda agent, patience: Preferred(agent=agent, patience_s=patience),
                st.sampled_from(AGENTS),
                st.sampled_from([0.0, 50.0, 200.0]),
            )
        ),
        overflow=tuple(overflow.values()),
        person=draw(st.sampled_from(["", "", "somebody", "another", "third"])),
    )


class Both:
    """Router and reference side by side. Whatever one of them is told, the other one is told as well."""

    def __init__(self, choice: Choice) -> None:
        self.router, self.reference = Router(choice=choice), Reference(choice)
        self.now = 1000.0
        self.count = 0
        self.assigned = 0
        for each in ("general", "special"):
            self.router.learn(each, handling_s=100.0)
            self.reference.handling[each] = 100.0

    def compare(self, given: Assignments, expected: Pairs) -> None:
        assert [(one.work, one.agent) for one in given] == expected
        self.assigned += len(expected)
        assert all(self.router.agent(one.id) == one for one in self.reference.agents.values())
        waiting = [item for item in self.reference.items.values() if item.agent is None]
        for item in waiting:
            assert self.router.place(item.work.id) == self.reference.place(item.work.id, self.now)
            seen, told = self.router.expected_wait_s(item.work.id), self.reference.expected(item, self.now)
            assert seen == (None if told is None else pytest.approx(told))
        for queue in ("general", "special"):
            expected_order = sorted(
                (one for one in waiting if one.work.queue == queue and self.reference.centres(one, self.now)),
                key=lambda one: one.order,
            )
            assert self.router.waiting(queue) == [one.work for one in expected_order]

    def do(self, event: str, *arguments: Any, **named: Any) -> Any:
        """The same event for both; what one refuses the other must refuse."""
        try:
            expected = getattr(self.reference, event)(*arguments, self.now, **named)
        except AlreadyPromised as refused:
            with pytest.raises(AlreadyPromised) as seen:
                getattr(self.router, event)(*arguments, self.now, **named)
            assert seen.value.callback == refused.callback
            return None
        given = getattr(self.router, event)(*arguments, self.now, **named)
        self.compare(given, expected)
        return given


def step(draw: Any, both: Both) -> None:
    """One event that can happen now."""
    reference = both.reference
    both.now += draw(st.sampled_from([0.0, 1.0, 10.0, 60.0]))
    waiting = sorted(one for one, item in reference.items.items() if item.agent is None)
    with_agents = sorted(one for one, item in reference.items.items() if item.agent in reference.agents)
    ringing = [one for one in with_agents if reference.agents[str(reference.items[one].agent)].rung_for == one]
    talking = [one for one in with_agents if one not in ringing]
    events = ["enter", "enter", "enter", "agent", "tick", "review"]
    events += ["leave", "promise"] if waiting else []
    events += ["answered", "answered", "no_answer", "hang_up"] if ringing else []
    events += ["ended", "ended", "ended"] if talking else []
    events += ["choose", "choose"] if reference.agents else []
    match draw(st.sampled_from(events)):
        case "enter":
            both.count += 1
            both.do("enter", draw(works(both.count, both.now)))
        case "agent":
            agent_id = draw(st.sampled_from(AGENTS))
            old = reference.agents.get(agent_id)
            if old is not None and not old.at_work and draw(st.booleans()):
                both.do("remove_agent", agent_id)
                return
            new = old or Agent(id=agent_id, centre="east", state=AgentState.AVAILABLE, idle_since=both.now)
            if not new.at_work:
                new = replace(new, centre=draw(st.sampled_from(CENTRES)), capacity=draw(capacities))
            both.do("put_agent", replace(new, skills=draw(levels)))
        case "choose":
            one = reference.agents[draw(st.sampled_from(sorted(reference.agents)))]
            state = draw(st.sampled_from([AgentState.AVAILABLE, AgentState.BREAK, AgentState.OFFLINE]))
            reason = "rest" if state is AgentState.BREAK else ""
            if one.at_work and state is not AgentState.OFFLINE:
                both.do("put_agent", plan(one, state, reason=reason, pauses=PAUSES))
            elif not one.at_work and one.state is not state:
                both.do("put_agent", choose(one, state, both.now, reason=reason, pauses=PAUSES))
        case "tick":
            both.do("tick")
        case "review":
            both.do("review")
        case "leave":
            both.do("leave", draw(st.sampled_from(waiting)))
        case "promise":
            known = [one for one in waiting if reference.items[one].work.person]
            calls = [one for one in known if reference.items[one].work.channel is not Channel.CALLBACK]
            if calls:
                both.count += 1
                both.do("promise_callback", draw(st.sampled_from(calls)), f"work-{both.count:03}")
        case "hang_up":
            both.do("leave", draw(st.sampled_from(ringing)))
        case "ended":
            wrap_up = draw(st.sampled_from([0.0, 30.0, None]))
            both.do("ended", draw(st.sampled_from(talking)), wrap_up_s=wrap_up)
        case event:
            both.do(event, draw(st.sampled_from(ringing)))


def any_sequence(data: Any, choice: Choice, most: int) -> None:
    both = Both(choice)
    for number in range(data.draw(st.integers(0, 4))):
        agent = Agent(
            id=AGENTS[number], centre=data.draw(st.sampled_from(CENTRES)), skills=data.draw(levels),
            capacity=data.draw(capacities), state=AgentState.AVAILABLE, idle_since=900.0,
        )  # fmt: skip
        both.do("put_agent", agent)
    for _ in range(data.draw(st.integers(5, most))):
        step(data.draw, both)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), choice=st.sampled_from(list(Choice)))
def test_the_router_decides_as_one_who_looks_at_everything(data: Any, choice: Choice) -> None:
    any_sequence(data, choice, 25)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(data=st.data(), choice=st.sampled_from(list(Choice)))
def test_the_router_decides_as_one_who_looks_at_everything_in_many_long_sequences(data: Any, choice: Choice) -> None:
    any_sequence(data, choice, 60)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), choice=st.sampled_from(list(Choice)))
def test_everything_at_once_is_decided_as_by_one_who_looks_at_everything(data: Any, choice: Choice) -> None:
    both = Both(choice)
    agents = [
        Agent(
            id=name, centre=data.draw(st.sampled_from(CENTRES)), skills=data.draw(levels), capacity=data.draw(capacities),
            state=data.draw(st.sampled_from([AgentState.AVAILABLE, AgentState.AVAILABLE, AgentState.WRAP_UP])),
            idle_since=data.draw(st.sampled_from([0.0, 500.0, 900.0])),
        )
        for name in AGENTS
    ]  # fmt: skip
    found: dict[str, Work] = {}
    for number in range(data.draw(st.integers(0, 12))):
        work = data.draw(works(number, 1000.0))
        # A person waits once at most: who calls while a callback is promised is a matter of the order of events.
        found[work.person or work.id] = work
    both.do("load", agents, list(found.values()))
