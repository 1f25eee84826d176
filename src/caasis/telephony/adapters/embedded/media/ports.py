"""UDP ports of the engine's range: an even one for RTP, and the odd one after it for RTCP (RFC 3550, 11)."""

from __future__ import annotations

import socket
import threading
from collections import deque

#: Expedited forwarding (RFC 3246), shifted to where the octet has it.
_EXPEDITED = 46 << 2
#: Octets that may wait for a leg: a second of sound. More would only be late, and a flood would live on in it.
_WAITING = 65_536


class NoPortFree(Exception):
    """Every port of the range is taken, or the engine carries as many legs as it may."""


class Ports:
    """The even ports of a range. The one that has been free for longest is taken next, so that what a former call still
    sends comes to no new one. Thread-safe.
    """

    def __init__(self, host: str, ports: range) -> None:
        self._host = host
        self._free = deque(port for port in ports if port % 2 == 0 and port + 1 < 1 << 16)
        self._lock = threading.Lock()

    def take(self, *, with_rtcp: bool) -> tuple[int, socket.socket, socket.socket | None]:
        """A port and its socket, with that of the port after it. Raises NoPortFree."""
        with self._lock:
            for _ in range(len(self._free)):
                port = self._free.popleft()
                opened = self._open(port, with_rtcp)
                if opened is not None:
                    return port, *opened
                # Another program has it: perhaps not for ever.
                self._free.append(port)
        raise NoPortFree("no port of the range is free")

    def give_back(self, port: int) -> None:
        """The port's sockets are closed."""
        with self._lock:
            self._free.append(port)

    def _open(self, port: int, with_rtcp: bool) -> tuple[socket.socket, socket.socket | None] | None:
        first = self._bind(port)
        if first is None or not with_rtcp:
            return None if first is None else (first, None)
        second = self._bind(port + 1)
        if second is None:
            first.close()
            return None
        return first, second

    def _bind(self, port: int) -> socket.socket | None:
        try:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        except OSError:
            return None
        try:
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WAITING)
            made.bind((self._host, port))
        except OSError:
            made.close()
            return None
        return made
