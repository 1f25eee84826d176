"""Who gets what waits: priorities that age, skills with levels, partner centres, callbacks that keep their place.

`Router` keeps agents and work and decides at each event; `assign` decides once about a snapshot. The simulator in
`simulation` runs the same router, and a faster model of one pool, against invented calls.
"""

from caasis.engines.routing.agents import (
    Agent,
    answer,
    choose,
    end,
    finish_wrap_up,
    no_answer,
    plan,
    ring,
    start,
    withdraw,
    wrap_up_limit,
)
from caasis.engines.routing.expectation import OfferRules, callback_for, expected_wait_s, offers
from caasis.engines.routing.priority import HEAD_STARTS, head_start_s, key_of
from caasis.engines.routing.router import AlreadyPromised, Assignments, Router, assign
from caasis.engines.routing.states import (
    BY_HAND,
    BY_WORK,
    COUNTS,
    NO_ANSWER,
    NotPossible,
    Pause,
    counts_as_work,
    occupancy,
    utilisation,
    why_not,
)
from caasis.engines.routing.vocabulary import AgentState, Channel, Choice, OfferKind, PriorityReason, Why
from caasis.engines.routing.work import Assignment, Need, Overflow, Preferred, Reason, Work

__all__ = [
    "BY_HAND",
    "BY_WORK",
    "COUNTS",
    "HEAD_STARTS",
    "NO_ANSWER",
    "Agent",
    "AgentState",
    "AlreadyPromised",
    "Assignment",
    "Assignments",
    "Channel",
    "Choice",
    "Need",
    "NotPossible",
    "OfferKind",
    "OfferRules",
    "Overflow",
    "Pause",
    "Preferred",
    "PriorityReason",
    "Reason",
    "Router",
    "Why",
    "Work",
    "answer",
    "assign",
    "callback_for",
    "choose",
    "counts_as_work",
    "end",
    "expected_wait_s",
    "finish_wrap_up",
    "head_start_s",
    "key_of",
    "no_answer",
    "occupancy",
    "offers",
    "plan",
    "ring",
    "start",
    "utilisation",
    "why_not",
    "withdraw",
    "wrap_up_limit",
]
