"""Which state may follow which, for an agent's own hand and for the switchboard. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from caasis.queues.vocabulary import AgentState
from caasis.queues.vocabulary import AgentState as S

#: What a turn may begin with.
FIRST = frozenset({S.AVAILABLE, S.BREAK, S.AWAY})
#: What an agent may choose while signed in; OFFLINE is signing out.
BY_AGENT: Mapping[AgentState, frozenset[AgentState]] = {
    S.OFFLINE: frozenset(),
    S.AVAILABLE: frozenset({S.BREAK, S.AWAY, S.OFFLINE}),
    S.RINGING: frozenset(),
    S.TALKING: frozenset(),
    S.WRAP_UP: frozenset({S.AVAILABLE, S.BREAK, S.AWAY, S.OFFLINE}),
    S.BREAK: frozenset({S.AVAILABLE, S.AWAY, S.OFFLINE}),
    S.AWAY: frozenset({S.AVAILABLE, S.BREAK, S.OFFLINE}),
}
#: What a call does to an agent. A call that the agent makes may begin in any state but OFFLINE; whoever is in none of
#: BUSY and is seen no more is taken to OFFLINE.
BY_SWITCHBOARD: Mapping[AgentState, frozenset[AgentState]] = {
    S.OFFLINE: frozenset(),
    S.AVAILABLE: frozenset({S.RINGING, S.TALKING, S.OFFLINE}),
    S.RINGING: frozenset({S.TALKING, S.AVAILABLE, S.BREAK, S.AWAY}),
    S.TALKING: frozenset({S.WRAP_UP, S.AVAILABLE, S.BREAK, S.AWAY}),
    S.WRAP_UP: frozenset({S.TALKING, S.AVAILABLE, S.BREAK, S.AWAY, S.OFFLINE}),
    S.BREAK: frozenset({S.TALKING, S.OFFLINE}),
    S.AWAY: frozenset({S.TALKING, S.OFFLINE}),
}
#: A call holds the agent.
BUSY = frozenset({S.RINGING, S.TALKING})
#: What may be planned for the time after a call, and what an agent comes back to who made a call out of it.
RESTING = frozenset({S.BREAK, S.AWAY})


def why_not(before: AgentState, after: AgentState) -> str:
    """Why an agent can't go from one state to the other now, as a sentence; "" when they can."""
    if after in BY_AGENT[before]:
        return ""
    if before is S.RINGING:
        return "いま呼び出し中です。電話に出るか、断ってから選んでください。"
    if before is S.TALKING:
        return "いま通話中です。通話が終わってから選んでください。"
    if before is S.OFFLINE:
        return "まだ受付を始めていません。先に受付を始めてください。"
    return f"「{before.label}」から「{after.label}」へは、電話の動きに合わせて自動で変わります。"


def free_places(capacity: Mapping[str, int], at_work: Mapping[str, str], channel: str) -> int:
    """How many more of a kind an agent can take: 0 for a kind that they don't take.

    :param capacity: kind → how many at once. :param at_work: id → kind.
    """
    return max(0, capacity.get(channel, 0) - sum(kind == channel for kind in at_work.values()))
