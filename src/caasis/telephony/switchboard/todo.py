"""What there is to do, asked in one statement: an idle turn costs one trip to the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from caasis.platform.transactions import system_transaction

_ASK = """
SELECT EXISTS (SELECT 1 FROM telephony_order WHERE sent_at IS NULL),
  EXISTS (SELECT 1 FROM telephony_timer WHERE due_at <= %s),
  EXISTS (SELECT 1 FROM telephony_desk_request WHERE state = 'waiting' AND leg = ''),
  EXISTS (SELECT 1 FROM telephony_participant
          WHERE gone_at IS NOT NULL AND connected_at IS NOT NULL AND wrapped_up_at IS NULL AND agent_id IS NOT NULL),
  EXISTS (SELECT 1 FROM queues_work_item
          WHERE state = 'waiting' AND queue_id IS NOT NULL AND subject_kind IN ('call', 'callback', 'follow_up'))
"""


@dataclass(frozen=True, slots=True)
class Todo:
    """Whether there are orders to send, timers that are due, requests of the desk, wrap-ups that last, and who waits."""

    orders: bool
    timers: bool
    requests: bool
    wrap_ups: bool
    waiting: bool


def ask_todo(now: datetime) -> Todo:
    """One look at everything."""
    with system_transaction(), connection.cursor() as cursor:
        cursor.execute(_ASK, [now])
        return Todo(*cursor.fetchone())
