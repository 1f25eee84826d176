"""The centre's telephone at this moment: who waits, what agents do, what became of today's calls so far.

One reading serves the wallboard, supervision and the alarms, so that they never disagree. Nothing here is personal beyond
the names of the centre's own staff; numbers of callers stay sealed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from caasis.accounts.selectors import names_of
from caasis.appointments.selectors import OpenPromises, open_promises
from caasis.kernel.actor import Actor
from caasis.kernel.clock import JST
from caasis.kernel.errors import NotAllowed
from caasis.organisations.schedules import schedules_of
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import mask_contact_point
from caasis.privacy.services import read_sealed
from caasis.queues.models import Queue
from caasis.queues.models.queue import TARGET_SECONDS
from caasis.queues.selectors import AgentView, agents_of_centre, queues_of_centre
from caasis.queues.vocabulary import AgentState
from caasis.telephony.models import Call, Participant
from caasis.telephony.rules.figures import CentreFigures, CountedCall, QueueFigures, centre_figures, queue_figures
from caasis.telephony.selectors import WaitingNow, counted_calls, visible_calls, waiting_now
from caasis.telephony.switchboard.crew import agents_at_work
from caasis.telephony.switchboard.waiting import handling_s
from caasis.telephony.vocabulary import MonitorMode, Part

NOBODY = WaitingNow(0, timedelta())


@dataclass(frozen=True, slots=True)
class BoardQueue:
    """One queue: who waits in it now, and what became today of those who entered it."""

    queue_id: UUID
    name: str
    waiting: int
    #: Since when the first of them waits; None where nobody does.
    first_at: datetime | None
    target_seconds: int
    figures: QueueFigures

    def late(self, now: datetime) -> bool:
        """Somebody waits longer than the target of this queue."""
        return self.first_at is not None and (now - self.first_at).total_seconds() > self.target_seconds


@dataclass(frozen=True, slots=True)
class Listening:
    """A supervisor in somebody else's call."""

    user_id: UUID
    name: str
    mode: MonitorMode | None


@dataclass(frozen=True, slots=True)
class BoardAgent:
    """A member of staff who is signed in, and the living call in which they are, if any."""

    agent: AgentView
    call: Call | None
    #: The other side hears them: without it the call only rings.
    talks: bool
    listening: tuple[Listening, ...]

    @property
    def wants_help(self) -> bool:
        return self.call is not None and self.call.help_wanted

    @property
    def holds(self) -> bool:
        return self.call is not None and self.talks and self.call.on_hold

    def wrap_up_late(self, now: datetime) -> bool:
        """The wrap-up lasts longer than its queue allows."""
        until = self.agent.wrap_up_until
        return self.agent.state is AgentState.WRAP_UP and until is not None and until < now


@dataclass(frozen=True, slots=True)
class PhoneBoard:
    """Everything of one moment."""

    at: datetime
    open: bool
    queues: tuple[BoardQueue, ...]
    agents: tuple[BoardAgent, ...]
    #: Every state, also those with nobody in them; OFFLINE is left out.
    states: Mapping[AgentState, int]
    today: CentreFigures
    #: Seconds within which a call should be answered, of the default queue: for the centre as a whole.
    target_seconds: int
    #: Hour of today → calls offered in it.
    hours: Mapping[int, int]
    promises: OpenPromises

    @property
    def waiting(self) -> int:
        """K45 待ち呼 now."""
        return sum(one.waiting for one in self.queues)

    @property
    def first_at(self) -> datetime | None:
        """Since when the longest waits; None while nobody does."""
        return min((one.first_at for one in self.queues if one.first_at), default=None)

    def longest_s(self) -> float:
        """Seconds of the longest wait; 0 while nobody waits."""
        return max(0.0, (self.at - self.first_at).total_seconds()) if self.first_at else 0.0

    @property
    def available(self) -> int:
        """Agents who could be rung at once."""
        return self.states[AgentState.AVAILABLE]


def day_start(now: datetime) -> datetime:
    """Midnight of the day in Japan."""
    return datetime.combine(now.astimezone(JST).date(), time(), JST)


