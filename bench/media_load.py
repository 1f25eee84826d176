"""The other side of `bench/media.py`, in a process of its own: telephones with a socket each, or browsers.

Both print a line of JSON (their ports, their offers), wait for a line on standard input (nothing, or the answers), talk for
some seconds, and print what they got.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from caasis.telephony.adapters.embedded.media.g711 import encode_ulaw
from caasis.telephony.adapters.embedded.media.rtp import PACKET, PLAIN

TICK_S = 0.02


class Telephones:
    """One for each port of the engine."""

    def __init__(self, ports: list[int]) -> None:
        count = len(ports)
        self._poll = select.epoll()
        self._sockets = [self._connected(port) for port in ports]
        self.ports = [one.getsockname()[1] for one in self._sockets]
        self._number = {one.fileno(): number for number, one in enumerate(self._sockets)}
        self._take = {one.fileno(): one.recv_into for one in self._sockets}
        self._block = np.zeros(count, PACKET)
        self._block["first"] = PLAIN
        self._block["source"] = np.arange(count) + 1
        times = np.arange(PACKET["payload"].shape[0]) / 8000
        for number in range(count):
            sound = 8000 * np.sin(2 * np.pi * (300 + 50 * (number % 60)) * times)
            self._block["payload"][number] = encode_ulaw(sound.astype(np.int16))
        octets = self._block.view(np.uint8).reshape(-1).data
        size = PACKET.itemsize
        self._ways = [
            (one.send, octets[number * size : (number + 1) * size]) for number, one in enumerate(self._sockets)
        ]
        self.got = np.zeros(count, np.int64)
        # RTP timestamps: the engine's own time, in which a tick that it left out is missing.
        self.first = [0] * count
        self.last = [0] * count
        self.late = self.ticks = self.unsent = 0

    def _connected(self, port: int) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        made.connect(("127.0.0.1", port))
        self._poll.register(made.fileno(), select.EPOLLIN)
        return made

    def talk(self, seconds: float, warm_up_s: float) -> None:
        """Send and take; what comes after the warm-up is counted."""
        began = due = time.monotonic()
        buffer = memoryview(bytearray(2048))
        while due - began < seconds:
            while (left := due - time.monotonic()) > 0:
                time.sleep(min(left, TICK_S / 2))
                self._look(buffer, time.monotonic() - began > warm_up_s)
            self.late += left < -TICK_S / 2
            due += TICK_S
            self._send()

    def _send(self) -> None:
        self.ticks += 1
        self._block["sequence"] += 1
        self._block["timestamp"] += PACKET["payload"].shape[0]
        for send, view in self._ways:
            try:
                send(view)
            except OSError:
                self.unsent += 1

    def _look(self, buffer: memoryview, counts: bool) -> None:
        while ready := self._poll.poll(0, len(self._sockets)):
            for descriptor, _ in ready:
                try:
                    self._take[descriptor](buffer)
                except OSError:
                    continue
                if counts:
                    number = self._number[descriptor]
                    stamp = int.from_bytes(buffer[4:8], "big")
                    if not self.got[number]:
                        self.first[number] = stamp
                    self.got[number] += 1
                    self.last[number] = stamp


def telephones(seconds: float, warm_up_s: float, ports: list[int]) -> None:
    """Telephones that call these ports of the engine."""
    made = Telephones(ports)
    print(json.dumps(made.ports), flush=True)
    sys.stdin.readline()
    _settle()
    made.talk(seconds, warm_up_s)
    frame = PACKET["payload"].shape[0]
    times = ((last - first) % (1 << 32) for first, last in zip(made.first, made.last, strict=True))
    # What should have come between a telephone's first and its last packet.
    expected = np.array([time // frame + 1 for time in times])
    result = {
        "delivered": int(made.got.sum()),
        "expected": int(expected.sum()),
        "worst_leg": round(float((made.got / expected).min()), 5),
        "late_ticks": int(made.late),
        "ticks": made.ticks,
        "unsent": made.unsent,
        "cpu_s": round(time.process_time(), 2),
    }
    print(json.dumps(result), flush=True)


def browsers(seconds: float, count: int) -> None:
    """Browsers that say a tone each; what they hear is counted."""
    from tests.rooms.telephony.media.browser_peer import BrowserPeer

    peers = [BrowserPeer(400 + 50 * number) for number in range(count)]
    print(json.dumps([peer.offer() for peer in peers]), flush=True)
    for peer, answer in zip(peers, json.loads(sys.stdin.readline()), strict=True):
        peer.take_answer(answer)
    _settle()
    began = due = time.monotonic()
    tick = 0
    while due - began < seconds:
        for number, peer in enumerate(peers):
            if (tick + number) % 125 == 0 or tick < 2:
                peer.check()
            if peer.incoming is None and tick % 5 == 4:
                peer.shake()
            peer.say()
            peer.take()
        tick += 1
        due += TICK_S
        time.sleep(max(0.0, due - time.monotonic()))
    print(json.dumps({"got": [len(peer.got) for peer in peers], "cpu_s": round(time.process_time(), 2)}), flush=True)


def _settle() -> None:
    gc.collect()
    gc.freeze()
    gc.disable()
