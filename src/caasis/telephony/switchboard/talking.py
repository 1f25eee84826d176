"""What agents and supervisors do in a call: hold, consult, transfer, conference, help, monitor, keys, recording."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from caasis.privacy.keys import destroy_record_key
from caasis.queues.vocabulary import PriorityReason
from caasis.telephony.commands import Endpoint, Originate, PauseRecording, SendDigits, StopRecording
from caasis.telephony.events import CallChanged, CallHeld, HelpWanted
from caasis.telephony.jobs import delete_recording
from caasis.telephony.models import Participant
from caasis.telephony.rules.call_log import Step
from caasis.telephony.switchboard import agents, ringing
from caasis.telephony.switchboard.ending import leave
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.switchboard.priority import add_reason
from caasis.telephony.switchboard.refusals import NotNow
from caasis.telephony.vocabulary import CallPhase, MonitorMode, Part, Role

OUTSIDE_RING_S = 45
NOT_REACHABLE = "その人は、いま電話に出られません。ほかの人か、列を選んでください。"


def hold(live: LiveCall, one: Participant) -> None:
    """The customer hears music and nobody hears the customer."""
    if live.row.on_hold:
        return
    live.row.on_hold = True
    live.step(Step.HELD, agent=one.agent_id)
    live.hear()
    live.play_music()
    live.tell(CallHeld(subject=live.row.id, centre_id=live.row.centre_id, agent=one.agent_id, held=True))


def resume(live: LiveCall, one: Participant) -> None:
    """The customer is back. Whoever is being consulted goes on hearing them, as one in a conference."""
    if not live.row.on_hold:
        return
    if consulted(live) is not None:
        raise NotNow("相談中の相手がいます。転送するか、3人で話すか、相談をやめてください。")
    live.row.on_hold = False
    live.step(Step.RESUMED, agent=one.agent_id)
    live.stop_sound()
    live.hear()
    live.tell(CallHeld(subject=live.row.id, centre_id=live.row.centre_id, agent=one.agent_id, held=False))


def mute(live: LiveCall, one: Participant, muted: bool) -> None:
    one.muted = muted
    one.save(update_fields=["muted", "updated_at"])
    live.hear()


def consulted(live: LiveCall) -> Participant | None:
    """Whoever is asked while the customer is on hold."""
    return next((one for one in live.present if one.part == Part.CONSULTED), None)


def consult(
    live: LiveCall, one: Participant, *, agent_id: UUID | None, number: str = "", escalates: bool = False
) -> None:
    """Put the customer on hold and call an agent or a number; nobody but the two of them is heard."""
    if consulted(live) is not None:
        raise NotNow("もう相談中です。先に、その相談を終えてください。")
    if agent_id is not None:
        _require_reachable(agent_id)
    hold(live, one)
    if escalates:
        live.step(Step.ESCALATED, agent=one.agent_id)
    if agent_id is not None:
        if ringing.ring(live, agent_id, part=Part.CONSULTED) is None:
            raise NotNow(NOT_REACHABLE)
    else:
        call_outside(live, number, part=Part.CONSULTED)
    _changed(live, one, "consulting")


def call_outside(live: LiveCall, number: str, *, part: Part, ring_s: int = OUTSIDE_RING_S) -> Participant:
    """Call a number from the line on which the customer called."""
    leg = live.new_name("outside")
    third = live.add(leg=leg, part=part, role=Role.THIRD_PARTY)
    shown = live.row.number.number if live.row.number else ""
    live.order(
        partial(Originate, leg=leg, call=live.row.id.hex, to=Endpoint(kind="number", address=number), caller=shown,
            timeout_s=ring_s,
        )
    )  # fmt: skip
    live.timer(ringing.RING, ring_s + ringing.PATIENCE_S, third.id.hex)
    return third


def cancel_consult(live: LiveCall, one: Participant) -> None:
    """The consultation is over; the customer is still on hold."""
    other = _need_consulted(live)
    live.cancel(ringing.RING, name=other.id.hex)
    leave(live, other)
    _changed(live, one, "consult_cancelled")


def conference(live: LiveCall, one: Participant) -> None:
    """Bring the customer into the consultation: everybody hears everybody."""
    other = _need_consulted(live, answered=True)
    live.row.on_hold = False
    live.step(Step.RESUMED, agent=one.agent_id)
    other.part = (Part.AGENT if other.agent_id else Part.OUTSIDE).value
    agent_id = live.row.agent_id
    ringing.connect(live, other)
    live.row.agent_id = agent_id
    _changed(live, one, "conference")


def complete_transfer(live: LiveCall, one: Participant, *, hang_up: bool = True) -> None:
    """Give the customer to whoever is consulted, also while it still rings there."""
    other = _need_consulted(live)
    live.step(Step.TRANSFERRED, agent=one.agent_id)
    other.part = (Part.AGENT if other.agent_id else Part.OUTSIDE).value
    other.save(update_fields=["part", "updated_at"])
    if other.answered_at is not None:
        ringing.connect(live, other)
    else:
        _rings_on(live)
    leave(live, one, hang_up=hang_up)
    if other.agent_id:
        live.row.agent_id = other.agent_id if other.connected_at else None


def transfer(
    live: LiveCall, one: Participant, *, kind: str, target: UUID | None, number: str = "", escalates: bool = False
) -> None:
    """Give the customer away unasked: to an agent, a queue, or a number."""
    if consulted(live) is not None:
        raise NotNow("相談中です。「転送する」を押すと、相談している相手につながります。")
    if kind == "agent" and target is not None:
        _require_reachable(target)
    if escalates:
        live.step(Step.ESCALATED, agent=one.agent_id)
    live.step(Step.TRANSFERRED, agent=one.agent_id, detail=kind)
    live.row.on_hold = False
    live.row.waiting_since = live.row.waiting_since or live.now
    add_reason(live, PriorityReason.TRANSFERRED)
    leave(live, one)
    others = [other for other in live.talkers if other.id != one.id]
    if kind == "queue" and target is not None:
        for other in others:
            leave(live, other)
        ringing.wait_in_queue(live, target)
        return
    if kind == "agent" and target is not None:
        if ringing.ring(live, target) is None:
            raise NotNow(NOT_REACHABLE)
    else:
        call_outside(live, number, part=Part.OUTSIDE)
    if not others:
        _rings_on(live)


def _rings_on(live: LiveCall) -> None:
    live.row.phase, live.row.on_hold = CallPhase.RINGING.value, False
    live.hear()
    live.play_music()


def ask_help(live: LiveCall, one: Participant) -> None:
    live.row.help_wanted = True
    live.tell(HelpWanted(subject=live.row.id, centre_id=live.row.centre_id, agent=one.agent_id))


def press_keys(live: LiveCall, digits: str) -> None:
    """Press keys towards the other side."""
    if (customer := live.customer) is None:
        raise NotNow("通話の相手がいません。")
    live.order(partial(SendDigits, leg=customer.leg, digits=digits))


def pause_recording(live: LiveCall, paused: bool) -> None:
    """A card number is read out, or was: silence takes its place in the file."""
    row = live.row.recordings.filter(ready_at=None, refused=False).last()
    if row is None:
        raise NotNow("この通話は録音していません。")
    spans = list(row.paused)
    if paused and not (spans and spans[-1][1] is None):
        spans.append([live.now.isoformat(), None])
    elif not paused and spans and spans[-1][1] is None:
        spans[-1][1] = live.now.isoformat()
    row.paused = spans
    row.save(update_fields=["paused", "updated_at"])
    live.order(partial(PauseRecording, recording=row.recording, paused=paused))
    live.tell(CallChanged(subject=live.row.id, centre_id=live.row.centre_id, what="paused" if paused else "recording"))


def refuse_recording(live: LiveCall) -> None:
    """The caller does not want it: the call goes on, and what was recorded so far is not kept."""
    live.row.recording_refused = True
    for row in live.row.recordings.filter(refused=False):
        row.refused, row.removed_at = True, live.now
        row.save(update_fields=["refused", "removed_at", "updated_at"])
        destroy_record_key(row.record_key_id, live.now)
        if row.ready_at is None:
            live.order(partial(StopRecording, recording=row.recording))
        else:
            delete_recording.defer(recording_id=row.id)


def monitor(live: LiveCall, supervisor_id: UUID, mode: MonitorMode) -> None:
    """A supervisor hears the call; another mode only changes by whom the supervisor is heard."""
    one = live.by_agent(supervisor_id, Part.MONITOR)
    if one is not None:
        one.mode = mode.value
        one.save(update_fields=["mode", "updated_at"])
        live.hear()
        _changed(live, one, mode.value)
        return
    if not live.talkers:
        raise NotNow("この通話は、もう終わりました。")
    station = agents.station_or_none(supervisor_id)
    if station is None:
        raise NotNow("電話機がつながっていません。電話機かブラウザの電話を用意してください。")
    if agents.is_in_a_call(supervisor_id):
        raise NotNow("通話を終えてから、モニタリングを始めてください。")
    standing = bool(station.leg and station.leg_ready)
    one = live.add(
        leg=station.leg if standing else live.new_name("monitor"),
        part=Part.MONITOR,
        role=Role.SUPERVISOR,
        agent_id=supervisor_id,
        standing=standing,
    )
    one.mode = mode.value
    if standing:
        ringing.answered(live, one)
    else:
        one.save(update_fields=["mode", "updated_at"])
        live.order(
            partial(Originate, leg=one.leg, call=live.row.id.hex,
                to=Endpoint(kind="sip_user", address=station.user), auto_answer=True,
            )
        )  # fmt: skip
    live.row.help_wanted = False
    _changed(live, one, mode.value)


def _need_consulted(live: LiveCall, *, answered: bool = False) -> Participant:
    other = consulted(live)
    if other is None:
        raise NotNow("相談している相手がいません。")
    if answered and other.answered_at is None:
        raise NotNow("相手がまだ出ていません。")
    return other


def _require_reachable(agent_id: UUID) -> None:
    if not agents.can_be_rung(agent_id):
        raise NotNow(NOT_REACHABLE)


def _changed(live: LiveCall, one: Participant, what: str) -> None:
    live.tell(CallChanged(subject=live.row.id, centre_id=live.row.centre_id, agent=one.agent_id, what=what))
