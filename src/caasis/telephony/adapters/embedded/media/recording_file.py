"""Sealed recordings: the file, as it is written chunk by chunk and as it is read from any second on.

The file (numbers big-endian):

    header   "CaaSISrc" | format 1 (1 octet) | salt (16) | length and text of the recording's id (1 + n)
             | length and text of the key's name (1 + n), both UTF-8
    chunks   frame count (2) | sealed codes | tag (16)

A chunk is one second: 8,000 codes of μ-law of what the leg says (left), then 8,000 of what it hears (right). The last one
is shorter, perhaps empty, and is marked by the upper bit of its count. So the place of every second is known, and a file
without a last chunk is one that was cut off.

Sealing: AES-256-GCM with a key of the file's own, HKDF-SHA256 of the named key with the salt and the header's digest. The
nonce is the chunk's number, the additional data is its count. A chunk that was changed, moved, left out or taken from
another file does not open; a whole file under another recording's name does not open either.

μ-law keeps exactly what a PCMU leg says and what is sent to it, in half the space of 16 bits; what comes by A-law is coded
a second time.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from caasis.telephony.adapters.embedded.media.g711 import decode_ulaw
from caasis.telephony.adapters.embedded.media.sound import RATE, Samples

#: How the files are called: the recording's id, then this.
SUFFIX = ".recording"
#: Codes of one side in a whole chunk.
CHUNK = RATE
_MAGIC = b"CaaSISrc\x01"
_SALT, _TAG, _COUNT = 16, 16, 2
_WHOLE = _COUNT + 2 * CHUNK + _TAG
_LAST = 0x8000


class NotARecording(ValueError):
    """The file is no sealed recording."""


class RecordingDamaged(ValueError):
    """The key is not the file's, or the file was changed."""


