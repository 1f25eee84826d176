"""Files that the product makes itself, sealed while they are written: of any size, and never as plain bytes on the disk.

    with MadeFile(file_id, key=key) as file:      # whatever an earlier, killed run left of this file is gone now
        file.write(b"…")
        stored = file.keep(name="….csv", …)       # without it, nothing of the file remains
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from types import TracebackType
from uuid import UUID

from caasis.kernel.errors import NotFound
from caasis.platform.crypto.ciphers import seal_bytes
from caasis.platform.files.models import StoredFile
from caasis.platform.files.sealing import MAGIC, SealingStream, open_chunks
from caasis.platform.files.store import ABSENT, make_private, name_place, path_of, read_name, sync


class MadeFile:
    """A binary file open for writing. Leaving the block without `keep` deletes what was written.

    It can't be sought in, which `zipfile` understands.
    """

    def __init__(self, file_id: UUID, *, key: bytes) -> None:
        self._id, self._key = file_id, key
        self._path = path_of(file_id)
        self._temporary = self._path.with_suffix(".part")
        self._digest = hashlib.sha256()
        self._stream = SealingStream(key, file_id)
        self.size = 0
        discard(file_id)
        make_private(self._path.parent)
        descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._put(MAGIC + self._stream.prefix)

    def __enter__(self) -> MadeFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            self._temporary.unlink()

    def write(self, content: bytes) -> int:
        self.size += len(content)
        for chunk in self._stream.take(content):
            self._put(chunk)
        return len(content)

    def flush(self) -> None:
        """Nothing leaves early: a chunk is sealed when it is full."""

    def keep(self, *, name: str, media_type: str, record_key_id: UUID, centre_id: UUID | None) -> StoredFile:
        """Finish the file and insert its row; bytes first, so that a row never lacks its file.

        Must run inside a transaction that may write the row. When it rolls back, the sweep deletes the bytes.
        """
        self._put(self._stream.last())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._temporary.replace(self._path)
        sync(self._path.parent)
        stored = StoredFile(
            id=self._id,
            centre_id=centre_id,
            record_key_id=record_key_id,
            sealed_name=seal_bytes(self._key, name.encode(), name_place(self._id)),
            media_type=media_type,
            size=self.size,
            sha256=self._digest.hexdigest(),
            scanned="made_here",
        )
        stored.save(force_insert=True)
        return stored

    def _put(self, sealed: bytes) -> None:
        self._digest.update(sealed)
        self._file.write(sealed)


def discard(file_id: UUID) -> None:
    """Delete the bytes of a file that has no row (any more), finished or not."""
    for path in (path_of(file_id), path_of(file_id).with_suffix(".part")):
        path.unlink(missing_ok=True)


def open_file(stored: StoredFile, *, key: bytes) -> tuple[str, Iterator[bytes]]:
    """A file's name and its content in pieces, opened now: the pieces still come when the file is deleted meanwhile.

    :raises NotFound: when it is deleted.
    """
    name = read_name(stored, key=key)
    try:
        file = path_of(stored.id).open("rb")
    except FileNotFoundError:
        raise NotFound(ABSENT) from None

    def pieces() -> Iterator[bytes]:
        with file:
            yield from open_chunks(key, stored.id, file)

    return name, pieces()
