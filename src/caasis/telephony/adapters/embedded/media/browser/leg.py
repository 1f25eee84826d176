"""A leg to a browser: which of its datagrams is what (RFC 7983), and the way from ICE over DTLS to SRTP."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from typing import Literal

from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from caasis.telephony.adapters.embedded.media import rtcp
from caasis.telephony.adapters.embedded.media.browser import stun
from caasis.telephony.adapters.embedded.media.browser.dtls import Address, Handshake, Handshakes, Identity, Keys
from caasis.telephony.adapters.embedded.media.browser.sdp import Offer
from caasis.telephony.adapters.embedded.media.g711 import PCMU
from caasis.telephony.adapters.embedded.media.inbox import WIDTH

State = Literal["connected", "failed", "closed"]

#: Seconds without a check of the browser's after which it is gone (RFC 7675: 30 s).
CONSENT_S = 30.0
_LARGEST = 2048
#: Ways on which a browser may prove itself; a network has a few.
_WAYS = 8


class Refused(Exception):
    """A datagram counts for nothing."""


class BrowserLeg:
    """A leg of a browser.

    on_state: told of "connected", "failed" and "closed", each once. Everything belongs to the thread that ticks, but for
    name and port; the handshake belongs to the thread of `Handshakes`.
    """

    def __init__(self, name: str, port: int, place: int, rtp: socket.socket, offer: Offer, identity: Identity) -> None:
        self.name, self.port, self.place, self.rtp = name, port, place, rtp
        self.payload_type = PCMU
        self.events_type = offer.events_type
        # What an offer is to be sent, it says by its direction; later holds come by the engine.
        self.sending = offer.direction in ("sendrecv", "recvonly")
        self.source = secrets.randbits(32)
        self.user, self.password = secrets.token_urlsafe(6).replace("-", "+").replace("_", "/"), secrets.token_hex(16)
        self.remote: Address | None = None
        self.changed = False
        self.state: State | None = None
        self._proven: dict[Address, float] = {}
        self._incoming: Session | None = None
        self._outgoing: Session | None = None
        self._heard_at = 0.0
        self._keys: Callable[[Keys | None], None] = lambda keys: None
        self._on_state: Callable[[State], None] = lambda state: None
        self._handshake = Handshake(identity, offer.fingerprints, self._send_datagram, lambda keys: self._keys(keys))

    def attend(self, on_keys: Callable[[Keys | None], None], on_state: Callable[[State], None], now: float) -> None:
        """Where the handshake's outcome goes (from its thread), and who is told of states; from now on it is awaited."""
        self._keys, self._on_state, self._heard_at = on_keys, on_state, now

    def read(self, handshakes: Handshakes, now: float) -> tuple[bytes, bool] | None:
        """One datagram: opened RTP (False) or RTCP (True); None when it was something else or nothing.

        Raises Refused for what is refused.
        """
        try:
            data, address = self.rtp.recvfrom(_LARGEST)
        except OSError:
            return None
        kind = data[0] if data else 0xFF
        if kind < 4:
            self._check(data, address, now)
            return None
        if address not in self._proven:
            raise Refused("the sender has not proven himself")
        if 20 <= kind < 64:
            if not handshakes.put(self._handshake, data, address):
                raise Refused("too much of a handshake")
            return None
        if not 128 <= kind < 192 or self._incoming is None or not 12 <= len(data) < WIDTH:
            raise Refused("this is no sound")
        control = data[1] in rtcp.TYPES
        try:
            opened = self._incoming.unprotect_rtcp(data) if control else self._incoming.unprotect(data)
        except SrtpError:
            raise Refused("the packet is not the browser's") from None
        return opened, control

    def take_keys(self, keys: Keys | None) -> None:
        """The handshake ended: with keys the leg is connected, without it failed, or is closed when it was connected."""
        if keys is None:
            self.end("closed" if self.state == "connected" else "failed")
            return
        self._incoming = Session(Policy(keys.theirs, Policy.SSRC_ANY_INBOUND, srtp_profile=keys.profile))
        self._outgoing = Session(Policy(keys.ours, Policy.SSRC_ANY_OUTBOUND, srtp_profile=keys.profile))
        self._become("connected")

    def watch(self, now: float) -> None:
        """Notice that the browser is gone."""
        if now - self._heard_at > CONSENT_S:
            self.end("closed" if self.state == "connected" else "failed")

    def end(self, state: State) -> None:
        """Neither send nor take anything any more."""
        if self.state not in ("closed", "failed"):
            self._proven.clear()
            self.remote = self._incoming = self._outgoing = None
            self._become(state)

    def way_out(self) -> Callable[[memoryview], object] | None:
        """What sends a packet."""
        return self._send if self._outgoing is not None and self.remote is not None else None

    def send_report(self, report: bytes) -> None:
        """Send RTCP, by the same port."""
        if self._outgoing is not None and self.remote is not None:
            self._send_datagram(self._outgoing.protect_rtcp(report), self.remote)

    def close(self, handshakes: Handshakes, then: Callable[[], None]) -> None:
        """Say farewell; the socket is closed when that is sent, and `then` called."""
        self._keys = lambda keys: None
        self.state = "closed"

        def gone() -> None:
            self.rtp.close()
            then()

        handshakes.close(self._handshake, gone)

    def _check(self, data: bytes, address: Address, now: float) -> None:
        request = stun.read_request(data, user=self.user, password=self.password)
        if request is None or self.state in ("closed", "failed"):
            raise Refused("the request proves nothing")
        if not request.error:
            if address not in self._proven and len(self._proven) >= _WAYS:
                del self._proven[min(self._proven, key=lambda way: self._proven[way])]
            self._proven[address] = self._heard_at = now
            if address != self.remote and (request.nominates or self.remote is None):
                self.remote, self.changed = address, True
        self._send_datagram(stun.answer(request, password=self.password, address=address), address)

    def _send(self, view: memoryview) -> None:
        if self._outgoing is not None and self.remote is not None:
            try:
                self.rtp.sendto(self._outgoing.protect(bytes(view)), self.remote)
            except SrtpError as error:
                raise OSError("the packet could not be protected") from error

    def _send_datagram(self, data: bytes, address: Address) -> None:
        try:
            self.rtp.sendto(data, address)
        except OSError:
            return

    def _become(self, state: State) -> None:
        self.state, self.changed = state, True
        self._on_state(state)
