"""Response clocks of a case: started, stopped, paused. Each change is a stored step; the row is what the steps say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.cases.events import CaseTimelineGrew
from caasis.cases.models import Case, ClockEvent, ResponseClock
from caasis.cases.rules.clocks import due_moment
from caasis.cases.rules.team_policy import target_of
from caasis.cases.rules.team_words import ClockKind, ClockStep, WaitingFor
from caasis.cases.services.guards import locked_case, log
from caasis.cases.services.rows import entry
from caasis.cases.team_selectors import team_policy_of
from caasis.cases.vocabulary import Entry
from caasis.engines.schedule import Schedule
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, WrongState
from caasis.kernel.ids import uuid7
from caasis.organisations.schedules import working_schedule
from caasis.platform.inserting import new_row
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

#: The kinds that an answer to the consumer stops.
ANSWERS = (ClockKind.FIRST, ClockKind.NEXT)


def begin_clocks(case: Case, *kinds: ClockKind, at: datetime) -> None:
    """Start those clocks of a case that its centre has a target for. A clock that runs already goes on."""
    targets = _targets(case, kinds)
    if not targets:
        return
    known = list(case.clocks.filter(kind__in=[kind.value for kind in targets]))
    schedule = working_schedule(case.handling_centre_id)
    for kind, minutes in targets.items():
        same = [clock for clock in known if clock.kind == kind.value]
        if any(clock.stopped_at is None for clock in same):
            continue
        number = max((clock.number for clock in same), default=0) + 1
        clock, step = _started(case, kind, minutes=minutes, number=number, schedule=schedule, at=at)
        clock.save(force_insert=True)
        step.save(force_insert=True)


def first_clocks(case: Case, *kinds: ClockKind, at: datetime) -> tuple[list[ResponseClock], list[ClockEvent]]:
    """The clocks of a case that is just being opened, unsaved, with their first steps."""
    targets = _targets(case, kinds)
    if not targets:
        return [], []
    schedule = working_schedule(case.handling_centre_id)
    rows = [_started(case, kind, minutes=minutes, number=1, schedule=schedule, at=at) for kind, minutes in targets.items()]
    return [clock for clock, _ in rows], [step for _, step in rows]


def _targets(case: Case, kinds: Iterable[ClockKind]) -> dict[ClockKind, int]:
    """Open minutes that the centre allows itself, for the kinds that it has a target for."""
    policy = team_policy_of(case.handling_centre_id)
    urgent = case.injury or case.money_moving
    targets = {kind: target_of(policy, channel=case.channel, urgent=urgent, kind=kind) for kind in kinds}
    return {kind: minutes for kind, minutes in targets.items() if minutes}


def _started(
    case: Case, kind: ClockKind, *, minutes: int, number: int, schedule: Schedule, at: datetime
) -> tuple[ResponseClock, ClockEvent]:
    clock = new_row(
        ResponseClock,
        case=case,
        centre_id=case.handling_centre_id,
        kind=kind.value,
        number=number,
        channel=case.channel,
        urgent=case.injury or case.money_moving,
        target_minutes=minutes,
        running_since=at,
        due_at=due_moment(schedule, since=at, target=minutes, used=0),
    )
    return clock, _step_row(clock, ClockStep.STARTED, at=at, minutes=minutes)


def stop_clocks(case: Case, kinds: Iterable[ClockKind], *, at: datetime, reason: str) -> None:
    """The consumer was answered, or the case is handled: the clocks end, met or missed."""
    running = list(case.clocks.select_for_update().filter(kind__in=[kind.value for kind in kinds], stopped_at=None))
    schedule = working_schedule(case.handling_centre_id) if running else None
    for clock in running:
        assert schedule is not None
        _halt(clock, schedule, at=at)
        clock.paused_for = ""
        clock.stopped_at = at
        clock.met = clock.used_minutes <= clock.target_minutes
        clock.save()
        _step(clock, ClockStep.STOPPED, at=at, reason=reason)


def revive_clocks(case: Case, kinds: Iterable[ClockKind], *, at: datetime, reason: str) -> None:
    """An answer was taken back, or handling goes on: the last clock of each kind runs on from where it stopped."""
    wanted = [kind.value for kind in kinds]
    last: dict[str, ResponseClock] = {
        clock.kind: clock for clock in case.clocks.select_for_update().filter(kind__in=wanted).order_by("number")
    }
    stopped = [clock for clock in last.values() if clock.stopped_at is not None]
    schedule = working_schedule(case.handling_centre_id) if stopped else None
    for clock in stopped:
        assert schedule is not None
        clock.stopped_at = clock.met = None
        _run(clock, schedule, at=at)
        _step(clock, ClockStep.REVIVED, at=at, reason=reason)


def wait_for(*, actor: Actor, case_id: UUID, waiting_for: str, at: datetime | None = None) -> Case:
    """Stop the clocks while the consumer or the business is to answer.

    :raises Invalid: nobody to wait for. :raises WrongState: the clocks stand still already, or none runs.
    """
    if waiting_for not in WaitingFor._value2member_map_:
        raise Invalid(fields={"waiting_for": ["だれの返事を待つか選んでください。"]})
    at = at or timezone.now()
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        running = list(case.clocks.select_for_update().filter(stopped_at=None, paused_for=""))
        if not running:
            raise WrongState("動いている目標の時計はありません。")
        schedule = working_schedule(case.handling_centre_id)
        for clock in running:
            _halt(clock, schedule, at=at)
            clock.paused_for = waiting_for
            clock.save()
            _step(clock, ClockStep.PAUSED, at=at, reason=waiting_for)
        entry(case, Entry.WAITING, actor=actor, at=at, waiting_for=waiting_for).save(force_insert=True)
        log(case, "wait_for", actor=actor)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="clock"), actor=actor)
        return case


def go_on(*, actor: Actor, case_id: UUID, at: datetime | None = None) -> Case:
    """The answer has come, or is waited for no longer: the clocks run on.

    :raises WrongState: no clock stands still.
    """
    at = at or timezone.now()
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        if not resume_clocks(case, at=at, reason="by_hand"):
            raise WrongState("止まっている目標の時計はありません。")
        entry(case, Entry.WAITING_OVER, actor=actor, at=at).save(force_insert=True)
        log(case, "go_on", actor=actor)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="clock"), actor=actor)
        return case


def resume_clocks(case: Case, *, at: datetime, reason: str) -> int:
    """Let paused clocks run on; returns how many."""
    paused = list(case.clocks.select_for_update().filter(stopped_at=None).exclude(paused_for=""))
    schedule = working_schedule(case.handling_centre_id) if paused else None
    for clock in paused:
        assert schedule is not None
        clock.paused_for = ""
        _run(clock, schedule, at=at)
        _step(clock, ClockStep.RESUMED, at=at, reason=reason)
    return len(paused)


def retarget_clocks(case: Case, *, at: datetime) -> None:
    """An injury or money about to move makes a case urgent, or no more: running clocks get the other target."""
    urgent = case.injury or case.money_moving
    running = list(case.clocks.select_for_update().filter(stopped_at=None).exclude(urgent=urgent))
    if not running:
        return
    policy, schedule = team_policy_of(case.handling_centre_id), working_schedule(case.handling_centre_id)
    for clock in running:
        minutes = target_of(policy, channel=clock.channel, urgent=urgent, kind=ClockKind(clock.kind))
        clock.urgent = urgent
        if minutes:
            clock.target_minutes = minutes
            if clock.running_since is not None:
                clock.due_at = due_moment(
                    schedule, since=clock.running_since, target=minutes, used=clock.used_minutes
                )
            _step(clock, ClockStep.RETARGETED, at=at, minutes=minutes)
        clock.save()


def mark_breached(clock: ResponseClock, *, at: datetime) -> bool:
    """Note that a running clock has missed its target; False when that was noted before."""
    changed = ResponseClock.objects.filter(id=clock.id, breached_at=None, stopped_at=None, paused_for="").update(
        breached_at=at
    )
    if changed:
        _step(clock, ClockStep.BREACHED, at=at)
    return bool(changed)


def _halt(clock: ResponseClock, schedule: Schedule, *, at: datetime) -> None:
    if clock.running_since is not None:
        clock.used_minutes += max(0, schedule.business_minutes_between(clock.running_since, at))
    clock.running_since = clock.due_at = None


def _run(clock: ResponseClock, schedule: Schedule, *, at: datetime) -> None:
    clock.running_since = at
    clock.due_at = due_moment(schedule, since=at, target=clock.target_minutes, used=clock.used_minutes)
    clock.save()


def _step(clock: ResponseClock, step: ClockStep, *, at: datetime, minutes: int = 0, reason: str = "") -> None:
    _step_row(clock, step, at=at, minutes=minutes, reason=reason).save(force_insert=True)


def _step_row(clock: ResponseClock, step: ClockStep, *, at: datetime, minutes: int = 0, reason: str = "") -> ClockEvent:
    return new_row(
        ClockEvent, id=uuid7(), clock=clock, centre_id=clock.centre_id, at=at, step=step.value, minutes=minutes, reason=reason
    )
