"""A talk by video while it goes on: the panel's script asks what is new, and tells the consumer's browser of the picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from caasis.appointments.services import tell_other_side
from caasis.appointments.talk_selectors import get_talk, is_there, said_by
from caasis.appointments.vocabulary import OPEN_TALKS, Side, TalkState
from caasis.cases.evidence import names_of_files
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.video import holds, may_hold
from caasis.desk.views.telephone import sentence_of
from caasis.kernel.errors import DomainError, NotAllowed
from caasis.telephony.services import ask
from caasis.telephony.vocabulary import RequestKind

_DIGITS = 9
SOMEBODY_ELSE = "このビデオ相談は、ほかの相談員が話しています。"
NO_HOLDER = "ビデオ相談を扱えるのは、センターの相談員と主任です。"


def told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A refusal is told to the panel's script as a sentence."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        except DomainError as error:
            return JsonResponse({"message": sentence_of(error)}, status=error.status)

    return wrapped


@require_POST
@for_staff
@told
def begin(request: HttpRequest, talk_id: UUID) -> HttpResponse:
    """Call the consumer who waits; what became of it is fetched by the request's id."""
    actor = actor_of_request(request)
    talk = get_talk(actor=actor, talk_id=talk_id)
    row = ask(actor=actor, kind=RequestKind.VIDEO, target_kind="talk", target_id=talk.id)
    return JsonResponse({"request": str(row.id)})


@require_safe
@for_staff
@told
def state(request: HttpRequest, talk_id: UUID) -> HttpResponse:
    """What is new, asked every second while the panel is open. The picture is for whoever talks, and for nobody else."""
    actor = actor_of_request(request)
    talk = get_talk(actor=actor, talk_id=talk_id)
    if not may_hold(actor):
        raise NotAllowed(NO_HOLDER)
    given = request.GET.get("after", "")
    after = int(given) if given.isascii() and given.isdecimal() and len(given) <= _DIGITS else talk.signals_written
    mine = holds(talk, actor.id)
    said = said_by(talk, Side.CONSUMER, after=after) if mine and talk.state in OPEN_TALKS else []
    return JsonResponse(
        {
            "state": talk.state,
            "there": is_there(talk, timezone.now()),
            "mine": mine,
            "consent": talk.consent,
            "said": [{"number": one.number, "kind": one.kind, "body": one.body} for one in said],
            "after": max([after, *(one.number for one in said)]),
            "files": names_of_files(talk.case_id, talk.files) if mine and talk.case_id and talk.files else [],
        }
    )


@require_POST
@for_staff
@told
def say(request: HttpRequest, talk_id: UUID) -> HttpResponse:
    """Tell the consumer's browser something about the picture."""
    actor = actor_of_request(request)
    talk = get_talk(actor=actor, talk_id=talk_id)
    if not may_hold(actor):
        raise NotAllowed(NO_HOLDER)
    if talk.state != TalkState.TALKING or talk.agent_id != actor.id:
        raise NotAllowed(SOMEBODY_ELSE)
    row = tell_other_side(
        talk_id=talk.id, side=Side.AGENT, kind=request.POST.get("kind", ""), body=request.POST.get("body", "")
    )
    return JsonResponse({"number": row.number})
