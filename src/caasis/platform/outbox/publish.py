"""Publishing: a row in the outbox, in the transaction that saves the change."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from caasis.kernel.actor import Actor
from caasis.kernel.events import Event
from caasis.platform.inserting import new_row
from caasis.platform.outbox.models import OutboxEvent


def outbox_row(event: Event, actor: Actor) -> OutboxEvent:
    """The unsaved row of an event, for bulk writers."""
    return new_row(
        OutboxEvent,
        topic=event.topic,
        subject=event.subject,
        centre_id=event.centre_id,
        actor_id=actor.id,
        payload=event.payload(),
    )


def publish(event: Event, *, actor: Actor) -> None:
    """Put an event into the outbox. Must run inside the transaction that saves what the event tells."""
    publish_all([event], actor=actor)


def publish_all(events: Iterable[Event], *, actor: Actor) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event leaves only together with the change that it tells: open a transaction")
    OutboxEvent.objects.bulk_create([outbox_row(event, actor) for event in events])
