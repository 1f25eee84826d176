"""Base of every event. An event is a fact in the past, carries no personal data, and leaves through the outbox."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
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
        own = {f.name for f in fields(self)} - {"subject", "centre_id"}
        return {key: _plain(value) for key, value in asdict(self).items() if key in own}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
