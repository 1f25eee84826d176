"""What comes by itself: tasks whose moment has come, missed targets, what the policy brings up, requests nobody answered.

Safe to run at any time and as often as one likes: each thing is noted once. But for reminders, which have a moment of
their own, nothing happens while a centre is closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from caasis.cases.events import ClockBreached, TaskDue
from caasis.cases.models import Case, Contract, HelpRequest, ResponseClock, Task
from caasis.cases.rules.team_policy import TeamPolicyValues
from caasis.cases.rules.team_words import HelpState, Trigger
from caasis.cases.services.clocks import mark_breached
from caasis.cases.services.helping import move_up, raise_by_policy
from caasis.cases.team_selectors import team_policies_of
from caasis.cases.vocabulary import OPEN, State
from caasis.engines.schedule import Schedule
from caasis.kernel.actor import SYSTEM
from caasis.organisations.schedules import working_schedules
from caasis.platform.outbox.publish import publish
from caasis.queues.models import WorkItem

#: As many of each kind in one run; the next run goes on.
BATCH = 500
#: Amounts and injuries are looked for in cases that somebody touched lately: whoever imports a hundred thousand cases
#: must not be asked about each, and a weekend without the job loses nothing.
RECENT = timedelta(days=4)
#: In these states somebody works on the case, and a second look helps.
_WORKED = [state.value for state in OPEN if state is not State.WAITING_APPROVAL]


@dataclass(slots=True)
class Watched:
    """How much one run noted."""

    reminded: int = 0
    breached: int = 0
    raised: int = 0
    moved: int = 0


@dataclass(slots=True)
class _Centres:
    """Policies and schedules of the centres that one run meets, read once each."""

    now: datetime
    known: dict[UUID, tuple[TeamPolicyValues, Schedule]] = field(default_factory=dict)

    def load(self, ids: Iterable[UUID]) -> None:
        new = set(ids) - self.known.keys()
        if new:
            policies, schedules = team_policies_of(new), working_schedules(new)
            self.known |= {one: (policies[one], schedules[one]) for one in new}

    def open_ones(self) -> dict[UUID, tuple[TeamPolicyValues, Schedule]]:
        return {one: pair for one, pair in self.known.items() if pair[1].is_open(self.now)}


def watch(*, now: datetime) -> Watched:
    """One run, in the caller's transaction and the system's scope."""
    done = Watched(reminded=_remind(now))
    centres = _Centres(now)
    done.breached = _breach(centres, now)
    done.raised += _raise_cases(centres, now)
    done.raised += _raise_untaken(centres, now)
    done.moved = _move_up(centres, now)
    return done


def _remind(now: datetime) -> int:
    due = Task.objects.select_for_update(skip_locked=True).filter(done_at=None, told_at=None, due_at__lte=now)
    tasks = list(due.order_by("due_at")[:BATCH])
    for task in tasks:
        publish(TaskDue(subject=task.case_id, centre_id=task.centre_id, to=task.assigned_to), actor=SYSTEM)
    Task.objects.filter(id__in=[task.id for task in tasks]).update(told_at=now)
    return len(tasks)


def _breach(centres: _Centres, now: datetime) -> int:
    late = ResponseClock.objects.filter(stopped_at=None, paused_for="", breached_at=None, due_at__lt=now)
    clocks = list(late.select_related("case").order_by("due_at")[:BATCH])
    centres.load(clock.centre_id for clock in clocks)
    count = 0
    open_ones = centres.open_ones()
    for clock in clocks:
        if clock.centre_id not in open_ones or not mark_breached(clock, at=now):
            continue
        count += 1
        publish(ClockBreached(subject=clock.case_id, centre_id=clock.centre_id, kind=clock.kind), actor=SYSTEM)
        policy, schedule = open_ones[clock.centre_id]
        if policy.on_breach:
            raise_by_policy(
                centre_id=clock.centre_id,
                trigger=Trigger.BREACH,
                subject_id=clock.id,
                case=clock.case,
                policy=policy,
                schedule=schedule,
                at=now,
            )
    return count


def _raise_cases(centres: _Centres, now: datetime) -> int:
    """Injuries, and amounts above the centre's own limit."""
    touched = Case.objects.filter(state__in=_WORKED, touched_at__gte=now - RECENT)
    centres.load(touched.order_by().values_list("handling_centre_id", flat=True).distinct())
    open_ones = centres.open_ones()
    asked = HelpRequest.objects.filter(subject_id=OuterRef("id"))
    found = [
        (case, Trigger.INJURY)
        for case in touched.filter(
            injury=True, handling_centre_id__in=[one for one, (policy, _) in open_ones.items() if policy.on_injury]
        ).exclude(Exists(asked.filter(trigger=Trigger.INJURY.value)))[:BATCH]
    ]
    # Centres with one limit are asked about together.
    by_limit: dict[int, list[UUID]] = defaultdict(list)
    for centre_id, (policy, _) in open_ones.items():
        if policy.amount:
            by_limit[policy.amount].append(centre_id)
    for limit, ids in by_limit.items():
        dear = Contract.objects.filter(case_id=OuterRef("id"), amount__gte=limit)
        found += [
            (case, Trigger.AMOUNT)
            for case in touched.filter(Exists(dear), handling_centre_id__in=ids).exclude(
                Exists(asked.filter(trigger=Trigger.AMOUNT.value))
            )[:BATCH]
        ]
    count = 0
    for case, trigger in found:
        policy, schedule = open_ones[case.handling_centre_id]
        count += raise_by_policy(
            centre_id=case.handling_centre_id,
            trigger=trigger,
            subject_id=case.id,
            case=case,
            policy=policy,
            schedule=schedule,
            at=now,
        )
    return count


def _raise_untaken(centres: _Centres, now: datetime) -> int:
    """What waits in the queue for longer than the centre wants, counted in its open minutes."""
    asked = HelpRequest.objects.filter(subject_id=OuterRef("subject_id"), trigger=Trigger.UNTAKEN.value)
    waiting = WorkItem.objects.filter(
        Q(state=WorkItem.State.WAITING), subject_kind="contact", arrived_at__gte=now - timedelta(days=60)
    ).exclude(Exists(asked))
    items = list(waiting.order_by("arrived_at")[:BATCH])
    centres.load(item.centre_id for item in items)
    open_ones = centres.open_ones()
    count = 0
    for item in items:
        if item.centre_id not in open_ones:
            continue
        policy, schedule = open_ones[item.centre_id]
        limit = policy.untaken_minutes
        if limit and schedule.business_minutes_between(item.arrived_at, now) >= limit:
            count += raise_by_policy(
                centre_id=item.centre_id,
                trigger=Trigger.UNTAKEN,
                subject_id=item.subject_id,
                case=None,
                contact_id=item.subject_id,
                policy=policy,
                schedule=schedule,
                at=now,
            )
    return count


def _move_up(centres: _Centres, now: datetime) -> int:
    late = HelpRequest.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=HelpState.OPEN.value, due_at__lt=now
    )
    requests = list(late.select_related("case").order_by("due_at")[:BATCH])
    centres.load(request.centre_id for request in requests)
    open_ones = centres.open_ones()
    count = 0
    for request in requests:
        if request.centre_id in open_ones:
            policy, schedule = open_ones[request.centre_id]
            count += move_up(request, policy=policy, schedule=schedule, at=now)
    return count
