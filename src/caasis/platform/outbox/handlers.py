"""Who listens: rooms subscribe functions to topics; delivery is at least once, so handlers are idempotent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
#: Deals with a portion of events at once, all or none.
Together = Callable[[Sequence[Delivered]], None]


@dataclass(slots=True)
class Consumer:
    """A named reader of the outbox with a cursor of its own."""

    name: str
    handlers: dict[str, Handler] = field(default_factory=dict)
    #: Asked once for each portion of events; when it says no, they are passed over. None: always wanted.
    wanted: Callable[[], bool] | None = None
    #: Tried first with a whole portion; what it can't do is done one by one.
    together: Together | None = None


_consumers: dict[str, Consumer] = {}


def subscribe(
    consumer: str, *topics: str, wanted: Callable[[], bool] | None = None, together: Together | None = None
) -> Callable[[Handler], Handler]:
    """Register a handler for topics under the consumer's name, e.g. `analytics.facts`.

    `wanted` tells, after events were committed, whether anybody waits for such events at all: asking once for a portion
    is cheaper than once for each. `together` does for many events, of all topics of the consumer, what the handler does for
    one; where it fails, the handler is given each, so that only the events that can't be dealt with are set aside.
    """

    def register(handler: Handler) -> Handler:
        entry = _consumers.setdefault(consumer, Consumer(consumer))
        if wanted is not None:
            entry.wanted = wanted
        if together is not None:
            entry.together = together
        for topic in topics:
            known = entry.handlers.get(topic)
            if known is not None and known is not handler:
                raise ValueError(f"{consumer} has two handlers for {topic}")
            entry.handlers[topic] = handler
        return handler

    return register


def consumers() -> list[Consumer]:
    return [_consumers[name] for name in sorted(_consumers)]
