"""Taps on their way to whoever listens: one thread for all of them, since hundreds of threads cost more than their sound."""

from __future__ import annotations

import socket
import threading
from collections import deque
from dataclasses import dataclass, field

from caasis.telephony.adapters.embedded.media import Tap

#: How often what is there is sent on: a piece is of 100 ms.
EVERY_S = 0.05
#: Pieces that wait for a slow reader; then it loses the oldest.
KEPT = 50
#: Pieces wait here, where the oldest go, not in the socket.
_SMALL_BUFFER = 4_096


@dataclass(slots=True, eq=False)
class Listener:
    """One connection. rest: what of a piece has not been sent yet."""

    tap: Tap
    connection: socket.socket
    waiting: deque[bytes] = field(default_factory=lambda: deque(maxlen=KEPT))
    rest: bytes = b""

    def send(self) -> bool:
        """Send what goes without waiting. False when this is over."""
        ended = self.tap.ended
        self.waiting.extend(self.tap.take())
        while self.rest or self.waiting:
            piece = self.rest or self.waiting.popleft()
            try:
                sent = self.connection.send(piece)
            except BlockingIOError:
                self.rest = piece
                return True
            except OSError:
                return False
            self.rest = piece[sent:]
        return not ended


class Listeners:
    """Sends on what taps bring, until `close`."""

    def __init__(self) -> None:
        self._listening: list[Listener] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        threading.Thread(target=self._run, name="taps", daemon=True).start()

    def add(self, tap: Tap, connection: socket.socket) -> None:
        """Send this tap on over this connection, which is ours from now on."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL_BUFFER)
        connection.setblocking(False)
        with self._lock:
            self._listening.append(Listener(tap, connection))

    def close(self) -> None:
        """Let go of every connection."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            with self._lock:
                listening = list(self._listening)
            over = [one for one in listening if not one.send()]
            for one in over:
                self._end(one)
        for one in self._listening:
            self._end(one)

    def _end(self, one: Listener) -> None:
        one.tap.end()
        one.connection.close()
        with self._lock:
            self._listening = [other for other in self._listening if other is not one]
