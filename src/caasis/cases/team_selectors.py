"""Reads of working together: policy, absences, requests for help, response clocks, mentions, tasks, and their figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from caasis.cases.models import Absence, ApproverAbsence, Case, HelpRequest, Mention, ResponseClock, Task, TeamPolicy
from caasis.cases.rules.clocks import ClockWords, Reading, Step, clock_words, replay
from caasis.cases.rules.team_policy import TeamPolicyValues, from_json
from caasis.cases.rules.team_words import ClockKind, ClockStep, HelpState, WaitingFor
from caasis.engines.schedule import Schedule
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import JST
from caasis.kernel.errors import NotFound
from caasis.organisations.schedules import working_schedule


def team_policies_of(centre_ids: Iterable[UUID]) -> dict[UUID, TeamPolicyValues]:
    """The policies that hold in some centres, in one query; defaults where nobody has set one."""
    ids = set(centre_ids)
    rows = TeamPolicy.objects.filter(centre_id__in=ids).order_by("centre_id", "-number").distinct("centre_id")
    # Only these two columns: asked for whenever a case is opened.
    found = {centre_id: from_json(body) for centre_id, body in rows.values_list("centre_id", "body")}
    return {centre_id: found.get(centre_id) or TeamPolicyValues() for centre_id in ids}


def team_policy_of(centre_id: UUID) -> TeamPolicyValues:
    """The policy that holds in a centre."""
    return team_policies_of([centre_id])[centre_id]


def team_policy_versions(*, actor: Actor) -> list[TeamPolicy]:
    """All versions of the actor's centre, the newest first. Others see none."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return []
    return list(TeamPolicy.objects.filter(centre_id=actor.centre_id).order_by("-number"))


def may_set_team_policy(actor: Actor) -> bool:
    """A centre's supervisors and officials set how it works together."""
    return (
        actor.centre_id is not None
        and actor.works_for(actor.centre_id)
        and actor.has(Role.SUPERVISOR, Role.OFFICIAL)
    )


def absent_on(centre_id: UUID, day: date) -> set[UUID]:
    """Colleagues of a centre who are away on a day."""
    rows = Absence.objects.filter(centre_id=centre_id, first_day__lte=day, last_day__gte=day)
    # Whoever entered a deputy for 決裁 need not say a second time that they are away.
    approvers = ApproverAbsence.objects.filter(centre_id=centre_id, first__lte=day, last__gte=day, ended_at=None)
    return {*rows.values_list("user_id", flat=True), *approvers.values_list("user_id", flat=True)}


def absences(*, actor: Actor, today: date) -> list[Absence]:
    """Absences of the actor's centre that aren't over, the nearest first; counsellors see their own."""
    if actor.id is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        return []
    rows = Absence.objects.filter(centre_id=actor.centre_id, last_day__gte=today).order_by("first_day")
    if actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        return list(rows)
    return list(rows.filter(user_id=actor.id)) if actor.id is not None else []


# --- help -------------------------------------------------------------------------------------------------------------


def help_requests(*, actor: Actor) -> QuerySet[HelpRequest]:
    """Requests of the actor's centre. Others see none."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return HelpRequest.objects.none()
    return HelpRequest.objects.filter(centre_id=actor.centre_id).select_related("case")


def help_for(*, actor: Actor) -> QuerySet[HelpRequest]:
    """Open requests that wait for the actor: by name, or by a role that the actor holds; the longest waiting first."""
    roles = [role.value for role in actor.roles]
    return (
        help_requests(actor=actor)
        .filter(state=HelpState.OPEN.value)
        .filter(Q(asked_of=actor.id) | Q(asked_of=None, role__in=roles))
        .exclude(asked_by=actor.id)
        .order_by("asked_at")
    )


def get_help(*, actor: Actor, help_id: UUID) -> HelpRequest:
    """One request of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    request = help_requests(actor=actor).filter(id=help_id).first()
    if request is None:
        raise NotFound("この支援要請は見つかりません。一覧を開き直してください。")
    return request


