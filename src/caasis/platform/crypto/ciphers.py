"""Sealing bytes: AES-256-GCM with the place of the value as additional data.

A sealed value is `1 | nonce (12) | ciphertext + tag (16)`. The additional data name table, row and field, so that a
value copied to another row or column does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_NONCE = 12


class WrongKeyOrPlace(ValueError):
    """The value was sealed with another key, or for another row or field, or was changed."""


def new_key() -> bytes:
    return secrets.token_bytes(32)


def seal_bytes(key: bytes, plain: bytes, place: str) -> bytes:
    """Seal bytes for one place (`table:row:field`)."""
    nonce = secrets.token_bytes(_NONCE)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def open_bytes(key: bytes, sealed: bytes, place: str) -> bytes:
    if sealed[:1] != _FORMAT:
        raise WrongKeyOrPlace("unknown format of a sealed value")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], place.encode())
    except InvalidTag:
        raise WrongKeyOrPlace(f"a sealed value does not open at {place}") from None


def blind_index(key: bytes, kind: str, normalised: str) -> bytes:
    """16 bytes by which an equal value is found without being readable: HMAC-SHA256, cut."""
    return hmac.new(key, f"{kind}:{normalised}".encode(), hashlib.sha256).digest()[:16]
