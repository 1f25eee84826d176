"""Reads of what waits, of queues and skills, and of what agents do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, QuerySet
from django.utils import timezone

from caasis.accounts.selectors import names_of, staff_of
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotAllowed, NotFound
from caasis.queues.code_lists import reason_label, work_reasons
from caasis.queues.models import AgentSkill, AgentStatus, AgentStatusChange, Queue, Skill, WorkItem
from caasis.queues.rules.priority import SECONDS_A_POINT
from caasis.queues.rules.setup import may_lead
from caasis.queues.rules.skills import Held, levels_on
from caasis.queues.rules.worktime import Change, WorkTime, operators_per_supervisor, together, work_time
from caasis.queues.vocabulary import GIVEN_OUT, LIVE, AgentState

# --- what waits -------------------------------------------------------------------------------------------------------


def waiting_items(*, actor: Actor) -> QuerySet[WorkItem]:
    """What waits in the actor's centre to be taken by hand: injury, money about to move, legal deadline, arrival.

    What rules give out (calls, call-backs) is not among it.
    """
    centre_id = _centre_of(actor)
    if centre_id is None:
        return WorkItem.objects.none()
    return (
        WorkItem.objects.filter(centre_id=centre_id, state=WorkItem.State.WAITING)
        .exclude(channel__in=sorted(GIVEN_OUT))
        .order_by(F("injury").desc(), F("money_moving").desc(), F("deadline_on").asc(nulls_last=True), "arrived_at")
    )


def items_to_give_out(*, actor: Actor, queue_ids: Iterable[UUID] | None = None) -> QuerySet[WorkItem]:
    """For the switchboard: what waits in queues, in the order in which it is given out. Nobody else gets any.

    A point of priority counts as so many seconds of waiting (`engines.routing.priority`).
    """
    if not actor.is_system:
        return WorkItem.objects.none()
    rows = WorkItem.objects.filter(state=WorkItem.State.WAITING, queue__isnull=False)
    if queue_ids is not None:
        rows = rows.filter(queue_id__in=list(queue_ids))
    head_start = ExpressionWrapper(F("priority") * timedelta(seconds=SECONDS_A_POINT), output_field=DurationField())
    return rows.order_by(F("arrived_at") - head_start, "arrived_at", "id")


# --- queues and skills ------------------------------------------------------------------------------------------------


def queues_of_centre(*, actor: Actor, centre_id: UUID | None = None) -> QuerySet[Queue]:
    """The queues of the actor's centre, the default one first; of any centre for the system and the administrator."""
    if actor.is_system or actor.has(Role.ADMIN):
        rows = Queue.objects.all()
        return rows if centre_id is None else rows.filter(centre_id=centre_id)
    own = _centre_of(actor)
    if own is None or centre_id not in (None, own):
        return Queue.objects.none()
    return Queue.objects.filter(centre_id=own)


def get_queue(*, actor: Actor, queue_id: UUID) -> Queue:
    """One queue.

    :raises NotFound: hidden and absent alike.
    """
    queue = queues_of_centre(actor=actor).filter(id=queue_id).first()
    if queue is None:
        raise NotFound("この列は見つかりません。一覧を開き直してください。")
    return queue


def skills(*, centre_id: UUID | None) -> QuerySet[Skill]:
    """Skills in use: the nation's, and those of a centre. They are no secret."""
    return Skill.objects.filter(Q(centre_id=None) | Q(centre_id=centre_id), active=True)


def skill_levels(centre_ids: Iterable[UUID], *, on: date) -> dict[tuple[UUID, UUID], dict[str, int]]:
    """(user, centre) → code → level on a day, for the switchboard and this room. One query."""
    rows = AgentSkill.objects.filter(centre_id__in=list(centre_ids), valid_from__lte=on, skill__active=True).filter(
        Q(valid_to=None) | Q(valid_to__gte=on)
    )
    held: dict[tuple[UUID, UUID], list[Held]] = {}
    for user_id, centre_id, code, level, first, last in rows.values_list(
        "user_id", "centre_id", "skill__code", "level", "valid_from", "valid_to"
    ):
        held.setdefault((user_id, centre_id), []).append(Held(code, level, first, last))
    return {key: levels_on(found, on) for key, found in held.items()}


# --- agents -----------------------------------------------------------------------------------------------------------


