"""The engine: commands in, signals out, and between them the switch, the signalling and the sound."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

from caasis.kernel.ids import uuid7
from caasis.telephony.adapters.embedded.keys import Keys
from caasis.telephony.adapters.embedded.legs import Leg
from caasis.telephony.adapters.embedded.media import (
    BrowserState,
    Digit,
    MediaEngine,
    MediaHappening,
    MediaSilent,
    NoPortFree,
    Quality,
    RecordingDone,
    Tap,
)
from caasis.telephony.adapters.embedded.media import PlayEnd as PlayOver
from caasis.telephony.adapters.embedded.orders import House, Later, Refused, carry_out
from caasis.telephony.adapters.embedded.prompts import Prompts
from caasis.telephony.adapters.embedded.running_recordings import CUT, RunningRecordings
from caasis.telephony.adapters.embedded.settings import EngineSettings
from caasis.telephony.adapters.embedded.sip.ua import (
    Arrived,
    HandingOver,
    HoldPressed,
    KeyTold,
    Over,
    PhonePresence,
    PickedUp,
    Rings,
    SipEvent,
    SipUa,
    SoundAgreed,
    TransferAsked,
    TrunkState,
)
from caasis.telephony.adapters.embedded.switch import Switch
from caasis.telephony.adapters.embedded.tolls import Tolls
from caasis.telephony.adapters.journal import Answers, Journal
from caasis.telephony.commands import Command
from caasis.telephony.ports import Snapshot
from caasis.telephony.signals import (
    DigitPressed,
    HoldChanged,
    IncomingCall,
    MediaQuality,
    RecordingReady,
    Signal,
    TransferRequested,
    TrunkChanged,
    UserPresence,
)
from caasis.telephony.vocabulary import Capability, DtmfWay, EndCause, LegPhase, PlayEnd, Refusal

log = logging.getLogger(__name__)

CAPABILITIES = frozenset(Capability)


class Engine:
    """One life of the engine. Every method may be called from any thread.

    make_media: the mixer, given what it calls with its happenings and what it asks for keys.
    """

    def __init__(
        self,
        settings: EngineSettings,
        *,
        ua: SipUa,
        make_media: Callable[[Callable[[MediaHappening], None], Callable[[str], bytes]], MediaEngine],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.keys = Keys()
        self._settings = settings
        self._ua = ua
        self._lock = threading.RLock()
        self._media = make_media(self._on_media, self.keys.of)
        self._notes = RunningRecordings(settings.recordings)
        self._journal = Journal(at=now(), capabilities=tuple(CAPABILITIES), keep=settings.keep)
        self._switch = Switch(
            journal=self._journal, ua=ua, media=self._media, host=settings.sip.advertised, notes=self._notes,
            tolls=Tolls(settings.allowance), now=now,
        )  # fmt: skip
        self._house = House(settings, Prompts(settings.prompts))
        self._answers = Answers()

    def start(self) -> None:
        """Tell what an earlier life left behind, and take calls. Raises OSError when a port is taken."""
        for one in self._notes.cut():
            self._switch.tell(
                RecordingReady, recording=one.recording, leg=one.leg, file=one.file, seconds=one.seconds,
                sha256=one.sha256, failed=CUT,
            )  # fmt: skip
        self._media.start()
        self._ua.start(self._on_sip)

    def stop(self) -> None:
        """End every call, and this life."""
        with self._lock:
            for leg in tuple(self._switch.legs.values()):
                if not leg.browser:
                    self._ua.hang_up(leg.leg)
                self._switch.end(leg, EndCause.ENGINE_LOST, by_peer=False)
        self._ua.stop()
        self._media.stop()
        self._journal.close()

    # The port

    @property
    def boot(self) -> str:
        """The name of this life."""
        return self._journal.boot

    def send(self, command: Command) -> None:
        """Carry a command out or refuse it; told twice, it is done once."""
        with self._lock:
            switch, command_id = self._switch, command.command_id
            if command_id in self._answers:
                self._answers.repeat(self._journal, command_id, at=switch.now())
                return
            if any(leg.handing_over == command_id for leg in switch.legs.values()):
                return
            try:
                carry_out(command, switch, self._house)
            except Later:
                return
            except Refused as refused:
                self._answer(command_id, (refused.refusal, refused.detail))
            except Exception:
                log.exception("a command failed: %s", type(command).__name__)
                self._answer(command_id, (Refusal.NOT_CAPABLE, "the engine failed"))
            else:
                self._answer(command_id, None)

    def signals(self, *, boot: str, after: int, timeout_s: float) -> Sequence[Signal]:
        """As the port says. Raises SignalsForgotten."""
        return self._journal.read(boot=boot, after=after, timeout_s=timeout_s)

    def snapshot(self) -> Snapshot:
        """What lives now."""
        with self._lock:
            return self._switch.snapshot()

    def tap(self, leg: str, side: Literal["said", "heard"]) -> Tap:
        """Live sound of one side of a leg. Raises KeyError."""
        with self._lock:
            return self._media.tap(self._switch.legs[leg].leg, side)

    def _answer(self, command_id: str, refused: tuple[Refusal, str] | None) -> None:
        self._answers.give(self._journal, command_id, at=self._switch.now(), refused=refused)

    # What the signalling tells

    def _on_sip(self, event: SipEvent) -> None:
        with self._lock:
            match event:
                case Arrived():
                    self._arrived(event)
                case PhonePresence():
                    self._presence(event)
                case TrunkState():
                    (self._switch.trunks.add if event.up else self._switch.trunks.discard)(event.trunk)
                    self._switch.tell(TrunkChanged, trunk=event.trunk, up=event.up, detail=event.detail)
                case _:
                    leg = self._switch.legs.get(getattr(event, "leg", ""))
                    if leg is not None:
                        self._on_leg(leg, event)

    def _arrived(self, event: Arrived) -> None:
        switch = self._switch
        if len(switch.legs) >= self._settings.lines:
            self._ua.refuse(event.leg, EndCause.BUSY)
            return
        try:
            local = switch.open_sound(event.leg)
        except NoPortFree:
            self._ua.refuse(event.leg, EndCause.BUSY)
            return
        leg = Leg(
            leg=event.leg, call=uuid7().hex, outbound=False, user=event.user, trunk=event.trunk, local=local
        )  # fmt: skip
        switch.legs[leg.leg] = leg
        switch.tell(
            IncomingCall, call=leg.call, leg=leg.leg, caller=event.caller, presentation=event.presentation,
            called=event.called, diverted_from=event.diverted_from, trunk=event.trunk, user=event.user,
            headers=dict(event.headers),
        )  # fmt: skip

    def _presence(self, event: PhonePresence) -> None:
        switch = self._switch
        if event.online:
            switch.users[event.user] = event.device
        else:
            switch.users.pop(event.user, None)
        switch.tell(UserPresence, user=event.user, online=event.online, device=event.device)

    def _on_leg(self, leg: Leg, event: SipEvent) -> None:
        switch = self._switch
        match event:
            case Rings():
                switch.enter(leg, LegPhase.EARLY_MEDIA if event.early else LegPhase.RINGING)
            case PickedUp():
                switch.enter(leg, LegPhase.ANSWERED)
            case Over():
                if leg.handing_over:
                    self._answer_transfer(leg, (Refusal.UNREACHABLE, "the call is over"))
                cause = EndCause.TRANSFERRED if leg.handed_over else event.cause
                switch.end(leg, cause, by_peer=event.by_peer, code=event.code)
            case SoundAgreed():
                agreed = event.agreed
                self._media.set_remote(
                    leg.leg, agreed.address, payload=agreed.payload, events_payload=agreed.events_payload
                )
                self._media.set_sending(leg.leg, agreed.we_send)
                leg.should_speak = agreed.we_receive
            case HoldPressed():
                leg.on_hold = event.on_hold
                if leg.room:
                    switch.hear(leg.room)
                switch.tell(HoldChanged, leg=leg.leg, on_hold=event.on_hold)
            case KeyTold():
                self._pressed(leg, event)
            case TransferAsked():
                switch.tell(TransferRequested, leg=leg.leg, target=event.target)
            case HandingOver():
                self._handing_over(leg, event)

    def _pressed(self, leg: Leg, event: KeyTold) -> None:
        """A key by INFO, of which the mixer knows nothing."""
        self._switch.tell(DigitPressed, leg=leg.leg, digit=event.digit, way=DtmfWay.INFO, duration_ms=event.duration_ms)
        if leg.play and leg.until_key:
            self._media.stop_play(leg.sound)
            self._switch.end_play(leg, PlayEnd.KEY)

    def _handing_over(self, leg: Leg, event: HandingOver) -> None:
        if leg.handing_over:
            self._answer_transfer(leg, None if event.accepted else (Refusal.UNREACHABLE, str(event.code)))
            leg.handed_over = event.accepted
        if not event.done:
            return
        if event.accepted:
            self._ua.hang_up(leg.leg)
            self._switch.end(leg, EndCause.TRANSFERRED, by_peer=True, code=event.code)
        else:
            leg.handed_over = False

    def _answer_transfer(self, leg: Leg, refused: tuple[Refusal, str] | None) -> None:
        command_id, leg.handing_over = leg.handing_over, ""
        self._answer(command_id, refused)

    # What the mixer tells

    def _on_media(self, happening: MediaHappening) -> None:
        with self._lock:
            switch = self._switch
            if isinstance(happening, RecordingDone):
                self._recorded(happening)
                return
            if isinstance(happening, Quality):
                # The last one comes when the leg is over.
                switch.tell(
                    MediaQuality, leg=happening.leg, received=happening.received, lost=happening.lost,
                    jitter_ms=happening.jitter_ms, silent_s=happening.silent_s,
                )  # fmt: skip
                return
            leg = switch.legs.get(happening.leg)
            if leg is None:
                return
            match happening:
                case Digit():
                    switch.tell(
                        DigitPressed, leg=leg.leg, digit=happening.digit, way=happening.way,
                        duration_ms=happening.duration_ms,
                    )  # fmt: skip
                case PlayOver():
                    if happening.play == leg.sound:
                        switch.end_play(leg, happening.reason)
                case MediaSilent():
                    self._silent(leg, happening.seconds)
                case BrowserState():
                    self._browser(leg, happening)

    def _recorded(self, done: RecordingDone) -> None:
        self._switch.recordings.pop(done.recording, None)
        self._switch.tell(
            RecordingReady, recording=done.recording, leg=done.leg, file=done.file, seconds=done.seconds,
            sha256=done.sha256, failed=done.failed,
        )  # fmt: skip
        self._notes.ended(done.recording)

    def _silent(self, leg: Leg, seconds: float) -> None:
        timeout_s = self._settings.media_timeout_s
        expected = leg.phase is LegPhase.ANSWERED and leg.should_speak and not leg.on_hold
        if expected and timeout_s and seconds >= timeout_s:
            if not leg.browser:
                self._ua.hang_up(leg.leg)
            self._switch.end(leg, EndCause.MEDIA_TIMEOUT, by_peer=False)

    def _browser(self, leg: Leg, happening: BrowserState) -> None:
        if happening.state == "connected":
            self._switch.enter(leg, LegPhase.ANSWERED)
        else:
            cause = EndCause.FAILED if happening.state == "failed" else EndCause.NORMAL
            self._switch.end(leg, cause, by_peer=True)
