"""How long somebody who waits has still to wait, and at which place they stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from caasis.queues.models import AgentStatus, WorkItem
from caasis.queues.vocabulary import AgentState
from caasis.telephony.models import Call
from caasis.telephony.rules.call_record import Outcome
from caasis.telephony.rules.record_json import from_json
from caasis.telephony.switchboard.agents import CALL

#: Handling times of so many calls of the queue tell how long one takes.
LOOKED_AT = 30
WITHIN = timedelta(days=7)
#: Where nothing is known yet.
ASSUMED_HANDLING_S = 15 * 60.0
AT_WORK = (AgentState.AVAILABLE, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP)


def place(row: Call) -> int:
    """1 for the next one of the queue."""
    item = WorkItem.objects.filter(subject_kind=CALL, subject_id=row.id).first()
    if item is None:
        return 1
    waiting = WorkItem.objects.filter(queue=item.queue, state=WorkItem.State.WAITING).exclude(id=item.id)
    higher = waiting.filter(priority__gt=item.priority).count()
    return 1 + higher + waiting.filter(priority=item.priority, arrived_at__lt=item.arrived_at).count()


def expected_wait_s(row: Call, now: datetime) -> float | None:
    """Seconds that this call has still to wait: place × mean handling time ÷ agents at work; None without an agent.

    Each of n agents is free again after a mean handling time, one after the other: the k-th in the queue waits for the
    k-th of them.
    """
    if row.queue_id is None or row.centre_id is None:
        return None
    agents = AgentStatus.objects.filter(centre_id=row.centre_id, state__in=AT_WORK).count()
    return place(row) * handling_s(row.queue_id, now) / agents if agents else None


def handling_s(queue_id: UUID, now: datetime) -> float:
    """Mean handling time of the queue's last calls."""
    rows = Call.objects.filter(queue_id=queue_id, outcome=Outcome.ANSWERED.value, ended_at__gte=now - WITHIN)
    records = rows.exclude(record=None).order_by("-ended_at").values_list("record", flat=True)[:LOOKED_AT]
    times = [part.handling_s for record in records for part in from_json(record).parts if part.handling_s is not None]
    return sum(times) / len(times) if times else ASSUMED_HANDLING_S
