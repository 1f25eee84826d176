"""Events of the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordErased(Event):
    """A record's key was destroyed; `subject` is the key's id. Whoever keeps anything made of the record deletes it."""

    topic: ClassVar[str] = "privacy.record_erased"
    reason: str = ""
