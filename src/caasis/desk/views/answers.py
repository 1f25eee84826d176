"""What a counsellor does on a case beside the card: states, handing over, answering, notes, tasks, asking for 決裁.

Each verb saves the card first, in one transaction with itself: either both happen, or the page comes back unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.rules.checks import Verdict, missing_fields
from caasis.cases.rules.team_words import TaskKind
from caasis.cases.services.approving import run_checks
from caasis.cases.vocabulary import State
from caasis.channels.services import cancel_answer, write_answer
from caasis.desk.access import access_case, actor_of_request, for_staff
from caasis.desk.card import Posted, read_posted
from caasis.desk.team_forms import TaskForm
from caasis.desk.views.parts import offer_undo, page
from caasis.desk.views.workspace import _conflict as conflict_page
from caasis.desk.views.workspace import refused, save_posted, settle, show_case
from caasis.desk.workspace import may_edit
from caasis.kernel.errors import DomainError, Invalid, NotFound, VersionConflict

#: Verbs of the counsellor and what the toast says after each.
STATE_WORDS = {
    "begin_advice": "「相談中」にしました。",
    "begin_mediation": "「あっせん中」にしました。",
    "finish_handling": "「処理終了」にしました。",
}


def after_saving(request: HttpRequest, case: Case, step: Callable[[Posted], HttpResponse]) -> HttpResponse:
    """Save what is typed, then take the step; what goes wrong in either leaves nothing half done."""
    posted = settle(read_posted(request.POST), request, case)
    actor = actor_of_request(request)
    try:
        with transaction.atomic():
            if may_edit(case, actor):
                save_posted(actor, case, posted)
            return step(posted)
    except VersionConflict as conflict:
        return conflict_page(request, case, posted, conflict)
    except DomainError as error:
        return refused(request, case, posted, error)


@require_POST
@for_staff
def change_state(request: HttpRequest, case_id: UUID, verb: str) -> HttpResponse:
    """相談中, あっせん中, 処理終了."""
    case = access_case(request, case_id, inside=True)

    def step(posted: Posted) -> HttpResponse:
        services.change_state(actor=actor_of_request(request), case_id=case_id, verb=verb)
        offer_undo(request, message=STATE_WORDS.get(verb, "状態を変えました。"), url=_undo_url(case_id))
        return redirect("desk:case", case_id=case_id)

    return after_saving(request, case, step)


@require_POST
@for_staff
def hand_over(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """引き継ぐ to a colleague, with a note for them."""
    case = access_case(request, case_id, inside=True)

    def step(posted: Posted) -> HttpResponse:
        try:
            to = UUID(request.POST.get("to", ""))
        except ValueError:
            raise Invalid(fields={"to": ["引き継ぐ相手を選んでください。"]}) from None
        actor = actor_of_request(request)
        note = request.POST.get("handover_note", "")
        services.assign_case(actor=actor, case_id=case_id, to=to, note=note)
        _forget(request, case, posted, "to", "handover_note")
        offer_undo(request, message="担当を引き継ぎました。", url=_undo_url(case_id))
        return redirect("desk:case", case_id=case_id)

    return after_saving(request, case, step)


@require_POST
@for_staff
def take_over(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """担当する: take over a case of the own centre."""
    access_case(request, case_id, inside=True)
    services.take_case(actor=actor_of_request(request), case_id=case_id)
    offer_undo(request, message="この相談の担当になりました。", url=_undo_url(case_id))
    return redirect("desk:case", case_id=case_id)


@require_POST
@for_staff
def reopen(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """再開 of a handled or registered case, with its reason."""
    case = access_case(request, case_id, inside=True)
    try:
        with transaction.atomic():
            services.reopen_case(
                actor=actor_of_request(request), case_id=case_id, reason=request.POST.get("reason", "")
            )
    except DomainError as error:
        fields = error.fields if isinstance(error, Invalid) else {}
        posted = read_posted(request.POST)
        return show_case(request, case, posted=posted, errors=fields, sentence="" if fields else error.message, status=error.status)
    messages.success(request, "相談を再開しました。件数は重ねて数えません。")
    return redirect("desk:case", case_id=case_id)


@require_POST
@for_staff
def undo(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """元に戻す for the last step of this person on this case."""
    access_case(request, case_id, inside=True)
    services.undo_step(actor=actor_of_request(request), case_id=case_id)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": "元に戻しました。"})
    messages.success(request, "元に戻しました。")
    return redirect("desk:case", case_id=case_id)


def _undo_url(case_id: UUID) -> str:
    return reverse("desk:case-undo", kwargs={"case_id": case_id})


# --- answers and notes: two composers, two verbs, two addresses -------------------------------------------------------


@require_POST
@for_staff
def answer(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """相談者へ送る: leaves after ten seconds; until then it can be taken back."""
    case = access_case(request, case_id, inside=True)

    def step(posted: Posted) -> HttpResponse:
        actor = actor_of_request(request)
        contact_id = _contact_of(case, request.POST.get("answer_contact", ""))
        try:
            message = write_answer(
                actor=actor, contact_id=contact_id, text=posted.texts.get("answer_text", ""), message_id=_form_id(request, "answer_id")
            )
        except Invalid as error:
            raise Invalid(fields={"answer_text": error.fields.get("text", [error.message])}) from None
        _forget(request, case, posted, "answer_text")
        offer_undo(
            request,
            message="相談者へのお返事は、10秒後に出ます。",
            url=reverse("desk:answer-cancel", kwargs={"case_id": case_id, "message_id": message.id}),
            strict=True,
        )
        return redirect("desk:case", case_id=case_id)

    return after_saving(request, case, step)


def _contact_of(case: Case, given: str) -> UUID:
    """The contact to answer: one of this case, never another."""
    ids = [str(contact_id) for contact_id in cases.contact_ids_of(case)]
    if given not in ids:
        raise NotFound("返す相手が見つかりません。画面を開き直してください。")
    return UUID(given)


def _form_id(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        return None


def _forget(request: HttpRequest, case: Case, posted: Posted, *names: str) -> None:
    """A text that was sent is no draft any more."""
    for name in names:
        posted.texts.pop(name, None)
    actor = actor_of_request(request)
    draft = cases.draft_of(case, actor=actor)
    if draft is None:
        return
    if posted.has_texts:
        services.save_draft(
            actor=actor, case_id=case.id, base_version=draft.base_version, body=posted.texts_only(), sequence=draft.sequence + 1
        )
    else:
        services.discard_draft(actor=actor, case_id=case.id)


@require_POST
@for_staff
def answer_cancel(request: HttpRequest, case_id: UUID, message_id: UUID) -> HttpResponse:
    """Take an answer back before it leaves; its words come back into the composer."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    message = cancel_answer(actor=actor, message_id=message_id)
    if message.contact_id not in cases.contact_ids_of(case):
        raise NotFound
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": "お返事を取り消しました。"})
    messages.success(request, "お返事を取り消しました。相談者には届いていません。")
    return redirect("desk:case", case_id=case_id)


