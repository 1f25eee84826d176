"""STUN binding requests as an ICE-lite agent answers them (RFC 8489, RFC 8445).

What does not prove that it knows our password gets no answer at all: the port then looks closed to whoever tries it.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import socket
import struct
from dataclasses import dataclass

_REQUEST, _SUCCESS, _ERROR = 0x0001, 0x0101, 0x0111
_COOKIE = 0x2112A442
_USERNAME, _INTEGRITY, _ERROR_CODE, _UNKNOWN = 0x0006, 0x0008, 0x0009, 0x000A
_XOR_MAPPED, _PRIORITY, _USE_CANDIDATE = 0x0020, 0x0024, 0x0025
_FINGERPRINT, _CONTROLLED = 0x8028, 0x8029
_UNDERSTOOD = {_USERNAME, _INTEGRITY, _PRIORITY, _USE_CANDIDATE}
_HEADER, _DIGEST = 20, 20
_FINGERPRINT_MASK = 0x5354554E
ROLE_CONFLICT, UNKNOWN_ATTRIBUTE = 487, 420
_REASONS = {ROLE_CONFLICT: b"Role Conflict", UNKNOWN_ATTRIBUTE: b"Unknown Attribute"}


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A request whose integrity was proven.

    nominates: the other side will use this way. error: the number with which it has to be refused, 0 for none.
    """

    transaction: bytes
    nominates: bool
    error: int = 0
    unknown: tuple[int, ...] = ()


def read_request(data: bytes, *, user: str, password: str) -> BindingRequest | None:
    """Read a binding request to `user` (ours, before the colon); None for anything else or anything unproven."""
    if len(data) < _HEADER or len(data) % 4:
        return None
    kind, length, cookie = struct.unpack_from("!HHI", data)
    if kind != _REQUEST or cookie != _COOKIE or length != len(data) - _HEADER:
        return None
    attributes = _attributes(data)
    if attributes is None or _USERNAME not in attributes or _INTEGRITY not in attributes:
        return None
    name = _bytes(data, attributes[_USERNAME])
    if not hmac.compare_digest(name.partition(b":")[0], user.encode()):
        return None
    at, size = attributes[_INTEGRITY]
    if size != _DIGEST or not hmac.compare_digest(_integrity(data[: at - 4], password), data[at : at + _DIGEST]):
        return None
    if _FINGERPRINT in attributes and not _fingerprint_holds(data, attributes[_FINGERPRINT]):
        return None
    unknown = tuple(one for one in attributes if one < 0x8000 and one not in _UNDERSTOOD)
    # A lite agent never controls: whoever believes himself controlled has to change his mind (RFC 8445, 7.3.1.1).
    error = UNKNOWN_ATTRIBUTE if unknown else ROLE_CONFLICT if _CONTROLLED in attributes else 0
    return BindingRequest(data[8:_HEADER], _USE_CANDIDATE in attributes, error, unknown)


def answer(request: BindingRequest, *, password: str, address: tuple[str, int]) -> bytes:
    """The response to a request that came from `address`."""
    if request.error:
        reason = _REASONS[request.error]
        body = _attribute(_ERROR_CODE, struct.pack("!HBB", 0, request.error // 100, request.error % 100) + reason)
        if request.unknown:
            body += _attribute(_UNKNOWN, b"".join(struct.pack("!H", one) for one in request.unknown[:16]))
    else:
        host, port = address
        mapped = int.from_bytes(socket.inet_aton(host), "big") ^ _COOKIE
        body = _attribute(_XOR_MAPPED, struct.pack("!BBHI", 0, 1, port ^ (_COOKIE >> 16), mapped))
    return seal(_ERROR if request.error else _SUCCESS, request.transaction, body, password)


def seal(kind: int, transaction: bytes, body: bytes, password: str) -> bytes:
    """A message with integrity and fingerprint (RFC 8489, 14.5 and 14.7)."""
    message = struct.pack("!HHI", kind, len(body), _COOKIE) + transaction + body
    message += _attribute(_INTEGRITY, _integrity(message, password))
    message = _with_length(message, 8)
    return message + _attribute(_FINGERPRINT, struct.pack("!I", binascii.crc32(message) ^ _FINGERPRINT_MASK))


def _attributes(data: bytes) -> dict[int, tuple[int, int]] | None:
    """Where the value of each attribute lies, up to the integrity and the fingerprint after it; None when one is cut."""
    found: dict[int, tuple[int, int]] = {}
    at = _HEADER
    while at < len(data):
        kind, size = struct.unpack_from("!HH", data, at)
        if at + 4 + size > len(data):
            return None
        # Whatever follows the integrity is not protected by it, and counts for nothing (RFC 8489, 14.5).
        if _INTEGRITY not in found or kind == _FINGERPRINT:
            found.setdefault(kind, (at + 4, size))
        at += 4 + size + -size % 4
    return found


def _bytes(data: bytes, where: tuple[int, int]) -> bytes:
    at, size = where
    return data[at : at + size]


def _integrity(message: bytes, password: str) -> bytes:
    """The digest over a message that ends before the attribute, with the length as though it ended after it."""
    return hmac.new(password.encode(), _with_length(message, 4 + _DIGEST), hashlib.sha1).digest()


def _fingerprint_holds(data: bytes, where: tuple[int, int]) -> bool:
    at, size = where
    if size != 4 or at + size != len(data):
        return False
    return (binascii.crc32(data[: at - 4]) ^ _FINGERPRINT_MASK).to_bytes(4, "big") == data[at:]


def _with_length(message: bytes, more: int) -> bytes:
    """The message with the length that it has when `more` octets follow."""
    return message[:2] + struct.pack("!H", len(message) - _HEADER + more) + message[4:]


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)
