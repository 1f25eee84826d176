"""講座・催し: the centre's events, writing and opening them, who signed up, and whom somebody has to call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.appointments import services
from caasis.appointments.education_selectors import (
    education_figures,
    event_lines,
    get_event,
    seats_of,
    sign_up_lines,
    unanswered_lectures,
)
from caasis.appointments.education_vocabulary import OPEN_EVENTS, EventState, SignUpState
from caasis.appointments.models import EducationEvent, SignUp
from caasis.appointments.services.education import may_decide, require_staff
from caasis.desk.access import actor_of_request, for_staff, stated_purpose
from caasis.desk.education_forms import CameForm, EventForm, event_initial
from caasis.desk.views.beside import run, run_form
from caasis.desk.views.parts import page
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import day_in_japan, fiscal_year
from caasis.kernel.errors import NotAllowed
from caasis.knowledge.rules.body import blocks

#: Why names on such a list are opened.
LIST_PURPOSES = (Purpose.CONSUMER_REQUEST, Purpose.HANDOVER)


@require_safe
@for_staff
def events(request: HttpRequest) -> HttpResponse:
    """Events of the centre to come, or past ones."""
    actor, past = actor_of_request(request), "past" in request.GET
    now = timezone.now()
    today = day_in_japan(now)
    year = fiscal_year(today)
    context = {
        "lines": event_lines(actor=actor, now=now, past=past),
        "past": past,
        "year": year,
        "figures": education_figures(actor=actor, start=date(year, 4, 1), end=today),
        "asked": unanswered_lectures(actor=actor),
    }
    return page(request, "desk/education/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new(request: HttpRequest) -> HttpResponse:
    """A new event, as a draft."""
    actor = actor_of_request(request)
    require_staff(actor)
    form = EventForm(request.POST or None, initial=event_initial(None))
    if request.method != "POST":
        return _form_page(request, form, None)
    made: list[EducationEvent] = []

    def act(_: dict[str, Any]) -> None:
        made.append(services.write_event(actor=actor, values=form.values()))

    answer = run_form(
        request, form, act, done="催しを作りました。まだ公開していません。", back=reverse("desk:education-events"),
        again=lambda _, status: _form_page(request, form, None, status=status),
    )  # fmt: skip
    return redirect("desk:education-event", made[0].id) if made else answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def change(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Write an event anew."""
    actor = actor_of_request(request)
    row = get_event(actor=actor, event_id=event_id)
    if row.state != EventState.DRAFT and not may_decide(actor):
        raise NotAllowed("公開した催しを変えるのは、主任とセンター職員です。")
    form = EventForm(request.POST or None, initial=event_initial(row))
    if request.method != "POST":
        return _form_page(request, form, row)
    return run_form(
        request,
        form,
        lambda data: services.change_event(
            actor=actor, event_id=event_id, version=data["version"] or 0, values=form.values()
        ),
        done="催しを直しました。", back=reverse("desk:education-event", args=[event_id]),
        again=lambda _, status: _form_page(request, form, row, status=status),
    )  # fmt: skip


def _form_page(
    request: HttpRequest, form: EventForm, row: EducationEvent | None, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "row": row, "has_errors": status >= 400}
    return page(request, "desk/education/form.html", context, status=status)


@require_safe
@for_staff
def one(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One event with who signed up: masked, or opened for a purpose."""
    return _one(request, get_event(actor=actor_of_request(request), event_id=event_id), CameForm())


def _one(request: HttpRequest, row: EducationEvent, form: CameForm, *, status: int = 200) -> HttpResponse:
    actor, now = actor_of_request(request), timezone.now()
    chosen = stated_purpose(request)
    purpose = chosen if chosen in LIST_PURPOSES else None
    with transaction.atomic():
        lines = sign_up_lines(row, actor=actor, purpose=purpose)
    state = EventState(row.state)
    context = {
        "row": row,
        "state": state,
        "blocks": blocks(row.summary),
        "seats": seats_of([row])[row.id],
        "lines": [line for line in lines if line.state is not SignUpState.CANCELLED],
        "gone": sum(line.state is SignUpState.CANCELLED for line in lines),
        "to_tell": sum(line.sign_up.to_tell for line in lines),
        "opened": purpose is not None,
        "purposes": LIST_PURPOSES,
        "q": f"?purpose={purpose.value}" if purpose else "",
        "decides": may_decide(actor),
        "may_change": state in OPEN_EVENTS and (state is EventState.DRAFT or may_decide(actor)),
        "may_hold": state in (EventState.OPEN, EventState.CLOSED, EventState.HELD) and row.starts_at <= now,
        "ended": state not in OPEN_EVENTS,
        "form": form,
        "has_errors": status >= 400,
    }
    return page(request, "desk/education/event.html", context, status=status)


def _do(request: HttpRequest, event_id: UUID, act: Callable[..., EducationEvent], done: str) -> HttpResponse:
    actor: Actor = actor_of_request(request)
    return run(
        request, lambda: act(actor=actor, event_id=event_id), done=done, back=reverse("desk:education-event", args=[event_id])
    )


@require_POST
@for_staff
def open_it(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Everybody sees it and may sign up."""
    return _do(request, event_id, services.open_event, "公開しました。申し込みを受け付けています。")


@require_POST
@for_staff
def close(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Nobody new signs up."""
    return _do(request, event_id, services.close_event, "申し込みを締め切りました。")


@require_POST
@for_staff
def cancel(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """It does not take place."""
    return _do(request, event_id, services.cancel_event, "中止にしました。申し込んだ人に電話してください。")


@require_POST
@for_staff
def held(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """It took place, and so many came."""
    actor = actor_of_request(request)
    row = get_event(actor=actor, event_id=event_id)
    form = CameForm(request.POST)
    return run_form(
        request,
        form,
        lambda data: services.hold_event(actor=actor, event_id=event_id, came=data["came"]),
        done="開催を記録しました。", back=reverse("desk:education-event", args=[event_id]),
        again=lambda _, status: _one(request, row, form, status=status),
    )  # fmt: skip


@require_POST
@for_staff
def told(request: HttpRequest, sign_up_id: UUID) -> HttpResponse:
    """Somebody has called this person."""
    return _with_person(request, sign_up_id, services.mark_told, "電話したことを記録しました。")


@require_POST
@for_staff
def off(request: HttpRequest, sign_up_id: UUID) -> HttpResponse:
    """This person called and does not come."""
    return _with_person(request, sign_up_id, services.strike_off, "申し込みを取りやめにしました。")


def _with_person(request: HttpRequest, sign_up_id: UUID, act: Callable[..., SignUp], done: str) -> HttpResponse:
    actor = actor_of_request(request)
    found = SignUp.objects.filter(id=sign_up_id, centre_id=actor.centre_id).values_list("event_id", flat=True).first()
    stated = stated_purpose(request)
    back = reverse("desk:education-event", args=[found]) if found else reverse("desk:education-events")
    back += f"?purpose={stated.value}" if stated else ""
    return run(request, lambda: act(actor=actor, sign_up_id=sign_up_id), done=done, back=back)