def my_status(*, actor: Actor) -> AgentStatus | None:
    """The actor's own status in their centre; None while they have never begun a turn."""
    centre_id = _centre_of(actor)
    if actor.id is None or centre_id is None:
        return None
    return AgentStatus.objects.filter(user_id=actor.id, centre_id=centre_id).first()


@dataclass(frozen=True, slots=True)
class AgentView:
    """A colleague as a list shows them. `reason`, its code and `skills` are empty for whoever may not know them."""

    user_id: UUID
    name: str
    state: AgentState
    reason: str
    since: datetime
    skills: dict[str, int]
    reason_code: str = ""
    #: When the wrap-up should be over; None in every other state and where a queue sets no limit.
    wrap_up_until: datetime | None = None


def agents_of_centre(*, actor: Actor, signed_in: bool = True, now: datetime | None = None) -> list[AgentView]:
    """Who of the actor's centre is there and in which state, in the order of states. Three queries, however many.

    Everybody sees states, to know whom to ask; why somebody is away, and their skills, see supervisors and officials, and
    each of themselves.
    """
    centre_id = _centre_of(actor)
    if centre_id is None:
        return []
    rows = AgentStatus.objects.filter(centre_id=centre_id)
    if signed_in:
        rows = rows.exclude(state=AgentState.OFFLINE)
    found = list(rows.order_by("since"))
    names = names_of({row.user_id for row in found})
    levels = skill_levels([centre_id], on=day_in_japan(now or timezone.now()))
    leads = may_lead(actor, centre_id)
    order = list(AgentState)
    views = [
        AgentView(
            user_id=row.user_id,
            name=names.get(row.user_id, ""),
            state=(state := AgentState(row.state)),
            reason=reason_label(state, row.reason) if (own := leads or row.user_id == actor.id) else "",
            since=row.since,
            skills=levels.get((row.user_id, centre_id), {}) if own else {},
            reason_code=row.reason if own else "",
            wrap_up_until=row.wrap_up_until,
        )
        for row in found
    ]
    return sorted(views, key=lambda view: order.index(view.state))


@dataclass(frozen=True, slots=True)
class AgentAtWork:
    """An agent as routing needs them. Ids of calls → kind in `at_work`; kind → how many at once in `capacity`."""

    user_id: UUID
    centre_id: UUID
    state: AgentState
    since: datetime
    #: Since when without work: the end of the last call, or the begin of the turn.
    idle_since: datetime
    capacity: dict[str, int]
    at_work: dict[str, str]
    skills: dict[str, int]


def agents_at_work(
    *, actor: Actor, centre_ids: Iterable[UUID] | None = None, now: datetime | None = None
) -> list[AgentAtWork]:
    """For the switchboard: everybody who is signed in, of some centres or of all. Two queries.

    :raises NotAllowed: unless the system.
    """
    if not actor.is_system:
        raise NotAllowed
    rows = AgentStatus.objects.exclude(state=AgentState.OFFLINE)
    if centre_ids is not None:
        rows = rows.filter(centre_id__in=list(centre_ids))
    found = list(rows)
    levels = skill_levels({row.centre_id for row in found}, on=day_in_japan(now or timezone.now()))
    return [
        AgentAtWork(
            user_id=row.user_id,
            centre_id=row.centre_id,
            state=AgentState(row.state),
            since=row.since,
            idle_since=row.last_work_at or row.signed_in_at or row.since,
            capacity=row.capacity,
            at_work=row.at_work,
            skills=levels.get((row.user_id, row.centre_id), {}),
        )
        for row in found
    ]


# --- the wallboard ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One queue on the wallboard. `queue_id` None: what is taken by hand. Seconds; None where nobody waits."""

    queue_id: UUID | None
    name: str
    waiting: int
    longest_wait_s: float | None
    #: Those who hold the line, and the longest of their waits.
    live: int
    longest_live_wait_s: float | None
    target_seconds: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """The centre now. `agents` holds every state, also those with nobody in them."""

    at: datetime
    lines: tuple[BoardLine, ...]
    agents: dict[AgentState, int]

    @property
    def live(self) -> int:
        return sum(line.live for line in self.lines)

    @property
    def longest_live_wait_s(self) -> float | None:
        return max(
            (line.longest_live_wait_s for line in self.lines if line.longest_live_wait_s is not None), default=None
        )


