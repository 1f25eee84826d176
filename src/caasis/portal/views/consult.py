"""The consultation form: five steps, saved on the server at each, sent exactly once. Works without JavaScript.

Whatever was typed is kept: valid answers go into the draft, and beside them, as typed, those that can't be taken yet.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from caasis.channels import services
from caasis.channels.rules.questionnaire import clean_answers, clean_faq_number
from caasis.channels.selectors import outlook_of
from caasis.channels.services import DraftView, Upload
from caasis.channels.services.drafts import FILES_PER_FORM, TOO_MANY_FILES
from caasis.channels.services.placing import responsible_centre
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import DomainError, Invalid, NotFound, TooMany, WrongState
from caasis.platform.files.store import check_size
from caasis.portal.advice import Advice, advice
from caasis.portal.forms.consult import CONFIRM, SHORT_NAMES, STEP_FORMS, StepForm
from caasis.portal.forms.receipt import ResumeForm
from caasis.portal.page import client_of, render_page
from caasis.portal.summary import lines
from caasis.portal.tokens import draft_code, draft_token, drop_draft, keep_draft, keep_receipt, sending_key

#: Answers as typed that can't be taken yet, by step.
TYPED = "typed"
_DONE_SECONDS = 3600
_FILE_STEP = 3


@require_safe
def consult(request: HttpRequest) -> HttpResponse:
    """Where the menu leads: to the step at which this browser's form stands, or to the first."""
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    _, draft = current_draft(request)
    step = draft.step if draft is not None and not draft.sent and not query else 1
    return HttpResponseRedirect(_url(step) + query)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, number: int) -> HttpResponse:
    """One step of the form."""
    if number == CONFIRM:
        return _confirm(request)
    code, draft = current_draft(request)
    if draft is not None and draft.sent:
        # The browser's back button, after sending: there is nothing to fill in any more.
        return HttpResponseRedirect(reverse("portal:consult_done"))
    if request.method != "POST":
        if draft is None and number > 1:
            return HttpResponseRedirect(_url(1) + "?notice=start")
        return _show(request, number, _form_for(number, draft), code, draft)
    form = STEP_FORMS[number](request.POST, request.FILES)
    form.is_valid()
    if draft is None:
        return _begin(request, number, form)
    assert code is not None
    _save(code, number, form, request)
    if _handle_files(request, form, code):
        return _again(request, number, form, code)
    if "back" in request.POST:
        return _moved(_url(max(1, number - 1)), code)
    if form.errors:
        return _again(request, number, form, code)
    # From the confirmation page one mends one step and comes straight back.
    target = CONFIRM if "return" in request.POST else number + 1
    services.save_draft(code=code, answers={}, step=target)
    return _moved(_url(target), code)


def begin_with(request: HttpRequest, told: dict[str, str]) -> HttpResponse:
    """Lead to the first step of a form with these answers in it. In a form that this browser has begun already, only what is
    empty is filled in: what somebody has typed stands."""
    code, draft = current_draft(request)
    try:
        if code is not None and draft is not None and not draft.sent:
            empty = {name: value for name, value in told.items() if not draft.answers.get(name)}
            services.save_draft(code=code, answers=empty, step=min(draft.step, CONFIRM - 1))
        else:
            _, code = services.start_draft(answers=told, step=1, client=client_of(request))
    except TooMany:
        # Too many forms were begun from here: the empty form says so as soon as something is typed.
        return HttpResponseRedirect(_url(1))
    return _moved(_url(1), code)


def _begin(request: HttpRequest, number: int, form: StepForm) -> HttpResponse:
    """A first answer, or one whose draft is gone: it begins a draft, so that nothing typed is lost."""
    if number == 1 and form.errors:
        return _show(request, number, form, None, None, status=422)
    try:
        _, code = services.start_draft(answers=_kept(number, form, request), step=number, client=client_of(request))
    except TooMany as error:
        form.add_error(None, error.message)
        return _show(request, number, form, None, None, status=error.status)
    if number == 1:
        services.save_draft(code=code, answers={}, step=2)
        return _moved(_url(2), code)
    return _moved(_url(1) + "?notice=expired", code)


def _kept(number: int, form: StepForm, request: HttpRequest) -> dict[str, Any]:
    kept = form.answers()
    typed = {
        name: request.POST.getlist(name)
        for name in request.POST
        if form.errors and name.split("_unknown")[0].removesuffix("_y").removesuffix("_m").removesuffix("_d") in form.fields
    }
    kept[f"{TYPED}_{number}"] = typed or None
    faq = clean_faq_number(request.POST.get("article"))
    if faq:
        kept["faq_number"] = faq
    return kept