@require_POST
@for_staff
def note(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """内部メモ: for colleagues, never for the consumer."""
    case = access_case(request, case_id, inside=True)

    def step(posted: Posted) -> HttpResponse:
        text = posted.texts.get("note_text", "")
        try:
            written = services.add_note(actor=actor_of_request(request), case_id=case_id, text=text)
        except Invalid as error:
            raise Invalid(fields={"note_text": error.fields.get("text", [error.message])}) from None
        _forget(request, case, posted, "note_text")
        offer_undo(
            request,
            message="内部メモを残しました。",
            url=reverse("desk:note-delete", kwargs={"case_id": case_id, "note_id": written.id}),
        )
        return redirect("desk:case", case_id=case_id)

    return after_saving(request, case, step)


@require_POST
@for_staff
def note_delete(request: HttpRequest, case_id: UUID, note_id: UUID) -> HttpResponse:
    """Take the own note back."""
    access_case(request, case_id, inside=True)
    services.delete_note(actor=actor_of_request(request), note_id=note_id)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": "メモを取り消しました。"})
    messages.success(request, "メモを取り消しました。")
    return redirect("desk:case", case_id=case_id)


# --- tasks ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def task(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """次の連絡: what and when."""
    case = access_case(request, case_id, inside=True)
    form = TaskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_task(
                actor=actor_of_request(request),
                case_id=case_id,
                what=form.cleaned_data["what"],
                due_at=form.cleaned_data["due_at"],
                until_at=form.cleaned_data["until_at"],
                kind=form.cleaned_data["kind"],
            )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        else:
            messages.success(request, "次の連絡を入れました。")
            return redirect("desk:case", case_id=case_id)
    context = {"form": form, "case": case, "now": timezone.now()}
    return page(request, "desk/workspace/task.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@for_staff
def task_done(request: HttpRequest, case_id: UUID, task_id: UUID) -> HttpResponse:
    """済みにする."""
    case = access_case(request, case_id, inside=True)
    found = cases.tasks_of(actor=actor_of_request(request), case=case).filter(id=task_id).first()
    if found is None:
        raise NotFound
    if found.kind == TaskKind.FOLLOW_UP.value and found.done_at is None:
        # It ends with what was found, and that is asked on its own page.
        return redirect("desk:task", task_id=task_id)
    services.finish_task(actor=actor_of_request(request), task_id=task_id)
    offer_undo(request, message="予定を済みにしました。", url=reverse("desk:task-reopen", kwargs={"task_id": task_id}))
    return redirect("desk:case", case_id=case_id)


# --- 決裁 -------------------------------------------------------------------------------------------------------------


@require_safe
@for_staff
def request_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """決裁依頼: the machine's checks, with the way to what is missing, and the button."""
    case = access_case(request, case_id, inside=True)
    return _show_request(request, case)


def _show_request(request: HttpRequest, case: Case, *, sentence: str = "", status: int = 200) -> HttpResponse:
    actor = actor_of_request(request)
    card = cases.read_card(case)
    checks = run_checks(case, card)
    context = {
        "case": case,
        "checks": sorted(checks, key=lambda check: (Verdict.MISSING, Verdict.FLAGGED, Verdict.PASSED).index(check.verdict)),
        "missing": missing_fields(card),
        "stopped": any(check.verdict is Verdict.MISSING for check in checks),
        "right_state": State(case.state) in (State.HANDLED, State.RETURNED) and may_edit(case, actor),
        "draft": cases.draft_of(case, actor=actor),
        "sentence": sentence,
        "reply": request.POST.get("reply", ""),
        "has_errors": bool(sentence),
    }
    return page(request, "desk/workspace/request.html", context, status=status)


@require_POST
@for_staff
def request_prepare(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """From the workspace: save what is typed, then show the checks."""
    case = access_case(request, case_id, inside=True)
    return after_saving(request, case, lambda posted: redirect("desk:case-request", case_id=case_id))


@require_POST
@for_staff
def request_send(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Send the request; an inquiry may be registered at once where the centre has the light path."""
    case = access_case(request, case_id, inside=True)
    try:
        with transaction.atomic():
            asked = services.request_approval(
                actor=actor_of_request(request), case_id=case_id, reply=request.POST.get("reply", "")
            )
    except DomainError as error:
        return _show_request(request, case, sentence=error.message, status=error.status)
    if asked is None:
        messages.success(request, "登録しました。問合せのため、決裁は省かれました。")
    else:
        messages.success(request, "決裁を依頼しました。決裁者が確かめます。")
    return redirect("desk:case", case_id=case_id)


@require_POST
@for_staff
def request_withdraw(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """取り下げる: nobody has decided yet."""
    access_case(request, case_id, inside=True)
    services.withdraw_request(actor=actor_of_request(request), case_id=case_id)
    messages.success(request, "決裁依頼を取り下げました。")
    return redirect("desk:case", case_id=case_id)
