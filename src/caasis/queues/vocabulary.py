"""Words of the queue: agents' states, kinds of channels, why somebody goes first. Reasons and skills are data: `codes/`.

They are the words of the engine that gives out what waits.
"""

from __future__ import annotations

from caasis.engines.routing.states import NO_ANSWER
from caasis.engines.routing.vocabulary import AgentState, PriorityReason
from caasis.engines.routing.vocabulary import Channel as ChannelKind

__all__ = ["GIVEN_OUT", "LIVE", "NO_ANSWER", "WORK", "AgentState", "ChannelKind", "PriorityReason"]

#: Somebody is there and waits for the answer: these have a longest wait that a wallboard shows.
LIVE = frozenset({ChannelKind.PHONE, ChannelKind.VIDEO, ChannelKind.CHAT, ChannelKind.VISIT})
#: Given to an agent by rules. Everything else is taken by hand from the list on the desk.
GIVEN_OUT = frozenset({ChannelKind.PHONE, ChannelKind.CALLBACK, ChannelKind.VIDEO, ChannelKind.CHAT})

#: Reasons of `away` below this code count as work (K27).
WORK = "work"