def _save(code: str, number: int, form: StepForm, request: HttpRequest) -> None:
    services.save_draft(code=code, answers=_kept(number, form, request), step=number)


def _handle_files(request: HttpRequest, form: StepForm, code: str) -> bool:
    """Take in and take out files. True when the step is to be shown again: because of an error, or at the wish of who
    pressed 「写真を加える」 or 「消す」."""
    if "files" not in form.fields:
        return False
    stay = "add_files" in request.POST
    for given in request.POST.getlist("remove"):
        stay = True
        try:
            services.remove_file(code=code, file_id=UUID(given))
        except ValueError:
            continue
    uploads: list[UploadedFile[Any]] = form.cleaned_data.get("files") or []
    for upload in uploads[: FILES_PER_FORM + 1]:
        try:
            check_size(upload.size or 0)
            services.attach_file(code=code, upload=Upload(upload.name or "", upload.read()))
        except Invalid as error:
            stay = True
            sentence = error.fields.get("files", [error.message])[0]
            form.add_error("files", f"{_short(upload.name)}：{sentence}" if len(uploads) > 1 else sentence)
            if sentence == TOO_MANY_FILES:
                break
        except DomainError as error:
            stay = True
            form.add_error("files", error.message)
    return stay


def _short(name: str | None) -> str:
    name = name or "ファイル"
    return name if len(name) <= 20 else f"{name[:17]}…"


def _again(request: HttpRequest, number: int, form: StepForm, code: str) -> HttpResponse:
    """The same step with what was typed. Only files that were asked for, and no error: the page is simply shown."""
    asked = bool(request.POST.getlist("remove")) or "add_files" in request.POST
    if asked and "files" not in form.errors:
        # Somebody who adds a photo hasn't finished the page: other fields aren't blamed yet.
        return _moved(_url(number) + "#files", code)
    return _show(request, number, form, code, services.read_draft(code=code), status=422)


# --- the last step -----------------------------------------------------------------------------------------------


def _confirm(request: HttpRequest) -> HttpResponse:
    code, draft = current_draft(request)
    if draft is None or code is None:
        if request.method == "POST":
            return HttpResponseRedirect(_url(1) + "?notice=gone")
        return HttpResponseRedirect(_url(1) + "?notice=start")
    if draft.sent and request.method != "POST":
        return HttpResponseRedirect(reverse("portal:consult_done"))
    if request.method != "POST":
        return _show_confirm(request, code, draft)
    if "back" in request.POST:
        return _moved(_url(CONFIRM - 1), code)
    try:
        receipt = services.submit(
            code=code,
            idempotency_key=sending_key(code),
            faq_number=draft.answers.get("faq_number", ""),
            client=client_of(request),
        )
        contact = services.open_receipt(receipt_number=receipt.receipt_number, secret=receipt.secret)
    except Invalid as error:
        return _show_confirm(request, code, draft, fields=error.fields, sentence=error.message, status=422)
    except WrongState:
        return HttpResponseRedirect(reverse("portal:receipt") + "?notice=sent")
    except TooMany as error:
        return _show_confirm(request, code, draft, fields={}, sentence=error.message, status=error.status)
    response = HttpResponseRedirect(reverse("portal:consult_done"))
    keep_draft(response, code, seconds=_DONE_SECONDS)
    keep_receipt(response, contact)
    return response


