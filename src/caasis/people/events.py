"""What the people room tells. Ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleMerged(Event):
    """`other` is read as `subject` from now on; or no more, when the merge was taken back."""

    topic: ClassVar[str] = "people.merged"
    other: UUID | None = None
    taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged(Event):
    """A consent of the person `subject` was recorded, or withdrawn."""

    topic: ClassVar[str] = "people.consent_changed"
    kind: str = ""
    withdrawn: bool = False
