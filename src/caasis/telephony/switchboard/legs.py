"""Legs come, answer and go: what that means for the call that they belong to."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from uuid import UUID

from caasis.appointments.models import Callback, FollowUpEntry
from caasis.engines.japanese import normalise_phone
from caasis.kernel.ids import uuid7
from caasis.privacy.keys import new_record_key, ring
from caasis.privacy.services import blind_phone, seal
from caasis.queues.vocabulary import PriorityReason
from caasis.telephony.commands import Answer, Endpoint, Originate, Reject
from caasis.telephony.events import CallOffered
from caasis.telephony.models import Call, Number, Participant, Station
from caasis.telephony.rules.call_log import Step
from caasis.telephony.signals import IncomingCall
from caasis.telephony.switchboard import agents, around, callbacks, flows, follow_ups, ringing, talks, videos
from caasis.telephony.switchboard.ending import end, leave
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.switchboard.priority import add_reason
from caasis.telephony.switchboard.refusals import NotNow
from caasis.telephony.switchboard.talking import OUTSIDE_RING_S, complete_transfer, consulted
from caasis.telephony.vocabulary import CallPhase, Direction, EndCause, Part, Presentation, Role

log = logging.getLogger(__name__)

#: These ends of an agent's leg are nobody's wish: the caller is given to somebody else.
ACCIDENTS = frozenset({EndCause.MEDIA_TIMEOUT, EndCause.FAILED})


def new_call(
    *,
    name: str,
    centre_id: UUID | None,
    direction: Direction,
    boot: str,
    began_at: datetime,
    other: str,
    presentation: Presentation = Presentation.ALLOWED,
    number: Number | None = None,
) -> Call:
    """A call's first row; `other` is the number of the other side, sealed here."""
    key_row, key = new_record_key(centre_id)
    key_row.save(force_insert=True)
    row = Call(
        call=name,
        boot=boot,
        centre_id=centre_id,
        offered_to=[str(centre_id)] if centre_id else [],
        record_key_id=key_row.id,
        number=number,
        direction=direction.value,
        presentation=presentation.value,
        began_at=began_at,
        records=bool(number and number.records),
        index_version=ring().blind,
    )
    row.caller = seal(row, "caller", other, key=key)
    row.caller_index = blind_phone(centre_id, other) if other and centre_id else None
    row.save(force_insert=True)
    return row


def arrive(signal: IncomingCall, *, boot: str) -> None:
    """Somebody calls: it is offered to the centre that owns the number, and answered by its flow or its queue."""
    if Call.objects.filter(call=signal.call).exists():
        return
    if signal.user and (station := Station.objects.filter(user=signal.user).first()) is not None:
        _dials_out(signal, station, boot=boot)
        return
    number = _number_called(signal.called)
    shown = signal.presentation
    if not signal.caller and shown is Presentation.ALLOWED:
        shown = Presentation.UNAVAILABLE
    row = new_call(
        name=signal.call,
        centre_id=number.centre_id if number else None,
        direction=Direction.INBOUND,
        boot=boot,
        began_at=signal.at,
        other=(normalise_phone(signal.caller) or "") if shown is not Presentation.ANONYMOUS else "",
        presentation=shown,
        number=number,
    )
    row.diverted = bool(signal.diverted_from)
    live = LiveCall(row, now=signal.at, boot=boot)
    live.add(leg=signal.leg, part=Part.CUSTOMER, role=Role.CUSTOMER)
    live.step(Step.OFFERED)
    row.flow_version = number.flow.published if number and number.flow else None
    if number is None or not number.active or (row.flow_version is None and around.queue_named(row, "") is None):
        live.step(Step.BLOCKED, detail="no_such_number" if number is None else "closed_number")
        live.order(partial(Reject, leg=signal.leg, cause=EndCause.REJECTED))
        end(live, EndCause.REJECTED, hang_up=False)
        live.save()
        return
    live.tell(CallOffered(subject=row.id, centre_id=row.centre_id, number=number.id))
    live.order(partial(Answer, leg=signal.leg))
    live.save()


def _number_called(called: str) -> Number | None:
    e164 = normalise_phone(called)
    return Number.objects.select_related("flow__published").filter(number=e164 or called).first()


