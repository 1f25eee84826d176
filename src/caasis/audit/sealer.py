"""The sealer: the one process that chains committed access rows, each second, and anchors the chain's head.

Access rows are inserted unchained in the saving transaction. They become visible in the order of commits, not of their
times, so a cursor on time or id would skip the rows of a slow transaction. The sealer therefore asks which rows have no
link yet, and looks back as far as the oldest transaction that was open when it last looked.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from caasis.audit import anchor
from caasis.audit.chain import COLUMNS, GENESIS, Link, chain_digest, row_digest, rows_digest
from caasis.audit.models import AccessSeal, SealedRow
from caasis.platform.inserting import insert_together, new_row
from caasis.platform.transactions import system_transaction

log = logging.getLogger(__name__)

SEALER_LOCK = 0x0CAA518
EACH_SECONDS = 1.0
BATCH = 5000
#: The head is anchored this often while there is something new: an attacker's window, against the file's growth.
ANCHOR_SECONDS = 10.0
#: A row's time is taken by the application before its transaction begins; clocks of two machines differ.
SKEW = timedelta(minutes=10)
#: Now and then, and after a start, much further back: for what the look at open transactions can't see.
LONG_LOOK = timedelta(days=7)
LONG_LOOK_EACH_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one look brought: how many rows got a link, and from when on the next look must look."""

    rows: int
    look_from: datetime


def seal_once(look_from: datetime) -> Sealed:
    """Give every committed access row since `look_from` that has no link a place in the next one."""
    with system_transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
        # Asked before the rows are read: whatever is invisible then belongs to a transaction that is open now or later.
        cursor.execute(
            "SELECT least(now(), min(xact_start)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        open_since: datetime = cursor.fetchone()[0]
        columns = ", ".join(f"a.{name}" for name in COLUMNS)
        cursor.execute(
            f"SELECT {columns} FROM audit_access a WHERE a.at >= %s"  # noqa: S608 (constant column names)
            " AND NOT EXISTS (SELECT 1 FROM audit_sealed_row s WHERE s.access_id = a.id) ORDER BY a.id LIMIT %s",
            [look_from, BATCH],
        )
        rows = cursor.fetchall()
        if not rows:
            return Sealed(0, open_since - SKEW)
        before = AccessSeal.objects.order_by("-number").first()
        digests = [row_digest(row) for row in rows]
        link = Link(before.number + 1 if before else 1, timezone.now(), len(rows), rows_digest(digests))
        AccessSeal.objects.create(
            number=link.number,
            sealed_at=link.sealed_at,
            row_count=link.row_count,
            rows_digest=link.rows_digest,
            chain_digest=chain_digest(before.chain_digest if before else GENESIS, link),
        )
        insert_together(
            new_row(SealedRow, access_id=row[0], at=row[1], seal_number=link.number, digest=digest)
            for row, digest in zip(rows, digests, strict=True)
        )
    # A full batch means that there is more: the next look starts where this one did.
    return Sealed(len(rows), look_from if len(rows) == BATCH else open_since - SKEW)


def long_look_from() -> datetime:
    """From when on a long look must look: as far back as this sealer may have been away, and a week more."""
    with system_transaction():
        head = AccessSeal.objects.order_by("-number").first()
        return (head.sealed_at if head else datetime.fromisoformat("2000-01-01T00:00:00+00:00")) - LONG_LOOK


def seal_all() -> int:
    """Seal everything that is committed. Returns how many rows; what tests and the restore call."""
    look_from, total = long_look_from(), 0
    while (done := seal_once(look_from)).rows:
        look_from, total = min(look_from, done.look_from), total + done.rows
    return total


def anchor_head() -> bool:
    """Write the chain's head to the anchor unless it stands there already. Returns whether it wrote."""
    with system_transaction():
        head = AccessSeal.objects.order_by("-number").first()
    newest = anchor.last()
    if head is None or (newest is not None and newest.number >= head.number):
        return False
    anchor.append(head.number, head.chain_digest, head.sealed_at)
    return True


def note_restore() -> None:
    """After a restore from a backup: say in the anchor that the chain goes on from an older head, knowingly."""
    with system_transaction():
        head = AccessSeal.objects.order_by("-number").first()
    anchor.append(head.number if head else 0, head.chain_digest if head else GENESIS, timezone.now(), restored=True)


def run(stop: threading.Event) -> None:
    """The process: seal each second until `stop`. Survives a database that restarts."""
    look_from: datetime | None = None
    next_long_look = next_anchor = 0.0
    while not stop.is_set():
        full = False
        try:
            now = time.monotonic()
            if look_from is None or now >= next_long_look:
                look_from, next_long_look = long_look_from(), now + LONG_LOOK_EACH_SECONDS
            done = seal_once(look_from)
            look_from, full = done.look_from, done.rows == BATCH
            if now >= next_anchor:
                next_anchor = now + ANCHOR_SECONDS
                anchor_head()
        except (OperationalError, InterfaceError):
            log.warning("the database does not answer, trying again")
            connection.close()
            close_old_connections()
            look_from = None
        except (OSError, anchor.AnchorUnreadable):
            # Sealing goes on; the missing anchor is caught up with the next head, and verify tells of a damaged file.
            log.exception("the anchor can't be written")
        if not full:
            stop.wait(EACH_SECONDS)
    try:
        anchor_head()
    except (OperationalError, InterfaceError, OSError, anchor.AnchorUnreadable):
        log.warning("the last head is not anchored")
    finally:
        connection.close()
