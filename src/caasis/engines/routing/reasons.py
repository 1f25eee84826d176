"""The facts that spoke for an assignment, for a screen to show."""

from __future__ import annotations

from collections.abc import Mapping

from caasis.engines.routing.agents import Agent
from caasis.engines.routing.vocabulary import PriorityReason, Why
from caasis.engines.routing.work import Reason, Work


def reasons_for(
    work: Work, agent: Agent, now: float, head_starts: Mapping[PriorityReason, float]
) -> tuple[Reason, ...]:
    """Why this work went first, then why this agent got it. Amounts: seconds waited and idle, counts of skills, levels."""
    found = [Reason(Why.WAITED, now - work.arrived_at)]
    lifting = [reason for reason in work.reasons if head_starts[reason] > 0]
    found += [Reason(Why.PRIORITY, code=reason) for reason in sorted(lifting, key=lambda one: (-head_starts[one], one))]
    if work.preferred is not None and work.preferred.agent == agent.id:
        found.append(Reason(Why.PREFERRED))
    if agent.centre != work.centre:
        found.append(Reason(Why.PARTNER, code=agent.centre))
    need = work.need
    held = sum(level > 0 for level in agent.skills.values())
    found.append(Reason(Why.OTHER_SKILLS, held - need.skills))
    if need.skills:
        found.append(Reason(Why.LEVEL, need.level(agent.skills)))
    found.append(Reason(Why.IDLE, now - agent.idle_since))
    return tuple(found)
