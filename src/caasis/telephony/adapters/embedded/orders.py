"""How our engine carries out commands. Everything is checked before anything changes."""

from __future__ import annotations

import time

from caasis.telephony.adapters.embedded.legs import CODES, WITH_SOUND, Leg
from caasis.telephony.adapters.embedded.media import BadOffer, NoPortFree
from caasis.telephony.adapters.embedded.prompts import Prompts
from caasis.telephony.adapters.embedded.settings import Trunk
from caasis.telephony.adapters.embedded.sip.ports import Destination
from caasis.telephony.adapters.embedded.switch import BROWSER_S, Switch
from caasis.telephony.adapters.embedded.tolls import Tolls
from caasis.telephony.adapters.lines import dialled_number
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
from caasis.telephony.vocabulary import Direction, EndCause, LegPhase, Refusal


class Refused(Exception):
    """A command is not carried out."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal, detail)
        self.refusal = refusal
        self.detail = detail


class Orders:
    """Carries out commands on the thread of the switch."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._prompts = Prompts(switch.settings.prompts)
        self._tolls = Tolls(switch.settings)

    def carry_out(self, command: Command) -> None:
        """Do what a command says. Raises Refused, having changed nothing."""
        match command:
            case Ring() | Answer() | Reject():
                self._take(command)
            case Originate():
                self._originate(command)
            case AcceptBrowser():
                self._accept_browser(command)
            case Hangup():
                leg = self._leg(command.leg)
                given_up = leg.direction is Direction.OUTBOUND and leg.phase is not LegPhase.ANSWERED
                cancelled = given_up and command.cause is EndCause.NORMAL
                self._switch.hang_up(leg, EndCause.CANCELLED if cancelled else command.cause)
            case TransferAtCarrier():
                self._hand_over(command)
            case SendDigits():
                self._switch.media.send_digits(self._leg(command.leg, *WITH_SOUND).leg, command.digits)
            case ListenForTones():
                self._switch.media.listen_for_tones(self._leg(command.leg).leg, command.on)
            case Play() | StopPlay():
                self._sound(command)
            case Join() | SetAudibility() | Leave():
                self._room(command)
            case StartRecording() | PauseRecording() | StopRecording():
                self._record(command)
            case _:
                raise Refused(Refusal.NOT_CAPABLE, type(command).__name__)

    def _leg(self, name: str, *phases: LegPhase) -> Leg:
        leg = self._switch.legs.get(name)
        if leg is None:
            raise Refused(Refusal.UNKNOWN_LEG)
        if phases and leg.phase not in phases:
            raise Refused(Refusal.WRONG_PHASE, leg.phase)
        return leg

    def _take(self, command: Ring | Answer | Reject) -> None:
        """What is done with an incoming call that waits."""
        leg = self._leg(command.leg, LegPhase.NEW, LegPhase.RINGING)
        if leg.direction is Direction.OUTBOUND or leg.dialog is None:
            raise Refused(Refusal.WRONG_PHASE, "this is no call that waits to be taken")
        if isinstance(command, Reject):
            leg.dialog.refuse(*CODES.get(command.cause, CODES[EndCause.BUSY]))
            self._switch.end(leg, command.cause, by_peer=False)
        elif isinstance(command, Answer):
            leg.dialog.accept(self._switch.describe(leg, offer=leg.remote is None))
            self._switch.enter(leg, LegPhase.ANSWERED)
        elif leg.phase is LegPhase.NEW:
            leg.dialog.ring()
            self._switch.enter(leg, LegPhase.RINGING)
        else:
            raise Refused(Refusal.WRONG_PHASE, "it rings already")

    # Calls that we make

    def _room_for(self, leg: str) -> None:
        if leg in self._switch.legs:
            raise Refused(Refusal.WRONG_PHASE, "there is such a leg")
        if len(self._switch.legs) >= self._switch.settings.lines:
            raise Refused(Refusal.FULL)

    def _originate(self, command: Originate) -> None:
        self._room_for(command.leg)
        destination = self._destination(command)
        try:
            port = self._switch.media.open_leg(command.leg).port
        except NoPortFree:
            raise Refused(Refusal.FULL) from None
        leg = Leg(leg=command.leg, call=command.call, direction=Direction.OUTBOUND, port=port)
        self._switch.add(leg)
        self._switch.attach(leg, self._switch.sip.call(destination, self._switch.describe(leg, offer=True)))
        self._switch.after(leg, command.timeout_s, lambda: self._switch.hang_up(leg, EndCause.NO_ANSWER))

    def _destination(self, command: Originate) -> Destination:
        headers = {key: value for key, value in command.headers.items() if key.lower().startswith("x-")}
        if any(sign in text for text in (*headers, *headers.values()) for sign in "\r\n"):
            raise Refused(Refusal.NOT_PERMITTED, "a header has one line")
        if command.auto_answer:
            # There is no standard: phones of different makers look for one or the other.
            headers |= {"Call-Info": "<sip:caasis>;answer-after=0", "Alert-Info": "<sip:caasis>;info=alert-autoanswer"}
        if command.to.kind == "sip_user":
            found = self._switch.sip.find_user(command.to.address)
            if found is None:
                raise Refused(Refusal.UNREACHABLE, command.to.address)
            user, address = found
            caller = dialled_number(command.caller, national=True)
            return Destination(user=user, address=address, caller=caller, headers=headers)
        trunk = self._trunk(command.to)
        if why := self._tolls.take(command.to.address, time.monotonic()):
            raise Refused(Refusal.NOT_PERMITTED, why)
        shown = command.caller or trunk.caller
        return Destination(
            user=dialled_number(command.to.address, national=trunk.national),
            address=trunk.address,
            caller=dialled_number(shown, national=trunk.national),
            account=(trunk.user, trunk.password) if trunk.user else None,
            headers=headers,
        )

    def _trunk(self, to: Endpoint) -> Trunk:
        if why := self._tolls.refusal(to.address):
            raise Refused(Refusal.NOT_PERMITTED, why)
        up = self._switch.sip.trunks()
        name = to.trunk or next((one for one in self._switch.settings.trunks if one in up), "")
        if name not in up:
            raise Refused(Refusal.UNREACHABLE, to.trunk)
        return self._switch.settings.trunks[name]

    def _hand_over(self, command: TransferAtCarrier) -> None:
        leg = self._leg(command.leg, LegPhase.ANSWERED)
        if why := self._tolls.refusal(command.target):
            raise Refused(Refusal.NOT_PERMITTED, why)
        if leg.dialog is None:
            raise Refused(Refusal.WRONG_PHASE, "a browser can't hand a call over")
        if why := self._tolls.take(command.target, time.monotonic()):
            raise Refused(Refusal.NOT_PERMITTED, why)
        leg.handing_over = True
        number = dialled_number(command.target, national=True)
        settings = self._switch.settings
        target = f"sip:{number}@{settings.told_address}:{settings.port}"
        leg.dialog.hand_over(target, lambda code: self._switch.handed_over(leg, code))

    def _accept_browser(self, command: AcceptBrowser) -> None:
        self._room_for(command.leg)
        try:
            _, answer = self._switch.media.open_browser_leg(command.leg, command.offer)
        except BadOffer as error:
            raise Refused(Refusal.BAD_OFFER, str(error)) from None
        except NoPortFree:
            raise Refused(Refusal.FULL) from None
        leg = Leg(leg=command.leg, call=command.call, direction=Direction.INBOUND)
        self._switch.add(leg)
        self._switch.after(leg, BROWSER_S, lambda: self._switch.hang_up(leg, EndCause.FAILED))
        self._switch.tell(BrowserAnswer, leg=command.leg, answer=answer)

    # Sound

    def _sound(self, command: Play | StopPlay) -> None:
        switch = self._switch
        if isinstance(command, StopPlay):
            if command.play not in switch.plays:
                raise Refused(Refusal.UNKNOWN_PLAY)
            switch.media.stop_play(command.play)
            return
        leg = self._leg(command.leg, *WITH_SOUND)
        if command.play in switch.plays:
            raise Refused(Refusal.WRONG_PHASE, "there is such a play")
        pieces = []
        for prompt in command.prompts:
            if (sound := self._prompts.find(prompt.name, prompt.offset_ms)) is None:
                raise Refused(Refusal.BAD_PROMPT, prompt.name)
            pieces.append(sound)
        try:
            switch.media.play(
                leg.leg, command.play, pieces, loop=command.loop, until_key=command.until_key, over=command.over
            )
        except ValueError as error:
            raise Refused(Refusal.BAD_PROMPT, str(error)) from None
        switch.plays[command.play] = leg
        leg.until_key = command.play if command.until_key else ""

    def _room(self, command: Join | SetAudibility | Leave) -> None:
        switch, leg = self._switch, self._leg(command.leg)
        if isinstance(command, Join):
            switch.join(leg, command.room)
            leg.role, leg.hears, leg.heard_by = command.role, command.hears, command.heard_by
            switch.weave(command.room)
            return
        if command.room not in switch.rooms:
            raise Refused(Refusal.UNKNOWN_ROOM)
        if leg.room != command.room:
            raise Refused(Refusal.UNKNOWN_LEG, "it is not in this room")
        if isinstance(command, Leave):
            switch.leave(leg)
        else:
            leg.hears, leg.heard_by = command.hears, command.heard_by
            switch.weave(command.room)

    def _record(self, command: StartRecording | PauseRecording | StopRecording) -> None:
        switch = self._switch
        if isinstance(command, StartRecording):
            leg = self._leg(command.leg, *WITH_SOUND)
            if command.recording in switch.recordings:
                raise Refused(Refusal.WRONG_PHASE, "there is such a recording")
            try:
                switch.media.start_recording(leg.leg, command.recording, command.key_name)
            except LookupError:
                raise Refused(Refusal.NOT_PERMITTED, "the key is not there") from None
            switch.recordings[command.recording] = leg.leg
            return
        if command.recording not in switch.recordings:
            raise Refused(Refusal.UNKNOWN_RECORDING)
        if isinstance(command, PauseRecording):
            switch.media.pause_recording(command.recording, command.paused)
        else:
            switch.recordings.pop(command.recording)
            switch.media.stop_recording(command.recording)
