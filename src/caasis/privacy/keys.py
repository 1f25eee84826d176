"""Record keys: made, unwrapped, wrapped anew, destroyed."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from caasis.kernel.errors import DomainError
from caasis.kernel.ids import uuid7
from caasis.platform.crypto.ciphers import new_key, open_bytes, seal_bytes
from caasis.platform.crypto.keyring import KeyRing, load_keyring
from caasis.platform.inserting import new_row
from caasis.privacy.models import RecordKey

#: Keys of the public's intake before a centre is known are wrapped for this pseudo centre.
NATION = UUID(int=0)


class Forgotten(DomainError, LookupError):
    """The record's key is destroyed: what it sealed can't be read by anybody again."""

    status = 410
    code = "erased"
    default_message = "この記録の個人情報は、すでに消去されています。"


def ring() -> KeyRing:
    home: Path = settings.CAASIS_HOME
    return load_keyring(home)


def _place(key_id: UUID) -> str:
    return f"privacy_record_key:{key_id}:wrapped"


def new_record_key(centre_id: UUID | None) -> tuple[RecordKey, bytes]:
    """An unsaved record key and its plain bytes, for bulk writers."""
    keys = ring()
    plain = new_key()
    key_id = uuid7()
    wrapped = seal_bytes(keys.centre_key(centre_id or NATION, keys.current), plain, _place(key_id))
    return new_row(RecordKey, id=key_id, centre_id=centre_id, wrapped=wrapped, version=keys.current), plain


def create_record_key(centre_id: UUID | None) -> RecordKey:
    row, _ = new_record_key(centre_id)
    row.save(force_insert=True)
    return row


@functools.lru_cache(maxsize=4096)
def _unwrap(key_id: UUID, centre_id: UUID | None, wrapped: bytes, version: int, keys: KeyRing) -> bytes:
    return open_bytes(keys.centre_key(centre_id or NATION, version), wrapped, _place(key_id))


def record_key_bytes(key_id: UUID) -> bytes:
    """The plain key of a record.

    :raises Forgotten: when it was destroyed or never was.
    """
    row = RecordKey.objects.filter(id=key_id).first()
    if row is None or row.destroyed_at is not None or not row.wrapped:
        raise Forgotten
    return _unwrap(row.id, row.centre_id, bytes(row.wrapped), row.version, ring())


def record_keys_bytes(key_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """The plain keys of several records, in one query; those that were destroyed or never were are left out."""
    keys = ring()
    rows = RecordKey.objects.filter(id__in=set(key_ids), destroyed_at=None)
    return {row.id: _unwrap(row.id, row.centre_id, bytes(row.wrapped), row.version, keys) for row in rows if row.wrapped}


def move_record_key(key_id: UUID, centre_id: UUID) -> None:
    """Wrap a record's key for another centre (a contact that is assigned to a centre)."""
    plain = record_key_bytes(key_id)
    keys = ring()
    wrapped = seal_bytes(keys.centre_key(centre_id, keys.current), plain, _place(key_id))
    RecordKey.objects.filter(id=key_id).update(centre_id=centre_id, wrapped=wrapped, version=keys.current)


def rewrap_keys(limit: int = 1000) -> int:
    """Wrap up to `limit` record keys of older masters with the current one. Returns how many; 0 when done."""
    keys = ring()
    rows = list(
        RecordKey.objects.select_for_update(skip_locked=True)
        .exclude(version=keys.current)
        .filter(destroyed_at=None)[:limit]
    )
    for row in rows:
        plain = open_bytes(keys.centre_key(row.centre_id or NATION, row.version), bytes(row.wrapped), _place(row.id))
        row.wrapped = seal_bytes(keys.centre_key(row.centre_id or NATION, keys.current), plain, _place(row.id))
        row.version = keys.current
    RecordKey.objects.bulk_update(rows, ["wrapped", "version"])
    return len(rows)


def tombstones_path() -> Path:
    return Path(settings.CAASIS_HOME) / "keys" / "erased.jsonl"


def destroy_record_key(key_id: UUID, now: datetime | None = None) -> None:
    """Destroy a record's key: the record, its history and its files become unreadable, also in every backup.

    When the transaction commits, a tombstone is written outside the database, so that a restore of an older backup
    destroys the key again. Not before: a tombstone of a destruction that was rolled back would kill a living record.
    """
    at = now or timezone.now()
    RecordKey.objects.filter(id=key_id, destroyed_at=None).update(wrapped=b"", destroyed_at=at)
    transaction.on_commit(lambda: _write_tombstones([(key_id, at)]), robust=True)


def _write_tombstones(rows: Iterable[tuple[UUID, datetime]]) -> None:
    path = tombstones_path()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(b"".join(json.dumps({"key": str(key), "at": at.isoformat()}).encode() + b"\n" for key, at in rows))
        file.flush()
        os.fsync(file.fileno())


def read_tombstones() -> dict[UUID, datetime]:
    """Every key that was ever destroyed, and when. A line that a crash cut off is left out; the job writes it anew."""
    path = tombstones_path()
    found: dict[UUID, datetime] = {}
    if path.exists():
        for line in path.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                raw = json.loads(line)
                found.setdefault(UUID(raw["key"]), datetime.fromisoformat(raw["at"]))
    return found


def complete_tombstones() -> int:
    """Write the tombstones that a crash or a full disk kept from being written. Returns how many."""
    known = read_tombstones()
    rows = RecordKey.objects.exclude(destroyed_at=None).values_list("id", "destroyed_at")
    missing = [(key, at) for key, at in rows.iterator() if key not in known and at is not None]
    if missing:
        _cut_off_tombstone()
        _write_tombstones(missing)
    return len(missing)


def _cut_off_tombstone() -> None:
    """End a line that a crash cut off, so that the next one isn't read as its rest."""
    path = tombstones_path()
    if path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")


def destroyed_since_backup() -> list[UUID]:
    """After a restore: keys that live again although they were destroyed since the backup was made."""
    ids = list(read_tombstones())
    alive: list[UUID] = []
    for start in range(0, len(ids), 1000):
        rows = RecordKey.objects.filter(id__in=ids[start : start + 1000], destroyed_at=None)
        alive += rows.values_list("id", flat=True)
    return alive
