"""Files sealed in chunks: AES-256-GCM as an online authenticated stream, so that size is no matter of memory.

Layout: `CSF1` | nonce prefix (7 bytes) | chunks. Each chunk of 64 KiB is sealed with the nonce prefix | counter (4 bytes)
| last (1 byte). So chunks can be neither reordered, nor left out, nor cut off at the end. Source: Hoang, Reyhanitabar,
Rogaway, Vizár, Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015 (STREAM). The key is
derived from the record's key for this one file, so that a prefix never meets another under the same key.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from caasis.platform.crypto.ciphers import WrongKeyOrPlace

MAGIC = b"CSF1"
CHUNK = 64 * 1024
_TAG = 16
_PREFIX = 7


def sealed_chunks(key: bytes, file_id: UUID, content: bytes) -> Iterator[bytes]:
    """The sealed form of a file, piece by piece. Empty content still yields one (empty, authenticated) chunk."""
    cipher, place = _cipher(key, file_id), str(file_id).encode()
    prefix = secrets.token_bytes(_PREFIX)
    yield MAGIC + prefix
    count = max(1, -(-len(content) // CHUNK))
    for number in range(count):
        last = number == count - 1
        part = content[number * CHUNK : (number + 1) * CHUNK]
        yield cipher.encrypt(_nonce(prefix, number, last), part, place)


class SealingStream:
    """Seals what comes piece by piece, when its size isn't known beforehand. `MAGIC` and `prefix` come first."""

    def __init__(self, key: bytes, file_id: UUID) -> None:
        self.prefix = secrets.token_bytes(_PREFIX)
        self._cipher, self._place = _cipher(key, file_id), str(file_id).encode()
        self._number = 0
        self._rest = bytearray()

    def take(self, content: bytes) -> Iterator[bytes]:
        """Sealed chunks that are full now. The last one waits for `last`, because it is sealed as the last."""
        self._rest += content
        while len(self._rest) > CHUNK:
            part = bytes(self._rest[:CHUNK])
            del self._rest[:CHUNK]
            yield self._seal(part, last=False)

    def last(self) -> bytes:
        """The sealed rest; nothing may come behind it."""
        return self._seal(bytes(self._rest), last=True)

    def _seal(self, part: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self.prefix, self._number, last), part, self._place)
        self._number += 1
        return sealed


def open_chunks(key: bytes, file_id: UUID, file: BinaryIO) -> Iterator[bytes]:
    """The plain pieces of a sealed file.

    :raises WrongKeyOrPlace: when the key is another's, or anything was changed, reordered or cut off. A caller that
        passes pieces on before the end must treat this as the end of a broken file.
    """
    cipher, place = _cipher(key, file_id), str(file_id).encode()
    if file.read(len(MAGIC)) != MAGIC:
        raise WrongKeyOrPlace("unknown format of a sealed file")
    prefix = file.read(_PREFIX)
    number = 0
    ahead = file.read(CHUNK + _TAG)
    while True:
        part, ahead = ahead, file.read(CHUNK + _TAG)
        last = not ahead
        try:
            yield cipher.decrypt(_nonce(prefix, number, last), part, place)
        except (InvalidTag, ValueError):
            raise WrongKeyOrPlace("a sealed file does not open") from None
        if last:
            return
        number += 1


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


def _cipher(key: bytes, file_id: UUID) -> AESGCM:
    info = f"platform_file:{file_id}:content".encode()
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key))
