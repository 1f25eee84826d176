"""The relay: the one process that numbers committed events, wakes the readers, and runs the handlers."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.db.models import F, Min
from django.utils import timezone

from caasis.platform.outbox.handlers import Consumer, Delivered, Handler, consumers
from caasis.platform.outbox.models import ConsumerCursor, DeadLetter, OutboxEvent
from caasis.platform.transactions import system_transaction

log = logging.getLogger(__name__)

#: Any fixed number: the session-wide lock that lets only one relay number events.
RELAY_LOCK = 0x0CAA515
CHANNEL = "caasis_position"
BATCH = 1000
HANDLER_BATCH = 200
PAUSE_SECONDS = 0.05
#: Tries at once; what still fails is set aside as a dead letter, so that those behind it go on.
MAX_TRIES = 3
#: A dead letter is tried again by itself after 30 s, 1, 2, 4 … minutes, this often; then only a person tries it again.
LATER_TRIES = 8
FIRST_LATER_SECONDS = 30
LETTERS_EACH_SECONDS = 10.0
KEEP = timedelta(days=7)
#: A reader that has stood still for so long while there was something to read is gone, and holds nothing back.
ABANDONED = timedelta(days=30)


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
        return int(count)


def head_position() -> int:
    """The last position given."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_position FROM platform_outbox_head")
        return int(cursor.fetchone()[0])


def deliver(consumer: Consumer, limit: int = HANDLER_BATCH) -> int:
    """Hand the next events to one consumer, in one transaction with its cursor. Returns how many events it has passed.

    When the process is killed in the middle, neither the handlers' writes nor the cursor's step are committed.
    """
    return _deliver(consumer, limit).passed


@dataclass(frozen=True, slots=True)
class _Step:
    """What one delivery came to: positions passed, where the consumer stands now, and whether more waits for certain."""

    passed: int
    position: int
    full: bool


def _deliver(consumer: Consumer, limit: int) -> _Step:
    with system_transaction():
        ConsumerCursor.objects.get_or_create(consumer=consumer.name, node="")
        cursor = ConsumerCursor.objects.select_for_update().get(consumer=consumer.name, node="")
        before, head = cursor.position, head_position()
        # Everything up to the head is committed and numbered: topics that nobody listens to need not be read.
        fresh = OutboxEvent.objects.filter(position__gt=before, position__lte=head, topic__in=list(consumer.handlers))
        rows = list(fresh.order_by("position")[:limit])
        if rows and _is_wanted(consumer):
            _hand_over(consumer, [_delivered(row) for row in rows])
        full = len(rows) >= limit
        cursor.position = (rows[-1].position or before) if full else max(before, head)
        if cursor.position > before:
            cursor.save(update_fields=["position", "updated_at"])
        return _Step(cursor.position - before, cursor.position, full)


def _delivered(row: OutboxEvent) -> Delivered:
    return Delivered(
        position=row.position or 0,
        topic=row.topic,
        subject=row.subject,
        centre_id=row.centre_id,
        actor_id=row.actor_id,
        payload=row.payload,
    )


def _hand_over(consumer: Consumer, events: Sequence[Delivered]) -> None:
    if consumer.together is not None and len(events) > 1:
        try:
            with transaction.atomic():
                consumer.together(events)
            return
        except Exception as error:
            if isinstance(error, OperationalError | InterfaceError) and _connection_is_lost():
                raise
            log.warning("a portion is handled one by one", extra={"consumer": consumer.name}, exc_info=True)
    for event in events:
        # A failing event is set aside after its tries; those behind it go on.
        _handle(consumer, consumer.handlers[event.topic], event)


def _is_wanted(consumer: Consumer) -> bool:
    """Whether anybody waits for its events. A question that fails is a yes: the handlers' own tries deal with it."""
    if consumer.wanted is None:
        return True
    try:
        with transaction.atomic():
            return consumer.wanted()
    except Exception as error:
        if isinstance(error, OperationalError | InterfaceError) and _connection_is_lost():
            raise
        log.warning("it could not be told whether events are wanted", extra={"consumer": consumer.name}, exc_info=True)
        return True


def _handle(consumer: Consumer, handler: Handler, event: Delivered) -> None:
    error = ""
    for attempt in range(1, MAX_TRIES + 1):
        failed = _attempt(consumer, handler, event, attempt)
        if failed is None:
            return
        error = failed
        time.sleep(0.02 * attempt)
    DeadLetter.objects.update_or_create(
        consumer=consumer.name,
        position=event.position,
        defaults={
            "topic": event.topic,
            "subject": event.subject,
            "centre_id": event.centre_id,
            "payload": dict(event.payload),
            "error": error,
            "tries": MAX_TRIES,
            "resolved_at": None,
        },
    )


def _attempt(consumer: Consumer, handler: Handler, event: Delivered, attempt: int) -> str | None:
    """Run a handler in a savepoint. Returns None, or what failed: kind and place, never the text, which may quote
    a person."""
    try:
        with transaction.atomic():
            handler(event)
        return None
    except Exception as exc:
        if isinstance(exc, OperationalError | InterfaceError) and _connection_is_lost():
            # The database itself is gone: nothing of this batch counts, the caller tries again from the cursor. A
            # deadlock or a statement that ran too long is the handler's own failure and must not hold up the rest.
            raise
        log.warning(
            "handler failed",
            extra={"consumer": consumer.name, "topic": event.topic, "position": event.position, "attempt": attempt},
            exc_info=True,
        )
        frame = traceback.extract_tb(exc.__traceback__)[-1]
        return f"{type(exc).__name__} ({frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name})"


