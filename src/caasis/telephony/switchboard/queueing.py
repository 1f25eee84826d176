"""Who waits and who is free are brought together, by the policy of `engines.routing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from caasis.appointments.models import Callback
from caasis.appointments.services import SUBJECT_KIND
from caasis.engines.routing import Agent, AgentState, Channel, PriorityReason, Work, assign
from caasis.kernel.clock import day_in_japan
from caasis.queues.models import AgentSkill, AgentStatus, WorkItem
from caasis.telephony.models import Call, Participant, Station
from caasis.telephony.switchboard import callbacks, legs, ringing
from caasis.telephony.switchboard.agents import CALL
from caasis.telephony.switchboard.live import LiveCall, load_live
from caasis.telephony.vocabulary import CallPhase

#: By how many seconds one point of a queue's priority puts a call forward; the points of the reasons stand in the same
#: proportion to the engine's head starts.
SECONDS_A_POINT = 30.0
#: Somebody is being told right now to go to an ATM: before whatever has come within a day.
EMERGENCY_S = 86_400.0


def offer_all(*, now: datetime, boot: str) -> int:
    """Ring a free agent for each call and callback that can have one. Returns how many ring now."""
    waiting = WorkItem.objects.filter(state=WorkItem.State.WAITING, subject_kind__in=[CALL, SUBJECT_KIND])
    items = list(waiting.exclude(queue=None).select_related("queue").order_by("arrived_at", "id"))
    ids = [item.subject_id for item in items if item.subject_kind == CALL]
    calls = Call.objects.filter(id__in=ids, phase=CallPhase.WAITING.value).in_bulk()
    works = {work.id: (item, work) for item in items if (work := _work(item, calls, now)) is not None}
    if not works:
        return 0
    agents = list(_free_agents({item.centre_id for item, _ in works.values()}, now))
    rung = 0
    for given in assign(agents, [work for _, work in works.values()], now.timestamp()):
        live = _ring(works[given.work][0], UUID(given.agent), now=now, boot=boot)
        if live is not None:
            live.save()
            rung += 1
    return rung


def _work(item: WorkItem, calls: Mapping[UUID, Call], now: datetime) -> Work | None:
    """The item as the engine sees it; None for one that can't be offered at this moment."""
    emergency, person = False, b""
    if item.subject_kind == SUBJECT_KIND:
        callback = Callback.objects.get(id=item.subject_id)
        if not callbacks.can_be_kept(callback, now):
            return None
        person = bytes(callback.number_index or b"")
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
        lift_s=lift_s + (EMERGENCY_S if emergency else 0.0),
        person=f"{item.centre_id}:{person.hex()}" if person else "",
    )


def _free_agents(centre_ids: set[UUID], now: datetime) -> Iterable[Agent]:
    """Agents of these centres who are available, can be reached, and are in no call."""
    rows = list(AgentStatus.objects.filter(centre_id__in=centre_ids, state=AgentState.AVAILABLE.value))
    ids = {status.user_id for status in rows}
    reached = {
        station.agent_id
        for station in Station.objects.filter(agent_id__in=ids)
        if station.online or (station.leg and station.leg_ready)
    }
    present = Participant.objects.filter(gone_at=None, call__ended_at=None, agent_id__in=ids)
    busy = set(present.values_list("agent_id", flat=True))
    skills = _skills(ids, now)
    for status in rows:
        if status.user_id in reached - busy:
            yield Agent(
                id=str(status.user_id),
                centre=str(status.centre_id),
                skills=skills.get(status.user_id, {}),
                capacity={Channel(kind): most for kind, most in status.capacity.items()},
                state=AgentState.AVAILABLE,
                since=status.since.timestamp(),
                idle_since=(status.last_work_at or status.since).timestamp(),
            )


def _skills(agent_ids: set[UUID], now: datetime) -> dict[UUID, dict[str, int]]:
    day = day_in_japan(now)
    found: dict[UUID, dict[str, int]] = {}
    rows = AgentSkill.objects.filter(user_id__in=agent_ids, valid_from__lte=day).select_related("skill")
    for row in rows:
        if row.valid_to is None or row.valid_to >= day:
            found.setdefault(row.user_id, {})[row.skill.code] = row.level
    return found


def _ring(item: WorkItem, agent_id: UUID, *, now: datetime, boot: str) -> LiveCall | None:
    """Ring the agent for what waits; None when that is no longer possible."""
    if item.subject_kind == SUBJECT_KIND:
        callback = Callback.objects.select_for_update(of=("self",)).get(id=item.subject_id)
        with transaction.atomic():
            called = legs.call_back(callback, agent_id, now=now, boot=boot)
            if called is None:
                transaction.set_rollback(True)
                return None
        return called
    live = load_live(item.subject_id, now=now, boot=boot)
    return live if ringing.ring(live, agent_id) is not None else None
