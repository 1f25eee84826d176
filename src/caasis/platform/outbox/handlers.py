"""Who listens: rooms subscribe functions to topics; delivery is at least once, so handlers are idempotent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event as a handler gets it."""

    position: int
    topic: str
    subject: UUID
    centre_id: UUID | None
    actor_id: UUID | None
    payload: Mapping[str, Any]


Handler = Callable[[Delivered], None]


@dataclass(slots=True)
class Consumer:
    """A named reader of the outbox with a cursor of its own."""

    name: str
    handlers: dict[str, Handler] = field(default_factory=dict)


_consumers: dict[str, Consumer] = {}


def subscribe(consumer: str, *topics: str) -> Callable[[Handler], Handler]:
    """Register a handler for topics under the consumer's name, e.g. `analytics.facts`."""

    def register(handler: Handler) -> Handler:
        entry = _consumers.setdefault(consumer, Consumer(consumer))
        for topic in topics:
            known = entry.handlers.get(topic)
            if known is not None and known is not handler:
                raise ValueError(f"{consumer} has two handlers for {topic}")
            entry.handlers[topic] = handler
        return handler

    return register


def consumers() -> list[Consumer]:
    return [_consumers[name] for name in sorted(_consumers)]
