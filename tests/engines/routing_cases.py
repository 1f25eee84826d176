"""Agents and calls as most examples of routing need them."""

from __future__ import annotations

from typing import Any

from caasis.engines.routing import Agent, AgentState, Assignments, Channel, Work


def agent(agent_id: str, *, idle_since: float = 0.0, centre: str = "own", **skills: int) -> Agent:
    return Agent(id=agent_id, centre=centre, skills=skills, state=AgentState.AVAILABLE, idle_since=idle_since)


def call(work_id: str, arrived_at: float = 100.0, **named: Any) -> Work:
    return Work(
        **{"id": work_id, "queue": "q", "centre": "own", "channel": Channel.PHONE, "arrived_at": arrived_at, **named}
    )


def pairs(given: Assignments) -> list[tuple[str, str]]:
    return [(one.work, one.agent) for one in given]
