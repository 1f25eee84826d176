"""Break-glass: opening a consumer's name and number in an emergency, with a reason that somebody else reviews."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caasis.accounts.selectors import emergency_accesses
from caasis.accounts.services import break_glass, review_emergency_access
from caasis.cases.selectors import consumer_of, open_personal
from caasis.desk.access import access_case, actor_of_request, for_staff
from caasis.desk.views.parts import page
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid, NotAllowed, WrongState

SHOWN = 100


@require_http_methods(["GET", "POST"])
@for_staff
def open_case_person(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask for the reason, then show name, number and address once. The centre's officials are told and review it."""
    actor = actor_of_request(request)
    case = access_case(request, case_id, inside=True)
    consumer = consumer_of(case)
    person = consumer.person if consumer is not None else None
    context: dict[str, object] = {"case": case, "person": person is not None, "reason": "", "personal": None}
    if request.method == "GET" or person is None:
        return page(request, "desk/emergency/open.html", context)
    reason = request.POST.get("reason", "").replace("\x00", "")[:2000]
    try:
        break_glass(
            actor=actor, object_kind="person", object_id=person.id, centre_id=case.owning_centre_id, reason=reason
        )
        context["personal"] = open_personal(case, actor=actor, purpose=Purpose.BREAK_GLASS)
    except Invalid as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        context |= {"reason": reason, "sentence": error.message, "has_errors": True}
        return page(request, "desk/emergency/open.html", context, status=422)
    return page(request, "desk/emergency/open.html", {**context, "reason": reason})


@require_GET
@for_staff
def review_list(request: HttpRequest) -> HttpResponse:
    """What was opened in an emergency and nobody has looked at yet: an official's list."""
    rows = list(emergency_accesses(actor=actor_of_request(request))[:SHOWN])
    return page(request, "desk/emergency/list.html", {"rows": rows})


@require_POST
@for_staff
def review(request: HttpRequest, access_id: UUID) -> HttpResponse:
    """An official has looked at one opening."""
    try:
        review_emergency_access(actor=actor_of_request(request), access_id=access_id)
        messages.success(request, "確かめたことを記録しました。")
    except (NotAllowed, WrongState) as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        messages.warning(request, error.message)
    return redirect("desk:emergencies")
