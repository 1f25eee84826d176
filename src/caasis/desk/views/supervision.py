"""Supervision of the telephone: people and their calls, hearing them, helping, putting a forgotten state right."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from caasis.desk.access import actor_of_request, for_staff, is_fragment
from caasis.desk.alarms import alarms_on
from caasis.desk.phone_board import shown_wall
from caasis.desk.supervision import chosen_state, shown_seats
from caasis.desk.views import wallboard
from caasis.desk.views.parts import page
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from caasis.queues.services.agents import set_state
from caasis.telephony.board_selectors import phone_board
from caasis.telephony.models import DeskRequest
from caasis.telephony.selectors import my_request
from caasis.telephony.services import ask
from caasis.telephony.vocabulary import MonitorMode, RequestKind

LEADERS = (Role.SUPERVISOR, Role.OFFICIAL)


def require_leader(request: HttpRequest) -> Actor:
    """:raises NotAllowed: neither supervisor nor official."""
    actor = actor_of_request(request)
    if not actor.has(*LEADERS):
        raise NotAllowed("この画面は、主任とセンターの職員のものです。")
    return actor


@require_safe
@for_staff
def supervision(request: HttpRequest) -> HttpResponse:
    """The page; for a script that follows the stream, its changing part alone."""
    return _shown(request, require_leader(request))


def _shown(request: HttpRequest, actor: Actor, error: DomainError | None = None) -> HttpResponse:
    board = phone_board(actor=actor, now=wallboard.moment())
    seats = shown_seats(board, actor=actor)
    asked = _asked(request, actor)
    context: dict[str, Any] = {
        "wall": shown_wall(board),
        "seats": seats,
        "helps": [seat for seat in seats if seat.wants_help],
        "may_hear": actor.has(Role.SUPERVISOR),
        "alarms": alarms_on(board, actor=actor),
        "asked": asked,
        "asked_word": MonitorMode(asked.option).label if asked is not None and asked.option else "",
        "refresh_url": f"{reverse('desk:supervision')}?asked={asked.id}" if asked else reverse("desk:supervision"),
        "sentence": _sentence(error),
        "has_errors": error is not None,
    }
    if is_fragment(request) and error is None:
        return render(request, "desk/supervision/seats.html", context)
    return page(request, "desk/supervision/page.html", context, status=error.status if error else 200)


def _sentence(error: DomainError | None) -> str:
    if isinstance(error, Invalid) and error.fields:
        return " ".join(words for found in error.fields.values() for words in found)
    return error.message if error else ""


def _asked(request: HttpRequest, actor: Actor) -> DeskRequest | None:
    """The last thing that the reader asked of the switchboard, to say what became of it."""
    try:
        return my_request(actor=actor, request_id=UUID(request.GET.get("asked", "")))
    except (ValueError, NotFound):
        return None


def posted_id(request: HttpRequest, name: str, sentence: str) -> UUID:
    """An id out of a form.

    :raises Invalid: at the field, with the sentence.
    """
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Invalid(fields={name: [sentence]}) from None


@require_POST
@for_staff
def monitor(request: HttpRequest) -> HttpResponse:
    """Hear a call, whisper, join: asked of the switchboard, and logged whatever becomes of it."""
    return _ask(request, RequestKind.MONITOR, request.POST.get("mode", ""))


@require_POST
@for_staff
def stop(request: HttpRequest) -> HttpResponse:
    """Hear it no more."""
    return _ask(request, RequestKind.STOP_MONITOR, "")


def _ask(request: HttpRequest, kind: RequestKind, option: str) -> HttpResponse:
    actor = require_leader(request)
    try:
        with transaction.atomic():
            call_id = posted_id(request, "call", "聞く通話を選びなおしてください。")
            asked = ask(actor=actor, kind=kind, call_id=call_id, option=option)
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, actor, error)
    return redirect(f"{reverse('desk:supervision')}?asked={asked.id}")


@require_POST
@for_staff
def state(request: HttpRequest) -> HttpResponse:
    """Bring a colleague into another state: they have gone home, or forgot to come back from a break."""
    actor = require_leader(request)
    try:
        with transaction.atomic():
            user_id = posted_id(request, "user", "状態を変える人を選びなおしてください。")
            chosen = chosen_state(request.POST.get("state", ""))
            if chosen is None:
                raise Invalid(fields={"state": ["変える先の状態を選んでください。"]})
            set_state(actor=actor, user_id=user_id, state=chosen[0], reason=chosen[1], at=wallboard.moment())
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, actor, error)
    messages.success(request, f"状態を「{chosen[0].label}」に変えました。")
    return redirect("desk:supervision")
