"""How the engine carries out commands. Everything is checked before anything changes."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from caasis.telephony.adapters.embedded.keys import NoSuchKey
from caasis.telephony.adapters.embedded.legs import WITH_SOUND, Leg
from caasis.telephony.adapters.embedded.media import BadOffer, NoPortFree
from caasis.telephony.adapters.embedded.prompts import RATE, BadPrompt, Prompts, Samples
from caasis.telephony.adapters.embedded.settings import EngineSettings
from caasis.telephony.adapters.embedded.sip.ua import CallTo
from caasis.telephony.adapters.embedded.switch import Switch
from caasis.telephony.commands import (
    AcceptBrowser,
    Answer,
    Command,
    Hangup,
    Join,
    Leave,
    ListenForTones,
    Originate,
    PauseRecording,
    Play,
    Prompt,
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
from caasis.telephony.vocabulary import EndCause, LegPhase, PlayEnd, Refusal

_HEADER_NAME = re.compile(r"X-[A-Za-z0-9-]{1,40}", re.IGNORECASE)
_HEADER_TEXT = re.compile(r"[\x20-\x7e]{0,256}")
_MOST_HEADERS = 8


class Refused(Exception):
    """A command is not carried out."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal, detail)
        self.refusal = refusal
        self.detail = detail


class Later(Exception):
    """A command was begun; what comes of it is answered when it is known."""


@dataclass(frozen=True, slots=True)
class House:
    """What commands need beside what lives."""

    settings: EngineSettings
    prompts: Prompts


def carry_out(command: Command, switch: Switch, house: House) -> None:
    """Do what a command says. Raises Refused, having changed nothing, and Later."""
    match command:
        case Ring() | Answer() | Reject():
            _take(command, switch)
        case Originate():
            _originate(command, switch, house)
        case AcceptBrowser():
            _accept_browser(command, switch, house)
        case Hangup():
            _hang_up(command, switch)
        case TransferAtCarrier():
            _transfer(command, switch, house)
        case SendDigits():
            switch.media.send_digits(_leg(switch, command.leg, *WITH_SOUND).leg, command.digits)
        case ListenForTones():
            switch.media.listen_for_tones(_leg(switch, command.leg).leg, command.on)
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
    if leg.outbound or leg.browser:
        raise Refused(Refusal.WRONG_PHASE, "this is no call that waits to be taken")
    if isinstance(command, Reject):
        switch.ua.refuse(leg.leg, command.cause)
        switch.end(leg, command.cause, by_peer=False)
    elif isinstance(command, Answer):
        switch.ua.answer(leg.leg, leg.local)
        switch.enter(leg, LegPhase.ANSWERED)
    elif leg.phase is LegPhase.NEW:
        switch.ua.ring(leg.leg)
        switch.enter(leg, LegPhase.RINGING)
    else:
        raise Refused(Refusal.WRONG_PHASE, "it rings already")


def _hang_up(command: Hangup, switch: Switch) -> None:
    leg = _leg(switch, command.leg)
    given_up = leg.outbound and leg.phase is not LegPhase.ANSWERED
    cause = EndCause.CANCELLED if given_up and command.cause is EndCause.NORMAL else command.cause
    if not leg.browser:
        if leg.outbound or leg.phase is LegPhase.ANSWERED:
            switch.ua.hang_up(leg.leg)
        else:
            switch.ua.refuse(leg.leg, command.cause)
    switch.end(leg, cause, by_peer=False)


def _place_for(switch: Switch, house: House, leg: str) -> None:
    if leg in switch.legs:
        raise Refused(Refusal.WRONG_PHASE, "there is such a leg")
    if len(switch.legs) >= house.settings.lines:
        raise Refused(Refusal.FULL)


def _originate(command: Originate, switch: Switch, house: House) -> None:
    _place_for(switch, house, command.leg)
    to, user = _destination(command, switch, house)
    try:
        local = switch.open_sound(command.leg)
    except NoPortFree as error:
        raise Refused(Refusal.FULL, "there is no port for its sound") from error
    leg = Leg(leg=command.leg, call=command.call, outbound=True, user=to.user, trunk=to.trunk, local=local)
    switch.legs[leg.leg] = leg
    if to.number:
        switch.tolls.begin(leg.leg, user, time.monotonic())
    switch.ua.call(leg.leg, to, local)


def _destination(command: Originate, switch: Switch, house: House) -> tuple[CallTo, str]:
    """Whom to call, and for whom."""
    headers = dict(command.headers)
    fine = all(_HEADER_NAME.fullmatch(name) and _HEADER_TEXT.fullmatch(text) for name, text in headers.items())
    if not fine or len(headers) > _MOST_HEADERS:
        raise Refused(Refusal.NOT_PERMITTED, "headers are X- headers of plain text")
    address, timeout_s = command.to.address, float(max(1, command.timeout_s))
    if command.to.kind == "sip_user":
        if address not in switch.users:
            raise Refused(Refusal.UNREACHABLE, address)
        to = CallTo(
            user=address, caller=command.caller, timeout_s=timeout_s, auto_answer=command.auto_answer, headers=headers
        )
        return to, address
    user = switch.user_of(command.call)
    _may_call(address, user, switch)
    trunk = next((one for one in house.settings.sip.trunks if _fits(one.name, command.to.trunk, switch)), None)
    if trunk is None:
        raise Refused(Refusal.UNREACHABLE, command.to.trunk)
    if command.caller and trunk.numbers and command.caller not in trunk.numbers:
        raise Refused(Refusal.NOT_PERMITTED, "the number that would be shown is not this trunk's")
    return CallTo(number=address, trunk=trunk.name, caller=command.caller, timeout_s=timeout_s), user


