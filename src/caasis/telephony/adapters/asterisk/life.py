"""One life of an Asterisk as we know it: from the moment at which we take it over until it is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal
from uuid import UUID

from caasis.kernel.ids import uuid7
from caasis.telephony.adapters.asterisk.ari import AriError, AriLost
from caasis.telephony.adapters.asterisk.calls import GONE, WITH_SOUND, Calls, Leg, Refused
from caasis.telephony.adapters.asterisk.ears import Ears, Tap
from caasis.telephony.adapters.asterisk.orders import carry_out
from caasis.telephony.adapters.asterisk.plays import Plays
from caasis.telephony.adapters.asterisk.recordings import Recordings
from caasis.telephony.adapters.asterisk.rooms import Rooms
from caasis.telephony.adapters.lines import presentation, told_number
from caasis.telephony.commands import Command
from caasis.telephony.signals import (
    DigitPressed,
    HoldChanged,
    IncomingCall,
    LegChanged,
    MediaQuality,
    TransferRequested,
    TrunkChanged,
    UserPresence,
)  # fmt: skip
from caasis.telephony.vocabulary import Direction, DtmfWay, EndCause, LegPhase, PlayEnd, Presentation, Refusal

QUALITY_EVERY_S = 5.0
# Causes of ITU-T Q.850 as Asterisk tells them.
_BUSY, _NO_USER, _NO_ANSWER, _REJECTED, _NO_CIRCUIT = 17, 18, 19, 21, 44
_CAUSES = {
    _BUSY: EndCause.BUSY,
    _NO_USER: EndCause.NO_ANSWER,
    _NO_ANSWER: EndCause.NO_ANSWER,
    _REJECTED: EndCause.REJECTED,
}
_NORMAL = frozenset({0, 16})


class Life:
    """All calls of one life, and what becomes of them. Used by one thread only.

    measure: asks elsewhere for the quality of these legs' channels, and later calls `measured`.
    """

    def __init__(
        self, calls: Calls, *, ears: Ears, recordings: Recordings, measure: Callable[[Mapping[str, str]], None]
    ) -> None:
        self.calls = calls
        self.rooms = Rooms(calls)
        self.plays = Plays(calls, self.rooms)
        self.rooms.changed = self.plays.reconsider
        self.recordings = recordings
        self._ears = ears
        self._measure = measure
        self._taps: dict[UUID, tuple[Leg, list[str], str]] = {}

    def begin(self) -> None:
        """End what an earlier life has left behind, and see who is there. Raises AriError, AriLost."""
        ari, app = self.calls.ari, self.calls.setup.app
        mine = ari.get("applications", app)
        for channel in mine["channel_ids"]:
            ari.end("channels", channel)
        for bridge in mine["bridge_ids"]:
            ari.end("bridges", bridge)
        ari.post("applications", app, "subscription", eventSource="endpoint:PJSIP")
        for endpoint in ari.get("endpoints", "PJSIP"):
            self._endpoint(endpoint)
        self.calls.later(QUALITY_EVERY_S, self._quality)

    def end(self) -> None:
        """Asterisk is lost: taps end, and nothing more can be told."""
        for name in self._taps:
            self._ears.forget(name)

    def order(self, command: Command) -> tuple[Refusal, str] | None:
        """Carry a command out: None, or why not."""
        try:
            carry_out(command, self)
        except Refused as error:
            return error.refusal, error.detail
        except AriError as error:
            if error.status == 404:
                return Refusal.UNKNOWN_LEG, str(error)
            if error.status in GONE:
                return Refusal.WRONG_PHASE, str(error)
            return Refusal.NOT_CAPABLE, str(error)
        except AriLost as error:
            return Refusal.UNREACHABLE, f"no answer; whether it was done is not known: {error}"
        return None

    # Events

    def happened(self, event: Mapping[str, Any]) -> None:
        """Take one of Asterisk's events; those that are of no use here are passed over."""
        kind = event["type"]
        channel = event.get("channel", {}).get("id", "")
        leg = self.calls.by_channel.get(channel)
        match kind:
            case "StasisStart":
                self._arrived(event, leg)
            case "PlaybackFinished":
                self.plays.finished(event["playback"])
            case "RecordingFinished":
                self.recordings.finished(event["recording"]["name"])
            case "RecordingFailed":
                self.recordings.finished(event["recording"]["name"], failed=event["recording"].get("cause") or "failed")
            case "EndpointStateChange":
                self._endpoint(event["endpoint"])
            case "ChannelTransfer":
                self._transfer(event)
            case _ if leg is not None:
                self._leg_event(kind, event, leg)

    def _leg_event(self, kind: str, event: Mapping[str, Any], leg: Leg) -> None:
        match kind:
            case "ChannelStateChange":
                self._state(leg, event["channel"]["state"])
            case "ChannelDtmfReceived":
                # Asterisk does not tell by which way it heard a key.
                self.calls.tell(
                    DigitPressed, leg=leg.leg, digit=event["digit"], way=DtmfWay.EVENT, duration_ms=event["duration_ms"]
                )
                self.plays.key_pressed(leg)
            case "ChannelHold" | "ChannelUnhold":
                self.calls.tell(HoldChanged, leg=leg.leg, on_hold=kind == "ChannelHold")
            case "ChannelHangupRequest":
                leg.going = True
            case "ChannelDestroyed":
                self.over(leg, cause=event["cause"], sip_code=event.get("tech_cause"))

    def _arrived(self, event: Mapping[str, Any], leg: Leg | None) -> None:
        channel = event["channel"]
        if self.calls.arrived(channel["id"]):
            return
        if leg is not None:
            # One that we called enters the application when it is answered.
            self._enter(leg, LegPhase.ANSWERED)
        elif "ours" in event["args"] or channel["id"].startswith("ours-"):
            # One that we had ordered but no longer want, or of which we never got the answer.
            self.calls.drop_channel(channel["id"])
        else:
            self._incoming(channel, event["args"])

    def _incoming(self, channel: Mapping[str, Any], args: list[str]) -> None:
        if len(self.calls.legs) >= self.calls.setup.lines:
            self.calls.gently(partial(self.calls.ari.end, "channels", channel["id"], reason="busy"))
            return
        facts = dict(one.partition("=")[::2] for one in args)
        caller = channel["caller"]
        shown = presentation(shown=facts.get("shown", ""), name=caller["name"], number=caller["number"])
        leg = Leg(leg=uuid7().hex, call=uuid7().hex, channel=channel["id"], direction=Direction.INBOUND)
        self.calls.add(leg)
        self.calls.tell(
            IncomingCall, call=leg.call, leg=leg.leg, presentation=shown,
            caller=told_number(caller["number"]) if shown is Presentation.ALLOWED else "",
            called=told_number(facts.get("called", "")), diverted_from=told_number(facts.get("diverted", "")),
            trunk=facts.get("trunk", ""), user=facts.get("user", ""),
        )  # fmt: skip

    def _state(self, leg: Leg, state: str) -> None:
        if state == "Ringing":
            self._enter(leg, LegPhase.RINGING)
        elif state == "Up" and leg.direction is Direction.INBOUND:
            self._enter(leg, LegPhase.ANSWERED)

    def _enter(self, leg: Leg, phase: LegPhase) -> None:
        self.calls.enter(leg, phase)
        if phase in WITH_SOUND:
            self.rooms.rewire(leg)

    def answered(self, leg: Leg) -> None:
        """We have answered a call; Asterisk's own word of it may come later."""
        self._enter(leg, LegPhase.ANSWERED)

    def over(self, leg: Leg, *, cause: int, sip_code: int | None = None) -> None:
        """A leg's channel is gone, for a cause of Q.850."""
        leg.going = True
        why, by_peer = self._why(leg, cause)
        self.plays.end(leg, PlayEnd.HANGUP)
        self.recordings.leg_ended(leg)
        for name in [name for name, (of, _, _) in self._taps.items() if of is leg]:
            self._end_tap(name)
        if leg.phase in WITH_SOUND:
            self._tell_quality(leg)
        # From here on nothing more is asked of the channel.
        del self.calls.by_channel[leg.channel]
        self.rooms.leave(leg)
        self.calls.remove(leg)
        self.calls.tell(
            LegChanged, call=leg.call, leg=leg.leg, phase=LegPhase.ENDED, cause=why, by_peer=by_peer,
            sip_code=sip_code or None,
        )  # fmt: skip

    def _why(self, leg: Leg, cause: int) -> tuple[EndCause, bool]:
        """Why a leg ended, and whether the other side ended it."""
        if leg.ending is not None:
            return leg.ending, False
        if leg.handed_over:
            return EndCause.TRANSFERRED, True
        if leg.phase in WITH_SOUND:
            if cause == _NO_CIRCUIT:
                return EndCause.MEDIA_TIMEOUT, False
            return EndCause.NORMAL, True
        if leg.direction is Direction.INBOUND:
            return EndCause.CANCELLED, True
        return _CAUSES.get(cause, EndCause.REJECTED if cause in _NORMAL else EndCause.FAILED), True

    def _endpoint(self, endpoint: Mapping[str, Any]) -> None:
        """A phone or a trunk is there, or not."""
        if endpoint["technology"] != "PJSIP":
            return
        name, online = endpoint["resource"], endpoint.get("state") == "online"
        is_trunk = name in self.calls.setup.trunks
        there = self.calls.trunks if is_trunk else self.calls.users
        if (name in there) == online:
            return
        (there.add if online else there.discard)(name)
        if is_trunk:
            self.calls.tell(TrunkChanged, trunk=name, up=online, detail=endpoint.get("state") or "")
        else:
            self.calls.tell(UserPresence, user=name, online=online)

    def _transfer(self, event: Mapping[str, Any]) -> None:
        """A desk phone's REFER, where the dialplan leaves it to us."""
        leg = self.calls.by_channel.get(event["referred_by"]["source_channel"]["id"])
        wanted = event["refer_to"].get("requested_destination", {}).get("destination", "")
        if leg is not None:
            address = re.match(r"(?:sips?:)?([^@;>]+)", wanted)
            self.calls.tell(TransferRequested, leg=leg.leg, target=address[1] if address else wanted)

    # Taps

    def tap(self, name: UUID, leg_name: str, side: Literal["said", "heard"], tap: Tap) -> None:
        """Begin to send a side of a leg to a tap."""
        leg = self.calls.legs.get(leg_name)
        if leg is None:
            tap.end()
            return
        self._ears.expect(name, tap)
        bridge = f"ours-{uuid7().hex}"
        channels: list[str] = []
        self._taps[name] = (leg, channels, bridge)

        def arrived(channel: str) -> None:
            if name in self._taps:
                self.calls.ari.post("bridges", bridge, "addChannel", channel=channel)

        def make() -> None:
            self.calls.ari.post("bridges", bridge, type="mixing,proxy_media")
            direction = "in" if side == "said" else "out"
            channels.append(self.calls.make_snoop(leg, spy=direction, whisper="none", then=arrived))
            channels.append(self.calls.make_ear(str(name), self._ears.address, then=arrived))

        self.calls.gently(make)

    def _end_tap(self, name: UUID) -> None:
        _, channels, bridge = self._taps.pop(name)
        self._ears.forget(name)
        for channel in channels:
            self.calls.drop_channel(channel)
        self.calls.gently(partial(self.calls.ari.end, "bridges", bridge))

    # The line

    def _quality(self) -> None:
        self.calls.later(QUALITY_EVERY_S, self._quality)
        talking = {one.leg: one.channel for one in self.calls.legs.values() if one.phase in WITH_SOUND}
        if talking:
            self._measure(talking)

    def measured(self, leg_name: str, packets: tuple[int, int, float]) -> None:
        """Packets received, lost, and the jitter in ms of a leg."""
        if leg := self.calls.legs.get(leg_name):
            leg.packets = packets
            self._tell_quality(leg)

    def _tell_quality(self, leg: Leg) -> None:
        received, lost, jitter_ms = leg.packets
        self.calls.tell(MediaQuality, leg=leg.leg, received=received, lost=lost, jitter_ms=jitter_ms)
