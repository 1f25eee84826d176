"""DTLS handshakes with browsers (RFC 5763, RFC 5764): we are the passive side, and what comes of one is the keys of SRTP.

A handshake signs and checks; that is a millisecond's work and done on a thread of its own, so that no tick waits for it.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from pylibsrtp import Policy

log = logging.getLogger(__name__)

Address = tuple[str, int]

#: SRTP's protection profiles by the name that OpenSSL has for them: pylibsrtp's number, octets of key and of salt.
_PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    b"SRTP_AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}
_EXPORTER = b"EXTRACTOR-dtls_srtp"
_VALID = timedelta(days=365)
#: Octets of one datagram of ours: what passes through every tunnel.
_MTU = 1200
#: Datagrams of one browser that may wait.
_WAITING = 16
#: Seconds between two looks at the handshakes whose packets may have been lost.
_AGAIN_S = 0.1
_LARGEST = 1 << 14
#: Octets before a record's content.
_RECORD = 13


@dataclass(frozen=True, slots=True)
class Keys:
    """What protects a browser's sound: a profile of pylibsrtp, and key with salt of each direction."""

    profile: int
    theirs: bytes
    ours: bytes


class Identity:
    """Our certificate for one life of the engine, and its fingerprint, which the answer names."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "telephone")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _VALID)
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = _hexadecimal(certificate.fingerprint(hashes.SHA256()))
        self.context = SSL.Context(SSL.DTLS_METHOD)
        # Nobody vouches for a browser's certificate: its fingerprint in the offer does, and is compared afterwards.
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_options(SSL.OP_NO_QUERY_MTU)
        self.context.set_cipher_list(b"ECDHE+AESGCM:ECDHE+CHACHA20")
        self.context.set_tlsext_use_srtp(b":".join(_PROFILES))


class Handshake:
    """One browser's handshake, and the end of the association later on.

    send: one datagram to an address. on_end: the keys once, or None when it failed; then None when the browser closed.
    """

    def __init__(
        self,
        identity: Identity,
        fingerprints: frozenset[tuple[str, str]],
        send: Callable[[bytes, Address], None],
        on_end: Callable[[Keys | None], None],
    ) -> None:
        self._connection = SSL.Connection(identity.context)
        self._connection.set_accept_state()
        self._connection.set_ciphertext_mtu(_MTU)
        self._fingerprints, self._send, self._on_end = fingerprints, send, on_end
        self._address: Address | None = None
        self._keyed = self._handed_over = self.over = False
        # Datagrams given and done: each counted by one thread only.
        self.given = self.done = 0

    @property
    def under_way(self) -> bool:
        """It has begun and not ended: packets may have to be sent again."""
        return self._address is not None and not self._keyed and not self.over

    def take(self, data: bytes, address: Address) -> None:
        """A datagram of the browser."""
        if self.over:
            return
        self._address = address
        self._connection.bio_write(data)
        try:
            if self._keyed:
                self._connection.recv(_LARGEST)
            else:
                self._connection.do_handshake()
                self._keyed = True
        except SSL.WantReadError:
            pass
        except SSL.Error:
            # Its end, or a handshake that can't succeed.
            self.fail()
        self._flush()
        if self._keyed and not self._handed_over and not self.over:
            self._hand_over()

    def send_again(self) -> None:
        """Send again what was not answered in time."""
        left = self._connection.DTLSv1_get_timeout()
        if left is not None and left <= 0:
            try:
                self._connection.DTLSv1_handle_timeout()
            except SSL.Error:
                self.fail()
            self._flush()

    def fail(self) -> None:
        """It can't go on, or the browser has ended it."""
        if not self.over:
            self.over = True
            self._on_end(None)

    def close(self) -> None:
        """Tell the browser that we go."""
        if self._keyed and not self.over:
            try:
                self._connection.shutdown()
            except SSL.Error:
                pass
            self._flush()
        self.over = True

    def _hand_over(self) -> None:
        self._handed_over = True
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        profile = _PROFILES.get(self._connection.get_selected_srtp_profile())
        octets = certificate.public_bytes(Encoding.DER) if certificate is not None else b""
        known = any(
            _hexadecimal(hashlib.new(name.replace("-", ""), octets).digest()) == value
            for name, value in self._fingerprints
        )
        if not known or profile is None:
            self.fail()
            return
        number, key, salt = profile
        secret = self._connection.export_keying_material(_EXPORTER, 2 * (key + salt))
        client_key, server_key = secret[:key], secret[key : 2 * key]
        client_salt, server_salt = secret[2 * key : 2 * key + salt], secret[2 * key + salt :]
        self._on_end(Keys(number, client_key + client_salt, server_key + server_salt))

    def _flush(self) -> None:
        octets = b""
        try:
            while True:
                octets += self._connection.bio_read(_LARGEST)
        except SSL.Error:
            pass
        if self._address is not None:
            for datagram in datagrams(octets):
                self._send(datagram, self._address)


