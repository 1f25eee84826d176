"""あっせん of a case: beginning, consent, log, deadline, offers, result, the way onward; and the look-up by business."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caasis.audit.services import record_access
from caasis.cases import mediations, services
from caasis.cases.models import Case, Mediation
from caasis.cases.redress import case_totals
from caasis.cases.rules.mediation import FailedBecause, OfferState, Outcome, Step
from caasis.cases.rules.mediation_letters import BusinessLetter
from caasis.cases.services.settling import UNDOABLE
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.mediation import (
    AnswerForm,
    BeginForm,
    ConsentForm,
    ContactForm,
    DeadlineForm,
    OfferForm,
    OnwardForm,
    OnwardResultForm,
    ResultForm,
)
from caasis.desk.views.beside import address, beside_page, case_beside, run, run_form
from caasis.desk.views.parts import page
from caasis.desk.workspace import may_edit, today_in_japan
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Purpose
from caasis.platform.forms import AppForm

LONGEST_WORDS = 160


@require_GET
@for_staff
def lookup(request: HttpRequest) -> HttpResponse:
    """A business calls: its open mediations in the own centre, without anything of a consumer. Without words all open ones."""
    actor = actor_of_request(request)
    today = today_in_japan()
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_WORDS]
    if words:
        phone = words if normalise_phone(words) else ""
        found = mediations.find_for_business(actor=actor, phone=phone, name="" if phone else words, today=today)
    else:
        found = mediations.open_mediations(actor=actor, today=today)
    record_access(actor=actor, action="look_up_mediations", object_kind="mediation", object_id=None, centre_id=actor.centre_id)
    return page(request, "desk/mediation/lookup.html", {"words": words, "found": found})


@require_http_methods(["GET", "POST"])
@for_staff
def mediation_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The mediations of a case; beginning one."""
    case, purpose = case_beside(request, case_id)
    actor = actor_of_request(request)

    def show(form: AppForm, status: int = 200) -> HttpResponse:
        rows = mediations.mediations_of(case, actor=actor)
        context = {
            "rows": [(row, Step.words(row.last_step), Outcome.words(row.outcome) if row.outcome else "") for row in rows],
            "form": form, "may_begin": may_edit(case, actor), "totals": case_totals(case, actor=actor),
        }  # fmt: skip
        return beside_page(request, "desk/mediation/list.html", case, purpose, context, status=status)

    if request.method == "GET":
        heard = case.businesses.order_by("position").first()
        initial = {"business_name": heard.name_as_heard, "business_phone": heard.phone} if heard else {}
        return show(BeginForm(initial=initial))
    begun: list[Mediation] = []
    form = BeginForm(request.POST)
    answer = run_form(
        request, form, lambda given: begun.append(services.begin_mediation(actor=actor, case_id=case.id, **given)),
        done="あっせんを始めました。", back=address(request, "mediations", case_id=case.id), again=show,
    )  # fmt: skip
    if begun and answer.status_code == 302:
        answer["Location"] = address(request, "mediation", case_id=case.id, mediation_id=begun[0].id)
    return answer


