"""The flow of a call: what happens to the caller is told to it, what it asks for is done."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from functools import lru_cache, partial
from uuid import UUID

from caasis.appointments.vocabulary import AskedBy
from caasis.channels.services.texting import send_link
from caasis.engines.ivr import actions, happenings
from caasis.engines.ivr.boxes import Queue, Triage
from caasis.engines.ivr.flow import Flow, read_flow
from caasis.engines.ivr.interpreter import advance
from caasis.engines.ivr.state import NotAState, State, state_from_json, state_to_json
from caasis.engines.ivr.vocabulary import KEYS, CountsAs, Origin, Phase
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import DomainError
from caasis.privacy.keys import create_record_key
from caasis.queues.vocabulary import PriorityReason
from caasis.telephony.commands import ListenForTones, Play, Prompt, StartRecording, StopPlay, StopRecording
from caasis.telephony.models import FlowVersion, Recording
from caasis.telephony.prompts import BEEP, names_of, open_store
from caasis.telephony.rules.call_log import Step
from caasis.telephony.switchboard import agents, around, callbacks, ringing, talking, waiting
from caasis.telephony.switchboard.ending import end
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.switchboard.priority import add_reason
from caasis.telephony.vocabulary import CallPhase, EndCause, Part, PlayEnd, Toll

log = logging.getLogger(__name__)

FLOW = "flow"
#: The flow's word for whoever has pressed the emergency key.
EMERGENCY = "emergency"
_STEP_OF = {CountsAs.AFTER_HOURS: Step.AFTER_HOURS, CountsAs.SERVED_ITSELF: Step.SERVED_ITSELF}


# --- what happens to the caller ---------------------------------------------------------------------------------------


def begin(live: LiveCall) -> None:
    """The caller is there: the number's flow begins, or the queue of a number without one."""
    row = live.row
    if row.flow_version is None:
        _to_a_person(live)
        return
    row.phase = CallPhase.FLOW.value
    # Until the flow has said so, nothing is recorded.
    row.records = False
    if (customer := live.customer) is not None:
        live.order(partial(ListenForTones, leg=customer.leg, on=True))
    arrived = happenings.Arrived(caller=live.caller(), origins=_origins(live))
    _advance(live, State(), arrived)


def key_pressed(live: LiveCall, digit: str) -> None:
    """A key, for the flow. What a key ends the engine has ended already."""
    state = _state(live)
    if digit not in KEYS or state is None:
        return
    if state.until_key:
        live.row.play = ""
    tell(live, happenings.Key(digit))


def play_ended(live: LiveCall, reason: PlayEnd | None) -> None:
    """A prompt is over, or could not be played (None). What a key or an order ended the flow knows already."""
    play, live.row.play = live.row.play, ""
    if reason in (None, PlayEnd.FINISHED, PlayEnd.ERROR):
        tell(live, happenings.Played(_name_of(live, play), failed=reason is not PlayEnd.FINISHED))


def timer_due(live: LiveCall, name: str) -> None:
    """A moment has come for which the flow waits."""
    tell(live, happenings.TimerDue(name))


def connected(live: LiveCall) -> None:
    """Somebody talks with the caller: the flow is over."""
    tell(live, happenings.Connected())


def transfer_failed(live: LiveCall) -> bool:
    """Nobody answers outside: the flow goes on, if it was the flow that called there."""
    state = _state(live)
    if state is None or state.phase is not Phase.TRANSFERRING:
        return False
    live.row.phase = CallPhase.FLOW.value
    _advance(live, state, happenings.Failed())
    return True


def tell(live: LiveCall, happening: happenings.Happening) -> None:
    """Tell the call's flow, if it has one that goes on."""
    state = _state(live)
    if state is not None and not state.is_over and live.row.ended_at is None:
        _advance(live, state, happening)


# --- the flow itself --------------------------------------------------------------------------------------------------


def _state(live: LiveCall) -> State | None:
    text = live.flow_text() if live.row.flow_state else ""
    if not text:
        return None
    try:
        return state_from_json(json.loads(text))
    except NotAState:
        log.warning("a call's place in its flow can't be read")
        return None


def _advance(live: LiveCall, state: State, happening: happenings.Happening) -> None:
    row = live.row
    assert row.flow_version_id is not None
    flow = flow_of(row.flow_version_id)
    todo: list[happenings.Happening] = [happening]
    while todo:
        happening = todo.pop(0)
        state, wanted = advance(flow, state, happening, live.now, circumstances=_around(live, flow, state, happening))
        live.seal_flow(json.dumps(state_to_json(state)))
        row.language = state.language or row.language
        for action in wanted:
            if row.ended_at is not None:
                return
            follows = _do(live, action)
            if follows is not None:
                todo.append(follows)


def _around(live: LiveCall, flow: Flow, state: State, happening: happenings.Happening) -> happenings.Circumstances:
    """What holds around the call; where it stands only at the moments at which the flow tells it."""
    known = around.circumstances(live.row, live.now, names_offices=bool(flow.of_kind(Triage)))
    box = flow.box(state.box)
    if not (isinstance(box, Queue) and (box.say_place or box.say_wait) and isinstance(happening, happenings.TimerDue)):
        return known
    place, expected_wait_s = waiting.standing(live.row, live.now)
    return replace(known, place=place, expected_wait_s=expected_wait_s)


