"""What calls do to queues and to agents' states: the switchboard's only door to the room `queues`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import WrongState
from caasis.privacy.keys import move_record_key, ring
from caasis.privacy.services import blind_phone
from caasis.queues.models import AgentStatus, Queue, WorkItem
from caasis.queues.models.queue import RING_SECONDS, WRAP_UP_EXTENSION_SECONDS, WRAP_UP_EXTENSIONS, WRAP_UP_SECONDS
from caasis.queues.rules.priority import SECONDS_A_POINT, priority_of
from caasis.queues.rules.states import free_places
from caasis.queues.services.items import assign_item, cancel_item, enqueue, finish_item, move_item, return_item
from caasis.queues.services.switchboard import (
    finish_wrap_up,
    mark_ringing,
    mark_talking,
    mark_wrap_up,
    prolong_wrap_up,
    put_away_after_no_answer,
    stop_ringing,
)
from caasis.queues.vocabulary import AgentState, ChannelKind
from caasis.telephony.models import Participant, Recording, Station
from caasis.telephony.switchboard.live import LiveCall

CALL = "call"
#: Points of the emergency key: somebody is being told right now to go to an ATM. Before whatever has come within a day.
EMERGENCY = 24 * 60 * 60 // SECONDS_A_POINT


def queue_of(queue_id: UUID) -> Queue:
    return Queue.objects.get(id=queue_id)


def is_open(queue_id: UUID) -> bool:
    """Whether the queue takes calls."""
    return Queue.objects.filter(id=queue_id, active=True).exists()


def ring_seconds(queue_id: UUID | None) -> int:
    queue = Queue.objects.filter(id=queue_id).first() if queue_id else None
    return queue.ring_seconds if queue else RING_SECONDS


# --- waiting ----------------------------------------------------------------------------------------------------------


def wait(live: LiveCall) -> None:
    """The call's work item waits in the call's queue, since the moment at which the caller began to wait."""
    row = live.row
    assert row.queue_id is not None and row.centre_id is not None
    item = WorkItem.objects.filter(subject_kind=CALL, subject_id=row.id).first()
    priority = priority_of(row.priority_reasons, queue_priority=queue_of(row.queue_id).priority)
    priority += EMERGENCY if row.emergency else 0
    if item is not None and item.state == WorkItem.State.TAKEN:
        return_item(subject_kind=CALL, subject_id=row.id)
    if item is not None and item.state in (WorkItem.State.TAKEN, WorkItem.State.WAITING):
        move_item(subject_kind=CALL, subject_id=row.id, queue_id=row.queue_id, priority=priority)
        return
    enqueue(
        centre_id=row.centre_id,
        subject_kind=CALL,
        subject_id=row.id,
        title="電話",
        arrived_at=row.waiting_since or live.now,
        queue_id=row.queue_id,
        channel=ChannelKind.PHONE,
        required_skills=row.required_skills,
        priority=priority,
        priority_reasons=row.priority_reasons,
    )


def wait_anew(live: LiveCall) -> None:
    """Something has changed about why the call goes first: its item is made anew, and keeps its moment."""
    cancel_item(subject_kind=CALL, subject_id=live.row.id, at=live.now)
    wait(live)


def taken(live: LiveCall, agent_id: UUID) -> None:
    """It rings at an agent: others don't get it meanwhile."""
    if WorkItem.objects.filter(subject_kind=CALL, subject_id=live.row.id, state=WorkItem.State.WAITING).exists():
        assign_item(subject_kind=CALL, subject_id=live.row.id, user_id=agent_id, at=live.now)


def served(live: LiveCall) -> None:
    """Somebody talks with the caller: the item is dealt with."""
    finish_item(subject_kind=CALL, subject_id=live.row.id)


def done(live: LiveCall) -> None:
    """The caller waits no more, whatever the reason."""
    cancel_item(subject_kind=CALL, subject_id=live.row.id, at=live.now)


def hand_over(live: LiveCall, centre_id: UUID) -> None:
    """The call goes to a partner centre: from now on only that centre opens the caller's number, and finds it again."""
    row = live.row
    caller = live.caller()
    move_record_key(row.record_key_id, centre_id)
    row.centre_id = centre_id
    row.offered_to = [*row.offered_to, *([] if str(centre_id) in row.offered_to else [str(centre_id)])]
    row.caller_index = blind_phone(centre_id, caller) if caller else None
    row.index_version = ring().blind
    for recording in Recording.objects.filter(call=row, removed_at=None):
        move_record_key(recording.record_key_id, centre_id)
    Recording.objects.filter(call=row).update(centre_id=centre_id)


# --- stations ---------------------------------------------------------------------------------------------------------


def station_of(agent_id: UUID) -> Station:
    return Station.objects.get(agent_id=agent_id)


def station_or_none(agent_id: UUID) -> Station | None:
    """Where the agent can be rung now, if anywhere."""
    station = Station.objects.filter(agent_id=agent_id).first()
    return station if station is not None and (station.online or (station.leg and station.leg_ready)) else None


def at_desk_phones() -> set[UUID]:
    """Agents who can be rung at a desk phone: it is registered."""
    return set(Station.objects.filter(online=True).values_list("agent_id", flat=True))


