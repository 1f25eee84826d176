"""支援要請: asking from a case, the list, and one request with its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from caasis.cases import services
from caasis.cases import team_selectors as team
from caasis.cases.models import HelpRequest
from caasis.cases.rules.team_words import HelpState
from caasis.cases.services.guards import WORKERS
from caasis.cases.services.helping import may_answer
from caasis.desk.access import access_case, actor_of_request, for_staff, is_fragment
from caasis.desk.card import Posted
from caasis.desk.team import shown_help
from caasis.desk.views.answers import _forget, after_saving
from caasis.desk.views.parts import page
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import DomainError, Invalid
from caasis.privacy.services import open_fields

#: Settled requests on the list; older ones stand in their cases.
SETTLED = 20
OPEN_MOST = 100


@require_POST
@for_staff
def ask(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """支援を頼む from the workspace, with a word on why; the card is saved first."""
    case = access_case(request, case_id, inside=True)

    def step(posted: Posted) -> HttpResponse:
        given = request.POST.get("help_to", "")
        try:
            asked_of = UUID(given) if given else None
        except ValueError:
            raise Invalid(fields={"help_to": ["頼む相手を選びなおしてください。"]}) from None
        services.ask_help(
            actor=actor_of_request(request),
            case_id=case_id,
            reason_code=request.POST.get("help_reason", ""),
            text=request.POST.get("help_text", ""),
            asked_of=asked_of,
        )
        _forget(request, case, posted, "help_text", "help_reason", "help_to")
        messages.success(request, "支援を頼みました。相手のホームにすぐ出ます。")
        return redirect("desk:case", case_id=case_id)

    return after_saving(request, case, step)


@require_safe
@for_staff
def help_list(request: HttpRequest) -> HttpResponse:
    """Open requests of the centre, those for the reader first, and what became of the last ones."""
    actor, now = actor_of_request(request), timezone.now()
    rows = team.help_requests(actor=actor)
    mine = {row.id for row in team.help_for(actor=actor)[:OPEN_MOST]}
    open_ones = list(rows.filter(state=HelpState.OPEN.value).order_by("asked_at")[:OPEN_MOST])
    settled = list(rows.exclude(state=HelpState.OPEN.value).order_by("-asked_at")[:SETTLED])
    shown = shown_help([*open_ones, *settled], actor=actor, now=now)
    context: dict[str, Any] = {
        "mine": [one for one in shown[: len(open_ones)] if one.request.id in mine],
        "others": [one for one in shown[: len(open_ones)] if one.request.id not in mine],
        "settled": shown[len(open_ones) :],
        "may_set": team.may_set_team_policy(actor),
    }
    if is_fragment(request):
        return render(request, "desk/team/help_rows.html", context)
    return page(request, "desk/team/help_list.html", context)


@require_safe
@for_staff
def help_page(request: HttpRequest, help_id: UUID) -> HttpResponse:
    """One request, with what was written: opened for advice, and logged."""
    return _show(request, team.get_help(actor=actor_of_request(request), help_id=help_id))


def _show(request: HttpRequest, row: HelpRequest, *, error: DomainError | None = None) -> HttpResponse:
    actor, now = actor_of_request(request), timezone.now()
    words = ""
    if row.reason:
        words = open_fields(row, "reason", actor=actor, purpose=Purpose.ADVICE)["reason"]
    fields = error.fields if isinstance(error, Invalid) else {}
    open_now = row.state == HelpState.OPEN.value
    context: dict[str, Any] = {
        "one": shown_help([row], actor=actor, now=now)[0],
        "words": words,
        "may_answer": open_now and may_answer(row, actor),
        "may_take": open_now and may_answer(row, actor) and actor.has(*WORKERS) and row.case_id is not None,
        "may_withdraw": open_now and row.asked_by == actor.id,
        "advice": request.POST.get("advice", ""),
        "advice_error": " ".join(fields.get("advice", [])),
        "sentence": error.message if error is not None and not fields else "",
        "has_errors": error is not None,
    }
    return page(request, "desk/team/help_page.html", context, status=error.status if error is not None else 200)


def _settle(request: HttpRequest, help_id: UUID, act: Callable[[Actor], object], said: str) -> HttpResponse:
    """Do it and go on to the case or the list; what is refused comes back with everything typed."""
    actor = actor_of_request(request)
    row = team.get_help(actor=actor, help_id=help_id)
    try:
        with transaction.atomic():
            act(actor)
    except DomainError as error:
        return _show(request, team.get_help(actor=actor, help_id=help_id), error=error)
    messages.success(request, said)
    if row.case_id is not None and request.POST.get("then") == "case":
        return redirect("desk:case", case_id=row.case_id)
    return redirect("desk:help")


@require_POST
@for_staff
def answer(request: HttpRequest, help_id: UUID) -> HttpResponse:
    """助言する: kept as an internal note."""
    text = request.POST.get("advice", "")
    return _settle(
        request,
        help_id,
        lambda actor: services.answer_help(actor=actor, help_id=help_id, text=text),
        "助言を内部メモに残しました。頼んだ人に知らせます。",
    )


@require_POST
@for_staff
def take(request: HttpRequest, help_id: UUID) -> HttpResponse:
    """担当を代わる."""
    return _settle(
        request,
        help_id,
        lambda actor: services.take_over_help(actor=actor, help_id=help_id),
        "この相談の担当になりました。",
    )


@require_POST
@for_staff
def decline(request: HttpRequest, help_id: UUID) -> HttpResponse:
    """いまは受けられない: it goes on to the next."""
    return _settle(
        request,
        help_id,
        lambda actor: services.decline_help(actor=actor, help_id=help_id),
        "ほかの人に回しました。",
    )


@require_POST
@for_staff
def withdraw(request: HttpRequest, help_id: UUID) -> HttpResponse:
    """取り下げる one's own."""
    return _settle(
        request,
        help_id,
        lambda actor: services.withdraw_help(actor=actor, help_id=help_id),
        "支援要請を取り下げました。",
    )