@dataclass(frozen=True, slots=True)
class _Order:
    """A datagram to take in, or the end of an association and what is to be done after it."""

    handshake: Handshake
    data: bytes = b""
    address: Address = ("", 0)
    then: Callable[[], None] | None = None


class Handshakes:
    """The thread that shakes hands. `work` does what waits, and may be called by hand when the thread was not started."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._under_way: set[Handshake] = set()
        self._looked_at = 0.0
        self._thread = threading.Thread(target=self._run, name="handshakes", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Do what waits, and end the thread."""
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self.work()

    def put(self, handshake: Handshake, data: bytes, address: Address) -> bool:
        """Hand a datagram over; False when too many wait."""
        if handshake.given - handshake.done >= _WAITING:
            return False
        handshake.given += 1
        self._waiting.put(_Order(handshake, data, address))
        return True

    def close(self, handshake: Handshake, then: Callable[[], None]) -> None:
        """Close an association, then do what its sockets have waited for."""
        self._waiting.put(_Order(handshake, then=then))

    def work(self) -> None:
        """Do what waits."""
        while not self._waiting.empty():
            self._do(self._waiting.get())

    def _run(self) -> None:
        while True:
            try:
                order = self._waiting.get(timeout=_AGAIN_S if self._under_way else None)
            except queue.Empty:
                order = None
            else:
                if order is None:
                    return
                self._do(order)
            self._again()

    def _do(self, order: _Order | None) -> None:
        if order is None:
            return
        handshake = order.handshake
        try:
            if order.then is not None:
                handshake.close()
            else:
                handshake.done += 1
                handshake.take(order.data, order.address)
        except Exception:
            # One browser's trouble must not end the thread that serves all the others.
            log.exception("a handshake failed")
            handshake.fail()
        if order.then is not None:
            order.then()
        self._keep(handshake)

    def _again(self) -> None:
        if time.monotonic() - self._looked_at < _AGAIN_S:
            return
        self._looked_at = time.monotonic()
        for handshake in list(self._under_way):
            handshake.send_again()
            self._keep(handshake)

    def _keep(self, handshake: Handshake) -> None:
        if handshake.under_way:
            self._under_way.add(handshake)
        else:
            self._under_way.discard(handshake)


def datagrams(octets: bytes) -> list[bytes]:
    """Records of DTLS (RFC 6347, 4.1), which OpenSSL hands over in one piece, in datagrams: whole ones, as many as fit."""
    made, begin, at = [], 0, 0
    while at + _RECORD <= len(octets):
        end = at + _RECORD + int.from_bytes(octets[at + _RECORD - 2 : at + _RECORD], "big")
        if end - begin > _MTU and at > begin:
            made.append(octets[begin:at])
            begin = at
        at = end
    return [*made, octets[begin:]] if octets[begin:] else made


def _hexadecimal(digest: bytes) -> str:
    return ":".join(f"{octet:02X}" for octet in digest)