def is_in_a_call(agent_id: UUID, *, but: UUID | None = None) -> bool:
    """Whether the agent is in a living call, or rung for one."""
    rows = Participant.objects.filter(agent_id=agent_id, gone_at=None, call__ended_at=None)
    return (rows.exclude(call_id=but) if but else rows).exists()


def can_be_rung(agent_id: UUID) -> bool:
    """Available, with a free place for a call and a station that is connected."""
    status = AgentStatus.objects.filter(user_id=agent_id, state=AgentState.AVAILABLE).first()
    if status is None or not free_places(status.capacity, status.at_work, ChannelKind.PHONE):
        return False
    return station_or_none(agent_id) is not None and not is_in_a_call(agent_id)


# --- agents' states ---------------------------------------------------------------------------------------------------


def ringing(live: LiveCall, agent_id: UUID) -> bool:
    """The agent is rung. False: not available any more."""
    try:
        mark_ringing(
            actor=SYSTEM,
            user_id=agent_id,
            centre_id=_centre(live, agent_id),
            subject_id=live.row.id,
            channel=_channel(live),
            at=live.now,
        )
    except WrongState:
        return False
    return True


def talking(live: LiveCall, agent_id: UUID) -> bool:
    """The agent is in the call. False: signed out, or rung for another one."""
    try:
        mark_talking(
            actor=SYSTEM,
            user_id=agent_id,
            centre_id=_centre(live, agent_id),
            subject_id=live.row.id,
            channel=_channel(live),
            at=live.now,
        )
    except WrongState:
        return False
    return True


def not_answered(live: LiveCall, agent_id: UUID) -> None:
    """Away until they say that they are back."""
    put_away_after_no_answer(
        actor=SYSTEM, user_id=agent_id, centre_id=_centre(live, agent_id), subject_id=live.row.id, at=live.now
    )


def free(live: LiveCall, agent_id: UUID) -> None:
    """The agent was rung or asked, but never had the customer: there is nothing to wrap up."""
    centre_id = _centre(live, agent_id)
    stop_ringing(actor=SYSTEM, user_id=agent_id, centre_id=centre_id, subject_id=live.row.id, at=live.now)
    mark_wrap_up(
        actor=SYSTEM, user_id=agent_id, centre_id=centre_id, subject_id=live.row.id, limit_seconds=0, at=live.now
    )


def wrap_up(live: LiveCall, agent_id: UUID) -> None:
    """The agent's part is over; the queue says how long the wrap-up may last."""
    queue = Queue.objects.filter(id=live.row.queue_id).first() if live.row.queue_id else None
    mark_wrap_up(
        actor=SYSTEM, user_id=agent_id, centre_id=_centre(live, agent_id), subject_id=live.row.id,
        limit_seconds=queue.wrap_up_seconds if queue else WRAP_UP_SECONDS, at=live.now,
    )  # fmt: skip


def extensions_of(queue_id: UUID | None) -> int:
    """How often one wrap-up of this queue may be prolonged."""
    found = Queue.objects.filter(id=queue_id).values_list("wrap_up_extensions", flat=True).first() if queue_id else None
    return WRAP_UP_EXTENSIONS if found is None else found


def prolong(live: LiveCall, agent_id: UUID) -> None:
    """The wrap-up lasts longer. Raises WrongState where there is none, or one without limit."""
    prolong_wrap_up(
        actor=SYSTEM, user_id=agent_id, centre_id=_centre(live, agent_id), subject_id=live.row.id,
        seconds=WRAP_UP_EXTENSION_SECONDS, at=live.now,
    )  # fmt: skip


def end_wrap_up(live: LiveCall, agent_id: UUID) -> None:
    finish_wrap_up(
        actor=SYSTEM, user_id=agent_id, centre_id=_centre(live, agent_id), subject_id=live.row.id, at=live.now
    )


def wrapped_up_since(one: Participant, now: datetime) -> datetime | None:
    """Since when the agent has no longer wrapped up this call; None while the wrap-up lasts."""
    if one.agent_id is None or one.gone_at is None:
        return None
    status = AgentStatus.objects.filter(user_id=one.agent_id).order_by("-since").first()
    if status is None:
        return now
    if status.state == AgentState.WRAP_UP and status.wrap_up_of == one.call_id:
        return None
    if str(one.call_id) in status.at_work:
        return None
    began = status.changes.filter(state=AgentState.WRAP_UP, subject_id=one.call_id).order_by("number").last()
    if began is None:
        # The queue gives no time for it, or another call went on.
        return one.gone_at
    later = status.changes.filter(number__gt=began.number).order_by("number").first()
    return later.at if later else now


def _channel(live: LiveCall) -> ChannelKind:
    return ChannelKind.CALLBACK if live.row.callback_for or live.row.follow_up_for else ChannelKind.PHONE


def _centre(live: LiveCall, agent_id: UUID) -> UUID:
    station = Station.objects.filter(agent_id=agent_id).values_list("centre_id", flat=True).first()
    centre_id = station or live.row.centre_id
    assert centre_id is not None
    return centre_id
