"""Base of every event. An event is a fact in the past, carries no personal data, and leaves through the outbox."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact that the upper rooms may hear of.

    `topic` is `<room>.<past_tense>`; `subject` is the id of what it is about; `centre_id` the centre that may see it.
    Values must be JSON-serialisable or UUID; text typed by or about a person never belongs here.
    """

    topic: ClassVar[str]
    subject: UUID
    centre_id: UUID | None = None

    def payload(self) -> dict[str, Any]:
        """The event's own fields as JSON values (UUIDs as strings)."""
        kind: Any = type(self)
        return {name: _plain(getattr(self, name)) for name in _own_names(kind)}


@cache
def _own_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name not in ("subject", "centre_id"))


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
