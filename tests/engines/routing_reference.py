"""The routing policy a second time, by looking at everything at each event: no index, nothing remembered but what is so.

It shares the records and the agents' turns with the engine, and none of its rules of who goes first, who can do what, who
comes before whom, what is shown to whom, and what is to be expected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from caasis.engines.routing import Agent, AgentState, AlreadyPromised, Channel, Choice, PriorityReason, Work
from caasis.engines.routing import agents as turns

SECONDS_AHEAD = {
    PriorityReason.INJURY: 1800, PriorityReason.CUT_OFF: 1200, PriorityReason.TRANSFERRED: 900,
    PriorityReason.WATCH_OVER: 600, PriorityReason.REPEAT_CALLER: 300, PriorityReason.CALLBACK: 0,
}  # fmt: skip
AT_WORK = (AgentState.AVAILABLE, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP)

Pairs = list[tuple[str, str]]


class Item:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.agent: str | None = None
        self.opened: set[str] = set()

    @property
    def order(self) -> tuple[float, float, str]:
        ahead = max([SECONDS_AHEAD[reason] for reason in self.work.reasons] or [0]) + self.work.lift_s
        return (self.work.arrived_at - ahead, self.work.arrived_at, self.work.id)


def can_do(agent: Agent, work: Work) -> bool:
    if agent.capacity.get(work.channel, 0) < 1:
        return False
    for skill, least in work.required.items():
        if agent.skills.get(skill, 0) < least:
            return False
    return not work.languages or any(agent.skills.get(language, 0) >= 1 for language in work.languages)


def can_take_now(agent: Agent, work: Work) -> bool:
    if not can_do(agent, work) or agent.plan is not None:
        return False
    if agent.state is AgentState.AVAILABLE:
        return True
    if agent.state is not AgentState.TALKING or set(agent.at_work.values()) != {work.channel}:
        return False
    return len(agent.at_work) < agent.capacity[work.channel]


class Reference:
    """The same events as `Router`; each answers with pairs of work and agent."""

    def __init__(self, choice: Choice = Choice.SPECIALIST_FIRST) -> None:
        self.choice = choice
        self.agents: dict[str, Agent] = {}
        self.items: dict[str, Item] = {}
        self.handling: dict[str, float] = {}

    # --- the policy ---------------------------------------------------------------------------------------------------

    def centres(self, item: Item, now: float) -> list[str]:
        """Whose agents may take it, in the order in which they are asked; none for a callback to somebody on the line."""
        work = item.work
        if work.channel is Channel.CALLBACK and any(
            other.work.channel is not Channel.CALLBACK and other.work.person == work.person
            for other in self.items.values()
            if work.person
        ):
            return []
        found = [work.centre]
        for rule in work.overflow:
            if rule.centre in item.opened or (rule.waited_s is not None and now >= work.arrived_at + rule.waited_s):
                found.append(rule.centre)
        return found

    def candidates(self, item: Item, now: float) -> list[Agent]:
        work, centres = item.work, self.centres(item, now)
        agents = [one for one in self.agents.values() if one.centre in centres]
        if work.preferred is not None:
            for one in agents:
                if one.id == work.preferred.agent and can_do(one, work):
                    if can_take_now(one, work):
                        return [one]
                    goes_on = one.state in AT_WORK and one.plan is None
                    if goes_on and now < work.arrived_at + work.preferred.patience_s:
                        return []
        return [one for one in agents if can_take_now(one, work)]

    def preference(self, item: Item, agent: Agent, now: float) -> tuple[object, ...]:
        work = item.work
        held = [level for level in agent.skills.values() if level > 0]
        needed = len(work.required) + (1 if work.languages else 0)
        level = sum(agent.skills[skill] for skill in work.required)
        if work.languages:
            level += max(agent.skills.get(language, 0) for language in work.languages)
        skill = (len(held) - needed, -level) if self.choice is Choice.SPECIALIST_FIRST else ()
        return (
            self.centres(item, now).index(agent.centre), *skill, len(agent.at_work), agent.idle_since, agent.id
        )  # fmt: skip

    def decide(self, now: float) -> Pairs:
        for one in list(self.agents.values()):
            if one.wrap_up_until is not None and one.wrap_up_until <= now:
                self.agents[one.id] = turns.finish_wrap_up(one, one.wrap_up_until)
        given = []
        for item in sorted((one for one in self.items.values() if one.agent is None), key=lambda one: one.order):
            able = self.candidates(item, now)
            if able:
                best = min(able, key=lambda one: self.preference(item, one, now))
                self.agents[best.id] = turns.ring(best, item.work.id, item.work.channel, now)
                item.agent = best.id
                given.append((item.work.id, best.id))
        return given

    def expected(self, item: Item, now: float) -> float | None:
        work = item.work
        at_work = [
            one
            for one in self.agents.values()
            if one.centre == work.centre and one.state in AT_WORK and one.plan is None
        ]
        able = {one.id for one in at_work if can_do(one, work)}
        if not able or work.queue not in self.handling:
            return None
        place = 1.0
        for other in self.items.values():
            if other.agent is not None or other.order >= item.order or work.centre not in self.centres(other, now):
                continue
            if self.reserved(other, now):
                continue
            theirs = {one.id for one in at_work if can_do(one, other.work)}
            if theirs:
                place += len(able & theirs) / len(theirs)
        return place * self.handling[work.queue] / len(able)

    def reserved(self, item: Item, now: float) -> bool:
        preferred = item.work.preferred
        if preferred is None or now >= item.work.arrived_at + preferred.patience_s:
            return False
        one = self.agents.get(preferred.agent)
        if one is None or one.centre not in self.centres(item, now) or not can_do(one, item.work):
            return False
        return one.state in AT_WORK and one.plan is None

    def place(self, work_id: str, now: float) -> int:
        item = self.items[work_id]
        return 1 + sum(
            other.agent is None
            and other.work.queue == item.work.queue
            and other.order < item.order
            and bool(self.centres(other, now))
            for other in self.items.values()
        )

    # --- events -------------------------------------------------------------------------------------------------------

    def load(self, agents: Iterable[Agent], works: Iterable[Work], now: float) -> Pairs:
        self.agents.update({one.id: one for one in agents})
        for work in works:
            self.add(work)
        return self.review(now)

    def put_agent(self, agent: Agent, now: float) -> Pairs:
        self.agents[agent.id] = agent
        return self.decide(now)

    def remove_agent(self, agent_id: str, now: float) -> Pairs:
        del self.agents[agent_id]
        return self.decide(now)

    def callback_of(self, person: str) -> Item | None:
        for item in self.items.values():
            if item.work.channel is Channel.CALLBACK and person and item.work.person == person:
                return item
        return None

    def add(self, work: Work) -> Item:
        promised = self.callback_of(work.person)
        if promised is not None:
            if work.channel is Channel.CALLBACK:
                raise AlreadyPromised(promised.work.id)
            work = replace(work, arrived_at=min(work.arrived_at, promised.work.arrived_at))
        self.items[work.id] = Item(work)
        return self.items[work.id]

    def enter(self, work: Work, now: float) -> Pairs:
        item = self.add(work)
        return self.decide(now) + self.open_partners([item], now)

    def open_partners(self, items: list[Item], now: float) -> Pairs:
        waits = {item.work.id: self.expected(item, now) for item in items if item.agent is None}
        for item in items:
            expected = waits.get(item.work.id)
            for rule in item.work.overflow:
                if rule.expected_wait_s is not None and expected is not None and expected >= rule.expected_wait_s:
                    item.opened.add(rule.centre)
        return self.decide(now)

    def review(self, now: float) -> Pairs:
        return self.decide(now) + self.open_partners(list(self.items.values()), now)

    def leave(self, work_id: str, now: float) -> Pairs:
        item = self.items.pop(work_id)
        if item.agent in self.agents:
            self.agents[item.agent] = turns.withdraw(self.agents[item.agent], work_id, now)
        return self.decide(now)

    def promise_callback(self, work_id: str, callback_id: str, now: float) -> Pairs:
        call = self.items[work_id].work
        promised = self.callback_of(call.person)
        if promised is not None:
            raise AlreadyPromised(promised.work.id)
        del self.items[work_id]
        reasons = call.reasons | {PriorityReason.CALLBACK}
        return self.enter(replace(call, id=callback_id, channel=Channel.CALLBACK, reasons=reasons), now)

    def answered(self, work_id: str, now: float) -> Pairs:
        item = self.items[work_id]
        assert item.agent is not None
        self.agents[item.agent] = turns.answer(self.agents[item.agent], work_id, now)
        promised = self.callback_of(item.work.person)
        if promised is not None and promised.agent is None:
            del self.items[promised.work.id]
        return self.decide(now)

    def no_answer(self, work_id: str, now: float) -> Pairs:
        item = self.items[work_id]
        assert item.agent is not None
        self.agents[item.agent] = turns.no_answer(self.agents[item.agent], work_id, now)
        item.agent = None
        return self.decide(now)

    def ended(self, work_id: str, now: float, *, wrap_up_s: float | None) -> Pairs:
        item = self.items.pop(work_id)
        if item.agent in self.agents:
            self.agents[item.agent] = turns.end(self.agents[item.agent], work_id, now, wrap_up_s=wrap_up_s)
        return self.decide(now)

    def tick(self, now: float) -> Pairs:
        return self.decide(now)