@lru_cache(maxsize=256)
def flow_of(version_id: UUID) -> Flow:
    """The flow of a version. Published versions never change."""
    return read_flow(FlowVersion.objects.get(id=version_id).document)


def _origins(live: LiveCall) -> frozenset[Origin]:
    row = live.row
    known = {row.presentation, row.number.toll if row.number else Toll.ORDINARY.value}
    found = {origin for origin in Origin if origin.value in known}
    return frozenset(found | ({Origin.DIVERTED} if row.diverted else set()))


# --- what it asks for -------------------------------------------------------------------------------------------------


def _do(live: LiveCall, action: actions.Action) -> happenings.Happening | None:
    """Do one thing; what comes of it at once is told to the flow."""
    row = live.row
    match action:
        case actions.Play():
            _play(live, action)
        case actions.StopPlay(play) if row.play == _id_of(live, play):
            stopped, row.play = row.play, ""
            live.order(partial(StopPlay, play=stopped))
        case actions.StartTimer(timer, seconds):
            live.timer(FLOW, seconds, timer)
        case actions.CancelTimer(timer):
            live.cancel(FLOW, name=timer)
        case actions.Enqueue():
            return _enqueue(live, action)
        case actions.GoOnWaiting():
            live.play_music()
        case actions.TakeCallback(number=number):
            taken = callbacks.promise(live, asked_by=AskedBy.FLOW, number=number)
            if taken:
                _no_longer_waits(live)
            return happenings.Done() if taken else happenings.Failed()
        case actions.SendLink(link):
            return happenings.Done() if _send_link(live, link) else happenings.Failed()
        case actions.RecordMessage():
            _record_message(live)
        case actions.StopMessage():
            for recording in Recording.objects.filter(call=row, is_message=True, ready_at=None):
                live.order(partial(StopRecording, recording=recording.recording))
        case actions.SetRecording(allowed):
            row.records = allowed and bool(row.number and row.number.records)
            row.recording_refused = not allowed
        case actions.Transfer(number, ring_s):
            return _transfer(live, number, ring_s)
        case actions.HangUp(counts_as):
            live.step(_STEP_OF[counts_as])
            end(live, EndCause.NORMAL)
        case actions.Note():
            row.flow_notes = [*row.flow_notes, [live.now.isoformat(), action.kind.value, action.box, action.detail]]
        case _:
            pass
    return None


def _play(live: LiveCall, action: actions.Play) -> None:
    row, customer = live.row, live.customer
    if customer is None:
        return
    # A new play on a leg ends the one before it.
    row.music_play, row.play = "", _id_of(live, action.play)
    prompts = tuple(Prompt(name=name) for name in names_of(open_store(), action.sounds))
    live.order(partial(Play, leg=customer.leg, play=row.play, prompts=prompts, until_key=action.until_key))


def _enqueue(live: LiveCall, action: actions.Enqueue) -> happenings.Happening | None:
    row = live.row
    queue = around.queue_named(row, action.queue)
    if queue is None or not around.is_attended(queue):
        return happenings.Failed()
    row.required_skills = dict(action.skills)
    row.emergency = row.emergency or EMERGENCY in action.reasons
    for reason in action.reasons:
        if reason in PriorityReason._value2member_map_:
            add_reason(live, PriorityReason(reason))
    if row.queue_id != queue.id or not row.in_stay:
        ringing.wait_in_queue(live, queue.id)
    elif row.phase == CallPhase.WAITING:
        # Perhaps for another reason than before: the place in time stays.
        agents.wait_anew(live)
    live.play_music()
    return None


def _no_longer_waits(live: LiveCall) -> None:
    """The place is the callback's now; whoever is rung for this call is rung no more."""
    row = live.row
    ringing.stop_waiting(live)
    row.phase = CallPhase.FLOW.value


def _record_message(live: LiveCall) -> None:
    row, customer = live.row, live.customer
    if customer is None or row.recording_refused:
        return
    key, name = create_record_key(row.centre_id), live.new_name("message")
    Recording.objects.create(
        recording=name,
        call=row,
        centre_id=row.centre_id,
        record_key_id=key.id,
        leg=customer.leg,
        started_at=live.now,
        is_message=True,
    )
    tone = (Prompt(name=open_store().named(BEEP).name),)
    live.order(partial(Play, leg=customer.leg, play=live.new_name("beep"), prompts=tone))
    live.order(partial(StartRecording, leg=customer.leg, recording=name, key_name=key.id.hex))


def _transfer(live: LiveCall, number: str, ring_s: int) -> happenings.Happening | None:
    live.row.phase = CallPhase.RINGING.value
    talking.call_outside(live, number, part=Part.OUTSIDE, ring_s=ring_s)
    live.play_music()
    return None


def _to_a_person(live: LiveCall) -> None:
    queue = around.queue_named(live.row, "")
    if queue is not None:
        ringing.wait_in_queue(live, queue.id)


def _send_link(live: LiveCall, link: str) -> bool:
    """Whether a text is on its way to the caller, who pressed a key for it."""
    row, number = live.row, live.caller()
    if row.centre_id is None or not number:
        return False
    try:
        send_link(actor=SYSTEM, centre_id=row.centre_id, number=number, link=link)
    except DomainError:
        return False
    return True


def _id_of(live: LiveCall, play: str) -> str:
    return f"{live.row.id.hex}-{play}"[:64]


def _name_of(live: LiveCall, play: str) -> str:
    return play.removeprefix(f"{live.row.id.hex}-")
