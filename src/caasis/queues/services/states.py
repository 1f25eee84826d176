"""Changing an agent's state: one lock, one row in the log, one event. Used by the verbs of agents and switchboard."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotAllowed
from caasis.platform.outbox.publish import publish
from caasis.queues.events import AgentStateChanged
from caasis.queues.models import AgentStatus, AgentStatusChange
from caasis.queues.rules.states import RESTING
from caasis.queues.vocabulary import AgentState


def locked_status(user_id: UUID, centre_id: UUID, *, at: datetime) -> AgentStatus:
    """The agent's status, locked until the transaction ends; made when there is none yet."""
    status, _ = AgentStatus.objects.select_for_update().get_or_create(
        user_id=user_id, centre_id=centre_id, defaults={"since": at, "version": 0}
    )
    return status


def change_state(
    status: AgentStatus,
    state: AgentState,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    subject_id: UUID | None = None,
) -> AgentStatus:
    """Save the status in another state, with its line in the log and its event.

    Clocks of two machines differ: a change never lies before the one that it follows.
    """
    at = max(at, status.since)
    if state is AgentState.OFFLINE:
        status.signed_in_at, status.at_work = None, {}
    if state is not AgentState.WRAP_UP:
        status.wrap_up_of = status.wrap_up_until = None
    if state in RESTING or state in (AgentState.OFFLINE, AgentState.AVAILABLE):
        status.next_state = status.next_reason = ""
    status.state, status.reason, status.since = state.value, reason, at
    status.version += 1
    status.save()
    AgentStatusChange.objects.create(
        status=status,
        user_id=status.user_id,
        centre_id=status.centre_id,
        number=status.version,
        at=at,
        state=state.value,
        reason=reason,
        subject_id=subject_id,
        actor_id=actor.id,
    )
    publish(
        AgentStateChanged(subject=status.user_id, centre_id=status.centre_id, state=state.value, reason=reason),
        actor=actor,
    )
    return status


def go_on_after_work(status: AgentStatus, *, actor: Actor, at: datetime, subject_id: UUID | None = None) -> AgentStatus:
    """What follows a call and its wrap-up: what was planned, or being available."""
    state = AgentState(status.next_state or AgentState.AVAILABLE)
    return change_state(status, state, actor=actor, at=at, reason=status.next_reason, subject_id=subject_id)


def require_system(actor: Actor) -> None:
    """:raises NotAllowed: unless the actor is the switchboard itself."""
    if not actor.is_system:
        raise NotAllowed("この操作は、電話のしくみだけが行います。")


def moment(at: datetime | None) -> datetime:
    return at or timezone.now()
