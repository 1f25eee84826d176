"""Tables of the room: what waits, the queues in which it waits, skills, and what agents do."""

from caasis.queues.models.agents import AgentSkill, AgentStatus, AgentStatusChange, Skill
from caasis.queues.models.items import WorkItem
from caasis.queues.models.queue import Queue

__all__ = ["AgentSkill", "AgentStatus", "AgentStatusChange", "Queue", "Skill", "WorkItem"]
