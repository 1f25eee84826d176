"""An agent's states: which may follow which, by whose doing, and what each counts as (F79, K27)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from caasis.engines.routing.vocabulary import AgentState
from caasis.engines.routing.vocabulary import AgentState as S

#: The reason for being away that only routing gives: the agent was rung and did not answer.
NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What time in a state counts as.

    working: K27's work. available: takes new work. occupied: busy with a call or chat (Erlang's occupancy).
    """

    logged_in: bool
    working: bool
    available: bool
    occupied: bool


COUNTS: Mapping[AgentState, Counts] = {
    S.OFFLINE: Counts(logged_in=False, working=False, available=False, occupied=False),
    S.AVAILABLE: Counts(logged_in=True, working=True, available=True, occupied=False),
    S.RINGING: Counts(logged_in=True, working=True, available=False, occupied=True),
    S.TALKING: Counts(logged_in=True, working=True, available=False, occupied=True),
    S.WRAP_UP: Counts(logged_in=True, working=True, available=False, occupied=True),
    S.BREAK: Counts(logged_in=True, working=False, available=False, occupied=False),
    # A meeting is work and a walk isn't: the reason decides (`Pause.counts_as_work`).
    S.AWAY: Counts(logged_in=True, working=False, available=False, occupied=False),
}

#: What an agent may choose. OFFLINE is signing out; out of OFFLINE is signing in.
BY_HAND: Mapping[AgentState, frozenset[AgentState]] = {
    S.OFFLINE: frozenset({S.AVAILABLE, S.BREAK, S.AWAY}),
    S.AVAILABLE: frozenset({S.BREAK, S.AWAY, S.OFFLINE}),
    S.RINGING: frozenset(),
    S.TALKING: frozenset(),
    S.WRAP_UP: frozenset({S.AVAILABLE, S.BREAK, S.AWAY, S.OFFLINE}),
    S.BREAK: frozenset({S.AVAILABLE, S.AWAY, S.OFFLINE}),
    S.AWAY: frozenset({S.AVAILABLE, S.BREAK, S.OFFLINE}),
}
#: What work does to an agent. A call that the agent makes may begin in any state but OFFLINE and RINGING; a second chat
#: rings while the first one goes on.
BY_WORK: Mapping[AgentState, frozenset[AgentState]] = {
    S.OFFLINE: frozenset(),
    S.AVAILABLE: frozenset({S.RINGING, S.TALKING}),
    S.RINGING: frozenset({S.TALKING, S.AVAILABLE, S.BREAK, S.AWAY}),
    S.TALKING: frozenset({S.RINGING, S.TALKING, S.WRAP_UP, S.AVAILABLE, S.BREAK, S.AWAY}),
    S.WRAP_UP: frozenset({S.TALKING, S.AVAILABLE, S.BREAK, S.AWAY}),
    S.BREAK: frozenset({S.TALKING}),
    S.AWAY: frozenset({S.TALKING}),
}
#: The states in which an agent rests; each needs a reason.
RESTING = frozenset({S.BREAK, S.AWAY})
#: Those whom a caller may hope for: available now, or after what they are doing.
AT_WORK = frozenset({S.AVAILABLE, S.RINGING, S.TALKING, S.WRAP_UP})


class NotPossible(ValueError):
    """A state can't follow another one; the message is a sentence for whoever wanted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A reason for a break or for being away. Reasons are data of the product; this is one line of them."""

    code: str
    state: AgentState
    label: str
    counts_as_work: bool = False

    def __post_init__(self) -> None:
        if self.state not in RESTING or (self.counts_as_work and self.state is not S.AWAY):
            raise ValueError("a reason belongs to a break or to being away, and no break counts as work")


def why_not(before: AgentState, after: AgentState) -> str:
    """Why an agent can't choose `after` now, as a sentence; "" when they can."""
    if after in BY_HAND[before]:
        return ""
    if before is after:
        return f"すでに「{after.label}」です。"
    if before is S.RINGING:
        return "いま呼び出し中です。電話に出るか、断ってから選んでください。"
    if before is S.TALKING:
        return "いま通話中です。通話が終わってから選んでください。"
    if before is S.OFFLINE:
        return "まだ受付を始めていません。先に受付を始めてください。"
    return f"「{before.label}」から「{after.label}」へは、電話の動きに合わせて自動で変わります。"


def counts_as_work(state: AgentState, reason: str, pauses: Mapping[str, Pause]) -> bool:
    """Whether time in a state for a reason is work; an unknown reason is none."""
    return COUNTS[state].working or (state is S.AWAY and reason in pauses and pauses[reason].counts_as_work)


#: Time of an agent: the state, the reason, seconds.
Spell = tuple[AgentState, str, float]


def utilisation(spells: Iterable[Spell], pauses: Mapping[str, Pause]) -> float | None:
    """K27 稼働率: share of the logged-in time that is spent on work, breaks out. None where nobody was logged in."""
    logged_in = worked = 0.0
    for state, reason, seconds in spells:
        if COUNTS[state].logged_in:
            logged_in += seconds
            worked += seconds if counts_as_work(state, reason, pauses) else 0.0
    return worked / logged_in if logged_in else None


def occupancy(spells: Iterable[Spell]) -> float | None:
    """Share of the time for calls that calls took: occupied ÷ (occupied + available). None where there was none.

    This, not K27, is the utilisation of Erlang's formulas and of the simulator.
    """
    occupied = available = 0.0
    for state, _, seconds in spells:
        occupied += seconds if COUNTS[state].occupied else 0.0
        available += seconds if COUNTS[state].available else 0.0
    return occupied / (occupied + available) if occupied + available else None
