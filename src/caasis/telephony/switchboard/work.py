"""What waits, as the engine that gives it out sees it: each piece with its order, its need and its person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from caasis.appointments.models import Callback
from caasis.appointments.services import SUBJECT_KIND
from caasis.engines.routing import Channel, PriorityReason, Work
from caasis.queues.models import WorkItem
from caasis.queues.rules.priority import SECONDS_A_POINT
from caasis.telephony.models import Call
from caasis.telephony.switchboard import callbacks
from caasis.telephony.switchboard.agents import CALL, EMERGENCY
from caasis.telephony.vocabulary import CallPhase


def waiting_items() -> QuerySet[WorkItem]:
    """Calls and callbacks that wait in a queue."""
    rows = WorkItem.objects.filter(state=WorkItem.State.WAITING, subject_kind__in=[CALL, SUBJECT_KIND])
    return rows.exclude(queue=None).select_related("queue").order_by("arrived_at", "id")


def works_of(items: Iterable[WorkItem], now: datetime) -> dict[UUID, Work]:
    """The items that can be given out at this moment, by the items' ids, in the order of the items.

    Left out: a call that is being rung for already, a promise that nobody may keep at this hour, a person on the line.
    """
    items = list(items)
    calls = Call.objects.filter(id__in=_subjects(items, CALL), phase=CallPhase.WAITING.value).in_bulk()
    promises = callbacks.can_be_kept(_subjects(items, SUBJECT_KIND), now)
    return {item.id: work for item in items if (work := _work(item, calls, promises)) is not None}


def _subjects(items: Iterable[WorkItem], kind: str) -> list[UUID]:
    return [item.subject_id for item in items if item.subject_kind == kind]


def _work(item: WorkItem, calls: Mapping[UUID, Call], promises: Mapping[UUID, Callback]) -> Work | None:
    emergency = False
    if item.subject_kind == SUBJECT_KIND:
        promise = promises.get(item.subject_id)
        if promise is None:
            return None
        person = bytes(promise.number_index or b"")
    else:
        row = calls.get(item.subject_id)
        if row is None:
            return None
        emergency, person = row.emergency, bytes(row.caller_index or b"")
    lift_s = SECONDS_A_POINT * (item.queue.priority if item.queue else 0)
    return Work(
        id=str(item.id),
        queue=str(item.queue_id),
        centre=str(item.centre_id),
        channel=Channel(item.channel),
        arrived_at=item.arrived_at.timestamp(),
        required=item.required_skills,
        reasons=frozenset(
            PriorityReason(reason) for reason in item.priority_reasons if reason in PriorityReason._value2member_map_
        ),
        lift_s=lift_s + (SECONDS_A_POINT * EMERGENCY if emergency else 0.0),
        person=f"{item.centre_id}:{person.hex()}" if person else "",
    )
