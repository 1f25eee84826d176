"""Events of the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCreated(Event):
    """An account was made; `subject` is the user."""

    topic: ClassVar[str] = "accounts.user_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesChanged(Event):
    """A user's roles changed; open streams ask anew what the user may hear."""

    topic: ClassVar[str] = "accounts.roles_changed"
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsEnded(Event):
    """Sessions of a user were ended: too many, or at somebody's wish; open streams ask who is there."""

    topic: ClassVar[str] = "accounts.sessions_ended"
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAccessOpened(Event):
    """Somebody opens a record in an emergency; `subject` is the access. The centre's head reviews it."""

    topic: ClassVar[str] = "accounts.emergency_access_opened"
    object_kind: str
    object_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAccessReviewed(Event):
    """The centre's head has looked at an opening in an emergency."""

    topic: ClassVar[str] = "accounts.emergency_access_reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimePasswordIssued(Event):
    """An administrator handed out a password for one login; the one before is gone."""

    topic: ClassVar[str] = "accounts.one_time_password_issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUnlocked(Event):
    """Failed logins of a user were forgotten, so that another try is possible at once."""

    topic: ClassVar[str] = "accounts.user_unlocked"