@dataclass(frozen=True, slots=True)
class EscalationFigures:
    """K23: cases for which somebody else was asked, by a colleague or by the policy, of the cases that were answered."""

    escalated: int
    answered: int

    @property
    def rate(self) -> float | None:
        """escalated ÷ answered; None without a case."""
        return self.escalated / self.answered if self.answered else None


def escalation_figures(*, actor: Actor, first: date, last: date) -> EscalationFigures:
    """K23 of the actor's centre for cases received from `first` to `last`, both inclusive. Each case counts once."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return EscalationFigures(0, 0)
    answered = Case.objects.filter(
        handling_centre_id=actor.centre_id, received_on__gte=first, received_on__lte=last, counsellor_id__isnull=False
    )
    escalated = answered.filter(help_requests__isnull=False).values("id").distinct()
    return EscalationFigures(escalated.count(), answered.count())


# --- response clocks --------------------------------------------------------------------------------------------------


def words_of(clock: ResponseClock, schedule: Schedule, *, now: datetime, short: bool = False) -> ClockWords:
    """A clock that has not stopped, in words."""
    used = clock.used_minutes
    if clock.running_since is not None:
        used += max(0, schedule.business_minutes_between(clock.running_since, now))
    paused_for = WaitingFor(clock.paused_for) if clock.paused_for else None
    return clock_words(ClockKind(clock.kind), left=clock.target_minutes - used, paused_for=paused_for, short=short)


def clocks_of(*, actor: Actor, case_ids: Iterable[UUID], now: datetime, short: bool = True) -> dict[UUID, ClockWords]:
    """The clock of each case that runs out first, in words: five queries, however many cases."""
    ids = list(case_ids)
    if actor.centre_id is None or not actor.works_for(actor.centre_id) or not ids:
        return {}
    rows = ResponseClock.objects.filter(case_id__in=ids, centre_id=actor.centre_id, stopped_at=None)
    first: dict[UUID, ResponseClock] = {}
    for row in rows.order_by("due_at", "kind"):
        # Nulls, the paused ones, sort last.
        first.setdefault(row.case_id, row)
    if not first:
        return {}
    schedule = working_schedule(actor.centre_id)
    return {case_id: words_of(clock, schedule, now=now, short=short) for case_id, clock in first.items()}


def clocks_of_case(case: Case, *, actor: Actor, now: datetime) -> list[ClockWords]:
    """All clocks of a case that have not stopped, the first to run out first. Outsiders get none."""
    if not actor.works_for(case.handling_centre_id):
        return []
    rows = list(case.clocks.filter(stopped_at=None).order_by("due_at", "kind"))
    schedule = working_schedule(case.handling_centre_id) if rows else None
    return [words_of(row, schedule, now=now) for row in rows if schedule is not None]


def overdue_clocks(*, actor: Actor, now: datetime, own: bool = True) -> QuerySet[ResponseClock]:
    """Running clocks past their target in the actor's centre, the latest first; `own` only of the actor's cases."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return ResponseClock.objects.none()
    rows = ResponseClock.objects.filter(centre_id=actor.centre_id, stopped_at=None, due_at__lt=now)
    if own:
        rows = rows.filter(case__counsellor_id=actor.id)
    return rows.select_related("case").order_by("due_at")


@dataclass(frozen=True, slots=True)
class SlaFigures:
    """K65: clocks that ended or ran out in a period, and those of them that met their target."""

    met: int
    due: int

    @property
    def rate(self) -> float | None:
        """met ÷ due; None when nothing was due."""
        return self.met / self.due if self.due else None


