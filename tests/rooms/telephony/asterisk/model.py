"""What lives in a model of Asterisk, and what is heard there, by Asterisk's own rules as far as they are documented.

A mixing bridge lets each member hear the others. A snoop's sound is what it spies on; what a snoop with a whisper hears is
mixed into what its channel hears, provided that there are packets into which to mix. What is spied on `out` is without
whispers: Asterisk takes it before they are mixed in. A channel on which something is played in a bridge hears only that, and
is not heard in its bridge meanwhile.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Sources = frozenset[str]
NOTHING: Sources = frozenset()


class Ari(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason


@dataclass(eq=False)
class Playback:
    id: str
    channel: Channel
    media: list[str]
    state: str = "queued"
    at: int = 0

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "media_uri": self.media[min(self.at, len(self.media) - 1)],
            "target_uri": f"channel:{self.channel.id}",
            "state": self.state,
        }


@dataclass(eq=False)
class Bridge:
    id: str
    type: str
    channels: list[Channel] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "technology": "softmix" if len(self.channels) > 2 else "simple_bridge",
            "bridge_type": "mixing",
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": "",
            "channels": [one.id for one in self.channels],
            "creationtime": stamp(),
        }


@dataclass(eq=False)
class LiveRecording:
    name: str
    channel: Channel
    state: str = "recording"
    sound: bytearray = field(default_factory=bytearray)

    def told(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "format": "wav",
            "target_uri": f"channel:{self.channel.id}",
            "state": self.state,
            "duration": len(self.sound) // 16_000,
        }


@dataclass(eq=False)
class Channel:
    """A channel: a phone's (PJSIP), a Snoop, or an AudioSocket."""

    id: str
    name: str
    state: str = "Down"
    number: str = ""
    caller_name: str = ""
    in_stasis: bool = False
    bridge: Bridge | None = None
    playback: Playback | None = None
    recording: LiveRecording | None = None
    snooped: Channel | None = None
    spy: str = "none"
    whisper: str = "none"
    outgoing: bool = False
    digits: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    caller_id: str = ""
    answered_at: float | None = None

    @property
    def technology(self) -> str:
        return self.name.partition("/")[0]

    @property
    def resource(self) -> str:
        return self.name.partition("/")[2].rpartition("-")[0]

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "protocol_id": "",
            "name": self.name,
            "state": self.state,
            "caller": {"name": self.caller_name, "number": self.number},
            "connected": {"name": "", "number": ""},
            "accountcode": "",
            "dialplan": {"context": "default", "exten": "s", "priority": 1, "app_name": "Stasis", "app_data": "caasis"},
            "creationtime": stamp(),
            "language": "ja",
        }


def says(channel: Channel) -> Sources:
    """What comes from the other end of a channel."""
    return frozenset({channel.id}) if channel.technology == "PJSIP" and channel.state == "Up" else NOTHING


def brings(channel: Channel) -> Sources:
    """What a channel brings into its bridge."""
    if channel.technology == "Snoop":
        assert channel.snooped is not None
        spied = says(channel.snooped) if channel.spy in ("in", "both") else NOTHING
        return spied | (written(channel.snooped) if channel.spy in ("out", "both") else NOTHING)
    return NOTHING if channel.playback else says(channel)


def written(channel: Channel) -> Sources:
    """What is sent to a channel before whispers are mixed in."""
    if channel.playback:
        return frozenset({channel.playback.media[channel.playback.at]})
    if channel.bridge:
        return NOTHING.union(*(brings(one) for one in channel.bridge.channels if one is not channel))
    return NOTHING


def has_packets(channel: Channel) -> bool:
    """Whether anything, be it silence, is sent to a channel."""
    others = [one for one in channel.bridge.channels if one is not channel] if channel.bridge else []
    return bool(channel.playback) or any(one.technology == "PJSIP" or one.spy != "none" for one in others)


def heard(channel: Channel, snoops: list[Channel]) -> Sources:
    """What the other end of a channel hears."""
    whispers = [one for one in snoops if one.snooped is channel and one.whisper in ("out", "both") and one.in_stasis]
    if channel.state != "Up":
        return NOTHING
    if not has_packets(channel):
        return NOTHING
    return written(channel).union(*(written(one) for one in whispers))


def rtp_statistics(channel: Channel) -> dict[str, Any]:
    seconds = time.monotonic() - (channel.answered_at or time.monotonic())
    return {
        "txcount": round(seconds * 50),
        "rxcount": round(seconds * 50),
        "rxjitter": 0.002,
        "txploss": 0,
        "rxploss": 0,
        "local_ssrc": 1,
        "remote_ssrc": 2,
        "channel_uniqueid": channel.id,
    }


def stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
