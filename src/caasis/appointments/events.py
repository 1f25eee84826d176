"""What the room tells. Ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPromised(Event):
    """Somebody is to be called back."""

    topic: ClassVar[str] = "appointments.callback_promised"
    asked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTried(Event):
    """A try is over; when the person was not reached, the promise still stands."""

    topic: ClassVar[str] = "appointments.callback_tried"
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDone(Event):
    """A promise has come to its end: reached, not_reached, cancelled or expired."""

    topic: ClassVar[str] = "appointments.callback_done"
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpListChanged(Event):
    """A list was made, changed, started, paused, goes on, or has ended."""

    topic: ClassVar[str] = "appointments.follow_up_list_changed"
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpChanged(Event):
    """Somebody of a list stands elsewhere: added, held, called, asked. `of_list` names the list."""

    topic: ClassVar[str] = "appointments.follow_up_changed"
    of_list: str = ""
    state: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTalkChanged(Event):
    """A talk by video was booked, moved, entered, begun or ended; `state` is what it is now."""

    topic: ClassVar[str] = "appointments.video_talk_changed"
    state: str = ""
    agent: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationEventChanged(Event):
    """An education event was written, opened, closed, cancelled or held; `state` is what it is now."""

    topic: ClassVar[str] = "appointments.education_event_changed"
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpChanged(Event):
    """Somebody signed up for an education event, moved up, or cancelled; `state` is what it is now."""

    topic: ClassVar[str] = "appointments.sign_up_changed"
    of_event: UUID | None = None
    state: str = ""
    people: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LectureRequestChanged(Event):
    """A lecture was asked for or answered; `state` is what it is now."""

    topic: ClassVar[str] = "appointments.lecture_request_changed"
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChanged(Event):
    """A time was booked, changed, cancelled, kept or missed; `state` is what it is now."""

    topic: ClassVar[str] = "appointments.booking_changed"
    state: str = ""
    way: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingHoursSet(Event):
    """A centre entered when it takes bookings. The subject is the centre."""

    topic: ClassVar[str] = "appointments.booking_hours_set"
