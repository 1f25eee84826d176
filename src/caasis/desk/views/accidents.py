"""重大事故等 (消費者安全法12条): the notice of a case, its clock, and the list of the centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caasis.cases import accidents, services
from caasis.cases import selectors as cases
from caasis.cases.models import AccidentNotice, Case
from caasis.cases.rules.accidents import NOTICE_FIELDS, accident_law, criteria_met, notice_text
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.safety import NoticeForm, ReasonForm, SentForm
from caasis.desk.views.beside import address, beside_page, case_beside, paper, run, run_form
from caasis.desk.views.parts import page
from caasis.desk.workspace import today_in_japan
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import NotAllowed
from caasis.platform.forms import AppForm

FORMS = ("pdf", "txt")


@require_GET
@for_staff
def accident_list(request: HttpRequest) -> HttpResponse:
    """Notices that have not left, the oldest first, and those of late that have."""
    actor = actor_of_request(request)
    now = timezone.now()
    context = {
        "waiting": accidents.open_notices(actor=actor, now=now),
        "past": accidents.recent_notices(actor=actor, now=now),
        "law": accident_law(),
    }
    return page(request, "desk/mediation/accidents.html", context)


@require_http_methods(["GET", "POST"])
@for_staff
def accident(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The notices of a case. A post starts one, whatever the rule finds."""
    case, purpose = case_beside(request, case_id)
    if request.method == "POST":
        return run(
            request, lambda: services.start_notice(actor=actor_of_request(request), case_id=case.id),
            done="通知の準備を始めました。直ちに通知します。", back=address(request, "accident", case_id=case.id),
        )  # fmt: skip
    return _show(request, case, purpose)


def _show(
    request: HttpRequest, case: Case, purpose: Purpose | None, *, forms: dict[str, AppForm] | None = None, status: int = 200
) -> HttpResponse:
    actor = actor_of_request(request)
    shown = accidents.notices_of(case, actor=actor, purpose=purpose, now=timezone.now())
    current = next((one for one in reversed(shown) if one.notice.state == AccidentNotice.State.OPEN), None)
    given: dict[str, AppForm] = {"sent": SentForm(initial={"at": timezone.localtime()}), "reason": ReasonForm()}
    if current is not None and purpose is not None:
        given["notice"] = NoticeForm(initial=accidents.notice_values(current.notice, actor=actor, purpose=purpose))
    given |= forms or {}
    context = {
        "shown": shown,
        "current": current,
        "first": next((one for one in shown if one.notice.supplements_id is None and one.notice.state == AccidentNotice.State.SENT), None),
        "met": criteria_met(cases.read_card(case)),
        "law": accident_law(),
        "forms": given,
        "wrong": list((forms or {}).values()),
        "bad": next(iter(forms or {}), ""),
        "may_notify": actor.works_for(case.handling_centre_id),
    }
    return beside_page(request, "desk/mediation/accident.html", case, purpose, context, status=status)


def _act(
    request: HttpRequest, case_id: UUID, notice_id: UUID, name: str, form: AppForm, act: Callable[..., Any], *, done: str
) -> HttpResponse:
    case, purpose = case_beside(request, case_id)
    actor = actor_of_request(request)
    notice = accidents.get_notice(actor=actor, notice_id=notice_id, case_id=case.id)
    return run_form(
        request, form, lambda given: act(actor=actor, notice_id=notice.id, given=given), done=done,
        back=address(request, "accident", case_id=case.id),
        again=lambda bound, status: _show(request, case, purpose, forms={name: bound}, status=status),
    )  # fmt: skip


@require_POST
@for_staff
def save(request: HttpRequest, case_id: UUID, notice_id: UUID) -> HttpResponse:
    """Keep the form as it stands."""

    def act(*, actor: Any, notice_id: UUID, given: dict[str, Any]) -> Any:
        return services.save_notice(actor=actor, notice_id=notice_id, values=given)

    return _act(request, case_id, notice_id, "notice", NoticeForm(request.POST), act, done="通知の内容を保存しました。まだ通知していません。")


