"""Record keys: made, unwrapped, wrapped anew, destroyed."""

from __future__ import annotations

import functools
import json
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from caasis.kernel.ids import uuid7
from caasis.platform.crypto.ciphers import new_key, open_bytes, seal_bytes
from caasis.platform.crypto.keyring import KeyRing, load_keyring
from caasis.privacy.models import RecordKey

#: Keys of the public's intake before a centre is known are wrapped for this pseudo centre.
NATION = UUID(int=0)


class Forgotten(LookupError):
    """The record's key is destroyed: what it sealed can't be read by anybody again."""


def ring() -> KeyRing:
    return load_keyring(Path(settings.CAASIS_HOME))


def _place(key_id: UUID) -> str:
    return f"privacy_record_key:{key_id}:wrapped"


def new_record_key(centre_id: UUID | None) -> tuple[RecordKey, bytes]:
    """An unsaved record key and its plain bytes, for bulk writers."""
    keys = ring()
    plain = new_key()
    key_id = uuid7()
    wrapped = seal_bytes(keys.centre_key(centre_id or NATION, keys.current), plain, _place(key_id))
    return RecordKey(id=key_id, centre_id=centre_id, wrapped=wrapped, version=keys.current), plain


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
        raise Forgotten("この記録の個人情報は消去されています。")
    return _unwrap(row.id, row.centre_id, bytes(row.wrapped), row.version, ring())


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
    """Destroy a record's key: the record, its history and its files become unreadable.

    A tombstone is written outside the database, so that a restore of an older backup destroys the key again.
    """
    at = now or timezone.now()
    path = tombstones_path()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write(json.dumps({"key": str(key_id), "at": at.isoformat()}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    RecordKey.objects.filter(id=key_id).update(wrapped=b"", destroyed_at=at)


def reapply_tombstones() -> int:
    """After a restore: destroy again every key that was destroyed since the backup. Returns how many."""
    path = tombstones_path()
    if not path.exists():
        return 0
    ids = [UUID(json.loads(line)["key"]) for line in path.read_text().splitlines() if line.strip()]
    return RecordKey.objects.filter(id__in=ids, destroyed_at=None).update(wrapped=b"", destroyed_at=timezone.now())
