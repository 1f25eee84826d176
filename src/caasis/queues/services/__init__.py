"""Writing what waits, queues, skills, and what agents do."""

from caasis.queues.services.agents import ONE_CALL, note_seen, plan_next_state, set_state, sign_in, sign_out
from caasis.queues.services.items import (
    assign_item,
    cancel_item,
    enqueue,
    finish_item,
    move_item,
    put_back_item,
    return_item,
    take_item,
)
from caasis.queues.services.setup import QueueSetup, add_queue, change_queue, default_queue
from caasis.queues.services.skills import add_skill, change_skill, end_agent_skill, load_seed_skills, set_agent_skill
from caasis.queues.services.switchboard import (
    GONE_AFTER_SECONDS,
    finish_overdue_wrap_ups,
    finish_wrap_up,
    mark_ringing,
    mark_talking,
    mark_wrap_up,
    put_away_after_no_answer,
    recover_agents,
    sign_out_stale,
    stop_ringing,
)

__all__ = [
    "GONE_AFTER_SECONDS",
    "ONE_CALL",
    "QueueSetup",
    "add_queue",
    "add_skill",
    "assign_item",
    "cancel_item",
    "change_queue",
    "change_skill",
    "default_queue",
    "end_agent_skill",
    "enqueue",
    "finish_item",
    "finish_overdue_wrap_ups",
    "finish_wrap_up",
    "load_seed_skills",
    "mark_ringing",
    "mark_talking",
    "mark_wrap_up",
    "move_item",
    "note_seen",
    "plan_next_state",
    "put_away_after_no_answer",
    "put_back_item",
    "recover_agents",
    "return_item",
    "set_agent_skill",
    "set_state",
    "sign_in",
    "sign_out",
    "sign_out_stale",
    "stop_ringing",
    "take_item",
]