def phone_board(*, actor: Actor, now: datetime) -> PhoneBoard:
    """The board of the actor's centre. Ten queries, however many calls and agents.

    :raises NotAllowed: not staff of a centre.
    """
    centre_id = actor.centre_id
    if centre_id is None or not actor.works_for(centre_id):
        raise NotAllowed("電話の状況を見られるのは、センターの相談員と職員です。")
    queues = [queue for queue in queues_of_centre(actor=actor, centre_id=centre_id) if queue.active]
    calls = counted_calls(actor=actor, start=day_start(now), end=now + timedelta(seconds=1))
    waits = waiting_now(actor=actor, now=now)
    views = agents_of_centre(actor=actor, now=now)
    counts = Counter(view.state for view in views)
    target = queues[0].target_seconds if queues else TARGET_SECONDS
    centre = str(centre_id)
    return PhoneBoard(
        at=now,
        open=schedules_of([centre_id])[centre_id].is_open(now),
        queues=tuple(_queue(queue, waits.get(queue.id, NOBODY), calls, now) for queue in queues),
        agents=tuple(_agents(views, actor)),
        states={state: counts[state] for state in AgentState if state is not AgentState.OFFLINE},
        today=centre_figures(calls, centre, target_s=float(target)),
        target_seconds=target,
        hours=_hours(calls, centre),
        promises=open_promises(actor=actor),
    )


def _queue(queue: Queue, wait: WaitingNow, calls: Sequence[CountedCall], now: datetime) -> BoardQueue:
    return BoardQueue(
        queue_id=queue.id,
        name=queue.name,
        waiting=wait.waiting,
        first_at=now - wait.longest if wait.waiting else None,
        target_seconds=queue.target_seconds,
        figures=queue_figures(calls, str(queue.id), target_s=float(queue.target_seconds)),
    )


def _hours(calls: Sequence[CountedCall], centre: str) -> dict[int, int]:
    offered = Counter(
        seen.offered_at.astimezone(JST).hour
        for call in calls
        if call.record.inbound
        for seen in call.record.centres
        if seen.centre == centre
    )
    return dict(sorted(offered.items()))


def _agents(views: Sequence[AgentView], actor: Actor) -> list[BoardAgent]:
    rows = list(
        Participant.objects.filter(
            call__in=visible_calls(actor=actor).filter(centre_id=actor.centre_id),
            gone_at=None,
            call__ended_at=None,
            part__in=[Part.AGENT.value, Part.CONSULTED.value, Part.MONITOR.value],
        )
        .select_related("call__number")
        .order_by("called_at", "id")
    )
    listeners: dict[UUID, list[Participant]] = {}
    for row in rows:
        if row.part == Part.MONITOR.value:
            listeners.setdefault(row.call_id, []).append(row)
    names = names_of({row.agent_id for found in listeners.values() for row in found if row.agent_id})
    inside = {row.agent_id: row for row in rows if row.part != Part.MONITOR.value}
    return [_agent(view, inside.get(view.user_id), listeners, names) for view in views]


def _agent(
    view: AgentView,
    part: Participant | None,
    listeners: Mapping[UUID, Sequence[Participant]],
    names: Mapping[UUID, str],
) -> BoardAgent:
    heard_by = listeners.get(part.call_id, ()) if part else ()
    return BoardAgent(
        agent=view,
        call=part.call if part else None,
        talks=part is not None and part.answered_at is not None,
        listening=tuple(
            Listening(row.agent_id, names.get(row.agent_id, ""), MonitorMode(row.mode) if row.mode else None)
            for row in heard_by
            if row.agent_id
        ),
    )


def masked_callers(board: PhoneBoard) -> dict[UUID, str]:
    """Call → the masked number of its other side (「末尾45」), for the living calls of a board. One query.

    A masked form names nobody, so it is not logged as an opening. "" where there is no number.
    """
    calls = {one.call.id: one.call for one in board.agents if one.call is not None and one.call.caller}
    keys = record_keys_bytes(call.record_key_id for call in calls.values())
    return {
        call_id: mask_contact_point(read_sealed(call, "caller", key=key)["caller"])
        for call_id, call in calls.items()
        if (key := keys.get(call.record_key_id)) is not None
    }


def expected_wait_now(*, actor: Actor, now: datetime) -> dict[UUID, float | None]:
    """K46: seconds that somebody would wait who came into each queue now; None while nobody is at work.

    A caller who waits is told what routing expects for that very call (`switchboard.waiting`). Somebody who comes while an agent is
    free and nobody waits is expected to wait for nothing.
    """
    if not actor.works_for(actor.centre_id):
        return {}
    queues = [queue for queue in queues_of_centre(actor=actor, centre_id=actor.centre_id) if queue.active]
    waits = waiting_now(actor=actor, now=now)
    states = [view.state for view in agents_of_centre(actor=actor, now=now)]
    at_work = len(agents_at_work(actor.centre_id, now)) if actor.centre_id else 0
    found: dict[UUID, float | None] = {}
    for queue in queues:
        waiting = waits.get(queue.id, NOBODY).waiting
        if not at_work:
            found[queue.id] = None
        elif not waiting and AgentState.AVAILABLE in states:
            found[queue.id] = 0.0
        else:
            found[queue.id] = (waiting + 1) * handling_s(queue.id, queue.centre_id, now) / at_work
    return found
