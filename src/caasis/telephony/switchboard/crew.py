"""Agents as the engine sees them: who is free, and for whom of those at work somebody may wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from caasis.engines.routing import Agent, AgentState, Channel
from caasis.kernel.clock import day_in_japan
from caasis.queues.models import AgentSkill, AgentStatus
from caasis.telephony.models import Participant, Station

#: With a call or its wrap-up in hand, and taking the next one afterwards.
OCCUPIED = (AgentState.RINGING.value, AgentState.TALKING.value, AgentState.WRAP_UP.value)


def free_agents(centre_ids: Collection[UUID], now: datetime, *, among: Collection[UUID] | None = None) -> list[Agent]:
    """Agents of these centres who are available, can be reached, and are in no call; only those `among`, if given."""
    free = _available(centre_ids)
    return _reached(list(free if among is None else free.filter(user_id__in=among)), now)


def few_free_agents(centre_ids: Collection[UUID], now: datetime, *, most: int) -> list[Agent] | None:
    """As `free_agents`; None where more than `most` are available."""
    rows = list(_available(centre_ids)[: most + 1])
    return None if len(rows) > most else _reached(rows, now)


def _available(centre_ids: Collection[UUID]) -> QuerySet[AgentStatus]:
    return _statuses().filter(centre_id__in=centre_ids, state=AgentState.AVAILABLE.value)


def _reached(rows: list[AgentStatus], now: datetime) -> list[Agent]:
    ready = _ready({status.user_id for status in rows})
    return _as_agents((status for status in rows if status.user_id in ready), AgentState.AVAILABLE, now)


def agents_at_work(centre_id: UUID, now: datetime) -> list[Agent]:
    """Agents of a centre who will take a call when they are free: not those who plan a break, nor without a telephone.

    All of them as being in their wrap-up: whoever only looks ahead gives nobody anything.
    """
    rows = list(
        _statuses().filter(centre_id=centre_id, state__in=[AgentState.AVAILABLE.value, *OCCUPIED], next_state="")
    )
    ready = _ready({status.user_id for status in rows if status.state == AgentState.AVAILABLE.value})
    there = (status for status in rows if status.state in OCCUPIED or status.user_id in ready)
    return _as_agents(there, AgentState.WRAP_UP, now)


def _statuses() -> QuerySet[AgentStatus]:
    return AgentStatus.objects.only("user_id", "centre_id", "state", "since", "last_work_at", "capacity")


def _ready(ids: set[UUID]) -> set[UUID]:
    """Those who have a station that can be reached, and are in no call."""
    if not ids:
        return set()
    can_be_rung = Q(online=True) | Q(leg_ready=True) & ~Q(leg="")
    reached = set(Station.objects.filter(can_be_rung, agent_id__in=ids).values_list("agent_id", flat=True))
    present = Participant.objects.filter(gone_at=None, call__ended_at=None, agent_id__in=ids)
    return reached - set(present.values_list("agent_id", flat=True))


def _as_agents(rows: Iterable[AgentStatus], state: AgentState, now: datetime) -> list[Agent]:
    rows = list(rows)
    skills = _skills({status.user_id for status in rows}, now)
    return [
        Agent(
            id=str(status.user_id),
            centre=str(status.centre_id),
            skills=skills.get((status.user_id, status.centre_id), {}),
            capacity={Channel(kind): most for kind, most in status.capacity.items()},
            state=state,
            since=status.since.timestamp(),
            idle_since=(status.last_work_at or status.since).timestamp(),
        )
        for status in rows
    ]


def _skills(agent_ids: set[UUID], now: datetime) -> dict[tuple[UUID, UUID], dict[str, int]]:
    """Levels that hold today, by agent and centre."""
    day = day_in_japan(now)
    found: dict[tuple[UUID, UUID], dict[str, int]] = {}
    held = AgentSkill.objects.filter(user_id__in=agent_ids, valid_from__lte=day).exclude(valid_to__lt=day)
    for user_id, centre_id, code, level in held.values_list("user_id", "centre_id", "skill__code", "level"):
        found.setdefault((user_id, centre_id), {})[code] = level
    return found
