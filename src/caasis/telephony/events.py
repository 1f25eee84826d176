"""What the telephone tells the desk. Ids and codes only: `subject` is the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(Event):
    """A call reached one of the centre's numbers, or came over from a partner."""

    topic: ClassVar[str] = "telephony.call_offered"
    number: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(Event):
    """A caller waits in a queue, or has left it for another."""

    topic: ClassVar[str] = "telephony.call_queued"
    queue: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRinging(Event):
    """It rings at an agent."""

    topic: ClassVar[str] = "telephony.call_ringing"
    agent: UUID | None = None
    queue: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConnected(Event):
    """An agent and the other side hear each other."""

    topic: ClassVar[str] = "telephony.call_connected"
    agent: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(Event):
    """The other side is on hold, or no more."""

    topic: ClassVar[str] = "telephony.call_held"
    agent: UUID | None = None
    held: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMissed(Event):
    """An agent did not answer or declined; the caller keeps the place."""

    topic: ClassVar[str] = "telephony.call_missed"
    agent: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChanged(Event):
    """Somebody came into a call or left it, or its recording changed: `what` says which."""

    topic: ClassVar[str] = "telephony.call_changed"
    agent: UUID | None = None
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpWanted(Event):
    """An agent in a call asks a supervisor for help."""

    topic: ClassVar[str] = "telephony.help_wanted"
    agent: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(Event):
    """Nobody is in the call any more. `outcome` is that of the centre (rules.call_record.Outcome), "" for an outbound one."""

    topic: ClassVar[str] = "telephony.call_ended"
    outcome: str = ""
    cause: str = ""
    agents: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswered(Event):
    """A request of the desk was done or refused: `subject` is the request."""

    topic: ClassVar[str] = "telephony.request_answered"
    agent: UUID | None = None
    done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmBegan(Event):
    """A limit of the centre is passed: `subject` is the alarm, `kind` a code of AlarmKind."""

    topic: ClassVar[str] = "telephony.alarm_began"
    kind: str = ""
    queue: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEnded(Event):
    """It is well within its limit again, or the limit was taken away."""

    topic: ClassVar[str] = "telephony.alarm_ended"
    kind: str = ""
    queue: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSeen(Event):
    """Somebody has said that they take care of it."""

    topic: ClassVar[str] = "telephony.alarm_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLimitsChanged(Event):
    """A centre's limits are other ones: `subject` is the centre."""

    topic: ClassVar[str] = "telephony.alarm_limits_changed"
