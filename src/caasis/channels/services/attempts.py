"""Counting tries. Codes that people can say are short; what makes them safe is that nobody may try often."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from caasis.channels.models import Attempts
from caasis.kernel.ids import uuid7
from caasis.platform.crypto.ciphers import blind_index
from caasis.privacy.keys import NATION, ring


def keyed_hash(kind: str, text: str, *, version: int | None = None) -> bytes:
    """16 bytes that stand for a text without telling it; the key lies outside the database."""
    keys = ring()
    return blind_index(keys.blind_key(NATION, version or keys.blind), kind, text)


def known_hashes(kind: str, text: str) -> list[bytes]:
    """The hash under every version of the blind key: what was stored before a change of keys is found, too."""
    return [keyed_hash(kind, text, version=version) for version in sorted(ring().blind_masters, reverse=True)]


def count_attempt(kind: str, subject: str, *, limit: int, window: timedelta) -> int:
    """Count one try and return how many there were in this window; a window that is over starts anew.

    The try that reaches the limit starts the window again, so that a lock always lasts the whole window. One statement,
    so that tries that come at once are all counted. Must run in a transaction that commits whatever the answer is: a
    refusal that rolls its own count back would count nothing.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO channels_attempts AS a (id, kind, subject, count, window_ends_at)
            VALUES (%(id)s, %(kind)s, %(subject)s, 1, %(end)s)
            ON CONFLICT (kind, subject) DO UPDATE SET
                count = CASE WHEN a.window_ends_at <= %(now)s THEN 1 ELSE a.count + 1 END,
                window_ends_at = CASE WHEN a.window_ends_at <= %(now)s OR a.count + 1 = %(limit)s THEN EXCLUDED.window_ends_at
                                      ELSE a.window_ends_at END
            RETURNING count
            """,
            {
                "id": uuid7(),
                "kind": kind,
                "subject": keyed_hash(f"attempts:{kind}", subject),
                "end": now + window,
                "now": now,
                "limit": limit,
            },
        )
        return int(cursor.fetchone()[0])


def attempts_so_far(kind: str, subject: str) -> int:
    """How many tries the present window holds."""
    row = Attempts.objects.filter(
        kind=kind, subject=keyed_hash(f"attempts:{kind}", subject), window_ends_at__gt=timezone.now()
    ).first()
    return row.count if row else 0


def forget_attempts(kind: str, subject: str) -> None:
    """A right answer wipes the slate."""
    Attempts.objects.filter(kind=kind, subject=keyed_hash(f"attempts:{kind}", subject)).delete()
