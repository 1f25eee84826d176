"""The business of a case: suggestions while the name is typed, 「この事業者にする」, and taking it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from caasis.businesses.selectors import suggest
from caasis.cases import services
from caasis.cases.business_record import confirmed_business
from caasis.cases.models import Case
from caasis.desk.access import access_case, actor_of_request, for_staff, is_fragment
from caasis.desk.card import read_posted
from caasis.desk.views.parts import page
from caasis.desk.views.workspace import save, save_posted, settle
from caasis.desk.workspace import today_in_japan
from caasis.kernel.errors import DomainError, Invalid

SHOWN = 3
CHOICES = 10
NEW = "new"


@require_POST
@for_staff
def suggestions(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Businesses that may be meant by what is typed now; nothing is saved."""
    case = access_case(request, case_id, inside=True)
    heard = {name: request.POST.get(f"business_{name}", "").replace("\x00", "")[:300] for name in ("name", "phone", "url")}
    return render(request, "desk/businesses/cand.html", strip_context(request, case, heard))


def strip_context(request: HttpRequest, case: Case, heard: dict[str, str]) -> dict[str, Any]:
    """What stands under the name: the confirmed business while the name is the saved one, else suggestions."""
    row = case.businesses.order_by("position").first()
    confirmed = confirmed_business(case)
    if confirmed is not None and row is not None and heard["name"].strip() not in ("", row.name_as_heard):
        # Another name is being typed: it will be another business when it is saved.
        confirmed = None
    found = []
    if confirmed is None and any(value.strip() for value in heard.values()):
        found = suggest(actor=actor_of_request(request), **heard, limit=SHOWN, today=today_in_japan())
    return {"case": case, "confirmed": confirmed, "found": found, "heard": heard}


@require_http_methods(["GET", "POST"])
@for_staff
def choose(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A page of candidates for what is saved; or 「この事業者にする」, which saves the card first."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    if request.method == "GET":
        return page(request, "desk/businesses/choose.html", _choices(request, case))
    chosen = _chosen(request.POST.get("business", ""))
    if chosen is None:
        raise Invalid("事業者を選んでください。")
    by_script = is_fragment(request)
    posts_card = "fields" in request.POST
    if posts_card and by_script:
        saved = save(request, case_id)
        if saved.status_code != 200:
            return saved
    try:
        if posts_card and not by_script:
            with transaction.atomic():
                save_posted(actor, case, settle(read_posted(request.POST), request, case))
        row = services.confirm_business(actor=actor, case_id=case_id, business_id=None if chosen == NEW else UUID(chosen))
    except DomainError as error:
        if not by_script:
            messages.warning(request, error.message)
            request.undo_transaction = True  # type: ignore[attr-defined]
            return redirect("desk:case", case_id=case_id)
        return _strip(request, case_id, sentence=error.message, status=error.status)
    if not by_script:
        messages.success(request, f"「{row.business}」を、この相談の事業者にしました。")
        return redirect("desk:case", case_id=case_id)
    answer = _strip(request, case_id, said=f"「{row.business}」を、この相談の事業者にしました。")
    if posts_card:
        # The parts of the page that a save changes come with it.
        answer.content = saved.content + answer.content
    return answer


@require_POST
@for_staff
def release(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """It was not that business: the name as heard stays. Without scripts the whole card comes along and is saved first."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    by_script = is_fragment(request)
    try:
        if "fields" in request.POST and not by_script:
            with transaction.atomic():
                save_posted(actor, case, settle(read_posted(request.POST), request, case))
        services.release_business(actor=actor, case_id=case_id)
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        if by_script:
            return _strip(request, case_id, sentence=error.message, status=error.status)
        messages.warning(request, error.message)
        return redirect("desk:case", case_id=case_id)
    if by_script:
        return _strip(request, case_id, said="事業者の確認を取り消しました。")
    messages.success(request, "事業者の確認を取り消しました。")
    return redirect("desk:case", case_id=case_id)


def _strip(request: HttpRequest, case_id: UUID, *, said: str = "", sentence: str = "", status: int = 200) -> HttpResponse:
    """The strip as it stands now, for a script, with a sentence for the place of errors or for those who hear the page."""
    case = access_case(request, case_id, inside=True)
    context = {**strip_context(request, case, _heard(case)), "said": said, "sentence": sentence, "error_names": []}
    return render(request, "desk/businesses/strip_answer.html", context, status=status)


def _choices(request: HttpRequest, case: Case) -> dict[str, Any]:
    heard = _heard(case)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:160]
    if asked:
        heard = {"name": asked, "phone": "", "url": ""}
    found = []
    if any(value.strip() for value in heard.values()):
        found = suggest(actor=actor_of_request(request), **heard, limit=CHOICES, today=today_in_japan())
    return {"case": case, "found": found, "heard": heard, "confirmed": confirmed_business(case), "own": _heard(case), "asked": asked}


def _heard(case: Case) -> dict[str, str]:
    row = case.businesses.order_by("position").first()
    return {"name": row.name_as_heard if row else "", "phone": row.phone if row else "", "url": row.url if row else ""}


def _chosen(text: str) -> str | None:
    if text == NEW:
        return NEW
    try:
        return str(UUID(text))
    except ValueError:
        return None
