"""How the memory engine carries out commands. Everything is checked before anything changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caasis.telephony.adapters.memory.parties import WITH_SOUND, Leg, Playing, Recording, course
from caasis.telephony.adapters.memory.switch import Switch
from caasis.telephony.commands import (
    AcceptBrowser,
    Answer,
    Command,
    Endpoint,
    Hangup,
    Join,
    Leave,
    ListenForTones,
    Originate,
    PauseRecording,
    Play,
    Reject,
    Ring,
    SendDigits,
    SetAudibility,
    StartRecording,
    StopPlay,
    StopRecording,
    TransferAtCarrier,
)  # fmt: skip
from caasis.telephony.signals import BrowserAnswer
from caasis.telephony.vocabulary import Capability, Direction, EndCause, LegPhase, PlayEnd, Refusal

#: What a browser's answer looks like here: no more than what tells that it is one.
ANSWER_SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=setup:passive\r\n"


class Refused(Exception):
    """A command is not carried out."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal, detail)
        self.refusal = refusal
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What an engine is set up with.

    prompts: the length in seconds of a prompt by its name, None where there is none (a dict's `get` will do).
    may_call: beginnings of the numbers that may be called.
    lines: how many legs there may be at once.
    """

    capabilities: frozenset[Capability]
    prompts: Callable[[str], float | None]
    may_call: tuple[str, ...]
    lines: int

    def need(self, capability: Capability) -> None:
        """Raises Refused."""
        if capability not in self.capabilities:
            raise Refused(Refusal.NOT_CAPABLE, capability)


def carry_out(command: Command, switch: Switch, house: House) -> None:
    """Do what a command says. Raises Refused, having changed nothing."""
    match command:
        case Ring() | Answer() | Reject():
            _take(command, switch)
        case Originate():
            _originate(command, switch, house)
        case AcceptBrowser():
            _accept_browser(command, switch, house)
        case Hangup():
            leg = _leg(switch, command.leg)
            given_up = leg.direction is Direction.OUTBOUND and leg.phase is not LegPhase.ANSWERED
            cause = EndCause.CANCELLED if given_up and command.cause is EndCause.NORMAL else command.cause
            switch.end(leg, cause, by_peer=False)
        case TransferAtCarrier():
            house.need(Capability.TRANSFER_AT_CARRIER)
            leg = _leg(switch, command.leg, LegPhase.ANSWERED)
            _may_call(command.target, house)
            leg.handing_over = command.target
        case SendDigits():
            _leg(switch, command.leg, *WITH_SOUND).keys_told += command.digits
        case ListenForTones():
            house.need(Capability.INBAND_DTMF)
            _leg(switch, command.leg).listens_for_tones = command.on
        case Play() | StopPlay():
            _sound(command, switch, house)
        case Join() | SetAudibility() | Leave():
            _room(command, switch)
        case StartRecording() | PauseRecording() | StopRecording():
            _record(command, switch)
        case _:
            raise Refused(Refusal.NOT_CAPABLE, type(command).__name__)


def _leg(switch: Switch, name: str, *phases: LegPhase) -> Leg:
    leg = switch.legs.get(name)
    if leg is None:
        raise Refused(Refusal.UNKNOWN_LEG)
    if phases and leg.phase not in phases:
        raise Refused(Refusal.WRONG_PHASE, leg.phase)
    return leg


def _take(command: Ring | Answer | Reject, switch: Switch) -> None:
    """What is done with an incoming call that waits."""
    leg = _leg(switch, command.leg, LegPhase.NEW, LegPhase.RINGING)
    if leg.direction is Direction.OUTBOUND or leg.browser:
        raise Refused(Refusal.WRONG_PHASE, "this is no call that waits to be taken")
    if isinstance(command, Reject):
        switch.end(leg, command.cause, by_peer=False)
    elif isinstance(command, Answer):
        switch.enter(leg, LegPhase.ANSWERED)
    elif leg.phase is LegPhase.NEW:
        switch.enter(leg, LegPhase.RINGING)
    else:
        raise Refused(Refusal.WRONG_PHASE, "it rings already")


def _room_for(switch: Switch, house: House, leg: str) -> None:
    if leg in switch.legs:
        raise Refused(Refusal.WRONG_PHASE, "there is such a leg")
    if len(switch.legs) >= house.lines:
        raise Refused(Refusal.FULL)


def _originate(command: Originate, switch: Switch, house: House) -> None:
    _room_for(switch, house, command.leg)
    _reachable(command.to, switch, house)
    leg = Leg(leg=command.leg, call=command.call, direction=Direction.OUTBOUND, address=command.to.address)
    switch.add(leg)
    switch.no_answer_after(leg, command.timeout_s)
    # A registered phone rings at once; what a number outside does is up to the world.
    if command.to.kind == "sip_user":
        switch.enter(leg, LegPhase.RINGING)
        if command.auto_answer:
            switch.enter(leg, LegPhase.ANSWERED)


def _reachable(to: Endpoint, switch: Switch, house: House) -> None:
    if to.kind == "number":
        _may_call(to.address, house)
        if not switch.trunks or (to.trunk and to.trunk not in switch.trunks):
            raise Refused(Refusal.UNREACHABLE, to.trunk)
    elif to.address not in switch.users:
        raise Refused(Refusal.UNREACHABLE, to.address)


def _may_call(number: str, house: House) -> None:
    if not number.startswith(house.may_call):
        raise Refused(Refusal.NOT_PERMITTED)


def _accept_browser(command: AcceptBrowser, switch: Switch, house: House) -> None:
    house.need(Capability.WEBRTC)
    _room_for(switch, house, command.leg)
    if not command.offer.startswith("v=0") or "m=audio" not in command.offer:
        raise Refused(Refusal.BAD_OFFER)
    leg = Leg(leg=command.leg, call=command.call, direction=Direction.INBOUND, address=command.user, browser=True)
    switch.add(leg)
    switch.tell(BrowserAnswer, leg=leg.leg, answer=ANSWER_SDP)


def _sound(command: Play | StopPlay, switch: Switch, house: House) -> None:
    if isinstance(command, StopPlay):
        if command.play not in switch.plays:
            raise Refused(Refusal.UNKNOWN_PLAY)
        switch.stop_play(switch.plays[command.play], PlayEnd.STOPPED)
        return
    leg = _leg(switch, command.leg, *WITH_SOUND)
    if command.play in switch.plays:
        raise Refused(Refusal.WRONG_PHASE, "there is such a play")
    lengths = []
    for prompt in command.prompts:
        if (length := house.prompts(prompt.name)) is None:
            raise Refused(Refusal.BAD_PROMPT, prompt.name)
        lengths.append(length)
    switch.play(
        leg,
        Playing(
            play=command.play, until_key=command.until_key, over=command.over,
            course=course(command.prompts, lengths, loop=command.loop),
        ),
    )  # fmt: skip


def _room(command: Join | SetAudibility | Leave, switch: Switch) -> None:
    leg = _leg(switch, command.leg)
    if isinstance(command, Join):
        switch.join(leg, command.room)
        switch.change(leg, role=command.role, hears=command.hears, heard_by=command.heard_by)
        return
    if command.room not in switch.rooms:
        raise Refused(Refusal.UNKNOWN_ROOM)
    if leg.room != command.room:
        raise Refused(Refusal.UNKNOWN_LEG, "it is not in this room")
    if isinstance(command, Leave):
        switch.leave(leg)
    else:
        switch.change(leg, hears=command.hears, heard_by=command.heard_by)


def _record(command: StartRecording | PauseRecording | StopRecording, switch: Switch) -> None:
    if isinstance(command, StartRecording):
        leg = _leg(switch, command.leg, *WITH_SOUND)
        if command.recording in switch.recordings:
            raise Refused(Refusal.WRONG_PHASE, "there is such a recording")
        switch.record(leg, command.recording)
        return
    recording: Recording | None = switch.recordings.get(command.recording)
    if recording is None:
        raise Refused(Refusal.UNKNOWN_RECORDING)
    if isinstance(command, PauseRecording):
        switch.pause(recording, command.paused)
    else:
        switch.stop_recording(recording)
