"""The outbox as the indexer's source of events. Rooms say which topics touch which kind of document."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import InterfaceError, OperationalError, connection

from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.search.sources import IndexEvent, register_events
from caasis.platform.transactions import system_transaction

_kind_of_prefix: dict[str, str] = {}


def follow_topics(prefix: str, kind: str) -> None:
    """Events whose topic begins with `prefix` have the id of a document of `kind` for their subject."""
    _kind_of_prefix[prefix] = kind


def read_events(after_position: int, limit: int) -> Sequence[IndexEvent]:
    """The next events of the outbox; those that touch no document move the position on."""
    # After a database that went away the connection of this thread is of no use: take a new one.
    connection.close_if_unusable_or_obsolete()
    with system_transaction():
        rows = OutboxEvent.objects.filter(position__gt=after_position).order_by("position")
        return [
            IndexEvent(position or 0, _kind(topic), str(subject))
            for position, topic, subject in rows.values_list("position", "topic", "subject")[:limit]
        ]


def _kind(topic: str) -> str:
    # The longest prefix wins: `cases.file_read` is about a file's text, every other `cases.` about a case.
    return _kind_of_prefix[max(fitting, key=len)] if (fitting := [p for p in _kind_of_prefix if topic.startswith(p)]) else ""


def bounds() -> tuple[int, int] | None:
    """The oldest position that the outbox still holds, and the newest that was given."""
    with system_transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT min(position) FROM platform_outbox")
        oldest = cursor.fetchone()[0]
        cursor.execute("SELECT last_position FROM platform_outbox_head")
        head = cursor.fetchone()[0]
    # An outbox that was emptied after seven quiet days has lost nothing: its next event is the head's successor.
    return (oldest if oldest is not None else head + 1, head) if head else None


def connect() -> None:
    """Called once when the application starts."""
    register_events(read_events, bounds, passing=(OperationalError, InterfaceError, ConnectionError, TimeoutError))
