"""What agents do by themselves: begin and end their turn, take a break, go away, come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from caasis.accounts.selectors import staff_of
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.transactions import actor_transaction
from caasis.queues.code_lists import reasons
from caasis.queues.models import AgentStatus
from caasis.queues.rules.setup import capacity_error, may_lead
from caasis.queues.rules.states import BUSY, FIRST, RESTING, why_not
from caasis.queues.services.states import change_state, locked_status, moment
from caasis.queues.vocabulary import AgentState, ChannelKind

ONE_CALL: Mapping[str, int] = {ChannelKind.PHONE: 1, ChannelKind.CALLBACK: 1}


def sign_in(
    *,
    actor: Actor,
    capacity: Mapping[str, int] = ONE_CALL,
    state: AgentState = AgentState.AVAILABLE,
    reason: str = "",
    at: datetime | None = None,
) -> AgentStatus:
    """Begin a turn in the actor's centre. Whoever is signed in already stays as they are, with the new capacity.

    :param capacity: kind of channel → how many at once.
    :param state: AVAILABLE, or BREAK or AWAY with a reason, to begin without being rung.
    :raises Invalid: a capacity, state or reason that is none. :raises NotAllowed: not staff of a centre.
    """
    user_id, centre_id = _place_of(actor)
    if sentence := capacity_error(capacity):
        raise Invalid(fields={"capacity": [sentence]})
    if state not in FIRST:
        raise Invalid(fields={"state": ["待機・休憩・離席のどれかで始めてください。"]})
    _check_reason(state, reason)
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=at)
        status.capacity = {ChannelKind(kind).value: count for kind, count in capacity.items()}
        status.last_seen_at = at
        if status.state != AgentState.OFFLINE:
            status.save(update_fields=["capacity", "last_seen_at", "updated_at"])
            return status
        status.signed_in_at, status.last_work_at = max(at, status.since), None
        return change_state(status, state, actor=actor, at=at, reason=reason)


def sign_out(*, actor: Actor, user_id: UUID | None = None, at: datetime | None = None) -> AgentStatus:
    """End a turn: one's own, or that of a colleague who forgot it. Twice does no harm.

    :raises NotAllowed: somebody else's, unless a supervisor or an official. :raises WrongState: during a call.
    """
    return _set(actor, user_id, AgentState.OFFLINE, "", at)


def set_state(
    *, actor: Actor, state: AgentState, reason: str = "", user_id: UUID | None = None, at: datetime | None = None
) -> AgentStatus:
    """Become available, take a break, go away. From wrap-up this ends it. Twice does no harm.

    :param user_id: a colleague's, for supervisors and officials; one's own when absent.
    :raises Invalid: a reason that is none. :raises NotAllowed: somebody else's state.
    :raises WrongState: a state that can't follow the present one, with the reason as a sentence.
    """
    _check_reason(state, reason)
    return _set(actor, user_id, state, reason, at)


def plan_next_state(*, actor: Actor, state: AgentState, reason: str = "", at: datetime | None = None) -> AgentStatus:
    """During a call: what shall follow it and its wrap-up. AVAILABLE takes the plan back.

    :raises Invalid: neither a break nor being away. :raises WrongState: no call goes on.
    """
    user_id, centre_id = _place_of(actor)
    if state not in RESTING and state is not AgentState.AVAILABLE:
        raise Invalid(fields={"state": ["通話のあとに選べるのは、待機・休憩・離席です。"]})
    _check_reason(state, reason)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=moment(at))
        if AgentState(status.state) not in BUSY | {AgentState.WRAP_UP}:
            raise WrongState("いまは通話していません。状態を直接選んでください。")
        status.next_state, status.next_reason = ("", "") if state is AgentState.AVAILABLE else (state.value, reason)
        status.save(update_fields=["next_state", "next_reason", "updated_at"])
        return status


def note_seen(*, actor: Actor, at: datetime | None = None) -> bool:
    """A sign of life of the agent's browser. False: they are signed out, and the page should say so."""
    user_id, centre_id = _place_of(actor)
    with actor_transaction(actor):
        rows = AgentStatus.objects.filter(user_id=user_id, centre_id=centre_id).exclude(state=AgentState.OFFLINE)
        return bool(rows.update(last_seen_at=moment(at)))


def _place_of(actor: Actor) -> tuple[UUID, UUID]:
    if actor.id is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotAllowed("受付ができるのは、センターの相談員と職員です。")
    return actor.id, actor.centre_id


def _check_reason(state: AgentState, reason: str) -> None:
    """:raises Invalid: a reason that the state doesn't know, or none where one is needed."""
    known = {term.code for term in reasons(state)}
    if reason not in known and (reason or state is AgentState.AWAY):
        raise Invalid(fields={"reason": ["理由を選んでください。"]})


def _set(actor: Actor, user_id: UUID | None, state: AgentState, reason: str, at: datetime | None) -> AgentStatus:
    own_id, centre_id = _place_of(actor)
    whose = user_id or own_id
    if whose != own_id:
        if not may_lead(actor, centre_id):
            raise NotAllowed("ほかの人の状態を変えられるのは、主任と職員です。")
        if not staff_of(centre_id).filter(id=whose).exists():
            raise NotFound("この人は見つかりません。一覧を開き直してください。")
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(whose, centre_id, at=at)
        if (status.state, status.reason) == (state.value, reason):
            return status
        # Another reason for the same state is a change of its own: times are kept by reason.
        if status.state != state.value and (sentence := why_not(AgentState(status.state), state)):
            raise WrongState(sentence, state=status.state)
        return change_state(status, state, actor=actor, at=at, reason=reason)
