"""A leg by plain RTP: where it sends, and from where it takes packets."""

from __future__ import annotations

import ctypes
import ipaddress
import secrets
import socket
from collections.abc import Callable

from caasis.telephony.adapters.embedded.media.g711 import PCMU

Address = tuple[str, int]

#: Seconds from the first packet on in which the other side's port may still become known (symmetric RTP, RFC 4961).
LEARNING_S = 5.0
#: Seconds after which whatever came before the socket was bound to its peer has been read.
_SETTLED_S = 0.5
_LIBC = ctypes.CDLL(None, use_errno=True)
_UNSPECIFIED = bytes(16)


class RtpLeg:
    """A leg of a telephone call.

    payload_type, events_type: how sound and keys are sent. changed: the way of sending or receiving is another than when it
    was last set to False. Everything belongs to the thread that ticks, but for name and port.

    Behind an address translator the other side's port is another than it says. It is learnt from what it sends: only from
    the host that it named, never port 0, from the first packet on for five seconds and from the source of that packet
    only; a packet from the very address that it named always wins. Then the socket is bound to its peer, and the system
    itself throws away whatever comes from elsewhere.
    """

    def __init__(self, name: str, port: int, place: int, rtp: socket.socket, rtcp: socket.socket) -> None:
        self.name, self.port, self.place = name, port, place
        self.rtp, self.rtcp = rtp, rtcp
        self.payload_type = PCMU
        self.events_type: int | None = None
        self.sending = True
        self.source = secrets.randbits(32)
        self.told: Address | None = None
        self.remote: Address | None = None
        self.settled = False
        self.changed = False
        self._first_at: float | None = None
        self._first_source = 0
        self._bound_at: float | None = None

    def set_remote(self, address: Address) -> bool:
        """Where the other side wants its sound; False when it is where it was.

        A port that was learnt stays as long as the other side says the same as before. Nothing is sent to port 0 or to
        0.0.0.0, the old way to hold (RFC 3264, 8.4).
        """
        if address == self.told:
            return False
        self.told = address
        host, port = address
        self.remote = address if port and not ipaddress.IPv4Address(host).is_unspecified else None
        if self._bound_at is not None:
            _unbind(self.rtp)
        self._first_at = self._bound_at = None
        self.settled, self.changed = False, True
        return True

    def admits(self, address: Address, source: int, now: float) -> bool:
        """Whether a packet of a socket that is not settled counts. It may teach us the other side's port."""
        if self.remote is None or address[0] != self.remote[0] or address[1] == 0:
            return False
        if self._bound_at is not None:
            return address == self.remote
        if address == self.told:
            self.remote = address
            self._bind(now)
            return True
        if self._first_at is None:
            self._first_at, self._first_source = now, source
        elif source != self._first_source or now - self._first_at > LEARNING_S:
            return False
        self.changed = self.changed or self.remote != address
        self.remote = address
        return True

    def settle(self, now: float) -> None:
        """Do what time brings: bind to what was learnt, and trust the bound socket once older packets are read."""
        if self._bound_at is None:
            if self._first_at is not None and now - self._first_at > LEARNING_S:
                self._bind(now)
        elif not self.settled and now - self._bound_at > _SETTLED_S:
            self.settled = self.changed = True

    def way_out(self) -> Callable[[memoryview], object] | None:
        """What sends a packet."""
        if self.remote is None:
            return None
        if self._bound_at is not None:
            return self.rtp.send
        send_to, remote = self.rtp.sendto, self.remote
        return lambda view: send_to(view, remote)

    def send_report(self, report: bytes) -> None:
        """Send RTCP to the port after the other side's."""
        if self.remote is not None and self.remote[1] < 0xFFFF:
            try:
                self.rtcp.sendto(report, (self.remote[0], self.remote[1] + 1))
            except OSError:
                return

    def close(self) -> None:
        """Close the sockets."""
        self.rtp.close()
        self.rtcp.close()

    def _bind(self, now: float) -> None:
        if self.remote is not None and self._bound_at is None:
            try:
                self.rtp.connect(self.remote)
            except OSError:
                return
            self._bound_at, self.changed = now, True


def _unbind(bound: socket.socket) -> None:
    """Take packets from anywhere again; the port stays. Python's own `connect` can't say AF_UNSPEC."""
    _LIBC.connect(bound.fileno(), _UNSPECIFIED, len(_UNSPECIFIED))