def _fits(name: str, wanted: str, switch: Switch) -> bool:
    return name in switch.trunks and wanted in ("", name)


def _may_call(number: str, user: str, switch: Switch) -> None:
    if why := switch.tolls.why_not(number, user, time.monotonic()):
        raise Refused(Refusal.NOT_PERMITTED, why)


def _transfer(command: TransferAtCarrier, switch: Switch, house: House) -> None:
    leg = _leg(switch, command.leg, LegPhase.ANSWERED)
    trunk = next((one for one in house.settings.sip.trunks if one.name == leg.trunk), None)
    if trunk is None or not trunk.transfers:
        raise Refused(Refusal.NOT_CAPABLE, "this leg's line takes no transfer")
    _may_call(command.target, switch.user_of(leg.call), switch)
    if leg.handing_over or leg.handed_over:
        raise Refused(Refusal.WRONG_PHASE, "it is being handed over")
    leg.handing_over = command.command_id
    switch.ua.transfer(leg.leg, command.target)
    raise Later


def _accept_browser(command: AcceptBrowser, switch: Switch, house: House) -> None:
    _place_for(switch, house, command.leg)
    try:
        _, answer = switch.media.open_browser_leg(command.leg, command.offer)
    except BadOffer as error:
        raise Refused(Refusal.BAD_OFFER, str(error)) from error
    except NoPortFree as error:
        raise Refused(Refusal.FULL, "there is no port for its sound") from error
    except ValueError as error:
        raise Refused(Refusal.NOT_CAPABLE, str(error)) from error
    leg = Leg(leg=command.leg, call=command.call, outbound=False, browser=True, user=command.user)
    switch.legs[leg.leg] = leg
    switch.tell(BrowserAnswer, leg=leg.leg, answer=answer)


def _sound(command: Play | StopPlay, switch: Switch, house: House) -> None:
    if isinstance(command, StopPlay):
        stopped = switch.plays.get(command.play)
        if stopped is None:
            raise Refused(Refusal.UNKNOWN_PLAY)
        switch.media.stop_play(stopped.sound)
        switch.end_play(stopped, PlayEnd.STOPPED)
        return
    leg = _leg(switch, command.leg, *WITH_SOUND)
    if command.play in switch.plays:
        raise Refused(Refusal.WRONG_PHASE, "there is such a play")
    try:
        samples = [_from_offset(house.prompts.samples(one.name), one) for one in command.prompts]
    except BadPrompt as error:
        raise Refused(Refusal.BAD_PROMPT, str(error)) from error
    switch.begin_play(leg, command.play, sound=command.command_id, until_key=command.until_key)
    if any(map(len, samples)):
        switch.media.play(
            leg.leg, command.command_id, samples, loop=command.loop, until_key=command.until_key, over=command.over
        )
    else:
        switch.end_play(leg, PlayEnd.FINISHED)


def _from_offset(samples: Samples, prompt: Prompt) -> Samples:
    return samples[prompt.offset_ms * RATE // 1000 :]


def _room(command: Join | SetAudibility | Leave, switch: Switch) -> None:
    leg = _leg(switch, command.leg)
    if isinstance(command, Join):
        switch.join(leg, command.room)
        leg.role, leg.hears, leg.heard_by = command.role, command.hears, command.heard_by
        switch.hear(command.room)
        return
    if command.room not in switch.rooms:
        raise Refused(Refusal.UNKNOWN_ROOM)
    if leg.room != command.room:
        raise Refused(Refusal.UNKNOWN_LEG, "it is not in this room")
    if isinstance(command, Leave):
        switch.leave(leg)
    else:
        leg.hears, leg.heard_by = command.hears, command.heard_by
        switch.hear(command.room)


def _record(command: StartRecording | PauseRecording | StopRecording, switch: Switch) -> None:
    if isinstance(command, StartRecording):
        leg = _leg(switch, command.leg, *WITH_SOUND)
        if command.recording in switch.recordings:
            raise Refused(Refusal.WRONG_PHASE, "there is such a recording")
        try:
            switch.notes.begun(command.recording, leg.leg, command.key_name)
            switch.media.start_recording(leg.leg, command.recording, command.key_name)
        except NoSuchKey as error:
            switch.notes.ended(command.recording)
            raise Refused(Refusal.UNREACHABLE, "the key of this name was not given") from error
        except (OSError, ValueError) as error:
            switch.notes.ended(command.recording)
            raise Refused(Refusal.WRONG_PHASE, str(error)) from error
        switch.recordings[command.recording] = leg
        return
    if command.recording not in switch.recordings:
        raise Refused(Refusal.UNKNOWN_RECORDING)
    if isinstance(command, PauseRecording):
        switch.media.pause_recording(command.recording, command.paused)
    else:
        switch.media.stop_recording(command.recording)
        del switch.recordings[command.recording]
