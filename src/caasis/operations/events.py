"""What the room tells. Ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterRecorded(Event):
    """A complaint about our handling, or an incident, was written down."""

    topic: ClassVar[str] = "operations.matter_recorded"
    sort: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterChanged(Event):
    """Something was done about it; `what` says which step."""

    topic: ClassVar[str] = "operations.matter_changed"
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterClosed(Event):
    topic: ClassVar[str] = "operations.matter_closed"
    sort: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyChanged(Event):
    """A survey was written, published or ended; `state` is the new state."""

    topic: ClassVar[str] = "operations.survey_changed"
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAsked(Event):
    """A closed case was looked at: its consumer is asked, or not; `state` and `not_asked` say what, `subject` the request."""

    topic: ClassVar[str] = "operations.survey_asked"
    state: str = ""
    not_asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswered(Event):
    """A consumer answered, or did not want to; `subject` is the request."""

    topic: ClassVar[str] = "operations.survey_answered"
    state: str = ""
