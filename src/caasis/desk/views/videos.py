"""ビデオ相談: the talks of a day, booking one beside a case, moving and cancelling it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.appointments import services
from caasis.appointments.models import VideoTalk
from caasis.appointments.talk_selectors import get_talk, secret_of, talk_texts, talks_between
from caasis.cases import selectors as cases
from caasis.cases.models import Case
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.video import BookForm, NewTalkForm, may_hold, panel_of
from caasis.desk.views.beside import beside_page, case_beside
from caasis.desk.views.parts import page
from caasis.desk.views.telephone import sentence_of
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import DomainError, Invalid, NotAllowed

NO_HOLDER = "ビデオ相談を扱えるのは、センターの相談員と主任です。"


@require_safe
@for_staff
def videos(request: HttpRequest) -> HttpResponse:
    """The centre's talks of one day; today, unless a day is given."""
    actor, now = actor_of_request(request), timezone.now()
    today = day_in_japan(now)
    try:
        day = date.fromisoformat(request.GET.get("day", "")[:10])
        start = datetime.combine(day, time(), JST)
        end = start + timedelta(days=1)
        before, after = day - timedelta(days=1), day + timedelta(days=1)
    except (ValueError, OverflowError):
        day, start = today, datetime.combine(today, time(), JST)
        end, before, after = start + timedelta(days=1), today - timedelta(days=1), today + timedelta(days=1)
    lines = talks_between(actor=actor, start=start, end=end, now=now)
    names = names_of({line.talk.agent_id for line in lines})
    ids = [line.talk.case_id for line in lines if line.talk.case_id]
    numbers = dict(cases.own_cases(actor=actor).filter(id__in=ids).values_list("id", "receipt_number")) if ids else {}
    rows = [(line, names.get(line.talk.agent_id, ""), numbers.get(line.talk.case_id, "") if line.talk.case_id else "") for line in lines]
    context = {"rows": rows, "day": day, "today": today, "before": before, "after": after}
    return page(request, "desk/videos/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def case_video(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The talk of a case with its link, or the form that books one; sent with `at_once` it begins now."""
    case, purpose = case_beside(request, case_id)
    actor = actor_of_request(request)
    if not may_hold(actor):
        raise NotAllowed(NO_HOLDER)
    if request.method != "POST":
        return _show(request, case, purpose)
    at_once = "at_once" in request.POST
    form = NewTalkForm(request.POST, actor=actor)
    try:
        with transaction.atomic():
            if panel_of(case, actor=actor) is not None:
                raise Invalid("この相談には、もうビデオの予約があります。")
            if at_once:
                assert actor.id is not None
                services.book_talk(actor=actor, agent_id=actor.id, case_id=case.id)
            elif form.is_valid():
                given = form.cleaned_data
                services.book_talk(
                    actor=actor, agent_id=UUID(given["agent"]), begins_at=given["begins_at"],
                    minutes=given["minutes"], name=given["name"], contact=given["contact"], case_id=case.id,
                )  # fmt: skip
            else:
                return _show(request, case, purpose, form=form, status=422)
    except Invalid as error:
        if not error.fields:
            return _show(request, case, purpose, form=form, error=error.message, status=422)
        form.add_domain_fields(error.fields)
        return _show(request, case, purpose, form=form, status=422)
    messages.success(request, "リンクができました。相談者に送ってください。")
    return redirect(_back(request, case))


def _show(
    request: HttpRequest, case: Case, purpose: Purpose | None, *, form: NewTalkForm | None = None,
    moving: BookForm | None = None, error: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    actor = actor_of_request(request)
    panel = panel_of(case, actor=actor)
    context: dict[str, Any] = {"panel": panel, "error": error, "me": actor}
    if panel is not None:
        request.uses_camera = True  # type: ignore[attr-defined]
        first = {"begins_at": panel.talk.begins_at, "minutes": panel.talk.minutes}
        context["moving"] = moving or BookForm(initial=first)
        if purpose is not None:
            with transaction.atomic():
                secret = secret_of(panel.talk, actor=actor, purpose=purpose)
                context["texts"] = talk_texts(panel.talk, actor=actor, purpose=purpose)
            context["link"] = request.build_absolute_uri(reverse("portal:video", args=[secret]))
    else:
        name = ""
        if purpose is not None and cases.has_personal(case):
            name = str(cases.open_personal(case, actor=actor, purpose=purpose).get("consumer_name") or "")
        context["form"] = form or NewTalkForm(actor=actor, initial={"name": name, "agent": str(actor.id)})
    return beside_page(request, "desk/videos/case.html", case, purpose, context, status=status)


def _back(request: HttpRequest, case: Case) -> str:
    purpose = request.GET.get("purpose", "")
    query = f"?purpose={purpose}" if purpose in {one.value for one in Purpose} else ""
    return reverse("desk:case-video", args=[case.id]) + query


@require_POST
@for_staff
def move(request: HttpRequest, talk_id: UUID) -> HttpResponse:
    """Another time; the link stays."""
    actor = actor_of_request(request)
    talk, case, purpose = _talk_and_case(request, talk_id)
    form = BookForm(request.POST)
    if not form.is_valid():
        return _show(request, case, purpose, moving=form, status=422)
    try:
        with transaction.atomic():
            services.move_talk(
                actor=actor, talk_id=talk.id, begins_at=form.cleaned_data["begins_at"],
                minutes=form.cleaned_data["minutes"],
            )  # fmt: skip
    except Invalid as error:
        form.add_domain_fields(error.fields)
        return _show(request, case, purpose, moving=form, status=422)
    except DomainError as error:
        return _show(request, case, purpose, error=sentence_of(error), status=error.status)
    messages.success(request, "日時を変えました。相談者に知らせてください。")
    return redirect(_back(request, case))


@require_POST
@for_staff
def cancel(request: HttpRequest, talk_id: UUID) -> HttpResponse:
    """The talk is not wanted any more."""
    talk, case, purpose = _talk_and_case(request, talk_id)
    try:
        with transaction.atomic():
            services.cancel_talk(actor=actor_of_request(request), talk_id=talk.id)
    except DomainError as error:
        return _show(request, case, purpose, error=sentence_of(error), status=error.status)
    messages.success(request, "ビデオ相談を取りやめました。リンクは使えなくなりました。")
    return redirect(_back(request, case))


def _talk_and_case(request: HttpRequest, talk_id: UUID) -> tuple[VideoTalk, Case, Purpose | None]:
    talk = get_talk(actor=actor_of_request(request), talk_id=talk_id)
    if not may_hold(actor_of_request(request)):
        raise NotAllowed(NO_HOLDER)
    if talk.case_id is None:
        raise Invalid("相談の画面から開き直してください。")
    case, purpose = case_beside(request, talk.case_id)
    return talk, case, purpose