def queue_board(*, actor: Actor, now: datetime | None = None) -> Board:
    """What waits in the actor's centre and what its agents do. Three queries, however many.

    :raises NotAllowed: not staff of a centre.
    """
    centre_id = _centre_of(actor)
    if centre_id is None:
        raise NotAllowed("待ちの状況を見られるのは、センターの相談員と職員です。")
    at = now or timezone.now()
    queues = list(Queue.objects.filter(centre_id=centre_id))
    counted = (
        WorkItem.objects.filter(centre_id=centre_id, state=WorkItem.State.WAITING)
        .order_by()
        .values("queue_id")
        .annotate(
            waiting=Count("id"),
            first=Min("arrived_at"),
            live=Count("id", filter=Q(channel__in=sorted(LIVE))),
            first_live=Min("arrived_at", filter=Q(channel__in=sorted(LIVE))),
        )
    )
    found: dict[UUID | None, Mapping[str, Any]] = {row["queue_id"]: row for row in counted}
    lines = [_line(found.pop(queue.id, None), at, queue) for queue in queues if queue.active or queue.id in found]
    if None in found:
        lines.append(_line(found[None], at, None))
    agents = dict.fromkeys(AgentState, 0)
    states = AgentStatus.objects.filter(centre_id=centre_id).order_by().values("state").annotate(count=Count("id"))
    for row in states:
        agents[AgentState(row["state"])] = row["count"]
    return Board(at, tuple(lines), agents)


def _line(row: Mapping[str, Any] | None, at: datetime, queue: Queue | None) -> BoardLine:
    def waited(since: datetime | None) -> float | None:
        return None if since is None else max(0.0, (at - since).total_seconds())

    return BoardLine(
        queue_id=queue.id if queue else None,
        name=queue.name if queue else "手で引き受けるもの",
        waiting=row["waiting"] if row else 0,
        longest_wait_s=waited(row["first"]) if row else None,
        live=row["live"] if row else 0,
        longest_live_wait_s=waited(row["first_live"]) if row else None,
        target_seconds=queue.target_seconds if queue else None,
    )


# --- figures ----------------------------------------------------------------------------------------------------------


def work_times(*, actor: Actor, start: datetime, end: datetime) -> dict[UUID, WorkTime]:
    """Agents' times in the actor's centre from `start` to `end`: everybody's for supervisors and officials, else one's own.

    Two queries. The present does not count further than `end`: for a turn that goes on, `end` is now at most.
    """
    centre_id = _centre_of(actor)
    if centre_id is None:
        return {}
    rows = AgentStatusChange.objects.filter(centre_id=centre_id)
    if not may_lead(actor, centre_id):
        if actor.id is None:
            return {}
        rows = rows.filter(user_id=actor.id)
    before = rows.filter(at__lt=start).order_by("user_id", "-number").distinct("user_id")
    within = rows.filter(at__gte=start, at__lt=end).order_by("user_id", "number")
    logs: dict[UUID, list[Change]] = {}
    for row in [*before, *within]:
        logs.setdefault(row.user_id, []).append(Change(at=row.at, state=AgentState(row.state), reason=row.reason))
    return {user_id: work_time(log, start, end) for user_id, log in logs.items()}


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """A centre's agents together: logged-in time, K27 and K53; None where nobody was there."""

    logged_in: timedelta
    utilisation: float | None
    operators_per_supervisor: float | None


def team_figures(*, actor: Actor, start: datetime, end: datetime) -> TeamFigures:
    """The figures of the actor's centre from `start` to `end`. Whoever is a supervisor today counts as one.

    :raises NotAllowed: unless a supervisor or an official.
    """
    centre_id = _centre_of(actor)
    if centre_id is None or not may_lead(actor, centre_id):
        raise NotAllowed("チームの数字を見られるのは、主任と職員です。")
    times = work_times(actor=actor, start=start, end=end)
    leaders = set(staff_of(centre_id, Role.SUPERVISOR).values_list("id", flat=True))
    everybody = together(times.values())
    leading = together(time for user_id, time in times.items() if user_id in leaders).logged_in
    return TeamFigures(
        logged_in=everybody.logged_in,
        utilisation=everybody.utilisation(work_reasons()),
        operators_per_supervisor=operators_per_supervisor(everybody.logged_in - leading, leading),
    )


def _centre_of(actor: Actor) -> UUID | None:
    """The centre for which the actor works; None for everybody else."""
    return actor.centre_id if actor.works_for(actor.centre_id) else None
