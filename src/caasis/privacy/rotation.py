"""Rotating the master key: a new one, every record key wrapped anew, the old ones forgotten."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from caasis.platform.crypto.keyring import add_master, drop_masters
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import rewrap_keys, ring
from caasis.privacy.models import RecordKey

#: How long a transaction that began under the old master may take to end before the old master is kept for next time.
PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.2


def start_rotation() -> int:
    """Make a new master key; from now on new record keys are wrapped with it. Returns its version."""
    return add_master(Path(settings.CAASIS_HOME)).current


def is_unfinished() -> bool:
    """Whether an earlier rotation was stopped: then there is no need for yet another master."""
    return len(ring().masters) > 1 or left_to_wrap() > 0


def left_to_wrap() -> int:
    """How many record keys are still wrapped with an older master."""
    with system_transaction():
        return RecordKey.objects.exclude(version=ring().current).filter(destroyed_at=None).count()


def wrap_batch(limit: int = 1000) -> int:
    """Wrap up to `limit` record keys anew, in one transaction. Returns how many; 0 when none is left that is free."""
    with system_transaction():
        return rewrap_keys(limit)


def drop_unused_masters(*, patience_seconds: float = PATIENCE_SECONDS) -> set[int] | None:
    """Forget the masters that wrap nothing any more. Returns their versions, or None when it is too early.

    A transaction that was open when the new master came may still commit a record key wrapped with the old one; so this
    waits until every such transaction has ended, wraps what they brought, and only then forgets.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        since = cursor.fetchone()[0]
    deadline = time.monotonic() + patience_seconds
    while _open_since(since):
        if time.monotonic() > deadline:
            return None
        time.sleep(_LOOK_SECONDS)
    while wrap_batch():
        pass
    if left_to_wrap():
        return None
    keys = ring()
    with system_transaction():
        used = set(RecordKey.objects.filter(destroyed_at=None).values_list("version", flat=True).distinct())
    old = set(keys.masters) - used - {keys.current}
    if old:
        drop_masters(Path(settings.CAASIS_HOME), old)
    return old


def _open_since(moment: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = current_user AND pid <> pg_backend_pid() AND xact_start < %s)",
            [moment],
        )
        return bool(cursor.fetchone()[0])
