"""What waits, as the engine that gives it out sees it: each piece with its order, its need and its person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from caasis.appointments.models import Callback, FollowUpEntry
from caasis.appointments.services import FOLLOW_UP, SUBJECT_KIND
from caasis.engines.routing import Channel, PriorityReason, Work
from caasis.queues.models import WorkItem
from caasis.queues.rules.priority import SECONDS_A_POINT
from caasis.telephony.models import Call
from caasis.telephony.switchboard import callbacks, follow_ups
from caasis.telephony.switchboard.agents import CALL, EMERGENCY
from caasis.telephony.vocabulary import CallPhase

#: Whoever waits goes before whomever we would like to call.
BEHIND_S = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Item:
    """What is read of a work item: a thousand of them in each turn of a bad hour. The fields are columns, in order."""

    id: UUID
    subject_kind: str
    subject_id: UUID
    centre_id: UUID
    queue_id: UUID
    queue__priority: int
    channel: str
    arrived_at: datetime
    required_skills: Mapping[str, int]
    priority_reasons: Collection[str]

    @property
    def is_promise(self) -> bool:
        return self.subject_kind == SUBJECT_KIND

    @property
    def is_follow_up(self) -> bool:
        return self.subject_kind == FOLLOW_UP


def centres_that_wait() -> set[UUID]:
    """Centres in which a call or a promise waits in a queue."""
    return set(_rows().values_list("centre_id", flat=True).distinct())


def waiting_items(centre_ids: Collection[UUID]) -> list[Item]:
    """Calls, promises and people of lists that wait in queues of these centres, the oldest first."""
    rows = _rows().filter(centre_id__in=centre_ids).order_by("arrived_at", "id")
    return [Item(*row) for row in rows.values_list(*Item.__slots__)]


def _rows() -> QuerySet[WorkItem, Any]:
    return WorkItem.objects.filter(
        state=WorkItem.State.WAITING, subject_kind__in=[CALL, SUBJECT_KIND, FOLLOW_UP], queue__isnull=False
    )


def works_of(items: Iterable[Item], now: datetime) -> dict[UUID, Work]:
    """The items that can be given out at this moment, by the items' ids, in the order of the items.

    Left out: a call that is being rung for already, a promise that nobody may keep at this hour, a person on the line.
    """
    items = list(items)
    ids = [item.subject_id for item in items if item.subject_kind == CALL]
    rows = Call.objects.filter(id__in=ids, phase=CallPhase.WAITING.value)
    found = rows.values_list("id", "emergency", "caller_index")
    calls = {call_id: (emergency, bytes(index or b"")) for call_id, emergency, index in found}
    promises: dict[UUID, Callback | FollowUpEntry] = {
        **callbacks.can_be_kept([item.subject_id for item in items if item.is_promise], now),
        **follow_ups.can_be_called([item.subject_id for item in items if item.is_follow_up], now),
    }
    return {item.id: work for item in items if (work := _work(item, calls, promises)) is not None}


def _work(item: Item, calls: Mapping[UUID, tuple[bool, bytes]], promises: Mapping[UUID, Callback | FollowUpEntry]) -> Work | None:
    emergency = False
    if item.is_promise or item.is_follow_up:
        promise = promises.get(item.subject_id)
        if promise is None:
            return None
        person = bytes(promise.number_index or b"")
    else:
        if item.subject_id not in calls:
            return None
        emergency, person = calls[item.subject_id]
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
        lift_s=SECONDS_A_POINT * (item.queue__priority + (EMERGENCY if emergency else 0)) - (BEHIND_S if item.is_follow_up else 0),
        person=f"{item.centre_id}:{person.hex()}" if person else "",
    )