def _dials_out(signal: IncomingCall, station: Station, *, boot: str) -> None:
    """An agent dials on a desk phone: the phone is taken, and the other side called on the centre's line."""
    other = normalise_phone(signal.called)
    row = new_call(
        name=signal.call,
        centre_id=station.centre_id,
        direction=Direction.OUTBOUND,
        boot=boot,
        began_at=signal.at,
        other=other or "",
        number=outbound_line(station.centre_id),
    )
    row.phase, row.agent_id = CallPhase.DIALLING.value, station.agent_id
    live = LiveCall(row, now=signal.at, boot=boot)
    live.add(leg=signal.leg, part=Part.AGENT, role=Role.AGENT, agent_id=station.agent_id)
    live.step(Step.DIALLED, agent=station.agent_id)
    busy = agents.is_in_a_call(station.agent_id, but=row.id)
    if other is None or busy or not agents.talking(live, station.agent_id):
        live.order(partial(Reject, leg=signal.leg, cause=EndCause.REJECTED))
        end(live, EndCause.REJECTED, hang_up=False)
    else:
        live.order(partial(Answer, leg=signal.leg))
    live.save()


def outbound_line(centre_id: UUID) -> Number | None:
    """The number that the centre shows when it calls."""
    return Number.objects.filter(centre_id=centre_id, active=True).order_by("number").first()


def dial(
    *,
    centre_id: UUID,
    agent_id: UUID,
    other: str,
    now: datetime,
    boot: str,
    callback_for: UUID | None = None,
    follow_up_for: FollowUpEntry | None = None,
    talk_id: UUID | None = None,
) -> LiveCall:
    """An agent calls somebody: first the agent's own leg, then, when it is there, the other side.

    With `talk_id` the other side is the page of a talk by video, and has no number.
    """
    row = new_call(
        name=uuid7().hex,
        centre_id=centre_id,
        direction=Direction.OUTBOUND,
        boot=boot,
        began_at=now,
        other=other,
        number=(follow_ups.line_of(follow_up_for) if follow_up_for else None) or outbound_line(centre_id),
    )
    row.follow_up_for = follow_up_for.id if follow_up_for else None
    row.phase, row.agent_id, row.callback_for = CallPhase.DIALLING.value, agent_id, callback_for
    if talk_id is not None:
        videos.prepare(row, talk_id)
    live = LiveCall(row, now=now, boot=boot)
    live.step(Step.DIALLED, agent=agent_id)
    station = agents.station_of(agent_id)
    standing = bool(station.leg and station.leg_ready)
    one = live.add(
        leg=station.leg if standing else live.new_name("agent"),
        part=Part.AGENT,
        role=Role.AGENT,
        agent_id=agent_id,
        standing=standing,
    )
    if not agents.talking(live, agent_id):
        raise NotNow("先に受付を始めてください。鳴っている電話があれば、それに出てください。")
    if standing:
        answered(live, one)
    else:
        live.order(
            partial(Originate, leg=one.leg, call=row.id.hex, to=Endpoint(kind="sip_user", address=station.user),
                auto_answer=True,
            )
        )  # fmt: skip
        live.timer(ringing.RING, 25 + ringing.PATIENCE_S, one.id.hex)
    return live


def call_back(callback: Callback, agent_id: UUID, *, now: datetime, boot: str) -> LiveCall | None:
    """A promise is due and an agent free: the agent is rung, and the other side called when the agent has answered."""
    row = new_call(
        name=uuid7().hex,
        centre_id=callback.centre_id,
        direction=Direction.OUTBOUND,
        boot=boot,
        began_at=now,
        other=callbacks.number_of(callback.id, callback.centre_id),
        number=outbound_line(callback.centre_id),
    )
    row.phase, row.agent_id = CallPhase.DIALLING.value, agent_id
    row.callback_for, row.queue_id, row.waiting_since = callback.id, callback.queue_id, callback.arrived_at
    live = LiveCall(row, now=now, boot=boot)
    live.step(Step.DIALLED, agent=agent_id)
    if ringing.ring(live, agent_id) is None:
        return None
    callbacks.take(live)
    return live


def follow_up(entry: FollowUpEntry, agent_id: UUID, *, now: datetime, boot: str) -> LiveCall | None:
    """The next one of a list, and an agent is free: the agent is rung, and the person called when the agent has answered."""
    row = new_call(
        name=uuid7().hex,
        centre_id=entry.centre_id,
        direction=Direction.OUTBOUND,
        boot=boot,
        began_at=now,
        other=follow_ups.number_of(entry),
        number=follow_ups.line_of(entry) or outbound_line(entry.centre_id),
    )
    row.phase, row.agent_id = CallPhase.DIALLING.value, agent_id
    row.follow_up_for, row.queue_id = entry.id, entry.of_list.queue_id
    live = LiveCall(row, now=now, boot=boot)
    live.step(Step.DIALLED, agent=agent_id)
    if ringing.ring(live, agent_id) is None:
        return None
    follow_ups.take(live)
    return live