class RecordingWriter:
    """Writes one file, chunk by chunk; for one thread. What is written is on disk at every whole chunk.

    Raises FileExistsError for a recording that exists, and OSError when the disk fails or is full: then `abandon`.
    """

    def __init__(self, folder: Path, recording: str, key_name: str, key: bytes) -> None:
        header = _MAGIC + secrets.token_bytes(_SALT) + _text(recording) + _text(key_name)
        self._cipher = _cipher(key, header)
        self._file = os.open(folder / (recording + SUFFIX), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._digest = hashlib.sha256()
        self._number = self._size = 0
        self.samples = 0
        self._append(header)

    def write(self, codes: bytes) -> None:
        """One second: 8,000 codes said, 8,000 heard."""
        if len(codes) != 2 * CHUNK:
            raise ValueError("a chunk is a whole second")
        self._seal(codes, CHUNK)

    def finish(self, codes: bytes) -> str:
        """Less than a second, perhaps nothing, and the end; the file's SHA-256 as hexadecimal text."""
        if len(codes) >= 2 * CHUNK or len(codes) % 2:
            raise ValueError("the last chunk is shorter than a second, and has two sides")
        self._seal(codes, len(codes) // 2 | _LAST)
        os.fsync(self._file)
        os.close(self._file)
        return self._digest.hexdigest()

    def abandon(self) -> str:
        """Leave the file as it is after its last whole chunk, without an end; its SHA-256."""
        try:
            os.ftruncate(self._file, self._size)
        finally:
            os.close(self._file)
        return self._digest.hexdigest()

    def _seal(self, codes: bytes, count: int) -> None:
        prefix = struct.pack("!H", count)
        self._append(prefix + self._cipher.encrypt(_nonce(self._number), codes, prefix))
        self._number += 1
        self.samples += len(codes) // 2

    def _append(self, octets: bytes) -> None:
        left = memoryview(octets)
        while left:
            left = left[os.write(self._file, left) :]
        # Only what was written as a whole counts: a write that failed half-way is cut off again.
        self._digest.update(octets)
        self._size += len(octets)


class RecordingReader:
    """An open recording; a context manager.

    recording, key_name: as they were told when it began. samples: of each side. cut: True when its end is missing (the
    engine was killed, or the disk was full); what lies before the cut is whole.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._file = path.open("rb")
        try:
            header, self.recording, self.key_name = _read_header(self._file.read(len(_MAGIC) + _SALT + 512))
            if path.stem != self.recording:
                raise RecordingDamaged(f"this is another recording: {self.recording}")
            self._cipher = _cipher(key, header)
            self._begin = len(header)
            self._whole, rest = divmod(os.fstat(self._file.fileno()).st_size - self._begin, _WHOLE)
            last = self._last(rest)
            self.cut = last is None
            self.samples = self._whole * CHUNK + len(last if last is not None else ())
            if self.cut and self._whole:
                self._chunk(self._whole - 1)
        except BaseException:
            self._file.close()
            raise

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples / RATE

    def read(self, begin_s: float = 0.0, seconds: float | None = None) -> Samples:
        """Sound from `begin_s` on, to the end or for `seconds`: int16 of shape (n, 2), left what was said.

        Raises RecordingDamaged for a chunk that does not open.
        """
        first = min(max(0, round(begin_s * RATE)), self.samples)
        count = self.samples - first if seconds is None else round(seconds * RATE)
        parts = list(self.samples_between(first, min(first + max(0, count), self.samples)))
        return np.concatenate(parts) if parts else np.zeros((0, 2), np.int16)

    def samples_between(self, first: int, stop: int) -> Iterator[Samples]:
        """The same by numbers of samples, piece by piece, a second at most each."""
        while first < stop:
            number, within = divmod(first, CHUNK)
            piece = self._chunk(number)[within : within + stop - first]
            yield piece
            first += len(piece)

    def verify(self) -> None:
        """Open every chunk. Raises RecordingDamaged."""
        for _ in self.samples_between(0, self.samples):
            pass

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> RecordingReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _chunk(self, number: int) -> Samples:
        size = _WHOLE if number < self._whole else _COUNT + 2 * (self.samples - number * CHUNK) + _TAG
        return self._open(number, self._at(number, size))

    def _last(self, rest: int) -> Samples | None:
        """What the last chunk holds; None when there is no whole one."""
        if rest < _COUNT + _TAG:
            return None
        octets = self._at(self._whole, rest)
        (count,) = struct.unpack_from("!H", octets)
        size = _COUNT + 2 * (count & ~_LAST) + _TAG
        if size > rest or not count & _LAST:
            return None
        if size < rest:
            raise RecordingDamaged("something follows after the recording's end")
        return self._open(self._whole, octets)

    def _at(self, number: int, size: int) -> bytes:
        self._file.seek(self._begin + number * _WHOLE)
        return self._file.read(size)

    def _open(self, number: int, octets: bytes) -> Samples:
        try:
            codes = self._cipher.decrypt(_nonce(number), octets[_COUNT:], octets[:_COUNT])
        except InvalidTag:
            raise RecordingDamaged(f"second {number} does not open: another key, or a changed file") from None
        return decode_ulaw(np.frombuffer(codes, np.uint8)).reshape(2, -1).T


def open_recording(path: Path, key: bytes) -> RecordingReader:
    """Open a sealed recording with the 32 octets of the key by whose name it was begun.

    Raises OSError, NotARecording, and RecordingDamaged: a wrong key is noticed here, a changed second when it is read.
    """
    return RecordingReader(path, key)


def key_name_of(path: Path) -> str:
    """The name of the key that opens a recording, as the file says; proven only by opening it. Raises NotARecording."""
    with path.open("rb") as file:
        return _read_header(file.read(len(_MAGIC) + _SALT + 512))[2]


def _cipher(key: bytes, header: bytes) -> AESGCM:
    if len(key) != 32:
        raise ValueError("a key has 32 octets")
    salt = header[len(_MAGIC) : len(_MAGIC) + _SALT]
    derivation = HKDF(algorithm=SHA256(), length=32, salt=salt, info=hashlib.sha256(header).digest())
    return AESGCM(derivation.derive(key))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _text(text: str) -> bytes:
    octets = text.encode()
    if len(octets) > 0xFF:
        raise ValueError("a name has 255 octets at most")
    return bytes([len(octets)]) + octets


def _read_header(octets: bytes) -> tuple[bytes, str, str]:
    if not octets.startswith(_MAGIC):
        raise NotARecording("this is no sealed recording")
    at, texts = len(_MAGIC) + _SALT, []
    try:
        for _ in range(2):
            end = at + 1 + octets[at]
            texts.append(octets[at + 1 : end].decode())
            at = end
    except (IndexError, UnicodeDecodeError):
        raise NotARecording("the header is cut off or no text") from None
    if at > len(octets):
        raise NotARecording("the header is cut off")
    return octets[:at], texts[0], texts[1]
