"""予定: call back within a promised window, remind, look after closing whether the fix held."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.family import family_ids
from caasis.cases.models import Case, CaseEntry, Contract, Task, TaskAttempt
from caasis.cases.rules.tasks import MORNING, follow_up_day, next_attempt, snoozed
from caasis.cases.rules.team_words import PLANNED, Attempt, Outcome, TaskKind
from caasis.cases.selectors import get_case, is_insider
from caasis.cases.services.clocks import ANSWERS, stop_clocks
from caasis.cases.services.guards import log
from caasis.cases.services.rows import entry
from caasis.cases.team_selectors import get_task
from caasis.cases.vocabulary import Entry
from caasis.engines.schedule import Schedule
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.organisations.schedules import working_schedule
from caasis.platform.inserting import new_row
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

#: A moment that was typed may lie a little in the past, never in another age.
EARLIEST, LATEST = timedelta(days=366), timedelta(days=366 * 5)
OUT_OF_RANGE = "日時を確かめてください。5年先まで入れられます。"


def add_task(
    *,
    actor: Actor,
    case_id: UUID,
    what: str,
    due_at: datetime,
    kind: str = TaskKind.REMINDER.value,
    until_at: datetime | None = None,
    assigned_to: UUID | None = None,
) -> Task:
    """Plan a call back, a check, a reminder. The case shows its next one.

    :param until_at: the end of the window that was promised, after `due_at`.
    :raises Invalid: with sentences by field. :raises NotFound: outside the centre.
    """
    what = " ".join(what.split())
    errors: dict[str, list[str]] = {}
    if not what or len(what) > 120:
        errors["what"] = ["予定の内容を120字までで書いてください。"]
    if kind not in PLANNED:
        errors["kind"] = ["予定の種類を選んでください。"]
    if not _sane(due_at):
        errors["due_at"] = [OUT_OF_RANGE]
    if until_at is not None and not due_at < until_at <= due_at + timedelta(days=7):
        errors["until_at"] = ["終わりの時刻は、始まりより後、7日以内にしてください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        case = _insider_case(actor, case_id)
        who = assigned_to or case.counsellor_id or actor.id
        if assigned_to and not _may_hold(case.handling_centre_id, assigned_to):
            raise Invalid(fields={"assigned_to": ["同じセンターの相談員を選んでください。"]})
        task = Task.objects.create(
            case=case,
            centre_id=case.handling_centre_id,
            kind=kind,
            what=what,
            due_at=due_at,
            until_at=until_at,
            assigned_to=who,
            created_by=actor.id,
        )
        show_next_task(case)
        _line(task, Entry.TASK_ADDED, actor=actor, at=timezone.now())
        log(case, "add_task", actor=actor)
        return task


def finish_task(*, actor: Actor, task_id: UUID, outcome: str = "", at: datetime | None = None) -> Task:
    """Mark a task as done; a second time changes nothing. A follow-up says what it found; it reopens nothing by itself.

    :raises Invalid: a follow-up without its outcome. :raises NotFound: outside the centre.
    """
    at = at or timezone.now()
    with actor_transaction(actor):
        task = _locked_task(actor, task_id)
        if task.done_at is not None:
            return task
        if task.kind == TaskKind.FOLLOW_UP.value:
            if outcome not in Outcome._value2member_map_:
                raise Invalid(fields={"outcome": ["確かめた結果を選んでください。"]})
            task.outcome = outcome
        task.done_at = at
        task.save(update_fields=["done_at", "outcome", "updated_at"])
        show_next_task(task.case)
        kind = Entry.FOLLOWED_UP if task.outcome else Entry.TASK_DONE
        _line(task, kind, actor=actor, at=at, **({"outcome": task.outcome} if task.outcome else {}))
        log(task.case, "finish_task", actor=actor)
        return task


def unfinish_task(*, actor: Actor, task_id: UUID, at: datetime | None = None) -> Task:
    """Undo of `finish_task`: the task is open again, an outcome is forgotten."""
    with actor_transaction(actor):
        task = _locked_task(actor, task_id)
        if task.done_at is None:
            return task
        task.done_at, task.outcome = None, ""
        task.save(update_fields=["done_at", "outcome", "updated_at"])
        show_next_task(task.case)
        _line(task, Entry.TASK_REOPENED, actor=actor, at=at or timezone.now())
        log(task.case, "unfinish_task", actor=actor)
        return task


def record_attempt(
    *, actor: Actor, task_id: UUID, result: str, again_at: datetime | None = None, at: datetime | None = None
) -> Task:
    """A call was tried. Who was reached ends the task and counts as answered; else it moves to the next attempt.

    :param again_at: when to try again; absent means as the rule proposes.
    :raises Invalid: no such result. :raises WrongState: done already, or no call.
    """
    if result not in Attempt._value2member_map_:
        raise Invalid(fields={"result": ["電話の結果を選んでください。"]})
    if again_at is not None and not _sane(again_at):
        raise Invalid(fields={"again_at": [OUT_OF_RANGE]})
    at = at or timezone.now()
    with actor_transaction(actor):
        task = _locked_task(actor, task_id)
        if task.done_at is not None:
            raise WrongState("この予定は、もう済んでいます。")
        TaskAttempt.objects.create(task=task, centre_id=task.centre_id, at=at, by=actor.id, result=result)
        number = task.attempts.count()
        if result == Attempt.REACHED.value:
            if task.kind == TaskKind.CALL.value:
                stop_clocks(task.case, ANSWERS, at=at, reason="called")
                task.done_at = at
        else:
            proposal = next_attempt(
                Attempt(result), at=at, number=number, schedule=working_schedule(task.centre_id)
            )
            following = again_at or (proposal.at if proposal is not None else None)
            if following is not None:
                task.due_at, task.until_at, task.told_at = following, None, None
        task.save(update_fields=["done_at", "due_at", "until_at", "told_at", "updated_at"])
        show_next_task(task.case)
        _line(task, Entry.CALL_TRIED, actor=actor, at=at, result=result, number=number)
        log(task.case, "record_attempt", actor=actor)
        return task


def snooze_task(*, actor: Actor, task_id: UUID, choice: str, at: datetime | None = None) -> Task:
    """Let a task come again later.

    :raises Invalid: no such choice. :raises WrongState: done already.
    """
    at = at or timezone.now()
    with actor_transaction(actor):
        task = _locked_task(actor, task_id)
        later = snoozed(choice, at=at, schedule=working_schedule(task.centre_id))
        if later is None:
            raise Invalid(fields={"choice": ["いつまで延ばすか選んでください。"]})
        return _move(task, later, actor=actor, at=at)


def move_task_back(*, actor: Actor, task_id: UUID, due_at: datetime, at: datetime | None = None) -> Task:
    """Undo of `snooze_task`: the moment from before.

    :raises Invalid: no moment of a task.
    """
    if not _sane(due_at):
        raise Invalid(OUT_OF_RANGE)
    with actor_transaction(actor):
        return _move(_locked_task(actor, task_id), due_at, actor=actor, at=at or timezone.now())


def reassign_task(*, actor: Actor, task_id: UUID, to: UUID, at: datetime | None = None) -> Task:
    """Give a task to a colleague of the centre.

    :raises Invalid: somebody who can't have it. :raises WrongState: done already.
    """
    at = at or timezone.now()
    with actor_transaction(actor):
        task = _locked_task(actor, task_id)
        if task.done_at is not None:
            raise WrongState("この予定は、もう済んでいます。")
        if not _may_hold(task.centre_id, to):
            raise Invalid(fields={"to": ["同じセンターの相談員を選んでください。"]})
        if task.assigned_to == to:
            return task
        task.assigned_to, task.told_at = to, None
        task.save(update_fields=["assigned_to", "told_at", "updated_at"])
        _line(task, Entry.TASK_MOVED, actor=actor, at=at, to=str(to))
        log(task.case, "reassign_task", actor=actor)
        return task


def book_follow_up(case: Case, *, actor: Actor, at: datetime) -> Task | None:
    """「解約が確かに履行されたか」: booked when a case is handled, on the day that the rule proposes; once for a case."""
    if case.tasks.filter(kind=TaskKind.FOLLOW_UP.value).exists():
        return None
    contract = case.contracts.order_by("position").first()
    task = follow_up_row(case, contract, actor=actor, at=at, schedule=working_schedule(case.handling_centre_id))
    if task is None:
        return None
    task.save(force_insert=True)
    show_next_task(case)
    line, told = follow_up_lines(task, actor=actor, at=at)
    line.save(force_insert=True)
    publish(told, actor=actor)
    return task


def follow_up_row(
    case: Case, contract: Contract | None, *, actor: Actor, at: datetime, schedule: Schedule
) -> Task | None:
    """The follow-up of a case that is handled at `at`, unsaved. None when nothing was to be carried out, and for what was
    handled so long ago that its day is over: nobody is to be called for history."""
    proposed = follow_up_day(
        result=case.result,
        notice_sent_on=contract.notice_sent_on if contract is not None else None,
        handled_on=day_in_japan(at),
        schedule=schedule,
    )
    if proposed is None or proposed[0] < day_in_japan(timezone.now()):
        return None
    day, what = proposed
    return new_row(
        Task,
        case=case,
        centre_id=case.handling_centre_id,
        kind=TaskKind.FOLLOW_UP.value,
        what=what,
        due_at=datetime.combine(day, MORNING, JST),
        assigned_to=case.counsellor_id or actor.id,
        created_by=actor.id,
    )


def follow_up_lines(task: Task, *, actor: Actor, at: datetime) -> tuple[CaseEntry, CaseTimelineGrew]:
    """The timeline's line of a follow-up, unsaved, and what is told. The line stands a moment before the change of state,
    which stays the last step and so the one that undo takes back."""
    line = entry(task.case, Entry.TASK_ADDED, actor=actor, at=at - timedelta(milliseconds=1), task=str(task.id))
    return line, CaseTimelineGrew(subject=task.case_id, centre_id=task.centre_id, kind="task")


def unbook_follow_up(case: Case, *, handled_at: datetime | None) -> None:
    """Undo of handling: the follow-up that came with it goes."""
    if handled_at is None:
        return
    open_ones = case.tasks.filter(kind=TaskKind.FOLLOW_UP.value, done_at=None, attempts=None)
    open_ones.filter(created_at__gte=handled_at - timedelta(seconds=5)).delete()
    show_next_task(case)


def show_next_task(case: Case) -> None:
    """Lists show the next planned contact of a case: kept on the case, so that a list needs no join."""
    if case.merged_into_id is not None:
        # What is planned on a merged case is planned on the one that goes on.
        case = Case.objects.get(id=case.merged_into_id)
    following = Task.objects.filter(case_id__in=family_ids(case), done_at=None).order_by("due_at").first()
    case.next_contact_at = following.due_at if following else None
    case.next_contact_note = following.what[:80] if following else ""
    case.save(update_fields=["next_contact_at", "next_contact_note"])


def _sane(moment: datetime) -> bool:
    return timezone.now() - EARLIEST <= moment <= timezone.now() + LATEST


def _insider_case(actor: Actor, case_id: UUID) -> Case:
    case = get_case(actor=actor, case_id=case_id)
    if not is_insider(case, actor):
        raise NotFound
    return case


def _may_hold(centre_id: UUID, user_id: UUID) -> bool:
    return staff_of(centre_id, Role.COUNSELLOR, Role.SUPERVISOR).filter(id=user_id).exists()


def _locked_task(actor: Actor, task_id: UUID) -> Task:
    get_task(actor=actor, task_id=task_id)
    return Task.objects.select_for_update(of=("self",)).select_related("case").get(id=task_id)


def _move(task: Task, due_at: datetime, *, actor: Actor, at: datetime) -> Task:
    if task.done_at is not None:
        raise WrongState("この予定は、もう済んでいます。")
    task.due_at, task.until_at, task.told_at = due_at, None, None
    task.save(update_fields=["due_at", "until_at", "told_at", "updated_at"])
    show_next_task(task.case)
    _line(task, Entry.TASK_MOVED, actor=actor, at=at)
    log(task.case, "move_task", actor=actor)
    return task


def _line(task: Task, kind: Entry, *, actor: Actor, at: datetime, **data: object) -> None:
    entry(task.case, kind, actor=actor, at=at, task=str(task.id), **data).save(force_insert=True)
    publish(CaseTimelineGrew(subject=task.case_id, centre_id=task.centre_id, kind="task"), actor=actor)