def _show_confirm(
    request: HttpRequest,
    code: str,
    draft: DraftView,
    *,
    fields: dict[str, list[str]] | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    answers, errors = clean_answers(draft.answers, today=day_in_japan(timezone.now()))
    missing = fields if fields is not None else errors
    step_of = {name: number for number, form in STEP_FORMS.items() for name in form.base_fields}
    try:
        centre = responsible_centre(answers).name
    except Invalid:
        centre = ""
    groups = [
        {
            "number": number,
            "title": form.short,
            "lines": lines(answers, [name for name in form.base_fields if name != "files"]),
            "url": _url(number) + "?return=1",
        }
        for number, form in STEP_FORMS.items()
    ]
    entries = [
        {"href": f"{_url(step_of.get(name, 1))}?return=1#id_{name}", "text": text}
        for name, texts in missing.items()
        for text in texts
    ]
    if not entries and sentence:
        entries = [{"href": "", "text": sentence}]
    context = _frame(CONFIRM, code, draft) | {
        "heading": "この内容で送ります",
        "groups": groups,
        "missing": entries,
        "has_errors": status != 200,
        "centre": centre,
        "files": draft.files,
    }
    response = render_page(request, "portal/confirm.html", context, current="consult", status=status)
    keep_draft(response, code)
    return response


@require_http_methods(["GET", "HEAD"])
def done(request: HttpRequest) -> HttpResponse:
    """After sending: number and secret, what may run out, what to do tonight. Loading it again shows the same."""
    code = draft_code(request)
    receipt = services.repeated_receipt(idempotency_key=sending_key(code)) if code else None
    if receipt is None:
        return HttpResponseRedirect(reverse("portal:receipt") + "?notice=over")
    found: Advice = advice(outlook_of(receipt.facts), receipt.facts, today=day_in_japan(timezone.now()))
    context = {"receipt": receipt, "advice": found}
    return render_page(request, "portal/done.html", context, current="consult")


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """Go on with a form by its code."""
    form = ResumeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            code = form.cleaned_data["code"]
            try:
                draft = services.resume_draft(code=code, client=client_of(request))
                return _moved(_url(draft.step), code)
            except (Invalid, TooMany, WrongState) as error:
                form.add_error("code", error.message)
                status = error.status
    return render_page(request, "portal/resume.html", {"form": form}, current="consult", status=status)


@require_http_methods(["POST"])
def discard(request: HttpRequest) -> HttpResponse:
    """Forget an unsent form now: its answers, its files and its key."""
    code = draft_code(request)
    if code:
        services.discard_draft(code=code)
    response = HttpResponseRedirect(_url(1) + "?notice=discarded")
    drop_draft(response)
    return response


# --- inside ------------------------------------------------------------------------------------------------------

NOTICES = {
    "start": "はじめの質問からお願いします。前に保存した続きは、保存コードで開けます。",
    "expired": "時間がたったので、新しく始めます。さきほどの入力は残っています。",
    "gone": "保存した内容が見つかりません。はじめからお願いします。",
    "discarded": "入力した内容を消しました。",
}


def current_draft(request: HttpRequest) -> tuple[str | None, DraftView | None]:
    """The form that this browser has begun, with the code that opens it; None and None without one."""
    code = draft_code(request)
    if code is None:
        return None, None
    try:
        return code, services.read_draft(code=code)
    except (Invalid, NotFound):
        return None, None


def _form_for(number: int, draft: DraftView | None) -> StepForm:
    kind = STEP_FORMS[number]
    answers = draft.answers if draft is not None else {}
    typed = answers.get(f"{TYPED}_{number}")
    if isinstance(typed, dict):
        data = QueryDict(mutable=True)
        for name, values in typed.items():
            data.setlist(name, values)
        form = kind(data)
        form.is_valid()
        return form
    return kind(initial=kind.initial_from(answers))


def _frame(number: int, code: str | None, draft: DraftView | None) -> dict[str, Any]:
    """What every step shows around its fields."""
    return {
        "number": number,
        "steps": [
            {"label": label, "done": place < number, "current": place == number}
            for place, label in enumerate(SHORT_NAMES, start=1)
        ],
        "code": code,
        "token": draft_token(code) if code else "",
        "saved_at": draft.saved_at if draft is not None else None,
        "files": draft.files if draft is not None else (),
        "files_left": FILES_PER_FORM - len(draft.files) if draft is not None else FILES_PER_FORM,
        "next_label": SHORT_NAMES[number] if number < CONFIRM else "",
        "file_step": number == _FILE_STEP,
    }


def _show(
    request: HttpRequest,
    number: int,
    form: StepForm,
    code: str | None,
    draft: DraftView | None,
    *,
    status: int = 200,
) -> HttpResponse:
    article = clean_faq_number(request.GET.get("article") or request.POST.get("article"))
    context = _frame(number, code, draft) | {
        "form": form,
        "heading": form.heading,
        "article": article,
        "notice": NOTICES.get(request.GET.get("notice", ""), ""),
        "returns": "return" in request.GET or "return" in request.POST,
    }
    response = render_page(request, "portal/step.html", context, current="consult", status=status)
    if code:
        keep_draft(response, code)
    return response


def _moved(url: str, code: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    keep_draft(response, code)
    return response


def _url(number: int) -> str:
    return reverse("portal:consult_step", args=[number])
