"""What lives in our engine: legs, rooms, plays and recordings, and what becomes of them.

All of it is touched by one thread only, the one on which SIP runs. Nothing is checked here: `orders` does that for
commands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from caasis.kernel.ids import uuid7
from caasis.telephony.adapters.embedded.legs import WITH_SOUND, Leg, cause_of, hearing
from caasis.telephony.adapters.embedded.media import (
    BrowserState,
    Digit,
    MediaEngine,
    MediaHappening,
    MediaSilent,
    NoPortFree,
    Quality,
    RecordingDone,
)
from caasis.telephony.adapters.embedded.media import PlayEnd as SoundEnd
from caasis.telephony.adapters.embedded.settings import EngineSettings
from caasis.telephony.adapters.embedded.sip import identity
from caasis.telephony.adapters.embedded.sip.ports import Dialog, Invitation, SipUa
from caasis.telephony.adapters.embedded.sip.sdp import BadSdp, read_sdp, write_sdp
from caasis.telephony.adapters.journal import Journal
from caasis.telephony.adapters.lines import presentation, told_number
from caasis.telephony.ports import Snapshot
from caasis.telephony.signals import (
    DigitPressed,
    HoldChanged,
    IncomingCall,
    LegChanged,
    MediaQuality,
    PlayEnded,
    RecordingReady,
    Signal,
    TransferRequested,
    TrunkChanged,
    UserPresence,
)
from caasis.telephony.vocabulary import Direction, DtmfWay, EndCause, LegPhase, PlayEnd, Presentation

log = logging.getLogger(__name__)

#: A leg from which nothing comes for so long is ended; one on hold is asked by SIP whether it is still there.
SILENT_S, ASK_S = 30.0, 30.0
#: A browser that has not connected by then never will.
BROWSER_S = 15.0


class Switch:
    """One life of the engine. Implements `sip.ports.Calls`, and takes what the media engine tells."""

    def __init__(
        self, settings: EngineSettings, media: MediaEngine, journal: Journal, now: Callable[[], datetime]
    ) -> None:
        self.settings, self.media, self.journal = settings, media, journal
        self.sip: SipUa
        self.legs: dict[str, Leg] = {}
        self.rooms: dict[str, dict[str, Leg]] = {}
        self.plays: dict[str, Leg] = {}
        self.recordings: dict[str, str] = {}
        self._by_dialog: dict[Dialog, Leg] = {}
        self._now = now

    def tell(self, kind: type[Signal], **facts: Any) -> None:
        """Write a signal."""
        self.journal.write(kind, at=self._now(), **facts)

    def snapshot(self) -> Snapshot:
        """All that lives now."""
        return Snapshot(
            boot=self.journal.boot, seq=self.journal.seq, legs=tuple(one.now() for one in self.legs.values()),
            users=self.sip.users(), trunks=self.sip.trunks(),
        )  # fmt: skip

    # Legs

    def add(self, leg: Leg) -> None:
        """A leg begins to live."""
        self.legs[leg.leg] = leg
        if leg.dialog is not None:
            self._by_dialog[leg.dialog] = leg

    def attach(self, leg: Leg, dialog: Dialog) -> None:
        """A leg that we call has its dialog."""
        leg.dialog = dialog
        self._by_dialog[dialog] = leg

    def enter(self, leg: Leg, phase: LegPhase) -> None:
        """A leg is in another phase."""
        if leg.phase is phase or leg.phase in (LegPhase.ANSWERED, LegPhase.ENDED):
            return
        leg.phase = phase
        self.tell(LegChanged, call=leg.call, leg=leg.leg, phase=phase)
        if phase is LegPhase.ANSWERED:
            self._forget_timers(leg)
        self.weave(leg.room)

    def end(self, leg: Leg, cause: EndCause, *, by_peer: bool, code: int | None = None) -> None:
        """A leg is over, and with it its sound and its place in a room. What SIP has to say is said before."""
        if self.legs.pop(leg.leg, None) is None:
            return
        self._forget_timers(leg)
        if leg.dialog is not None:
            self._by_dialog.pop(leg.dialog, None)
        self.leave(leg)
        leg.phase = LegPhase.ENDED
        self.media.close_leg(leg.leg)
        self.tell(
            LegChanged, call=leg.call, leg=leg.leg, phase=LegPhase.ENDED, cause=cause, by_peer=by_peer, sip_code=code
        )

    def hang_up(self, leg: Leg, cause: EndCause) -> None:
        """End a leg in whatever phase, and tell the other side."""
        if leg.dialog is not None:
            leg.dialog.end()
        self.end(leg, cause, by_peer=False)

    def after(self, leg: Leg, seconds: float, action: Callable[[], None]) -> None:
        """Do something later, unless the leg is over or answered by then."""
        leg.timers.append(self.sip.later(seconds, lambda: action() if leg.leg in self.legs else None))

    def _forget_timers(self, leg: Leg) -> None:
        for cancel in leg.timers:
            cancel()
        leg.timers.clear()

    def describe(self, leg: Leg, *, offer: bool = False) -> str:
        """Our description of a leg's sound: an offer, or the answer to what the other side said."""
        leg.described += 1
        write = partial(
            write_sdp,
            self.settings.told_address,
            leg.port,
            session=abs(hash(leg.leg)) % 1_000_000_000,
            version=leg.described,
        )
        if offer or leg.remote is None:
            return write()
        return write(
            payload=leg.remote.payload,
            events_payload=leg.remote.events_payload,
            direction=leg.remote.our_direction,
        )

    def take_description(self, leg: Leg, sdp: str) -> bool:
        """Send a leg's sound where the other side wants it. False when we can't."""
        try:
            leg.remote = remote = read_sdp(sdp)
        except BadSdp:
            return False
        if remote.address[0] != "0.0.0.0":  # noqa: S104 (the old way of saying hold)
            self.media.set_remote(leg.leg, remote.address, payload=remote.payload, events_payload=remote.events_payload)
        self.media.set_sending(leg.leg, not remote.on_hold)
        return True

    # Rooms

    def join(self, leg: Leg, room: str) -> None:
        """Put a leg into a room; it leaves the one before."""
        if leg.room != room:
            self.leave(leg)
            self.rooms.setdefault(room, {})[leg.leg] = leg
            leg.room = room

    def leave(self, leg: Leg) -> None:
        """Take a leg out of its room; an empty room is gone."""
        room, leg.room = leg.room, ""
        leg.role, leg.hears, leg.heard_by = None, frozenset(), frozenset()
        if not room:
            return
        del self.rooms[room][leg.leg]
        if not self.rooms[room]:
            del self.rooms[room]
        if leg.leg in self.legs:
            self.media.set_hearing(leg.leg, {})
        self.weave(room)

    def weave(self, room: str) -> None:
        """Tell the media engine who hears whom in a room."""
        legs = self.rooms.get(room, {}).values()
        for leg in legs:
            self.media.set_hearing(leg.leg, hearing(leg, legs))

    # What SIP tells

    def invited(self, dialog: Dialog, invitation: Invitation) -> None:
        name = uuid7().hex
        if len(self.legs) >= self.settings.lines:
            dialog.refuse(503, "Service Unavailable")
            return
        try:
            port = self.media.open_leg(name).port
        except NoPortFree:
            dialog.refuse(503, "Service Unavailable")
            return
        leg = Leg(leg=name, call=uuid7().hex, direction=Direction.INBOUND, port=port, dialog=dialog)
        if invitation.sdp and not self.take_description(leg, invitation.sdp):
            self.media.close_leg(name)
            dialog.refuse(488, "Not Acceptable Here")
            return
        self.add(leg)
        shown = "prohib" if invitation.hidden else ""
        number = told_number(invitation.caller)
        why = presentation(shown=shown, name=invitation.caller_name, number=number)
        self.tell(
            IncomingCall,
            call=leg.call,
            leg=leg.leg,
            caller=number if why is Presentation.ALLOWED and not invitation.user else "",
            presentation=why,
            called=told_number(invitation.called),
            diverted_from=told_number(invitation.diverted_from),
            trunk=invitation.trunk,
            user=invitation.user,
            headers=invitation.headers,
        )

    def progressed(self, dialog: Dialog, code: int, sdp: str) -> None:
        leg = self._by_dialog.get(dialog)
        if leg is None or leg.phase is LegPhase.ANSWERED:
            return
        if sdp and self.take_description(leg, sdp):
            self.enter(leg, LegPhase.EARLY_MEDIA)
        elif leg.phase is LegPhase.NEW:
            self.enter(leg, LegPhase.RINGING)

    def accepted(self, dialog: Dialog, sdp: str) -> None:
        leg = self._by_dialog.get(dialog)
        if leg is None:
            return
        if not (self.take_description(leg, sdp) if sdp else leg.remote):
            self.hang_up(leg, EndCause.FAILED)
            return
        self.enter(leg, LegPhase.ANSWERED)

    def changed(self, dialog: Dialog, sdp: str) -> str | None:
        leg = self._by_dialog.get(dialog)
        if leg is None or not self.take_description(leg, sdp):
            return None
        assert leg.remote is not None
        if leg.remote.on_hold != leg.on_hold:
            leg.on_hold = leg.remote.on_hold
            self.tell(HoldChanged, leg=leg.leg, on_hold=leg.on_hold)
            if leg.on_hold:
                self._ask_alive(leg)
        return self.describe(leg)

    def _ask_alive(self, leg: Leg) -> None:
        """Whoever holds sends no sound, perhaps for an hour: SIP tells whether the phone still lives."""

        def ask() -> None:
            if leg.leg in self.legs and leg.on_hold and leg.dialog is not None:
                leg.dialog.ask_alive(lambda: self.hang_up(leg, EndCause.MEDIA_TIMEOUT))
                self.sip.later(ASK_S, ask)

        self.sip.later(ASK_S, ask)

    def pressed(self, dialog: Dialog, digit: str, duration_ms: int) -> None:
        leg = self._by_dialog.get(dialog)
        if leg is None or leg.phase not in WITH_SOUND:
            return
        self.tell(DigitPressed, leg=leg.leg, digit=digit, way=DtmfWay.INFO, duration_ms=duration_ms)
        if leg.until_key:
            # The media engine hears no INFO; to it, the play is stopped.
            leg.ended_by_key.add(leg.until_key)
            self.media.stop_play(leg.until_key)

    def wants_transfer(self, dialog: Dialog, target: str) -> None:
        leg = self._by_dialog.get(dialog)
        if leg is not None:
            user = identity.user_of(target)
            self.tell(TransferRequested, leg=leg.leg, target=told_number(user) if user[:1] in "+0" else user)

    def ended(self, dialog: Dialog, code: int) -> None:
        leg = self._by_dialog.get(dialog)
        if leg is None:
            return
        cause = cause_of(code)
        if leg.handing_over:
            cause = EndCause.TRANSFERRED
        elif cause is EndCause.NORMAL and leg.phase is not LegPhase.ANSWERED:
            cause = EndCause.CANCELLED
        self.end(leg, cause, by_peer=True, code=code or None)

    def handed_over(self, leg: Leg, code: int) -> None:
        """What the other side tells of a call that was to be handed over: at 2xx we are out of it."""
        if leg.leg not in self.legs or code == 202 or code < 200:
            return
        if code < 300:
            self.hang_up(leg, EndCause.TRANSFERRED)
        else:
            leg.handing_over = False

    def user_changed(self, user: str, online: bool, device: str) -> None:
        self.tell(UserPresence, user=user, online=online, device=device)

    def trunk_changed(self, trunk: str, up: bool, detail: str) -> None:
        self.tell(TrunkChanged, trunk=trunk, up=up, detail=detail[:200])

    # What the media engine tells

    def heard_of(self, happening: MediaHappening) -> None:
        """Something happened to a leg's sound."""
        leg = self.legs.get(happening.leg)
        match happening:
            case Digit(name, digit, way, duration_ms) if leg is not None:
                self.tell(DigitPressed, leg=name, digit=digit, way=way, duration_ms=duration_ms)
            case SoundEnd():
                self._play_ended(happening)
            case RecordingDone():
                self.recordings.pop(happening.recording, None)
                self.tell(
                    RecordingReady, recording=happening.recording, leg=happening.leg, file=happening.file,
                    seconds=happening.seconds, sha256=happening.sha256, failed=happening.failed,
                )  # fmt: skip
            case Quality(name, received, lost, jitter_ms, silent_s):
                self.tell(MediaQuality, leg=name, received=received, lost=lost, jitter_ms=jitter_ms, silent_s=silent_s)
            case MediaSilent(_, seconds) if leg is not None and leg.phase is LegPhase.ANSWERED:
                if seconds >= SILENT_S and not leg.on_hold:
                    self.hang_up(leg, EndCause.MEDIA_TIMEOUT)
            case BrowserState(_, state) if leg is not None:
                self._browser(leg, state)

    def _play_ended(self, happening: SoundEnd) -> None:
        leg = self.plays.pop(happening.play, None)
        reason = happening.reason
        if leg is not None and happening.play in leg.ended_by_key:
            leg.ended_by_key.discard(happening.play)
            reason = PlayEnd.KEY if reason is PlayEnd.STOPPED else reason
        if leg is not None and leg.until_key == happening.play:
            leg.until_key = ""
        self.tell(PlayEnded, leg=happening.leg, play=happening.play, reason=reason)

    def _browser(self, leg: Leg, state: str) -> None:
        if state == "connected":
            self.enter(leg, LegPhase.ANSWERED)
        else:
            cause = EndCause.NORMAL if state == "closed" else EndCause.FAILED
            self.end(leg, cause, by_peer=True)
