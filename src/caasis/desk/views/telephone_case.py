"""発信: calling somebody from a case, after a look at the number."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from caasis.cases import selectors as cases
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.telephone import is_agent, telephone_of
from caasis.desk.views.beside import beside_page, case_beside
from caasis.desk.views.telephone import NO_AGENT, sentence_of
from caasis.kernel.errors import DomainError, NotAllowed
from caasis.telephony.services import ask
from caasis.telephony.vocabulary import RequestKind


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def call_from_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The number to look at, and the button that calls it. A call can't be taken back: nothing is dialled before that."""
    actor = actor_of_request(request)
    case, purpose = case_beside(request, case_id)
    if not is_agent(actor):
        raise NotAllowed(NO_AGENT)
    number, error, status = request.POST.get("number", "")[:20], "", 200
    if request.method == "POST":
        try:
            with transaction.atomic():
                ask(
                    actor=actor, kind=RequestKind.CALL, target_kind="case", target_id=case.id, number=number,
                    idempotency_key=request.POST.get("once", "")[:80] or None,
                )  # fmt: skip
            return redirect("desk:case", case.id)
        except DomainError as refused:
            error, status = sentence_of(refused), refused.status
    elif purpose is not None and cases.has_personal(case):
        card = cases.open_personal(case, actor=actor, purpose=purpose)
        number = str(card.get("consumer_phone") or "")
    context = {"number": number, "error": error, "phone": telephone_of(actor=actor)}
    return beside_page(request, "desk/telephone/dial_case.html", case, purpose, context, status=status)
