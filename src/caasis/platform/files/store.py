"""Storing, reading and deleting files. Bytes lie sealed below `CAASIS_HOME/files`; the row is the truth."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from caasis.kernel.errors import Invalid, NotFound
from caasis.kernel.ids import uuid7
from caasis.platform.crypto.ciphers import open_bytes, seal_bytes
from caasis.platform.files import scanning
from caasis.platform.files.models import StoredFile
from caasis.platform.files.names import clean_name
from caasis.platform.files.sealing import open_chunks, sealed_chunks
from caasis.platform.files.sniffing import ALLOWED, sniff

#: A file without a row may belong to a transaction that hasn't ended; after this time it doesn't.
ORPHAN_AFTER_SECONDS = 24 * 3600
ABSENT = "ファイルが見つかりません。消されたかもしれません。"


def folder() -> Path:
    """Where sealed files lie."""
    return Path(settings.CAASIS_HOME) / "files"


def path_of(file_id: UUID) -> Path:
    """A file's place. The end of a UUIDv7 is random and spreads files evenly; its start is the time and would not."""
    return folder() / file_id.hex[-2:] / file_id.hex


def store_file(
    *,
    content: bytes,
    name: str,
    key: bytes,
    record_key_id: UUID,
    centre_id: UUID | None,
    allowed: Mapping[str, tuple[str, ...]] = ALLOWED,
) -> StoredFile:
    """Check, scan, seal and store one file under its record's key (`record_key_id`, whose plain bytes are `key`).

    The sealed bytes are on the disk, synced, before the row is inserted: a row never lacks its file. Must run inside a
    transaction in the scope of `centre_id` (or of the system). When that rolls back, the sweep deletes the bytes.

    :raises Invalid: with a sentence for the person who chose the file.
    :raises caasis.platform.files.scanning.ScannerAway: when a scanner is configured and can't be asked.
    """
    check_size(len(content))
    stem, extension = clean_name(name)
    media_type = sniff(content, extension, allowed)
    scanned = scanning.scan(content)
    file_id = uuid7()
    shown = f"{stem}.{extension or allowed[media_type][0]}"
    stored = StoredFile(
        id=file_id,
        centre_id=centre_id,
        record_key_id=record_key_id,
        sealed_name=seal_bytes(key, shown.encode(), name_place(file_id)),
        media_type=media_type,
        size=len(content),
        sha256=_write(path_of(file_id), sealed_chunks(key, file_id, content)),
        scanned=scanned.value,
    )
    stored.save(force_insert=True)
    return stored


def check_size(size: int) -> None:
    """Refuse a file by its size alone, before it is read into memory.

    :raises Invalid: when it is over `UPLOAD_MAX_BYTES`.
    """
    limit = settings.UPLOAD_MAX_BYTES
    if size > limit:
        raise Invalid(f"写真は{limit // (1024 * 1024)}MBまでです。小さくするか、別の写真を選んでください。")


def read_name(stored: StoredFile, *, key: bytes) -> str:
    """A file's name, for a list. Nothing is read from the disk; errors as in `read_file`."""
    if stored.deleted_at is not None:
        raise NotFound(ABSENT)
    return open_bytes(key, bytes(stored.sealed_name), name_place(stored.id)).decode()


def read_file(stored: StoredFile, *, key: bytes) -> tuple[str, bytes]:
    """A file's name and content.

    :raises NotFound: when it is deleted.
    :raises caasis.platform.crypto.ciphers.WrongKeyOrPlace: when the key isn't its record's, or the bytes were changed.
    """
    return read_name(stored, key=key), b"".join(iter_file(stored, key=key))


def iter_file(stored: StoredFile, *, key: bytes) -> Iterator[bytes]:
    """A file's content in pieces of at most 64 KiB; errors as in `read_file`."""
    if stored.deleted_at is not None:
        raise NotFound(ABSENT)
    try:
        file = path_of(stored.id).open("rb")
    except FileNotFoundError:
        raise NotFound(ABSENT) from None
    with file:
        yield from open_chunks(key, stored.id, file)


def delete_file(stored: StoredFile) -> None:
    """Delete a file: the row stays as a mark that there was one; the bytes go when the transaction commits."""
    stored.deleted_at = timezone.now()
    stored.sealed_name = b""
    stored.save(update_fields=["deleted_at", "sealed_name"])
    transaction.on_commit(lambda: path_of(stored.id).unlink(missing_ok=True))


def sweep_orphans(*, older_than_seconds: float = ORPHAN_AFTER_SECONDS) -> int:
    """Delete bytes that no living row owns: of rolled-back uploads, of half-written files, of files deleted just before
    a crash. Must run in the system's scope, or every file would look ownerless. Returns how many were deleted."""
    before = time.time() - older_than_seconds
    deleted = 0
    for bucket in sorted(folder().glob("??")):
        old = [path for path in bucket.iterdir() if _older(path, before)]
        ids = {path: _id_of(path) for path in old}
        alive = set(
            StoredFile.objects.filter(id__in=[i for i in ids.values() if i], deleted_at=None).values_list(
                "id", flat=True
            )
        )
        for path in old:
            if ids[path] not in alive:
                path.unlink(missing_ok=True)
                deleted += 1
    return deleted


def _older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _id_of(path: Path) -> UUID | None:
    try:
        return UUID(hex=path.name)
    except ValueError:
        return None


def name_place(file_id: UUID) -> str:
    """What a file's sealed name is bound to."""
    return f"platform_file:{file_id}:name"


def _write(path: Path, chunks: Iterator[bytes]) -> str:
    """Write all or nothing, and sync file and folders. Returns the SHA-256 of what lies on the disk."""
    digest = hashlib.sha256()
    make_private(path.parent)
    temporary = path.with_suffix(".part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync(path.parent)
    return digest.hexdigest()


def make_private(bucket: Path) -> None:
    """Make a bucket that nobody else may enter, and make it last."""
    if bucket.is_dir():
        return
    bucket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    bucket.mkdir(mode=0o700, exist_ok=True)
    sync(bucket.parent)
    sync(bucket.parent.parent)


def sync(place: Path) -> None:
    """Make a name in a folder survive a power cut."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