def _connection_is_lost() -> bool:
    return connection.connection is None or bool(connection.connection.closed)


def retry_dead_letter(letter: DeadLetter) -> bool:
    """Try one dead letter again; True when it is settled, now or before."""
    by_name = {consumer.name: consumer for consumer in consumers()}
    consumer = by_name.get(letter.consumer)
    handler = consumer.handlers.get(letter.topic) if consumer else None
    with system_transaction():
        # Locked, so that the operator and the relay don't run the handler at the same time.
        fresh = DeadLetter.objects.select_for_update().filter(id=letter.id, resolved_at=None).first()
        if fresh is None:
            return True
        fresh.tries += 1
        failed: str | None = "no handler is registered any more"
        if consumer is not None and handler is not None:
            event = Delivered(fresh.position, fresh.topic, fresh.subject, fresh.centre_id, None, fresh.payload)
            failed = _attempt(consumer, handler, event, fresh.tries)
        if failed is None:
            fresh.resolved_at = timezone.now()
        else:
            fresh.error = failed
        fresh.save(update_fields=["error", "tries", "resolved_at"])
        return failed is None


def retry_due_dead_letters() -> int:
    """Try again the dead letters whose time has come. Returns how many were settled."""
    now = timezone.now()
    with system_transaction():
        open_letters = list(DeadLetter.objects.filter(resolved_at=None, tries__lt=MAX_TRIES + LATER_TRIES))
    settled = 0
    for letter in open_letters:
        wait = timedelta(seconds=FIRST_LATER_SECONDS * (2 ** (letter.tries - MAX_TRIES + 1) - 1))
        if letter.created_at + wait <= now:
            settled += retry_dead_letter(letter)
    return settled


def forget_old_events(keep: timedelta = KEEP, limit: int = 5000) -> int:
    """Delete delivered events older than `keep`, the lowest positions first; none that a reader has yet to see.

    What is left is always a gapless end of the outbox: a browser that asks for everything after a position either gets
    it, or is told to load anew.
    """
    now = timezone.now()
    readers = ConsumerCursor.objects.exclude(position__lt=head_position(), updated_at__lt=now - ABANDONED)
    slowest = readers.aggregate(low=Min("position"))["low"]
    if slowest is None:
        return 0
    youngest = OutboxEvent.objects.filter(created_at__gte=now - keep, position__isnull=False)
    bound = youngest.aggregate(low=Min("position"))["low"]
    old = OutboxEvent.objects.filter(position__lte=slowest)
    if bound is not None:
        old = old.filter(position__lt=bound)
    ids = list(old.order_by(F("position")).values_list("id", flat=True)[:limit])
    count, _ = OutboxEvent.objects.filter(id__in=ids).delete()
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
    """The process: until `stop`, number and deliver. Survives a database that restarts.

    Deleting old events is a job's work, not the relay's.
    """
    passed: dict[str, int] = {}
    next_letters = 0.0
    while not stop.is_set():
        try:
            more = _turn(passed, stop)
            if time.monotonic() >= next_letters:
                next_letters = time.monotonic() + LETTERS_EACH_SECONDS
                retry_due_dead_letters()
        except (OperationalError, InterfaceError):
            log.warning("the database does not answer, trying again")
            connection.close()
            close_old_connections()
            passed.clear()
            stop.wait(0.5)
            continue
        # What is saved meanwhile gathers: a round of its own for each save would cost more than the save.
        if not more:
            stop.wait(PAUSE_SECONDS)
    connection.close()


def _turn(passed: dict[str, int], stop: threading.Event) -> bool:
    """One round: number, then deliver to every consumer that isn't at the head. `passed` remembers how far each is.

    Returns True when more is waiting for certain. An idle round costs two short queries, however many consumers there
    are. The head is asked for, not remembered: the other relay of a pair may have numbered and died before it delivered.
    """
    more = number_committed_events() >= BATCH
    head = head_position()
    behind = [consumer for consumer in consumers() if passed.get(consumer.name) != head]
    skipping = _without_news(behind, passed, head)
    if skipping:
        skipping = _skip_to(head, {name: passed[name] for name in skipping})
        passed |= dict.fromkeys(skipping, head)
    for consumer in behind:
        if stop.is_set():
            return more
        if consumer.name in skipping:
            continue
        step = _deliver(consumer, HANDLER_BATCH)
        more = more or step.full
        passed[consumer.name] = min(step.position, head)
    return more


def _without_news(behind: Sequence[Consumer], passed: Mapping[str, int], head: int) -> list[str]:
    """Names of consumers that have seen everything up to where they stood, and for whom nothing came since."""
    known = [consumer for consumer in behind if consumer.name in passed]
    if not known:
        return []
    since = min(passed[consumer.name] for consumer in known)
    fresh = OutboxEvent.objects.filter(position__gt=since, position__lte=head)
    topics = set(fresh.order_by().values_list("topic", flat=True).distinct())
    return [consumer.name for consumer in known if topics.isdisjoint(consumer.handlers)]


def _skip_to(head: int, stands: Mapping[str, int]) -> list[str]:
    """Move cursors from where they stand to the head in one statement: a transaction for each, with nothing to hand over,
    costs more than a save. Returns who was moved; a cursor that somebody has set back meanwhile stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE platform_consumer_cursor c SET position = %s, updated_at = now()"
            " FROM unnest(%s::text[], %s::bigint[]) AS stand (consumer, position)"
            " WHERE c.consumer = stand.consumer AND c.node = '' AND c.position BETWEEN stand.position AND %s"
            " RETURNING c.consumer",
            [head, list(stands), list(stands.values()), head],
        )
        return [str(row[0]) for row in cursor.fetchall()]
