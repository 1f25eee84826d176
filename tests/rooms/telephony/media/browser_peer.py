"""A browser for the tests and the benchmark, small enough to run many of: ICE, DTLS as a client, SRTP, and a tone."""

from __future__ import annotations

import binascii
import re
import secrets
import socket
import struct
from datetime import UTC, datetime, timedelta

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from caasis.telephony.adapters.embedded.media.browser import stun
from caasis.telephony.adapters.embedded.media.g711 import decode_ulaw, encode_ulaw
from caasis.telephony.adapters.embedded.media.rtp import Packet, pack, unpack
from caasis.telephony.adapters.embedded.media.sound import FRAME, Samples
from tests.rooms.telephony.media.telephone import sine

GCM, SHA1_80 = "SRTP_AEAD_AES_128_GCM", "SRTP_AES128_CM_SHA1_80"
_PROFILES = {
    GCM: (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    SHA1_80: (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}
EVENTS = 126


def certificate() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A browser's self-signed certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "browser")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    return builder.sign(key, hashes.SHA256()), key


class BrowserPeer:
    """A browser; `profile` is the protection of SRTP that it offers."""

    def __init__(self, hz: float = 0, *, profile: str = GCM, host: str = "127.0.0.1") -> None:
        self.hz, self.profile = hz, profile
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.user, self.password = secrets.token_hex(4), secrets.token_hex(12)
        made, key = certificate()
        self.fingerprint = ":".join(f"{octet:02X}" for octet in made.fingerprint(hashes.SHA256()))
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        context.use_certificate(made)
        context.use_privatekey(key)
        context.set_tlsext_use_srtp(profile.encode())
        self.tls = SSL.Connection(context)
        self.tls.set_connect_state()
        self.tls.set_ciphertext_mtu(1200)
        self.remote: tuple[str, int] = ("", 0)
        self.remote_user = self.remote_password = ""
        self.incoming: Session | None = None
        self.outgoing: Session | None = None
        self.answered: list[bytes] = []
        self.got: list[Packet] = []
        self.reports: list[bytes] = []
        self.closed = False
        self.source, self.sequence, self.said = secrets.randbits(32), secrets.randbits(15), 0

    def offer(self) -> str:
        """An offer as browsers make it, with video that nobody wants."""
        return "\r\n".join(
            [
                "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=msid-semantic: WMS *",
                "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 110 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
                f"a=ice-ufrag:{self.user}", f"a=ice-pwd:{self.password}", "a=ice-options:trickle",
                f"a=fingerprint:sha-256 {self.fingerprint}", "a=setup:actpass", "a=mid:0", "a=sendrecv", "a=rtcp-mux",
                "a=rtpmap:111 opus/48000/2", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
                "a=rtpmap:110 telephone-event/48000", f"a=rtpmap:{EVENTS} telephone-event/8000",
                "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:1", "a=rtpmap:96 VP8/90000", "",
            ]
        )  # fmt: skip

    def take_answer(self, answer: str) -> None:
        """What the answer says of the other side."""
        self.remote_user, self.remote_password = _find(answer, "ice-ufrag"), _find(answer, "ice-pwd")
        candidate = _find(answer, "candidate").split()
        self.remote = candidate[4], int(candidate[5])

    def check(self, *, nominate: bool = True, controlled: bool = False, password: str = "", more: bytes = b"") -> bytes:
        """Send a check of ICE; its transaction."""
        transaction = secrets.token_bytes(12)
        name = f"{self.remote_user}:{self.user}".encode()
        body = _attribute(0x0006, name) + _attribute(0x0024, struct.pack("!I", 1)) + more
        body += _attribute(0x8029 if controlled else 0x802A, secrets.token_bytes(8))
        if nominate:
            body += _attribute(0x0025, b"")
        self.send(stun.seal(0x0001, transaction, body, password or self.remote_password))
        return transaction

    def send(self, data: bytes) -> None:
        """Send any octets."""
        self.socket.sendto(data, self.remote)

    def shake(self) -> None:
        """Go on with the handshake."""
        if self.incoming is None and not self.closed:
            try:
                self.tls.do_handshake()
            except SSL.WantReadError:
                pass
            except SSL.Error:
                self.closed = True
            else:
                self._keys()
        self._flush()

    def take(self) -> None:
        """Take what has come."""
        while True:
            try:
                data = self.socket.recv(4096)
            except BlockingIOError:
                return
            if data[0] < 4:
                self.answered.append(data)
            elif data[0] < 64:
                self.tls.bio_write(data)
                self._look_for_the_end()
                self.shake()
            elif self.incoming is not None:
                if 192 <= data[1] < 224:
                    self.reports.append(self.incoming.unprotect_rtcp(data))
                else:
                    packet = unpack(self.incoming.unprotect(data))
                    assert packet is not None
                    self.got.append(packet)

    def say(self, payload: bytes | None = None, *, payload_type: int = 0, stamp: int | None = None) -> None:
        """Send 20 ms of its tone, or any payload."""
        if self.outgoing is None:
            return
        if payload is None:
            payload = encode_ulaw(sine(self.hz, FRAME, first=self.said)).tobytes()
        stamp = self.said + 7_000 if stamp is None else stamp
        packet = Packet(payload_type, False, self.sequence & 0xFFFF, stamp, self.source, payload)
        self.sequence += 1
        self.said += FRAME
        self.send(self.outgoing.protect(pack(packet)))

    def report(self, data: bytes) -> None:
        """Send RTCP."""
        assert self.outgoing is not None
        self.send(self.outgoing.protect_rtcp(data))

    def heard(self, frames: int = 25) -> Samples:
        """The sound of the last packets."""
        sound = b"".join(one.payload for one in self.got[-frames:] if one.payload_type == 0)
        return decode_ulaw(np.frombuffer(sound, np.uint8))

    def close(self) -> None:
        """End the association, and go."""
        try:
            self.tls.shutdown()
        except SSL.Error:
            pass
        self._flush()
        self.socket.close()

    def _look_for_the_end(self) -> None:
        if self.incoming is not None:
            try:
                self.tls.recv(1)
            except SSL.ZeroReturnError:
                self.closed = True
            except SSL.Error:
                pass

    def _flush(self) -> None:
        try:
            while True:
                self.send(self.tls.bio_read(1500))
        except SSL.Error:
            return

    def _keys(self) -> None:
        assert self.tls.get_selected_srtp_profile() == self.profile.encode()
        number, key, salt = _PROFILES[self.profile]
        secret = self.tls.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
        keys, salts = secret[: 2 * key], secret[2 * key :]
        ours, theirs = keys[:key] + salts[:salt], keys[key:] + salts[salt:]
        self.outgoing = Session(Policy(ours, Policy.SSRC_ANY_OUTBOUND, srtp_profile=number))
        self.incoming = Session(Policy(theirs, Policy.SSRC_ANY_INBOUND, srtp_profile=number))


def _find(text: str, name: str) -> str:
    found = re.search(rf"^a={name}:(.*?)\r?$", text, re.MULTILINE)
    assert found, name
    return found[1]


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def attributes(message: bytes) -> dict[int, bytes]:
    """The attributes of a STUN message."""
    found, at = {}, 20
    while at < len(message):
        kind, size = struct.unpack_from("!HH", message, at)
        found[kind] = message[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return found


def is_sealed(message: bytes, password: str) -> bool:
    """Whether a STUN message has integrity and fingerprint, worked out from the other end."""
    import hashlib
    import hmac

    head = message[:-32]
    length = struct.pack("!H", len(message) - 20 - 8)
    digest = hmac.new(password.encode(), head[:2] + length + head[4:], hashlib.sha1).digest()
    crc = binascii.crc32(message[:-8]) ^ 0x5354554E
    return message[-28:-8] == digest and message[-4:] == struct.pack("!I", crc)


__all__ = ["EVENTS", "GCM", "SHA1_80", "BrowserPeer", "SrtpError", "attributes", "certificate", "is_sealed"]
