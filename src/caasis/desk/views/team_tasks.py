"""予定: one's tasks with a picture of the week, attempts to call, follow-ups, snoozing, giving on, absences."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from caasis.accounts.selectors import names_of, staff_of
from caasis.cases import services
from caasis.cases import team_selectors as team
from caasis.cases.models import Task
from caasis.cases.rules.tasks import SNOOZES, next_attempt
from caasis.cases.rules.team_words import Attempt, Outcome, TaskKind
from caasis.cases.vocabulary import State
from caasis.desk.access import actor_of_request, for_staff, is_json
from caasis.desk.team import shown_task, task_board
from caasis.desk.team_forms import AbsenceForm, AttemptForm, OutcomeForm, PersonForm, SnoozeForm, as_moment
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid
from caasis.organisations.schedules import working_schedule


@require_safe
@for_staff
def tasks(request: HttpRequest) -> HttpResponse:
    """予定: overdue, today, this week, later; for supervisors also those of absent colleagues."""
    return _board(request)


def _board(request: HttpRequest, *, absence_form: AbsenceForm | None = None, status: int = 200) -> HttpResponse:
    actor, now = actor_of_request(request), timezone.now()
    today = day_in_japan(now)
    away = team.absences(actor=actor, today=today)
    names = names_of({row.user_id for row in away}) if away else {}
    context: dict[str, Any] = {
        "board": task_board(actor=actor, now=now),
        "snoozes": SNOOZES,
        "absences": [(row, names.get(row.user_id, "")) for row in away],
        "absence_form": absence_form or AbsenceForm(people=_people(actor), initial={"user": str(actor.id)}),
        "has_errors": status != 200,
        "undo": offered_undo(request),
    }
    return page(request, "desk/team/tasks.html", context, status=status)


def _people(actor: Actor) -> list[tuple[str, str]]:
    """For whom the actor may enter an absence."""
    if actor.centre_id is None or not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        return [(str(actor.id), actor.name)]
    return [(str(user.pk), str(user)) for user in staff_of(actor.centre_id)]


@require_safe
@for_staff
def task_page(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task: calling, finishing, snoozing, giving on."""
    return _task(request, team.get_task(actor=actor_of_request(request), task_id=task_id))


def _task(request: HttpRequest, task: Task, *, status: int = 200, **forms: Any) -> HttpResponse:
    now = timezone.now()
    attempts = list(task.attempts.order_by("at"))
    names = names_of({one for one in (task.assigned_to, *(row.by for row in attempts)) if one})
    schedule = working_schedule(task.centre_id)
    proposals = {
        one: next_attempt(one, at=now, number=len(attempts) + 1, schedule=schedule)
        for one in (Attempt.BUSY, Attempt.ABSENT, Attempt.VOICEMAIL)
    }
    context: dict[str, Any] = {
        "one": shown_task(task, now=now, who=names.get(task.assigned_to, "") if task.assigned_to else ""),
        "task": task,
        "case": task.case,
        "outcome": Outcome(task.outcome).label if task.outcome else "",
        "may_reopen": task.outcome == Outcome.NOT_HELD.value and task.case.state in (State.REGISTERED, State.HANDLED),
        "attempts": [(row, Attempt(row.result).label, names.get(row.by, "") if row.by else "") for row in attempts],
        "proposals": [(one.label, found) for one, found in proposals.items() if found is not None],
        "callable": task.kind in (TaskKind.CALL, TaskKind.FOLLOW_UP),
        "follow_up": task.kind == TaskKind.FOLLOW_UP.value,
        "attempt_form": AttemptForm(),
        "snooze_form": SnoozeForm(),
        "give_form": PersonForm(centre_id=task.centre_id),
        "outcome_form": OutcomeForm(),
        "has_errors": status != 200,
        "undo": offered_undo(request),
        **forms,
    }
    return page(request, "desk/team/task.html", context, status=status)


