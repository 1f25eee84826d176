"""What the queues tell. Ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChanged(Event):
    """The member of staff `subject` is in another state; `reason` is a code."""

    topic: ClassVar[str] = "queues.agent_state_changed"
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSkillsChanged(Event):
    """The skills of the member of staff `subject` are other ones."""

    topic: ClassVar[str] = "queues.agent_skills_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged(Event):
    """A queue was made or set up anew."""

    topic: ClassVar[str] = "queues.queue_changed"
