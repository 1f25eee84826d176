"""What the channels room tells. Ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactReceived(Event):
    """A consumer reached a centre by a channel that waits for a person; a work item stands in the queue."""

    topic: ClassVar[str] = "channels.contact_received"
    channel: str = ""
    faq_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecorded(Event):
    """A counsellor entered a contact that has already taken place: a phone call, a visit, a letter."""

    topic: ClassVar[str] = "channels.contact_recorded"
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerWrote(Event):
    """The consumer sent a further message. `message` is its id."""

    topic: ClassVar[str] = "channels.consumer_wrote"
    message: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWritten(Event):
    """The centre wrote an answer. It leaves some seconds later, unless it is taken back."""

    topic: ClassVar[str] = "channels.answer_written"
    message: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCancelled(Event):
    """An answer was taken back before it left."""

    topic: ClassVar[str] = "channels.answer_cancelled"
    message: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStateChanged(Event):
    topic: ClassVar[str] = "channels.contact_state_changed"
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWithdrawn(Event):
    """The consumer took the consultation back."""

    topic: ClassVar[str] = "channels.contact_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchMemberChanged(Event):
    """A centre registered a member of its council for 見守り情報, gave a new link, or ended it."""

    topic: ClassVar[str] = "channels.watch_member_changed"
    what: str = ""
