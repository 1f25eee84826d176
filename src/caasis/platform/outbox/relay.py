"""The relay: the one process that numbers committed events, wakes the readers, and runs the handlers."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from django.db import OperationalError, close_old_connections, connection, transaction
from django.utils import timezone

from caasis.platform.outbox.handlers import Consumer, Delivered, consumers
from caasis.platform.outbox.models import ConsumerCursor, DeadLetter, OutboxEvent
from caasis.platform.transactions import system_transaction

log = logging.getLogger(__name__)

#: Any fixed number: the session-wide lock that lets only one relay number events.
RELAY_LOCK = 0x0CAA515
CHANNEL = "caasis_position"
BATCH = 1000
HANDLER_BATCH = 200
PAUSE_SECONDS = 0.05
MAX_TRIES = 5
KEEP = timedelta(days=7)


def number_committed_events(limit: int = BATCH) -> int:
    """Give positions to committed, unnumbered rows, oldest first, and notify. Returns how many.

    A row whose transaction is still open is invisible here and gets a higher position later: a reader that goes by
    position never skips it. The advisory transaction lock makes two relays take turns.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RELAY_LOCK])
        cursor.execute(
            """
            WITH fresh AS (
                SELECT id, row_number() OVER (ORDER BY created_at, id) AS n
                FROM (SELECT id, created_at FROM platform_outbox WHERE position IS NULL
                      ORDER BY created_at, id LIMIT %s) AS oldest
            ), base AS (SELECT last_position AS top FROM platform_outbox_head)
            UPDATE platform_outbox o SET position = base.top + fresh.n
            FROM fresh, base WHERE o.id = fresh.id
            """,
            [limit],
        )
        count = cursor.rowcount
        if count:
            # The head lives in a row of its own, so that numbers go on after old events are deleted.
            cursor.execute(
                "UPDATE platform_outbox_head SET last_position = last_position + %s RETURNING last_position", [count]
            )
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(cursor.fetchone()[0])])
        return count


def deliver(consumer: Consumer, limit: int = HANDLER_BATCH) -> int:
    """Hand the next events to one consumer. Returns how many events its cursor has passed."""
    with system_transaction():
        cursor = ConsumerCursor.objects.select_for_update().filter(consumer=consumer.name, node="").first()
        if cursor is None:
            ConsumerCursor.objects.get_or_create(consumer=consumer.name, node="")
            cursor = ConsumerCursor.objects.select_for_update().get(consumer=consumer.name, node="")
        rows = list(OutboxEvent.objects.filter(position__gt=cursor.position).order_by("position")[:limit])
        for row in rows:
            handler = consumer.handlers.get(row.topic)
            if handler is not None:
                event = Delivered(
                    position=row.position or 0,
                    topic=row.topic,
                    subject=row.subject,
                    centre_id=row.centre_id,
                    actor_id=row.actor_id,
                    payload=row.payload,
                )
                if not _handle(consumer, handler, event):
                    # A failing event is set aside after its tries; those behind it go on.
                    pass
            cursor.position = row.position or cursor.position
        if rows:
            cursor.save(update_fields=["position", "updated_at"])
        return len(rows)


def _handle(consumer: Consumer, handler, event: Delivered) -> bool:  # type: ignore[no-untyped-def]
    error = ""
    for attempt in range(1, MAX_TRIES + 1):
        try:
            with transaction.atomic():
                handler(event)
            return True
        except OperationalError:
            # The database itself is gone: nothing of this batch counts, the caller tries again from the cursor.
            raise
        except Exception as exc:
            error = f"{type(exc).__name__}: {exc}"
            log.warning(
                "handler failed",
                extra={"consumer": consumer.name, "topic": event.topic, "position": event.position, "attempt": attempt},
                exc_info=attempt == MAX_TRIES,
            )
            time.sleep(0.02 * attempt)
    DeadLetter.objects.update_or_create(
        consumer=consumer.name,
        position=event.position,
        defaults={
            "topic": event.topic,
            "subject": event.subject,
            "centre_id": event.centre_id,
            "payload": dict(event.payload),
            "error": error[:2000],
            "tries": MAX_TRIES,
        },
    )
    return False


def retry_dead_letter(letter: DeadLetter) -> bool:
    """Try one dead letter again; True when the handler took it."""
    by_name = {consumer.name: consumer for consumer in consumers()}
    consumer = by_name.get(letter.consumer)
    handler = consumer.handlers.get(letter.topic) if consumer else None
    if handler is None:
        return False
    event = Delivered(letter.position, letter.topic, letter.subject, letter.centre_id, None, letter.payload)
    with system_transaction():
        try:
            with transaction.atomic():
                handler(event)
        except Exception as exc:
            letter.error = f"{type(exc).__name__}: {exc}"[:2000]
            letter.tries += 1
            letter.save(update_fields=["error", "tries"])
            return False
        letter.resolved_at = timezone.now()
        letter.save(update_fields=["resolved_at"])
        return True


def forget_old_events(keep: timedelta = KEEP, limit: int = 5000) -> int:
    """Delete delivered events older than `keep`, a batch at a time; none that a reader has yet to see."""
    slowest = min((c.position for c in ConsumerCursor.objects.all()), default=0)
    old = OutboxEvent.objects.filter(created_at__lt=timezone.now() - keep, position__lte=slowest).values("id")[:limit]
    count, _ = OutboxEvent.objects.filter(id__in=list(old.values_list("id", flat=True))).delete()
    return count


def run_once() -> int:
    """Number what is committed and deliver it all: what the process does in a loop, and what tests call."""
    done = 0
    while number_committed_events():
        done += 1
    for consumer in consumers():
        while deliver(consumer):
            done += 1
    return done


def run(stop: threading.Event) -> None:
    """The process: until `stop`, number and deliver. Survives a database that restarts."""
    last_cleaning = 0.0
    while not stop.is_set():
        try:
            busy = number_committed_events()
            for consumer in consumers():
                busy += deliver(consumer)
            if time.monotonic() - last_cleaning > 600:
                last_cleaning = time.monotonic()
                with system_transaction():
                    forget_old_events()
        except OperationalError:
            log.warning("the database does not answer, trying again")
            connection.close()
            close_old_connections()
            stop.wait(0.5)
            continue
        if not busy:
            stop.wait(PAUSE_SECONDS)
