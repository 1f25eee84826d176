"""An agent, and what happens to one: each function gives the agent as they are afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from caasis.engines.routing.states import BY_WORK, NO_ANSWER, RESTING, NotPossible, Pause, why_not
from caasis.engines.routing.vocabulary import AgentState, Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A member of staff who takes work.

    skills: skill → level; 0 counts as not having it. capacity: channel → how many at once; what is absent is not taken.
    at_work: id of what the agent is rung for or works on → its channel. rung_for: which of them rings.
    since: in this state since. idle_since: without work since, which a break does not set back.
    reason: why on a break or away. plan: the state and reason that follow the work in hand; None: available.
    wrap_up_until: when the wrap-up ends by itself; None: not at all.
    """

    id: str
    centre: str
    skills: Mapping[str, int] = field(default_factory=dict)
    capacity: Mapping[Channel, int] = field(default_factory=lambda: {Channel.PHONE: 1})
    state: AgentState = AgentState.OFFLINE
    reason: str = ""
    since: float = 0.0
    idle_since: float = 0.0
    at_work: Mapping[str, Channel] = field(default_factory=dict)
    rung_for: str = ""
    plan: tuple[AgentState, str] | None = None
    wrap_up_until: float | None = None

    def takes_now(self) -> tuple[Channel, ...]:
        """The channels of which one more piece of work could be given to this agent now.

        One kind at a time: nobody is rung beside a call, and who chats can take another chat. A planned break begins as
        soon as what is in hand is done: nothing new before it.
        """
        if self.plan is not None or self.state not in (AgentState.AVAILABLE, AgentState.TALKING):
            return ()
        if self.state is AgentState.AVAILABLE:
            return tuple(channel for channel, most in self.capacity.items() if most > 0)
        used = Counter(self.at_work.values())
        return tuple(channel for channel in used if len(used) == 1 and used[channel] < self.capacity.get(channel, 0))


# --- by the agent's hand ----------------------------------------------------------------------------------------------


def choose(agent: Agent, state: AgentState, now: float, *, reason: str = "", pauses: Mapping[str, Pause]) -> Agent:
    """Sign in or out, become available, take a break, go away, end the wrap-up. :raises NotPossible: with a sentence."""
    if sentence := why_not(agent.state, state):
        raise NotPossible(sentence)
    _check_reason(state, reason, pauses)
    signs_in = agent.state is AgentState.OFFLINE
    return replace(
        agent, state=state, reason=reason, since=now, plan=None, wrap_up_until=None,
        idle_since=now if signs_in else agent.idle_since,
    )  # fmt: skip


def plan(agent: Agent, state: AgentState, *, reason: str = "", pauses: Mapping[str, Pause]) -> Agent:
    """During a call: say what shall follow it and its wrap-up; AVAILABLE takes it back. :raises NotPossible:"""
    if agent.state not in (AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP):
        raise NotPossible("いまは仕事中ではありません。そのまま選んでください。")
    if state is AgentState.AVAILABLE:
        return replace(agent, plan=None)
    if state not in RESTING:
        raise NotPossible("このあとの予定には、休憩か離席を選んでください。")
    _check_reason(state, reason, pauses)
    return replace(agent, plan=(state, reason))


def _check_reason(state: AgentState, reason: str, pauses: Mapping[str, Pause]) -> None:
    if state in RESTING and (reason not in pauses or pauses[reason].state is not state):
        raise NotPossible(f"「{state.label}」の理由を選んでください。")
    if state not in RESTING and reason:
        raise NotPossible(f"「{state.label}」に理由はありません。")


# --- by work ----------------------------------------------------------------------------------------------------------


def ring(agent: Agent, work_id: str, channel: Channel, now: float) -> Agent:
    """The agent is rung for something. :raises NotPossible: unless one more of the channel can be given."""
    if channel not in agent.takes_now():
        raise NotPossible("この相談員は、いま呼び出せません。")
    return _go(agent, AgentState.RINGING, now, at_work={**agent.at_work, work_id: channel}, rung_for=work_id)


def answer(agent: Agent, work_id: str, now: float) -> Agent:
    """The agent answers what rings. :raises NotPossible: nothing rings, or something else."""
    _check_rings(agent, work_id)
    return _go(agent, AgentState.TALKING, now, rung_for="")


