"""Which state may follow which, for an agent's own hand and for the switchboard. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from caasis.engines.routing import states as routing
from caasis.engines.routing.states import BY_HAND, BY_WORK, RESTING
from caasis.queues.vocabulary import AgentState
from caasis.queues.vocabulary import AgentState as S

__all__ = ["BUSY", "BY_AGENT", "BY_SWITCHBOARD", "FIRST", "RESTING", "free_places", "why_not"]

#: What a turn may begin with.
FIRST = frozenset({S.AVAILABLE, S.BREAK, S.AWAY})
#: A call holds the agent.
BUSY = frozenset({S.RINGING, S.TALKING})
#: What an agent may choose while signed in; OFFLINE is signing out. Signing in is a verb of its own.
BY_AGENT: Mapping[AgentState, frozenset[AgentState]] = {**BY_HAND, S.OFFLINE: frozenset()}
#: What a call does to an agent. Whoever is in none of BUSY and is seen no more is taken to OFFLINE.
BY_SWITCHBOARD: Mapping[AgentState, frozenset[AgentState]] = {
    before: after if before in BUSY or before is S.OFFLINE else after | {S.OFFLINE} for before, after in BY_WORK.items()
}


def why_not(before: AgentState, after: AgentState) -> str:
    """Why an agent can't go from one state to the other now, as a sentence; "" when they can."""
    if before is S.OFFLINE:
        return "まだ受付を始めていません。先に受付を始めてください。"
    return routing.why_not(before, after)


def free_places(capacity: Mapping[str, int], at_work: Mapping[str, str], channel: str) -> int:
    """How many more of a kind an agent can take: 0 for a kind that they don't take.

    :param capacity: kind → how many at once. :param at_work: id → kind.
    """
    return max(0, capacity.get(channel, 0) - sum(kind == channel for kind in at_work.values()))
