"""ほかの機関の案内: finding an office by everyday words, keeping the directory up to date, naming one to a consumer."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.directory import get_office, introduction_counts, introductions_of, offices
from caasis.cases.models import Case
from caasis.cases.rules.offices import KINDS, MONTHS, Entry, due_entries, find_offices, introduction_text
from caasis.cases.services.directory import TEXTS
from caasis.desk.access import access_case, actor_of_request, for_staff
from caasis.desk.card import Posted, read_body
from caasis.desk.referral_forms import OfficeForm
from caasis.desk.views.parts import offer_undo, page
from caasis.desk.workspace import may_edit, today_in_japan
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, VersionConflict

#: The figure beside the directory counts so many days back.
COUNTED_DAYS = 365


@require_safe
@for_staff
def office_list(request: HttpRequest) -> HttpResponse:
    """The directory: by words, by field, and what is due for a check."""
    actor = actor_of_request(request)
    words = _words(request)
    everything = offices(actor=actor)
    today = today_in_japan()
    due = due_entries(everything, today)
    only_due = request.GET.get("show") == "due"
    shown = find_offices(everything, words) if words else due if only_due else everything
    context: dict[str, Any] = {
        "words": words,
        "only_due": only_due,
        "due_count": len(due),
        "months": MONTHS,
        "total": len(everything),
        "groups": [] if words else _groups(shown),
        "found": shown if words else [],
        "due_codes": {entry.code for entry in due},
        "counts": list(introduction_counts(actor=actor, since=today - timedelta(days=COUNTED_DAYS), until=today))[:10],
    }
    return page(request, "desk/offices/list.html", context)


def _groups(entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
    return [
        (label, rows) for kind, label in KINDS.items() if (rows := [entry for entry in entries if entry.kind == kind])
    ]


def _words(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").replace("\x00", "").split())[:80]


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new_office(request: HttpRequest) -> HttpResponse:
    """An office of the centre's own: the town's lawyer day, the regional branch."""
    form = OfficeForm(request.POST if request.method == "POST" else None, initial={"version": 0})
    return _edit(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def office(request: HttpRequest, office_code: str) -> HttpResponse:
    """One entry: what a centre knows better of a common one stays with the centre."""
    entry = get_office(actor=actor_of_request(request), code=office_code)
    initial = {name: getattr(entry, name) for name in (*TEXTS, "kind", "version")}
    return _edit(request, OfficeForm(request.POST if request.method == "POST" else None, initial=initial), entry)


def _edit(request: HttpRequest, form: OfficeForm, entry: Entry | None) -> HttpResponse:
    sentence, status = "", 422 if request.method == "POST" else 200
    if form.is_valid():
        values = {name: form.cleaned_data[name] for name in (*TEXTS, "kind")}
        try:
            with transaction.atomic():
                services.save_office(
                    actor=actor_of_request(request),
                    code=entry.code if entry else "",
                    version=form.cleaned_data["version"],
                    values=values,
                    checked=form.cleaned_data["checked"],
                )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except VersionConflict as error:
            sentence, status = error.message, error.status
        else:
            messages.success(request, "保存しました。")
            return redirect("desk:offices")
    context = {
        "form": form,
        "entry": entry,
        "due": entry is not None and entry.is_due(today_in_japan()),
        "sentence": sentence,
        "has_errors": status != 200,
    }
    return page(request, "desk/offices/edit.html", context, status=status)


@require_POST
@for_staff
def check(request: HttpRequest, office_code: str) -> HttpResponse:
    """確かめました: right as it stands, today."""
    found = services.check_office(actor=actor_of_request(request), code=office_code)
    messages.success(request, f"「{found.name}」を、きょう確かめたと記録しました。")
    return redirect(f"{reverse('desk:offices')}?show=due")


@require_POST
@for_staff
def hide(request: HttpRequest, office_code: str) -> HttpResponse:
    """載せない: the entry leaves this centre's directory."""
    services.hide_office(actor=actor_of_request(request), code=office_code)
    messages.success(request, "この機関を、センターの案内から外しました。")
    return redirect("desk:offices")


# --- on the case ------------------------------------------------------------------------------------------------------


@require_safe
@for_staff
def case_offices(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """ほかの機関を紹介: found by what the consumer says; the case's title is the first question."""
    case, actor = access_case(request, case_id, inside=True), actor_of_request(request)
    words = _words(request)
    everything = offices(actor=actor)
    guess = "" if words else case.title
    context = {
        "case": case,
        "words": words,
        "guess": guess,
        "found": find_offices(everything, words or guess),
        "groups": [] if words else _groups(everything),
        "introduced": introductions_of(case, actor=actor),
        "editable": may_edit(case, actor),
        "by_web": bool(_web_contact(case)),
    }
    return page(request, "desk/offices/case.html", context)


def _web_contact(case: Case) -> bool:
    from caasis.channels.models import Contact

    return Contact.objects.filter(id__in=cases.contact_ids_of(case)).exclude(receipt_number="").filter(watch_report=None).exists()


@require_POST
@for_staff
def introduce(request: HttpRequest, case_id: UUID, office_code: str) -> HttpResponse:
    """Name the office: counted on the case, and its name, phone and hours stand in the answer to the consumer."""
    case, actor = access_case(request, case_id, inside=True), actor_of_request(request)
    with transaction.atomic():
        entry = get_office(actor=actor, code=office_code)
        made = services.introduce_office(actor=actor, case_id=case_id, code=office_code)
        if may_edit(case, actor):
            _put_into_answer(actor, case, introduction_text(entry))
    offer_undo(
        request,
        message=f"「{entry.name}」を紹介したと記録しました。",
        url=reverse("desk:introduction-take-back", kwargs={"case_id": case_id, "introduction_id": made.id}),
    )
    return redirect("desk:case", case_id=case_id)


def _put_into_answer(actor: Actor, case: Case, text: str) -> None:
    """The words join this person's draft of an answer, under what stands there; nothing is sent."""
    draft = cases.draft_of(case, actor=actor)
    posted = Posted(version=case.version, sequence=0, raw={}, base={})
    if draft is not None:
        posted = read_body(cases.read_draft(draft, actor=actor), version=draft.base_version, sequence=draft.sequence)
    before = posted.texts.get("answer_text", "").rstrip()
    if text in before:
        return
    posted.texts["answer_text"] = f"{before}\n\n{text}\n".lstrip()
    body = posted.body() if posted.raw else posted.texts_only()
    sequence = max(posted.sequence + 1, int(time.time() * 1000))
    services.save_draft(actor=actor, case_id=case.id, base_version=posted.version, body=body, sequence=sequence)


@require_POST
@for_staff
def take_back(request: HttpRequest, case_id: UUID, introduction_id: UUID) -> HttpResponse:
    """It wasn't named after all."""
    case = access_case(request, case_id, inside=True)
    if not case.introductions.filter(id=introduction_id).exists():
        raise NotFound
    services.take_back_introduction(actor=actor_of_request(request), introduction_id=introduction_id)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": "紹介の記録を取り消しました。"})
    messages.success(request, "紹介の記録を取り消しました。お返事の文は、自分で直してください。")
    return redirect("desk:case", case_id=case_id)