def withdraw(agent: Agent, work_id: str, now: float) -> Agent:
    """What rings has gone before an answer: the caller hung up. Nothing to wrap up, and idle as long as before.

    :raises NotPossible: nothing rings, or something else.
    """
    _check_rings(agent, work_id)
    if left := _without(agent, work_id):
        return _go(agent, AgentState.TALKING, now, at_work=left, rung_for="")
    return _go_on(agent, now, idle_since=agent.idle_since)


def no_answer(agent: Agent, work_id: str, now: float) -> Agent:
    """The agent did not answer: put away, until they say that they are back; at the end of a chat that still goes on.

    :raises NotPossible: nothing rings, or something else.
    """
    _check_rings(agent, work_id)
    away = (AgentState.AWAY, NO_ANSWER)
    if left := _without(agent, work_id):
        return _go(agent, AgentState.TALKING, now, at_work=left, rung_for="", plan=agent.plan or away)
    return _go_on(replace(agent, plan=away), now, idle_since=agent.idle_since)


def start(agent: Agent, work_id: str, channel: Channel, now: float) -> Agent:
    """The agent begins something without being rung: calls out, takes a letter. A break goes on afterwards.

    :raises NotPossible: offline, or rung.
    """
    if agent.state is AgentState.RINGING:
        raise NotPossible("いま呼び出し中です。電話に出るか、断ってから始めてください。")
    after = (agent.state, agent.reason) if agent.state in RESTING else agent.plan
    return _go(
        agent, AgentState.TALKING, now, reason="", at_work={**agent.at_work, work_id: channel}, plan=after,
        wrap_up_until=None,
    )  # fmt: skip


def end(agent: Agent, work_id: str, now: float, *, wrap_up_s: float | None) -> Agent:
    """The agent's part of something is over. 後処理 begins once nothing else is in hand.

    :param wrap_up_s: how long it may last; None: as long as the agent needs; 0: there is none.
    :raises NotPossible: the agent does not work on it.
    """
    if work_id not in agent.at_work or work_id == agent.rung_for:
        raise NotPossible("この相談員は、いまこの仕事をしていません。")
    if left := _without(agent, work_id):
        return replace(agent, at_work=left, idle_since=now)
    if wrap_up_s == 0:
        return _go_on(agent, now, idle_since=now)
    until = None if wrap_up_s is None else now + wrap_up_s
    return _go(agent, AgentState.WRAP_UP, now, at_work={}, idle_since=now, wrap_up_until=until)


def wrap_up_limit(agent: Agent, now: float) -> float | None:
    """When the wrap-up reached its limit; None where it hasn't, or there is none."""
    return agent.wrap_up_until if agent.wrap_up_until is not None and now >= agent.wrap_up_until else None


def finish_wrap_up(agent: Agent, now: float) -> Agent:
    """後処理 is over, by the agent's button or by its limit: what was planned follows, or being available.

    :raises NotPossible: there is none.
    """
    if agent.state is not AgentState.WRAP_UP:
        raise NotPossible("いま後処理中ではありません。")
    return _go_on(agent, now, idle_since=now)


def _go(agent: Agent, state: AgentState, now: float, **changes: Any) -> Agent:
    if state not in BY_WORK[agent.state]:
        raise NotPossible(f"「{agent.state.label}」から「{state.label}」へは変われません。")
    return replace(agent, state=state, since=now, **changes)


def _go_on(agent: Agent, now: float, *, idle_since: float) -> Agent:
    state, reason = agent.plan or (AgentState.AVAILABLE, "")
    return _go(
        agent, state, now, reason=reason, at_work={}, rung_for="", plan=None, wrap_up_until=None, idle_since=idle_since
    )


def _check_rings(agent: Agent, work_id: str) -> None:
    if work_id != agent.rung_for or agent.state is not AgentState.RINGING:
        raise NotPossible("この相談員は、いまこの件で呼び出し中ではありません。")


def _without(agent: Agent, work_id: str) -> dict[str, Channel]:
    return {other: channel for other, channel in agent.at_work.items() if other != work_id}