@require_POST
@for_staff
def sent(request: HttpRequest, case_id: UUID, notice_id: UUID) -> HttpResponse:
    """It was notified. What stands in the form beside it is kept with it, and comes back when something is wrong."""
    case, purpose = case_beside(request, case_id)
    actor = actor_of_request(request)
    notice = accidents.get_notice(actor=actor, notice_id=notice_id, case_id=case.id)
    form = SentForm(request.POST)
    content = NoticeForm(request.POST) if any(name.startswith("notice-") for name in request.POST) else None

    def again(bound: AppForm, status: int) -> HttpResponse:
        return _show(request, case, purpose, forms={"sent": bound, **({"notice": content} if content else {})}, status=status)

    if content is not None and not content.is_valid():
        request.undo_transaction = True  # type: ignore[attr-defined]
        return again(form, 422)
    return run_form(
        request, form,
        lambda given: services.record_sent(
            actor=actor, notice_id=notice.id, values=content.cleaned_data if content else None, **given
        ),
        done="通知したことを記録しました。", back=address(request, "accident", case_id=case.id), again=again,
    )  # fmt: skip


@require_POST
@for_staff
def close(request: HttpRequest, case_id: UUID, notice_id: UUID) -> HttpResponse:
    """It is none, or it is revoked: with the reason."""

    def act(*, actor: Any, notice_id: UUID, given: dict[str, Any]) -> Any:
        return services.close_notice(actor=actor, notice_id=notice_id, **given)

    return _act(request, case_id, notice_id, "reason", ReasonForm(request.POST), act, done="理由とともに記録しました。")


@require_POST
@for_staff
def unsent(request: HttpRequest, case_id: UUID, notice_id: UUID) -> HttpResponse:
    """The record of sending was a mistake."""
    case, _ = case_beside(request, case_id)
    actor = actor_of_request(request)
    notice = accidents.get_notice(actor=actor, notice_id=notice_id, case_id=case.id)
    return run(
        request, lambda: services.undo_sent(actor=actor, notice_id=notice.id),
        done="記録を取り消しました。まだ通知していません。", back=address(request, "accident", case_id=case.id),
    )  # fmt: skip


@require_POST
@for_staff
def supplement(request: HttpRequest, case_id: UUID, notice_id: UUID) -> HttpResponse:
    """続報."""
    case, _ = case_beside(request, case_id)
    actor = actor_of_request(request)
    notice = accidents.get_notice(actor=actor, notice_id=notice_id, case_id=case.id)
    return run(
        request, lambda: services.supplement_notice(actor=actor, notice_id=notice.id),
        done="続報を作りました。分かったことを書いてください。", back=address(request, "accident", case_id=case.id),
    )  # fmt: skip


@require_GET
@for_staff
def output(request: HttpRequest, case_id: UUID, notice_id: UUID, form: str) -> HttpResponse:
    """The notice as PDF or text, as it was saved or as the card fills it."""
    case, purpose = case_beside(request, case_id)
    if form not in FORMS:
        raise Http404
    actor = actor_of_request(request)
    notice = accidents.get_notice(actor=actor, notice_id=notice_id, case_id=case.id)
    if purpose is None:
        raise NotAllowed("目的を選んで開いてから作ってください。")
    values = accidents.notice_values(notice, actor=actor, purpose=purpose)
    text = notice_text(
        {name: values.get(name, "") for name, _, _ in NOTICE_FIELDS},
        criteria=tuple(notice.criteria), receipt_number=case.receipt_number, today=today_in_japan(),
        supplement=notice.supplements_id is not None,
    )  # fmt: skip
    return paper(request, text, form=form, title="重大事故等の通知", name=f"accident-{case.receipt_number}")
