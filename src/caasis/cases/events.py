"""What the cases room tells. Ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Event):
    topic: ClassVar[str] = "cases.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSaved(Event):
    topic: ClassVar[str] = "cases.card_saved"
    version: int = 0
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAssigned(Event):
    topic: ClassVar[str] = "cases.assigned"
    to: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStateChanged(Event):
    topic: ClassVar[str] = "cases.state_changed"
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRegistered(Event):
    topic: ClassVar[str] = "cases.registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(Event):
    topic: ClassVar[str] = "cases.reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTimelineGrew(Event):
    """A note, a task, an answer or a message of the consumer was added."""

    topic: ClassVar[str] = "cases.timeline_grew"
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead(Event):
    """The words of a file were read, or the file was taken away. The subject is the file's text, not the case."""

    topic: ClassVar[str] = "cases.file_read"
    case: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralChanged(Event):
    """A referral was sent, opened, accepted, returned, answered or ended. `subject` is the case, `state` the new state.

    Told once to each of the two centres, so that `centre_id` keeps saying who may hear it.
    """

    topic: ClassVar[str] = "cases.referral_changed"
    referral: UUID
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpAsked(Event):
    """Somebody is asked for help, or the next tier is; `subject` is the case, or the request when there is no case yet."""

    topic: ClassVar[str] = "cases.help_asked"
    trigger: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpSettled(Event):
    """A request was answered, taken, declined or withdrawn."""

    topic: ClassVar[str] = "cases.help_settled"
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMerged(Event):
    """`subject` is the merged case, `into` the one that goes on."""

    topic: ClassVar[str] = "cases.merged"
    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUnmerged(Event):
    """A merge was taken apart; `subject` is the case that stands on its own again, `of` the one it was read through."""

    topic: ClassVar[str] = "cases.unmerged"
    of: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCorrected(Event):
    """Coded fields of a registered case were corrected by the national centre, or put back."""

    topic: ClassVar[str] = "cases.corrected"
    correction: UUID | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionAnswered(Event):
    """The centre saw or disputed a correction, or the national centre answered; `state` is the correction's."""

    topic: ClassVar[str] = "cases.correction_answered"
    correction: UUID | None = None
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBreached(Event):
    """A response clock has missed its target."""

    topic: ClassVar[str] = "cases.clock_breached"
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleagueMentioned(Event):
    """A note names colleagues."""

    topic: ClassVar[str] = "cases.mentioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDue(Event):
    """The moment of a task has come; `to` is whose it is."""

    topic: ClassVar[str] = "cases.task_due"
    to: UUID | None = None
