"""Telephones by plain RTP for the tests, a time that they make pass by hand, and what a sound consists of."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from hypothesis import HealthCheck, settings

from caasis.telephony.adapters.embedded.media import MediaEngine, MediaHappening, RtpLeg
from caasis.telephony.adapters.embedded.media.g711 import (
    PCMA,
    PCMU,
    decode_alaw,
    decode_ulaw,
    encode_alaw,
    encode_ulaw,
)
from caasis.telephony.adapters.embedded.media.rtp import Packet, pack, unpack
from caasis.telephony.adapters.embedded.media.sound import FRAME, RATE, TICK_S, Samples

PORTS = range(23_000, 23_400)
EVENTS = 101
LOUD = 6_000
KEY = bytes(range(32))
#: For properties: the machine may be busy, and a fixture may serve all examples.
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
Kind = TypeVar("Kind", bound=MediaHappening)


def sine(hz: float, samples: int, *, first: int = 0, amplitude: float = LOUD) -> Samples:
    """A tone, from its sample `first` on."""
    times = (np.arange(samples) + first) / RATE
    made: Samples = (amplitude * np.sin(2 * np.pi * hz * times)).astype(np.int16)
    return made


def level(sound: Samples, hz: float) -> float:
    """The amplitude of a tone in a sound; frequencies of 50 Hz steps and whole frames keep the others out."""
    times = np.arange(len(sound)) / RATE
    return float(2 * abs(np.mean(sound * np.exp(-2j * np.pi * hz * times))))


def tones_in(sound: Samples, candidates: Sequence[float]) -> dict[float, float]:
    """By frequency the amplitude of the tones that are in a sound, in twentieths of LOUD, for comparison with what is said.

    Beside them nothing louder than a twentieth may be in it: that is asserted here.
    """
    levels = {hz: level(sound, hz) / LOUD for hz in candidates}
    found = {hz: round(one * 20) / 20 for hz, one in levels.items() if one > 0.05}
    spectrum = 2 * np.abs(np.fft.rfft(sound)) / max(1, len(sound)) / LOUD
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    for hz in found:
        spectrum[np.abs(frequencies - hz) < 20] = 0
    assert not len(spectrum) or spectrum.max() < 0.05, f"at {frequencies[spectrum.argmax()]} Hz something else is heard"
    return found


class Telephone:
    """The other side of a leg: says a tone, keeps what it hears."""

    def __init__(self, hz: float = 0, *, law: int = PCMU, host: str = "127.0.0.1", source: int | None = None) -> None:
        self.hz, self.law = hz, law
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.address: tuple[str, int] = self.socket.getsockname()
        self.source = 0x1000 + self.address[1] if source is None else source
        self.sequence = 0
        self.stamp = 40_000
        self.said = 0
        self.got: list[Packet] = []
        self.port = 0

    def packet(self, payload: bytes | None = None, **changed: int) -> bytes:
        """The next packet, of its tone or of `payload`; the fields may be others."""
        if payload is None:
            sound = sine(self.hz, FRAME, first=self.said) if self.hz else np.zeros(FRAME, np.int16)
            payload = (encode_alaw if self.law == PCMA else encode_ulaw)(sound).tobytes()
        fields = {
            "payload_type": self.law,
            "marker": 0,
            "sequence": self.sequence & 0xFFFF,
            "timestamp": self.stamp & 0xFFFFFFFF,
            "source": self.source,
        } | changed
        self.sequence += 1
        self.said += FRAME
        self.stamp += FRAME
        return pack(Packet(**fields, payload=payload))  # type: ignore[arg-type]

    def send(self, data: bytes | None = None) -> None:
        """Send the next packet, or any octets."""
        self.socket.sendto(self.packet() if data is None else data, ("127.0.0.1", self.port))

    def take(self) -> None:
        """Take what has come."""
        while True:
            try:
                packet = unpack(self.socket.recv(4096))
            except BlockingIOError:
                return
            assert packet is not None
            self.got.append(packet)

    def heard(self, frames: int = 25) -> Samples:
        """The sound of the last packets."""
        sound = [one for one in self.got if one.payload_type in (PCMU, PCMA)][-frames:]
        parts = [
            (decode_alaw if one.payload_type == PCMA else decode_ulaw)(np.frombuffer(one.payload, np.uint8))
            for one in sound
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


class Exchange:
    """A media engine whose time is ours, with telephones at its legs."""

    def __init__(self, folder: Path, *, capacity: int = 16, keys: Callable[[str], bytes] = lambda name: KEY) -> None:
        self.told: list[MediaHappening] = []
        self.folder = folder
        self.engine = MediaEngine(
            host="127.0.0.1",
            ports=PORTS,
            keys=keys,
            recordings=folder,
            on_happening=self.told.append,
            capacity=capacity,
        )
        self.now = 1_000.0
        self.telephones: dict[str, Telephone] = {}

    def call(self, name: str, hz: float = 0, *, law: int = PCMU, events: int | None = EVENTS) -> Telephone:
        """A leg with a telephone that says a tone."""
        return self.connect(name, Telephone(hz, law=law), events=events)

    def connect(self, name: str, telephone: Telephone, *, events: int | None = EVENTS) -> Telephone:
        """A leg to this telephone."""
        leg: RtpLeg = self.engine.open_leg(name)
        telephone.port = leg.port
        self.telephones[name] = telephone
        self.engine.set_remote(name, telephone.address, payload=telephone.law, events_payload=events)
        return telephone

    def hang_up(self, name: str) -> None:
        """The leg and its telephone go."""
        self.engine.close_leg(name)
        self.telephones.pop(name).close()

    def talk(self, ticks: int = 1, *, silent: Sequence[str] = ()) -> None:
        """Let ticks pass in which every telephone says a frame, but for the silent ones."""
        for _ in range(ticks):
            for name, telephone in self.telephones.items():
                if name not in silent:
                    telephone.send()
            self.tick()

    def tick(self, ticks: int = 1) -> None:
        """Let ticks pass in which nobody says anything."""
        for _ in range(ticks):
            self.engine.step(self.now)
            self.now = round(self.now + TICK_S, 6)
            for telephone in self.telephones.values():
                telephone.take()

    def hears(self, name: str, frames: int = 25) -> dict[float, float]:
        """Whose tones a telephone hears, and how loud."""
        return tones_in(self.telephones[name].heard(frames), [one.hz for one in self.telephones.values() if one.hz])

    def all(self, kind: type[Kind], leg: str | None = None) -> list[Kind]:
        """What was told of a kind."""
        return [one for one in self.told if isinstance(one, kind) and leg in (None, one.leg)]

    def close(self) -> None:
        """Stop the engine, and hang up."""
        self.engine.stop()
        for telephone in self.telephones.values():
            telephone.close()
