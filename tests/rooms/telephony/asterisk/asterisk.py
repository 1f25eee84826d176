"""A model of Asterisk that does what its REST interface says, with phones that do what a test says."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID

from tests.rooms.telephony.asterisk.model import (
    Ari,
    Bridge,
    Channel,
    LiveRecording,
    Playback,
    Sources,
    brings,
    heard,
    rtp_statistics,
    stamp,
    written,
)
from tests.rooms.telephony.asterisk.schema import Route, check_event, check_value
from tests.rooms.telephony.asterisk.sound import Sound, mono

_CAUSES = {"normal": 16, "busy": 17, "no_answer": 19, "rejected": 21, "failure": 38}


class Asterisk:
    """One life of the model. Everything is done under `lock`; `events` are told to whoever listens."""

    def __init__(self, *, sounds: dict[str, float], app: str = "caasis") -> None:
        self.lock = threading.RLock()
        self.app = app
        self.sounds = sounds
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.playbacks: dict[str, Playback] = {}
        self.live: dict[str, LiveRecording] = {}
        self.stored: dict[str, bytes] = {}
        self.endpoints: dict[str, str] = {}
        self.subscribed = False
        self.sound = Sound(self._make_sound)
        self.listener: Callable[[dict[str, Any]], None] = lambda event: None
        self.redirected: dict[str, str] = {}
        self.hung_up: dict[str, str] = {}
        self._ears: dict[str, socket.socket] = {}
        self._number = count(1)
        self._over = threading.Event()
        self.sound.begin()

    def tell(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "application": self.app, "timestamp": stamp(), "asterisk_id": "model", **fields}
        check_event(event)
        self.listener(event)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        def act() -> None:
            with self.lock:
                if not self._over.is_set():
                    action()

        timer = threading.Timer(seconds, act)
        timer.daemon = True
        timer.start()

    def end(self) -> None:
        self._over.set()
        self.sound.end()
        for ear in self._ears.values():
            ear.close()

    # Requests

    def answer(self, route: Route, query: dict[str, str], variables: dict[str, str]) -> Any:
        """Do what a request says; what it returns has the published shape."""
        verb, path = route.name.split(" ")
        name = "_".join([verb.lower(), *(part for part in path.strip("/").split("/") if not part.startswith("{"))])
        with self.lock:
            try:
                returned = getattr(self, f"do_{name}")(query=query, variables=variables, **route.arguments)
            except Ari as error:
                assert error.status in route.errors, f"{route.name} does not answer {error.status}"
                raise
        if route.returns:
            check_value(route.name, route.returns, returned)
        return returned

    def do_get_applications(self, applicationName: str, **_: Any) -> Any:
        return {
            "name": applicationName,
            "channel_ids": [one.id for one in self.channels.values() if one.in_stasis],
            "bridge_ids": list(self.bridges),
            "endpoint_ids": [],
            "device_names": [],
            "events_allowed": [],
            "events_disallowed": [],
        }

    def do_post_applications_subscription(self, applicationName: str, query: dict[str, str], **_: Any) -> Any:
        if query["eventSource"] != "endpoint:PJSIP":
            raise Ari(422, "Event source does not exist")
        self.subscribed = True
        return self.do_get_applications(applicationName)

    def do_get_endpoints(self, tech: str, **_: Any) -> Any:
        return [self._endpoint(one) for one in self.endpoints]

    def _endpoint(self, name: str) -> dict[str, Any]:
        return {"technology": "PJSIP", "resource": name, "state": self.endpoints[name], "channel_ids": []}

    def do_get_sounds(self, **_: Any) -> Any:
        return [{"id": one, "formats": [{"language": "ja", "format": "wav"}]} for one in self.sounds]

    def do_post_bridges(self, bridgeId: str, query: dict[str, str], **_: Any) -> Any:
        if bridgeId in self.bridges:
            raise Ari(409, "Bridge with the same bridgeId already exists")
        bridge = self.bridges[bridgeId] = Bridge(bridgeId, query.get("type", "mixing"))
        self.tell("BridgeCreated", bridge=bridge.told())
        return bridge.told()

    def do_delete_bridges(self, bridgeId: str, **_: Any) -> None:
        bridge = self._bridge(bridgeId)
        for channel in list(bridge.channels):
            self._leave(channel)
        del self.bridges[bridgeId]
        self.tell("BridgeDestroyed", bridge=bridge.told())

    def do_post_bridges_addChannel(self, bridgeId: str, query: dict[str, str], **_: Any) -> None:
        bridge, channel = self._bridge(bridgeId), self.channels.get(query["channel"])
        if channel is None:
            raise Ari(400, "Channel not found")
        if channel.recording:
            raise Ari(409, "Channel currently recording")
        if not channel.in_stasis:
            raise Ari(422, "Channel not in Stasis application")
        self._leave(channel)
        bridge.channels.append(channel)
        channel.bridge = bridge
        self.tell("ChannelEnteredBridge", bridge=bridge.told(), channel=channel.told())

    def do_post_bridges_removeChannel(self, bridgeId: str, query: dict[str, str], **_: Any) -> None:
        bridge, channel = self._bridge(bridgeId), self.channels.get(query["channel"])
        if channel is None:
            raise Ari(400, "Channel not found")
        if channel.bridge is not bridge:
            raise Ari(422, "Channel not in this bridge")
        self._leave(channel)

    def do_post_channels(self, channelId: str, query: dict[str, str], variables: dict[str, str], **_: Any) -> Any:
        if channelId in self.channels:
            raise Ari(409, "Channel with given unique ID already exists.")
        technology, _, address = query["endpoint"].partition("/")
        number, _, trunk = address.rpartition("@")
        if technology != "PJSIP" or self.endpoints.get(trunk) != "online":
            raise Ari(500, "Allocation failed")
        channel = Channel(
            channelId, f"PJSIP/{trunk}-{next(self._number):08x}", number=number, outgoing=True, variables=variables
        )
        channel.caller_id = query.get("callerId", "")
        self.channels[channelId] = channel
        self.tell("ChannelCreated", channel=channel.told())
        self.tell("Dial", peer=channel.told(), dialstatus="", dialstring=address, forward="")
        self.later(0.01, lambda: self._state(channel, "Ringing"))
        if "PJSIP_HEADER(add,Call-Info)" in variables:
            self.later(0.05, lambda: self.pick_up(channel))
        return channel.told()

    def do_delete_channels(self, channelId: str, query: dict[str, str], **_: Any) -> None:
        channel = self._channel(channelId)
        reason = query.get("reason", "normal")
        self.hung_up[channelId] = reason
        self.tell("ChannelHangupRequest", channel=channel.told(), soft=False)
        self.later(0.005, lambda: self.destroy(channel, _CAUSES[reason]))

    def do_post_channels_redirect(self, channelId: str, query: dict[str, str], **_: Any) -> None:
        channel = self._in_stasis(channelId)
        if not query["endpoint"].startswith(f"{channel.technology}/"):
            raise Ari(422, "Endpoint is not the same type as the channel")
        self.redirected[channelId] = query["endpoint"]

    def do_post_channels_answer(self, channelId: str, **_: Any) -> None:
        self._up(self._in_stasis(channelId))

    def do_post_channels_ring(self, channelId: str, **_: Any) -> None:
        self._in_stasis(channelId)

    def do_post_channels_dtmf(self, channelId: str, query: dict[str, str], **_: Any) -> None:
        if not query.get("dtmf"):
            raise Ari(400, "DTMF is required")
        self._in_stasis(channelId).digits += query["dtmf"]

    def do_post_channels_play(self, channelId: str, playbackId: str, query: dict[str, str], **_: Any) -> Any:
        channel = self._in_stasis(channelId)
        media = [one.removeprefix("sound:") for one in query["media"].split(",")]
        playback = self.playbacks[playbackId] = Playback(playbackId, channel, media)
        told = playback.told()
        self.later(0.005, lambda: self._play(playback, int(query.get("offsetms", 0)) / 1_000))
        return told

    def do_post_channels_record(self, channelId: str, query: dict[str, str], **_: Any) -> Any:
        channel = self._in_stasis(channelId)
        if query["format"] != "wav":
            raise Ari(422, "The format specified is unknown on this system")
        if channel.bridge or query["name"] in self.live or query["name"] in self.stored:
            raise Ari(409, "The channel is bridged, or there is such a recording")
        recording = self.live[query["name"]] = channel.recording = LiveRecording(query["name"], channel)
        self.tell("RecordingStarted", recording=recording.told())
        return recording.told()

    def do_get_channels_rtp_statistics(self, channelId: str, **_: Any) -> Any:
        channel = self._channel(channelId)
        if channel.technology != "PJSIP":
            raise Ari(404, "Channel has no RTP")
        return rtp_statistics(channel)

    def do_post_channels_snoop(self, channelId: str, snoopId: str, query: dict[str, str], **_: Any) -> Any:
        spy, whisper = query.get("spy", "none"), query.get("whisper", "none")
        if spy == whisper == "none":
            raise Ari(400, "Invalid parameters")
        snooped = self._channel(channelId)
        snoop = Channel(snoopId, f"Snoop/{channelId}-{next(self._number):08x}", "Up", snooped=snooped, spy=spy)
        snoop.whisper = whisper
        return self._make(snoop, query)

    def do_post_channels_externalMedia(self, query: dict[str, str], **_: Any) -> Any:
        host, _, port = query["external_host"].rpartition(":")
        ear = Channel(query["channelId"], f"AudioSocket/{host}-{next(self._number):08x}", "Up")
        self._ears[ear.id] = wire = socket.create_connection((host, int(port)))
        name = UUID(query["data"]).bytes
        wire.sendall(bytes([0x01]) + len(name).to_bytes(2) + name)
        return self._make(ear, query)

    def _make(self, channel: Channel, query: dict[str, str]) -> Any:
        self.channels[channel.id] = channel
        args = query["appArgs"].split(",") if "appArgs" in query else []
        self.tell("ChannelCreated", channel=channel.told())
        self.later(0.01, lambda: self._enter(channel, args))
        return channel.told()

    def do_delete_playbacks(self, playbackId: str, **_: Any) -> None:
        if playbackId not in self.playbacks:
            raise Ari(404, "The playback cannot be found")
        self._end_playback(self.playbacks[playbackId], "done")

    def do_post_recordings_live_stop(self, recordingName: str, **_: Any) -> None:
        self._close(self._live(recordingName))

    def do_post_recordings_live_pause(self, recordingName: str, **_: Any) -> None:
        self._live(recordingName).state = "paused"

    def do_delete_recordings_live_pause(self, recordingName: str, **_: Any) -> None:
        self._live(recordingName).state = "recording"

    def do_get_recordings_stored_file(self, recordingName: str, **_: Any) -> bytes:
        if recordingName not in self.stored:
            raise Ari(404, "Recording not found")
        return self.stored[recordingName]

    def do_delete_recordings_stored(self, recordingName: str, **_: Any) -> None:
        if self.stored.pop(recordingName, None) is None:
            raise Ari(404, "Recording not found")

    # What people do

    def call_in(self, channel: Channel, args: list[str]) -> None:
        with self.lock:
            self.channels[channel.id] = channel
            self.tell("ChannelCreated", channel=channel.told())
            self._enter(channel, args)

    def endpoint_is(self, name: str, state: str) -> None:
        with self.lock:
            self.endpoints[name] = state
            if self.subscribed:
                self.tell("EndpointStateChange", endpoint=self._endpoint(name))

    def pick_up(self, channel: Channel) -> None:
        with self.lock:
            self._up(channel)
            self.tell("Dial", peer=channel.told(), dialstatus="ANSWER", dialstring="", forward="")
            self._enter(channel, ["ours"])

    def press(self, channel: Channel, digit: str) -> None:
        with self.lock:
            self.tell("ChannelDtmfReceived", channel=channel.told(), digit=digit, duration_ms=100)

    def hang_up(self, channel: Channel, cause: int = 16) -> None:
        with self.lock:
            self.tell("ChannelHangupRequest", channel=channel.told(), cause=cause)
            self.destroy(channel, cause)

    def hears(self, channel: Channel) -> Sources:
        with self.lock:
            return heard(channel, [one for one in self.channels.values() if one.technology == "Snoop"])

    # What comes of it

    def destroy(self, channel: Channel, cause: int) -> None:
        if self.channels.pop(channel.id, None) is None:
            return
        if channel.playback:
            self._end_playback(channel.playback, "done")
        if channel.recording:
            self._close(channel.recording)
        self._leave(channel)
        for snoop in [one for one in self.channels.values() if one.snooped is channel]:
            self.destroy(snoop, 16)
        if ear := self._ears.pop(channel.id, None):
            ear.close()
        if channel.in_stasis:
            self.tell("StasisEnd", channel=channel.told())
        self.tell("ChannelDestroyed", channel=channel.told(), cause=cause, cause_txt="")

    def _bridge(self, name: str) -> Bridge:
        if name not in self.bridges:
            raise Ari(404, "Bridge not found")
        return self.bridges[name]

    def _channel(self, name: str) -> Channel:
        if name not in self.channels:
            raise Ari(404, "Channel not found")
        return self.channels[name]

    def _in_stasis(self, name: str) -> Channel:
        channel = self._channel(name)
        if not channel.in_stasis:
            raise Ari(409, "Channel not in a Stasis application")
        return channel

    def _live(self, name: str) -> LiveRecording:
        if name not in self.live:
            raise Ari(404, "Recording not found")
        return self.live[name]

    def _enter(self, channel: Channel, args: list[str]) -> None:
        if channel.id in self.channels:
            channel.in_stasis = True
            self.tell("StasisStart", channel=channel.told(), args=args)

    def _state(self, channel: Channel, state: str) -> None:
        if channel.id in self.channels and channel.state != "Up":
            channel.state = state
            self.tell("ChannelStateChange", channel=channel.told())

    def _up(self, channel: Channel) -> None:
        channel.answered_at = time.monotonic()
        self._state(channel, "Up")

    def _leave(self, channel: Channel) -> None:
        if bridge := channel.bridge:
            bridge.channels.remove(channel)
            channel.bridge = None
            self.tell("ChannelLeftBridge", bridge=bridge.told(), channel=channel.told())

    def _play(self, playback: Playback, offset: float) -> None:
        """Begin to play, or go on with the next sound."""
        if playback.id not in self.playbacks or playback.channel.id not in self.channels:
            return
        name = playback.media[playback.at]
        if name not in self.sounds:
            self._end_playback(playback, "failed")
            return
        if playback.state == "queued":
            playback.state = "playing"
            playback.channel.playback = playback
            self.tell("PlaybackStarted", playback=playback.told())

        def over() -> None:
            if playback.id not in self.playbacks:
                return
            if playback.at + 1 < len(playback.media):
                playback.at += 1
                self._play(playback, 0.0)
            else:
                self._end_playback(playback, "done")

        self.later(max(0.0, self.sounds[name] - offset), over)

    def _end_playback(self, playback: Playback, state: str) -> None:
        del self.playbacks[playback.id]
        if playback.channel.playback is playback:
            playback.channel.playback = None
        playback.state = state
        self.tell("PlaybackFinished", playback=playback.told())

    def _close(self, recording: LiveRecording) -> None:
        del self.live[recording.name]
        recording.channel.recording = None
        recording.state = "done"
        self.stored[recording.name] = mono(bytes(recording.sound))
        self.tell("RecordingFinished", recording=recording.told())

    def _make_sound(self, tick: int) -> None:
        """20 ms of sound for every recording and every AudioSocket."""
        with self.lock:
            for recording in self.live.values():
                if recording.state == "recording":
                    recording.sound += self.sound.frame(brings(recording.channel), tick)
            for name, ear in list(self._ears.items()):
                channel = self.channels[name]
                if channel.bridge and len(channel.bridge.channels) > 1:
                    frame = self.sound.frame(written(channel), tick)
                    with contextlib.suppress(OSError):
                        ear.sendall(bytes([0x10]) + len(frame).to_bytes(2) + frame)