@require_GET
@for_staff
def mediation_page(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """Where the mediation stands, what comes next, and its log."""
    case, purpose = case_beside(request, case_id)
    mediation = _mediation(request, case, mediation_id)
    return show_mediation(request, case, mediation, purpose)


def _mediation(request: HttpRequest, case: Case, mediation_id: UUID) -> Mediation:
    return mediations.get_mediation(actor=actor_of_request(request), mediation_id=mediation_id, case_id=case.id)


def show_mediation(
    request: HttpRequest,
    case: Case,
    mediation: Mediation,
    purpose: Purpose | None,
    *,
    forms: dict[str, AppForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of_request(request)
    file = mediations.read_file(mediation, actor=actor, purpose=purpose, today=today_in_japan())
    now = timezone.localtime()
    given: dict[str, AppForm] = {
        "consent": ConsentForm(initial={"given_at": now}),
        "contact": ContactForm(initial={"at": now}),
        "deadline": DeadlineForm(initial={"due_on": mediation.answer_due_on}),
        "offer": OfferForm(),
        "answer": AnswerForm(),
        "result": ResultForm(),
        "onward": OnwardForm(initial={"on": now.date()}),
        **(forms or {}),
    }
    sent = (forms or {}).get("onward_result")
    onwards = [
        (row, text, sent if _is_of(sent, row.id) else OnwardResultForm(initial={"on": now.date()}, onward_id=row.id))
        for row, text in file.onwards
    ]
    context = {
        "mediation": mediation,
        "file": file,
        "forms": given,
        "onwards": onwards,
        "wrong": list((forms or {}).values()),
        "bad": next(iter(forms or {}), ""),
        "may_work": may_edit(case, actor),
        "over": bool(mediation.outcome),
        "outcome": Outcome.words(mediation.outcome),
        "because": FailedBecause.words(mediation.failed_because) if mediation.failed_because else "",
        "letters": list(BusinessLetter),
        "answers": [OfferState.ACCEPTED, OfferState.REFUSED, OfferState.WITHDRAWN],
        "result_step": next((s.step for s in file.steps if s.step.kind == Step.RESULT and s.step.undone_at is None), None),
        "totals": case_totals(case, actor=actor),
        "today": today_in_japan(),
    }
    return beside_page(request, "desk/mediation/page.html", case, purpose, context, status=status)


def _is_of(form: AppForm | None, onward_id: UUID) -> bool:
    return isinstance(form, OnwardResultForm) and form.onward_id == onward_id


def _act(
    request: HttpRequest,
    case_id: UUID,
    mediation_id: UUID,
    name: str,
    form: AppForm,
    act: Callable[..., Any],
    *,
    done: str,
    part: str,
    undo: Step | None = None,
) -> HttpResponse:
    """Run one of the page's forms on its mediation."""
    case, purpose = case_beside(request, case_id)
    mediation = _mediation(request, case, mediation_id)
    actor = actor_of_request(request)

    def undo_url(_: Any) -> str:
        step = mediation.steps.filter(kind=undo, by=actor.id).order_by("-created_at").first() if undo in UNDOABLE else None
        assert step is not None
        return address(request, "mediation-undo", case_id=case.id, mediation_id=mediation.id, step_id=step.id)

    return run_form(
        request,
        form,
        lambda given: act(actor=actor, mediation_id=mediation.id, **given),
        done=done,
        back=address(request, "mediation", part=part, case_id=case.id, mediation_id=mediation.id),
        again=lambda bound, status: show_mediation(request, case, mediation, purpose, forms={name: bound}, status=status),
        undo=undo_url if undo is not None else None,
    )


@require_POST
@for_staff
def consent(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """The consumer agreed to be named to this business."""
    return _act(
        request, case_id, mediation_id, "consent", ConsentForm(request.POST), services.record_consent,
        done="本人の同意を記録しました。", part="consent", undo=Step.CONSENT,
    )  # fmt: skip


@require_POST
@for_staff
def consent_withdraw(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """The consumer takes the consent back."""
    case, _ = case_beside(request, case_id)
    mediation = _mediation(request, case, mediation_id)
    return run(
        request, lambda: services.withdraw_consent(actor=actor_of_request(request), mediation_id=mediation.id),
        done="同意の取り下げを記録しました。これからは名前を伝えません。",
        back=address(request, "mediation", part="consent", case_id=case.id, mediation_id=mediation.id),
    )  # fmt: skip


@require_POST
@for_staff
def contact(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """A line of the log: who, when, how, and what was said."""
    return _act(
        request, case_id, mediation_id, "contact", ContactForm(request.POST), services.log_contact,
        done="連絡を記録しました。", part="steps", undo=Step.CONTACT,
    )  # fmt: skip


@require_POST
@for_staff
def deadline(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """Until when the business is to answer."""
    return _act(
        request, case_id, mediation_id, "deadline", DeadlineForm(request.POST), services.set_answer_deadline,
        done="回答期限を記録しました。当日に予定が出ます。", part="deadline",
    )  # fmt: skip


@require_POST
@for_staff
def offer(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """案 of one side."""
    return _act(
        request, case_id, mediation_id, "offer", OfferForm(request.POST), services.make_offer,
        done="案を記録しました。", part="offers", undo=Step.OFFER,
    )  # fmt: skip


@require_POST
@for_staff
def offer_answer(request: HttpRequest, case_id: UUID, mediation_id: UUID, offer_id: UUID) -> HttpResponse:
    """The answer to an offer; the buttons of its row carry it."""

    def act(**given: Any) -> Any:
        return services.answer_offer(offer_id=offer_id, **given)

    return _act(
        request, case_id, mediation_id, "answer", AnswerForm(request.POST, prefix=None), act,
        done="案への返事を記録しました。", part="offers", undo=Step.ANSWER,
    )  # fmt: skip


@require_POST
@for_staff
def result(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """解決, 不調 or withdrawn."""
    return _act(
        request, case_id, mediation_id, "result", ResultForm(request.POST), services.end_mediation,
        done="あっせんの結果を記録しました。", part="result", undo=Step.RESULT,
    )  # fmt: skip


@require_POST
@for_staff
def onward(request: HttpRequest, case_id: UUID, mediation_id: UUID) -> HttpResponse:
    """On to ADR, a committee, a court."""
    return _act(
        request, case_id, mediation_id, "onward", OnwardForm(request.POST), services.go_onward,
        done="次の機関へ進むことを記録しました。", part="onward",
    )  # fmt: skip


@require_POST
@for_staff
def onward_result(request: HttpRequest, case_id: UUID, mediation_id: UUID, onward_id: UUID) -> HttpResponse:
    """What became of it there."""

    def act(**given: Any) -> Any:
        return services.record_onward(onward_id=onward_id, **given)

    return _act(
        request, case_id, mediation_id, "onward_result", OnwardResultForm(request.POST, onward_id=onward_id), act,
        done="次の機関の状況を記録しました。", part="onward",
    )  # fmt: skip


@require_POST
@for_staff
def undo(request: HttpRequest, case_id: UUID, mediation_id: UUID, step_id: UUID) -> HttpResponse:
    """Take one's own last step back."""
    case, _ = case_beside(request, case_id)
    mediation = _mediation(request, case, mediation_id)
    return run(
        request,
        lambda: services.undo_mediation_step(actor=actor_of_request(request), mediation_id=mediation.id, step_id=step_id),
        done="元に戻しました。記録には残ります。",
        back=address(request, "mediation", case_id=case.id, mediation_id=mediation.id),
    )
