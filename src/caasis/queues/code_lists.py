"""The room's code lists, read once from `codes/`."""

from __future__ import annotations

import functools

from caasis.kernel.terms import Term
from caasis.platform.codelists import CodeList, load_code_lists
from caasis.queues.vocabulary import NO_ANSWER, WORK, AgentState


@functools.cache
def code_lists() -> dict[str, CodeList]:
    return load_code_lists("caasis.queues", "codes")


def reasons(state: AgentState) -> tuple[Term, ...]:
    """What an agent may choose as the reason for a state; empty where a state has none."""
    if state is AgentState.BREAK:
        return code_lists()["break_reason"].terms()
    if state is AgentState.AWAY:
        return tuple(term for term in code_lists()["away_reason"].terms() if term.parent and term.code != NO_ANSWER)
    return ()


def reason_label(state: AgentState, reason: str) -> str:
    """The Japanese words of a reason; an unknown code is shown as it is."""
    lists = {AgentState.BREAK: "break_reason", AgentState.AWAY: "away_reason"}
    return code_lists()[lists[state]].label(reason) if reason and state in lists else ""


@functools.cache
def work_reasons() -> frozenset[str]:
    """Reasons for being away that count as work (K27): a meeting does, a walk doesn't."""
    return frozenset(term.code for term in code_lists()["away_reason"].children(WORK))
