"""The telephone in the bar: what it shows, what is asked of the switchboard, and the agent's state."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from caasis.desk.access import actor_of_request, for_staff, is_fragment
from caasis.desk.telephone import is_agent, telephone_of
from caasis.kernel.errors import DomainError, Invalid, NotAllowed
from caasis.queues import selectors as queues
from caasis.queues.services import note_seen, plan_next_state, set_state, sign_in, sign_out
from caasis.queues.vocabulary import AgentState
from caasis.telephony import selectors as telephony
from caasis.telephony import services
from caasis.telephony.models import DeskRequest
from caasis.telephony.vocabulary import RequestKind

NO_AGENT = "電話に出られるのは、センターの相談員と主任です。"
UNKNOWN = "この操作はできません。画面を読み込み直してください。"


@require_safe
@for_staff
def bar(request: HttpRequest) -> HttpResponse:
    """The bar's telephone as it is now; with `request`, what became of what was asked."""
    return _bar(request, _asked(request, request.GET.get("request", "")))


@require_POST
@for_staff
def ask(request: HttpRequest) -> HttpResponse:
    """Ask the switchboard for what a button says."""
    _require_agent(request)
    post = request.POST
    row: DeskRequest | None = None
    refusal = ""
    try:
        kind = RequestKind(post.get("kind", ""))
        call_id = UUID(post["call"]) if post.get("call") else None
        target_kind, _, target = post.get("target", "").partition(":")
        target_id = UUID(target) if target else None
    except ValueError:
        return _answer(request, None, UNKNOWN, status=422)
    try:
        with transaction.atomic():
            row = services.ask(
                actor=actor_of_request(request),
                kind=kind,
                call_id=call_id,
                target_kind=target_kind,
                target_id=target_id,
                number=post.get("number", "")[:40],
                digits=post.get("digits", "")[:40],
                option=post.get("option", "")[:20],
                idempotency_key=post.get("once", "")[:80] or None,
            )
    except DomainError as error:
        refusal = sentence_of(error)
        return _answer(request, None, refusal, status=error.status)
    return _answer(request, row, "")


@require_safe
@for_staff
def targets(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """To whom a call can go: colleagues who are there, the centre's queues, a number outside."""
    _require_agent(request)
    actor = actor_of_request(request)
    context = {
        "call": telephony.get_call(actor=actor, call_id=call_id),
        "agents": [one for one in queues.agents_of_centre(actor=actor) if one.user_id != actor.id],
        "queues": queues.queues_of_centre(actor=actor),
    }
    return render(request, "desk/telephone/targets.html", context)


@require_POST
@for_staff
def state(request: HttpRequest) -> HttpResponse:
    """Begin or end the turn, rest, come back; during a call, plan what follows it."""
    _require_agent(request)
    actor = actor_of_request(request)
    code, _, reason = request.POST.get("choice", "").partition(":")
    try:
        chosen = AgentState(code)
    except ValueError:
        return _answer(request, None, UNKNOWN, status=422)
    now = telephone_of(actor=actor)
    try:
        with transaction.atomic():
            if chosen is AgentState.OFFLINE:
                sign_out(actor=actor)
            elif now is not None and now.state is AgentState.TALKING:
                plan_next_state(actor=actor, state=chosen, reason=reason)
            elif now is not None and now.signed_in:
                set_state(actor=actor, state=chosen, reason=reason)
            else:
                sign_in(actor=actor, state=chosen, reason=reason)
    except DomainError as error:
        return _answer(request, None, sentence_of(error), status=error.status)
    return _answer(request, None, "")


@require_POST
@for_staff
def seen(request: HttpRequest) -> HttpResponse:
    """A sign of life of the agent's browser; 205 when their turn has ended meanwhile and the page should say so."""
    return HttpResponse(status=204 if note_seen(actor=actor_of_request(request)) else 205)


def _require_agent(request: HttpRequest) -> None:
    if not is_agent(actor_of_request(request)):
        raise NotAllowed(NO_AGENT)


def sentence_of(error: DomainError) -> str:
    """The first sentence of an error, whether it belongs to a field or not."""
    if isinstance(error, Invalid):
        return next((sentence for sentences in error.fields.values() for sentence in sentences), error.message)
    return error.message


def _asked(request: HttpRequest, text: str) -> DeskRequest | None:
    try:
        return telephony.my_request(actor=actor_of_request(request), request_id=UUID(text)) if text else None
    except ValueError:
        return None


def _answer(request: HttpRequest, row: DeskRequest | None, refusal: str, *, status: int = 200) -> HttpResponse:
    """The bar for a script; for a page without one, the page from which it was asked."""
    if is_fragment(request):
        return _bar(request, row, refusal=refusal, status=status)
    if refusal:
        messages.error(request, refusal)
    back = request.POST.get("next", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("desk:home")
    # Not `redirect`: to it, what is no address is the name of a page.
    return HttpResponseRedirect(back)


def _bar(request: HttpRequest, row: DeskRequest | None, *, refusal: str = "", status: int = 200) -> HttpResponse:
    shown = telephone_of(actor=actor_of_request(request), request=row)
    if shown is None:
        return HttpResponse(status=204)
    if refusal:
        shown.refusal = refusal
    context: dict[str, Any] = {"telephone": shown, "back": request.GET.get("back") or request.POST.get("next") or ""}
    return render(request, "desk/telephone/bar_in.html", context, status=status)
