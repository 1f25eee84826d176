"""Packets that go out: the headers and payloads of all legs are written at once, then each row is sent as it lies."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol

import numpy as np

from caasis.telephony.adapters.embedded.media import rtp
from caasis.telephony.adapters.embedded.media.g711 import PCMA, PCMU, encode_alaw
from caasis.telephony.adapters.embedded.media.keys import KeyPresses
from caasis.telephony.adapters.embedded.media.sound import FRAME, Codes, Samples

_ROW = rtp.PACKET.itemsize
_EVENT = rtp.HEADER + 4
_16, _32 = (1 << 16) - 1, (1 << 32) - 1


class Sender(Protocol):
    """A leg, as far as sending goes."""

    place: int
    payload_type: int
    events_type: int | None
    sending: bool

    def way_out(self) -> Callable[[memoryview], object] | None:
        """What sends a packet, as quickly as can be; None while there is nowhere to send it."""


class Outbox:
    """The outgoing streams of `places` legs.

    sent: packets by place, octets: of their payloads, since the place was last cleared. unsent: packets that the system
    did not take, of all legs.
    """

    def __init__(self, places: int) -> None:
        self._block = np.zeros(places, rtp.PACKET)
        self._block["first"] = rtp.PLAIN
        whole = self._block.view(np.uint8).reshape(-1).data
        self._views = [whole[place * _ROW : (place + 1) * _ROW] for place in range(places)]
        self._sequence = np.zeros(places, np.int64)
        self._stamp = np.zeros(places, np.int64)
        self._event_stamp = np.zeros(places, np.int64)
        self._kind = np.zeros(places, np.uint8)
        self._fresh = np.ones(places, np.bool_)
        self._active = np.zeros(places, np.bool_)
        self._alaw = np.zeros(places, np.bool_)
        self._ways: list[tuple[Callable[[memoryview], object], memoryview]] = []
        self._keys: dict[int, tuple[Sender, KeyPresses]] = {}
        self.sent = np.zeros(places, np.int64)
        self.octets = np.zeros(places, np.int64)
        self.unsent = 0

    def clear(self, place: int, source: int = 0) -> None:
        """Begin another leg's stream of this synchronisation source, at random numbers (RFC 3550, 5.1)."""
        self._block["source"][place] = source
        self._sequence[place], self._stamp[place] = secrets.randbits(15), secrets.randbits(32)
        self._fresh[place] = True
        self.sent[place] = self.octets[place] = 0
        self._keys.pop(place, None)

    def stamp(self, place: int) -> int:
        """The RTP timestamp of the frame that was sent last."""
        return int(self._stamp[place])

    def arrange(self, senders: list[Sender]) -> None:
        """Something about the legs has changed: who sends, whereto, and how."""
        was = self._active.copy()
        self._active[:] = self._alaw[:] = False
        self._ways = []
        for leg in senders:
            way = leg.way_out() if leg.sending else None
            if way is None:
                continue
            self._active[leg.place] = True
            self._alaw[leg.place] = leg.payload_type == PCMA
            self._kind[leg.place] = PCMA if leg.payload_type == PCMA else PCMU
            if leg.place not in self._keys or leg.events_type is None:
                self._ways.append((way, self._views[leg.place]))
        self._fresh[self._active & ~was] = True

    def press(self, leg: Sender, digits: str) -> None:
        """Press keys towards a leg. The caller arranges anew afterwards."""
        self._keys.setdefault(leg.place, (leg, KeyPresses()))[1].press(digits)

    def press_by_sound(self, heard: Samples) -> None:
        """Put the sound of keys in the place of what those legs hear that take no events."""
        for place, (leg, presses) in list(self._keys.items()):
            if leg.events_type is None and self._active[place]:
                sound = presses.sound()
                if sound is not None:
                    heard[place] = sound
                if not presses:
                    del self._keys[place]

    def send(self, heard: Samples, ulaw: Codes) -> bool:
        """Send everybody a frame: what they hear, by place, and its codes of μ-law. True when keys are through."""
        legs = len(heard)
        block, active = self._block[:legs], self._active[:legs]
        block["payload"] = ulaw
        alaw = np.flatnonzero(self._alaw[:legs])
        if len(alaw):
            block["payload"][alaw] = encode_alaw(heard[alaw])
        self._stamp[:legs] = (self._stamp[:legs] + FRAME) & _32
        self._sequence[:legs] = (self._sequence[:legs] + active) & _16
        block["timestamp"], block["sequence"] = self._stamp[:legs], self._sequence[:legs]
        fresh = self._fresh[:legs]
        block["kind"] = self._kind[:legs] | (fresh * np.uint8(rtp.MARKER))
        fresh &= ~active
        self.sent[:legs] += active
        self.octets[:legs] += active * FRAME
        through = self._send_keys(legs) if self._keys else False
        for way, view in self._ways:
            try:
                way(view)
            except OSError:
                # Nobody is there any more, or the buffer is full: sound that is late is worth nothing.
                self.unsent += 1
        return through

    def skip(self, ticks: int) -> None:
        """Let time pass for ticks that were left out."""
        self._stamp = (self._stamp + ticks * FRAME) & _32

    def _send_keys(self, legs: int) -> bool:
        through = False
        for place, (leg, presses) in list(self._keys.items()):
            if leg.events_type is None or place >= legs or not self._active[place]:
                continue
            packet, row, view = presses.event(), self._block[place], self._views[place]
            if packet is not None:
                if packet.first:
                    self._event_stamp[place] = self._stamp[place]
                row["kind"] = leg.events_type | (rtp.MARKER if packet.first else 0)
                row["timestamp"] = self._event_stamp[place]
                view[rtp.HEADER : _EVENT] = packet.payload
                view = view[:_EVENT]
                self.octets[place] += len(packet.payload) - FRAME
            way = leg.way_out()
            if way is not None:
                try:
                    way(view)
                except OSError:
                    self.unsent += 1
            if not presses:
                del self._keys[place]
                through = True
        return through
