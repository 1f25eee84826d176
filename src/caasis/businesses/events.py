"""What the businesses room tells. Ids only; a business is the nation's, so no centre is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessConfirmed(Event):
    topic: ClassVar[str] = "businesses.confirmed"
    taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessesMerged(Event):
    """`other` is read as `subject` from now on; or no more, when the merge was taken back."""

    topic: ClassVar[str] = "businesses.merged"
    other: UUID | None = None
    taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessSplit(Event):
    """A part of `subject` is a business of its own, `other`; or again a part of it."""

    topic: ClassVar[str] = "businesses.split"
    other: UUID | None = None
    taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingChanged(Event):
    topic: ClassVar[str] = "businesses.tracking_changed"
    tracked: bool = False