@require_POST
@for_staff
def finish(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """済みにする, from the list or from the task; a follow-up says what it found."""
    actor = actor_of_request(request)
    task = team.get_task(actor=actor, task_id=task_id)
    outcome = ""
    if task.kind == TaskKind.FOLLOW_UP.value and task.done_at is None:
        form = OutcomeForm(request.POST)
        if not form.is_valid():
            return _task(request, task, status=422, outcome_form=form)
        outcome = form.cleaned_data["outcome"]
    services.finish_task(actor=actor, task_id=task_id, outcome=outcome)
    offer_undo(request, message="予定を済みにしました。", url=reverse("desk:task-reopen", args=[task_id]))
    if outcome == Outcome.NOT_HELD.value:
        return redirect("desk:task", task_id=task_id)
    return redirect("desk:tasks")


@require_POST
@for_staff
def reopen(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """元に戻す: the task is open again."""
    services.unfinish_task(actor=actor_of_request(request), task_id=task_id)
    return _undone(request, "予定を戻しました。")


@require_POST
@for_staff
def attempt(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """電話の結果: the next attempt is proposed by rule, or typed."""
    actor = actor_of_request(request)
    task = team.get_task(actor=actor, task_id=task_id)
    form = AttemptForm(request.POST)
    if not form.is_valid():
        return _task(request, task, status=422, attempt_form=form)
    try:
        done = services.record_attempt(
            actor=actor, task_id=task_id, result=form.cleaned_data["result"], again_at=form.cleaned_data["again_at"]
        )
    except Invalid as error:
        form.add_domain_fields(error.fields)
        return _task(request, task, status=422, attempt_form=form)
    if done.done_at is not None:
        messages.success(request, "話せたことを記録し、予定を済みにしました。")
        return redirect("desk:tasks")
    if form.cleaned_data["result"] == Attempt.WRONG_NUMBER.value:
        messages.warning(request, "番号が違うことを記録しました。番号を確かめてください。")
    else:
        messages.success(request, f"記録しました。次は{as_moment(done.due_at)[5:].replace('T', ' ').replace('-', '/')}です。")
    return redirect("desk:task", task_id=task_id)


@require_POST
@for_staff
def snooze(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """延ばす; the moment from before can be had back."""
    actor = actor_of_request(request)
    task = team.get_task(actor=actor, task_id=task_id)
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        return _task(request, task, status=422, snooze_form=form)
    services.snooze_task(actor=actor, task_id=task_id, choice=form.cleaned_data["choice"])
    address = f"{reverse('desk:task-back', args=[task_id])}?{urlencode({'due': task.due_at.isoformat()})}"
    offer_undo(request, message="予定を延ばしました。", url=address)
    return redirect("desk:tasks")


@require_POST
@for_staff
def back(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """元に戻す after snoozing: the address holds the moment from before."""
    team.get_task(actor=actor_of_request(request), task_id=task_id)
    try:
        due = datetime.fromisoformat(request.GET.get("due", ""))
    except ValueError:
        due = None
    if due is None or due.tzinfo is None:
        raise Invalid("元の日時が分かりません。予定を開いて、入れなおしてください。")
    services.move_task_back(actor=actor_of_request(request), task_id=task_id, due_at=due)
    return _undone(request, "予定を元の日時に戻しました。")


@require_POST
@for_staff
def give(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """渡す to a colleague."""
    actor = actor_of_request(request)
    task = team.get_task(actor=actor, task_id=task_id)
    form = PersonForm(request.POST, centre_id=actor.centre_id)
    if not form.is_valid():
        return _task(request, task, status=422, give_form=form)
    services.reassign_task(actor=actor, task_id=task_id, to=UUID(form.cleaned_data["to"]))
    messages.success(request, "予定を渡しました。")
    return redirect("desk:tasks")


def _undone(request: HttpRequest, sentence: str) -> HttpResponse:
    if is_json(request):
        return JsonResponse({"message": sentence})
    messages.success(request, sentence)
    return redirect("desk:tasks")


@require_POST
@for_staff
def absence_enter(request: HttpRequest) -> HttpResponse:
    """休みを入れる: one's own, or as a supervisor a colleague's."""
    actor = actor_of_request(request)
    form = AbsenceForm(request.POST, people=_people(actor))
    if form.is_valid():
        first, last = form.cleaned_data["first_day"], form.cleaned_data["last_day"]
        try:
            if isinstance(first, date) and isinstance(last, date):
                services.enter_absence(
                    actor=actor, user_id=UUID(form.cleaned_data["user"]), first_day=first, last_day=last
                )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        else:
            messages.success(request, "休みを入れました。その日の予定は主任の画面に出ます。")
            return redirect("desk:tasks")
    return _board(request, absence_form=form, status=422)


@require_POST
@for_staff
def absence_remove(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    """休みを消す."""
    services.remove_absence(actor=actor_of_request(request), absence_id=absence_id)
    messages.success(request, "休みを消しました。")
    return redirect("desk:tasks")