def sla_figures(*, actor: Actor, first: date, last: date, kind: ClockKind | None = None) -> SlaFigures:
    """K65 of the actor's centre. A clock counts on the day on which it stopped or missed its target, whichever is first."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return SlaFigures(0, 0)
    begin = datetime.combine(first, datetime.min.time(), JST)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), JST)
    rows = ResponseClock.objects.filter(centre_id=actor.centre_id)
    if kind is not None:
        rows = rows.filter(kind=kind.value)
    due = rows.filter(
        Q(breached_at__gte=begin, breached_at__lt=end)
        | Q(breached_at=None, stopped_at__gte=begin, stopped_at__lt=end)
    )
    return SlaFigures(due.filter(met=True).count(), due.count())


def rebuilt(clock: ResponseClock, schedule: Schedule) -> Reading:
    """What a clock's stored steps say, for checking its row."""
    steps = [Step(one.at, ClockStep(one.step), one.minutes) for one in clock.steps.order_by("at", "id")]
    return replay(steps, schedule)


# --- mentions and tasks -----------------------------------------------------------------------------------------------


def unread_mentions(*, actor: Actor) -> QuerySet[Mention]:
    """Notes that name the actor and were not opened yet, the newest first."""
    if actor.id is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Mention.objects.none()
    return (
        Mention.objects.filter(
            user_id=actor.id, centre_id=actor.centre_id, read_at=None, note__deleted_at=None
        )
        .select_related("case", "note")
        .order_by("-created_at")
    )


def tasks_of(*, actor: Actor, user_ids: Iterable[UUID]) -> QuerySet[Task]:
    """Open tasks of colleagues of the actor's centre, by their moment."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Task.objects.none()
    return (
        Task.objects.filter(centre_id=actor.centre_id, done_at=None, assigned_to__in=list(user_ids))
        .select_related("case")
        .prefetch_related("attempts")
        .order_by("due_at")
    )


def tasks_of_absent(*, actor: Actor, day: date) -> QuerySet[Task]:
    """Open tasks, due by the end of the day, of colleagues who are away; for supervisors and officials."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id) or not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        return Task.objects.none()
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), JST)
    away = absent_on(actor.centre_id, day) - {actor.id}
    return tasks_of(actor=actor, user_ids=away).filter(due_at__lt=end)


def get_task(*, actor: Actor, task_id: UUID) -> Task:
    """One task of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    rows = Task.objects.filter(id=task_id, centre_id=actor.centre_id) if actor.centre_id else Task.objects.none()
    task = rows.select_related("case").first()
    if task is None or not actor.works_for(task.centre_id):
        raise NotFound("この予定は見つかりません。予定の画面を開き直してください。")
    return task


@dataclass(frozen=True, slots=True)
class DeskCounts:
    """What waits for somebody: requests for help, tasks whose moment has come, unread mentions."""

    help: int = 0
    tasks: int = 0
    mentions: int = 0

    @property
    def total(self) -> int:
        return self.help + self.tasks + self.mentions


_COUNTS = """
SELECT
    (SELECT count(*) FROM cases_help_request h WHERE h.centre_id = %(centre)s AND h.state = 'open'
        AND h.asked_by IS DISTINCT FROM %(user)s
        AND (h.asked_of = %(user)s OR h.asked_of IS NULL AND h.role = ANY(%(roles)s))),
    (SELECT count(*) FROM cases_task t WHERE t.assigned_to = %(user)s AND t.centre_id = %(centre)s
        AND t.done_at IS NULL AND t.due_at <= %(now)s),
    (SELECT count(*) FROM cases_mention m JOIN cases_note n ON n.id = m.note_id
        WHERE m.user_id = %(user)s AND m.centre_id = %(centre)s AND m.read_at IS NULL AND n.deleted_at IS NULL)
"""


def desk_counts(*, actor: Actor, now: datetime) -> DeskCounts:
    """The three figures that stand on every page of the desk, in one query."""
    if actor.id is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        return DeskCounts()
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {"centre": actor.centre_id, "user": actor.id, "roles": [role.value for role in actor.roles], "now": now},
        )
        row = cursor.fetchone()
    return DeskCounts(*(int(value) for value in row))