def answered(live: LiveCall, one: Participant) -> None:
    """A leg is connected."""
    row = live.row
    if row.ended_at is None and one.answered_at is not None and one.part == Part.CUSTOMER and row.talk_id is not None:
        videos.back_again(live)
    if one.answered_at is not None or row.ended_at is not None:
        return
    if one.part == Part.CUSTOMER:
        one.answered_at = live.now
        live.join(one)
        one.save()
        if row.direction == Direction.INBOUND:
            flows.begin(live)
        elif (agent := live.by_agent(row.agent_id, Part.AGENT)) is not None:
            live.cancel(ringing.RING, name=one.id.hex)
            ringing.connect(live, agent)
            talks.connected(live)
        return
    if row.direction == Direction.OUTBOUND and one.part == Part.AGENT and row.phase == CallPhase.DIALLING:
        one.answered_at = live.now
        live.cancel(ringing.RING, name=one.id.hex)
        if one.agent_id is not None and not agents.talking(live, one.agent_id):
            log.warning("an agent answered who is not there")
        live.join(one)
        one.save()
        if callbacks.begin_try(live) and follow_ups.begin_try(live):
            _call_customer(live)
        else:
            end(live, EndCause.CANCELLED)
        return
    ringing.answered(live, one)
    if one.connected_at is not None:
        flows.connected(live)


def _call_customer(live: LiveCall) -> None:
    if live.row.talk_id is not None:
        videos.expect_consumer(live)
        return
    leg, shown = live.new_name("customer"), live.row.number.number if live.row.number else ""
    one = live.add(leg=leg, part=Part.CUSTOMER, role=Role.CUSTOMER)
    number = live.caller()
    live.order(
        partial(Originate, leg=leg, call=live.row.id.hex, to=Endpoint(kind="number", address=number), caller=shown,
            timeout_s=OUTSIDE_RING_S,
        )
    )  # fmt: skip
    live.timer(ringing.RING, OUTSIDE_RING_S + ringing.PATIENCE_S, one.id.hex)


def gone(live: LiveCall, one: Participant, cause: EndCause, *, hang_up: bool = False) -> None:
    """A leg is over, or must be: the customer's ends the call, an agent's before the answer keeps the caller's place."""
    row = live.row
    if row.ended_at is not None or one.gone_at is not None:
        return
    if one.part == Part.CUSTOMER:
        if not hang_up and videos.may_come_back(live, one):
            return
        if not hang_up:
            one.gone_at, one.joined = live.now, False
            one.save()
        end(live, cause)
    elif one.answered_at is None:
        _not_answered(live, one, cause, hang_up=hang_up)
    else:
        _left(live, one, cause, hang_up=hang_up)


def _not_answered(live: LiveCall, one: Participant, cause: EndCause, *, hang_up: bool) -> None:
    row = live.row
    if row.direction == Direction.OUTBOUND and one.part == Part.AGENT and row.phase == CallPhase.DIALLING:
        if (row.callback_for or row.follow_up_for) and one.agent_id is not None:
            ringing.rang_out(live, one, hang_up=hang_up, declined=cause is EndCause.REJECTED)
        end(live, cause)
    elif one.agent_id is not None and one.part != Part.MONITOR:
        ringing.rang_out(live, one, hang_up=hang_up, declined=cause in (EndCause.REJECTED, EndCause.BUSY))
        _nobody_left(live, cause)
    else:
        live.cancel(ringing.RING, name=one.id.hex)
        leave(live, one, hang_up=hang_up)
        if one.part == Part.OUTSIDE:
            _nobody_left(live, cause)


def _left(live: LiveCall, one: Participant, cause: EndCause, *, hang_up: bool) -> None:
    other = consulted(live)
    if one.part == Part.AGENT and one.connected_at and other is not None and cause not in ACCIDENTS:
        # Hanging up in a consultation is the shortest way to give the call away.
        one.joined = one.joined and hang_up
        complete_transfer(live, one, hang_up=hang_up)
        return
    leave(live, one, hang_up=hang_up)
    if one.part in (Part.AGENT, Part.OUTSIDE):
        if other is not None and not live.talkers:
            leave(live, other)
        _nobody_left(live, cause)


def _nobody_left(live: LiveCall, cause: EndCause) -> None:
    """The customer is alone: back to the queue after an accident or a vain ring, else the call is over."""
    row = live.row
    if row.ended_at is not None or live.talkers or row.phase == CallPhase.WAITING:
        return
    if any(one.part in (Part.AGENT, Part.OUTSIDE) and one.answered_at is None for one in live.present):
        return
    row.on_hold = False
    if flows.transfer_failed(live):
        live.hear()
        return
    if cause in ACCIDENTS and row.phase == CallPhase.TALKING:
        add_reason(live, PriorityReason.CUT_OFF)
    if (row.phase == CallPhase.RINGING or cause in ACCIDENTS) and ringing.back_to_waiting(live):
        live.hear()
        return
    end(live, EndCause.NORMAL if row.phase == CallPhase.TALKING else cause)
