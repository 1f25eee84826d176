"""定型文 and 話し方の手順: the centre's texts with their versions, and using them on a case."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.cases import selectors as cases
from caasis.cases.models import Case
from caasis.desk.access import access_case, actor_of_request, for_staff, is_fragment, is_json
from caasis.desk.card import Posted, read_body, read_posted
from caasis.desk.phrases import phrases_of_case, script_steps, values_of
from caasis.desk.team_forms import PhraseForm
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.desk.views.workspace import keep_typing
from caasis.kernel.errors import Invalid, NotFound, VersionConflict
from caasis.knowledge import services as knowledge
from caasis.knowledge.models import Phrase
from caasis.knowledge.rules.phrases import PLACEHOLDERS, USES, fill
from caasis.knowledge.selectors import get_phrase, may_write_phrases, national_text, phrase_versions, phrases_for

# --- the centre's texts -----------------------------------------------------------------------------------------------


@require_safe
@for_staff
def phrase_list(request: HttpRequest) -> HttpResponse:
    """All texts that the centre uses, by kind and use."""
    actor = actor_of_request(request)
    rows = phrases_for(actor=actor)
    groups = [
        (kind.label, [(words, [r for r in rows if r.kind == kind.value and r.use == use]) for use, words in USES.items()])
        for kind in Phrase.Kind
    ]
    context: dict[str, Any] = {
        "groups": [(kind, [(words, found) for words, found in uses if found]) for kind, uses in groups],
        "total": len(rows),
        "may": may_write_phrases(actor),
        "undo": offered_undo(request),
    }
    return page(request, "desk/phrases/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new_phrase(request: HttpRequest) -> HttpResponse:
    """A text of the centre's own."""
    actor = actor_of_request(request)
    if request.method == "POST" or may_write_phrases(actor):
        return _form_page(request, None)
    messages.info(request, "文を書けるのは、主任とセンター職員です。")
    return redirect("desk:phrases")


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def phrase_page(request: HttpRequest, phrase_id: UUID) -> HttpResponse:
    """One text: to read, or to write anew; what it said before."""
    return _form_page(request, get_phrase(actor=actor_of_request(request), phrase_id=phrase_id))


def _form_page(request: HttpRequest, phrase: Phrase | None) -> HttpResponse:
    actor = actor_of_request(request)
    status = 200
    if request.method == "POST":
        form = PhraseForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                with transaction.atomic():
                    knowledge.save_phrase(
                        actor=actor,
                        phrase_id=phrase.id if phrase is not None else None,
                        version=data["version"],
                        kind=data["kind"],
                        use=data["use"],
                        title=data["title"],
                        body=data["body"],
                        law=data["law"],
                    )
            except Invalid as error:
                form.add_domain_fields(error.fields)
            except VersionConflict as error:
                status = error.status
                form.add_error(None, "ほかの人が先に保存しました。入力は残っています。")
            else:
                messages.success(request, "文を保存しました。")
                return redirect("desk:phrases")
        status = status if status != 200 else 422
    else:
        form = PhraseForm(initial=_initial(phrase))
    versions = phrase_versions(phrase) if phrase is not None else []
    names = names_of({row.saved_by for row in versions if row.saved_by}) if versions else {}
    context: dict[str, Any] = {
        "form": form,
        "phrase": phrase,
        "may": may_write_phrases(actor),
        "national": national_text(phrase) if phrase is not None else None,
        "placeholders": PLACEHOLDERS,
        "versions": [(row, names.get(row.saved_by, "") if row.saved_by else "はじめから") for row in versions],
        "undo": offered_undo(request),
    }
    return page(request, "desk/phrases/page.html", context, status=status)


def _initial(phrase: Phrase | None) -> dict[str, Any]:
    if phrase is None:
        return {"version": 0, "kind": Phrase.Kind.TEMPLATE.value}
    return {name: getattr(phrase, name) for name in ("version", "kind", "use", "title", "body", "law")}


@require_POST
@for_staff
def retire(request: HttpRequest, phrase_id: UUID) -> HttpResponse:
    """使うのをやめる; can be taken back."""
    knowledge.retire_phrase(actor=actor_of_request(request), phrase_id=phrase_id)
    offer_undo(request, message="この文を使うのをやめました。", url=reverse("desk:phrase-restore", args=[phrase_id]))
    return redirect("desk:phrases")


@require_POST
@for_staff
def restore(request: HttpRequest, phrase_id: UUID) -> HttpResponse:
    """元に戻す after retiring."""
    knowledge.restore_phrase(actor=actor_of_request(request), phrase_id=phrase_id)
    if is_json(request):
        return JsonResponse({"message": "文を元に戻しました。"})
    messages.success(request, "文を元に戻しました。")
    return redirect("desk:phrases")


# --- on a case --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def of_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The texts with the case's values: a part for the composer, or a page; a POST keeps what is typed and leads there."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    if request.method == "POST":
        keep_typing(actor, case, read_posted(request.POST))
        return redirect("desk:case-phrases", case_id=case_id)
    context = {
        "case": case,
        "templates": phrases_of_case(case, actor=actor, kind=Phrase.Kind.TEMPLATE.value),
        "scripts": phrases_of_case(case, actor=actor, kind=Phrase.Kind.SCRIPT.value),
        "may": may_write_phrases(actor),
    }
    if is_fragment(request):
        return render(request, "desk/phrases/picker.html", context)
    return page(request, "desk/phrases/of_case.html", context)


@require_POST
@for_staff
def insert(request: HttpRequest, case_id: UUID, phrase_id: UUID) -> HttpResponse:
    """お返事に入れる without scripts: the text goes behind what is typed, into the draft that only its writer sees."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    phrase = get_phrase(actor=actor, phrase_id=phrase_id)
    if phrase.kind != Phrase.Kind.TEMPLATE.value:
        raise NotFound("この文は、お返事には入れられません。")
    posted = read_posted(request.POST) if "answer_text" in request.POST else _drafted(case, request)
    text = fill(phrase.body, values_of(case, actor=actor)).text
    before = posted.texts.get("answer_text", "").rstrip()
    posted.texts["answer_text"] = f"{before}\n\n{text}" if before else text
    posted.sequence = max(posted.sequence, int(time.time() * 1000))
    keep_typing(actor, case, posted)
    messages.success(request, "お返事の文に入れました。読んで直してから送ってください。")
    return redirect(f"{reverse('desk:case', args=[case_id])}#composers")


def _drafted(case: Case, request: HttpRequest) -> Posted:
    """What the writer's draft holds."""
    actor = actor_of_request(request)
    draft = cases.draft_of(case, actor=actor)
    if draft is None:
        return Posted(version=case.version, sequence=0, raw={}, base={})
    return read_body(cases.read_draft(draft, actor=actor), version=draft.base_version, sequence=draft.sequence)


@require_safe
@for_staff
def script(request: HttpRequest, case_id: UUID, phrase_id: UUID) -> HttpResponse:
    """The steps of a script, to tick off beside the card. Ticks stay on the page and are registered nowhere."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    phrase = get_phrase(actor=actor, phrase_id=phrase_id)
    if phrase.kind != Phrase.Kind.SCRIPT.value:
        raise NotFound("この手順は見つかりません。")
    context = {"case": case, "phrase": phrase, "steps": script_steps(phrase, case, actor=actor)}
    if is_fragment(request):
        return render(request, "desk/phrases/script_in.html", context)
    return page(request, "desk/phrases/script.html", context)
