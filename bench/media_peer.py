"""The peer of `bench/media.py`: the same work as one would first write it, leg by leg and sample by sample in plain Python.

Receive, count by RFC 3550, buffer, decode, add up whom a leg hears, encode, send, record sealed in stereo, tap both sides.
"""

from __future__ import annotations

import random
import socket
import struct
import time
from array import array
from collections import deque
from pathlib import Path

from caasis.telephony.adapters.embedded.media.g711 import PCM_TO_ULAW, ULAW_TO_PCM
from caasis.telephony.adapters.embedded.media.recording_file import CHUNK, RecordingWriter

FRAME, TICK_S = 160, 0.02
_DECODE = [int(sample) for sample in ULAW_TO_PCM]
_ENCODE = bytes(PCM_TO_ULAW)
_SILENCE = [0] * FRAME


class PlainLeg:
    """One leg with everything that belongs to it."""

    def __init__(self, name: str, folder: Path | None) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.remote: tuple[str, int] | None = None
        self.hears: list[PlainLeg] = []
        self.waiting: deque[bytes] = deque()
        self.primed = False
        self.base, self.highest, self.received, self.late = -1, -1, 0, 0
        self.transit, self.jitter = 0, 0.0
        self.sequence, self.stamp, self.source = random.randrange(1 << 15), 0, random.getrandbits(32)
        self.said = self.heard = _SILENCE
        self.left, self.right = bytearray(), bytearray()
        self.taps = [(array("h"), deque[bytes](maxlen=50)) for _ in range(2)] if folder else []
        self.writer = RecordingWriter(folder, name, "key", bytes(32)) if folder else None

    def receive(self, now: float) -> None:
        """Whatever has come."""
        while True:
            try:
                data, address = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            if len(data) < 12 or data[0] >> 6 != 2 or self.remote is None or address[0] != self.remote[0]:
                continue
            first, kind, sequence, stamp, _ = struct.unpack_from("!BBHII", data)
            if kind & 0x7F:
                continue
            begin = 12 + 4 * (first & 15)
            self.received += 1
            if self.base < 0:
                self.base = self.highest = sequence
            elif (step := (sequence - self.highest) & 0xFFFF) < 0x8000:
                self.highest += step
            else:
                self.late += 1
                continue
            transit = round(now * 8000) - stamp
            self.jitter += (abs(transit - self.transit) - self.jitter) / 16
            self.transit = transit
            self.waiting.append(data[begin:])
            if len(self.waiting) > 8:
                self.waiting.popleft()

    def play_out(self) -> None:
        """The next frame of what is said."""
        self.primed = len(self.waiting) >= 2 or (self.primed and bool(self.waiting))
        self.said = [_DECODE[code] for code in self.waiting.popleft()] if self.primed else _SILENCE

    def mix_and_send(self) -> None:
        """Add up, encode, send, record and tap."""
        total = [0] * FRAME
        for other in self.hears:
            total = [one + more for one, more in zip(total, other.said, strict=True)]
        self.heard = [max(-32_768, min(32_767, one)) for one in total]
        codes = bytes([_ENCODE[one & 0xFFFF] for one in self.heard])
        self.sequence, self.stamp = (self.sequence + 1) & 0xFFFF, self.stamp + FRAME & 0xFFFFFFFF
        if self.remote is not None:
            packet = struct.pack("!BBHII", 0x80, 0, self.sequence, self.stamp, self.source) + codes
            self.socket.sendto(packet, self.remote)
        if self.writer is not None:
            self.left += bytes([_ENCODE[one & 0xFFFF] for one in self.said])
            self.right += codes
            if len(self.left) == CHUNK:
                self.writer.write(bytes(self.left + self.right))
                self.left.clear()
                self.right.clear()
        for (samples, pieces), side in zip(self.taps, (self.said, self.heard), strict=False):
            samples.extend(side)
            if len(samples) == 5 * FRAME:
                pieces.append(samples.tobytes())
                del samples[:]


def run(legs: list[PlainLeg], seconds: float) -> dict[str, float]:
    """Tick for some seconds: packets sent, and ticks that began 10 ms or more late."""
    began = due = time.monotonic()
    ticks = late = 0
    while due - began < seconds:
        if (left := due - time.monotonic()) > 0:
            time.sleep(left)
        late += left < -TICK_S / 2
        now = time.monotonic()
        for leg in legs:
            leg.receive(now)
        for leg in legs:
            leg.play_out()
        for leg in legs:
            leg.mix_and_send()
        due += TICK_S
        ticks += 1
    for leg in legs:
        if leg.writer is not None:
            leg.writer.finish(bytes(leg.left + leg.right))
        leg.socket.close()
    return {"sent": ticks * len(legs), "ticks": ticks, "late": late}
