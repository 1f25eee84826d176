"""A talk by video as the consumer sees it: whoever has the link is let in, and sees nothing but this talk.

The page is kept small: a preview, a waiting room, two pictures. What the browsers say to each other about the picture
goes through here too, and so does the sound's way to the telephone engine.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.appointments import services
from caasis.appointments.models import VideoTalk
from caasis.appointments.rules.talks import EARLY, may_enter
from caasis.appointments.services.talks import MOST_FILES
from caasis.appointments.talk_selectors import said_by, talk_of_link
from caasis.appointments.vocabulary import OPEN_TALKS, Side, TalkState
from caasis.cases.evidence import names_of_files
from caasis.cases.services import add_evidence
from caasis.cases.services.collecting import NewFile
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import DomainError, Invalid, TooMany, WrongState
from caasis.organisations.selectors import get_centre
from caasis.platform.files.store import check_size
from caasis.portal.page import render_page
from caasis.telephony import services as telephony
from caasis.telephony.relays import ice_servers
from caasis.telephony.video_selectors import sound_wanted

#: Camera and microphone are for this page alone; the address is a key, so it is told to nobody.
_HEADERS = {
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(self), payment=()",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
FROM_CONSUMER = "ビデオ相談で相談者から届きました。"
#: As long as a number of a signal may be.
_DIGITS = 9


def told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A refusal is told to the page's script as a sentence."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                response = view(request, *args, **kwargs)
        except DomainError as error:
            response = JsonResponse({"message": _sentence(error)}, status=error.status)
        return _guarded(response)

    return wrapped


def _guarded(response: HttpResponse) -> HttpResponse:
    for name, value in _HEADERS.items():
        response[name] = value
    return response


def _sentence(error: DomainError) -> str:
    fields = error.fields if isinstance(error, Invalid) else None
    return next((text for texts in (fields or {}).values() for text in texts), error.message)


def _talk(secret: str) -> VideoTalk:
    return talk_of_link(secret=secret, now=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
def video(request: HttpRequest, secret: str) -> HttpResponse:
    """The page of one talk; sent, the consumer goes into the waiting room."""
    talk, errors, status = _talk(secret), {}, 200
    if request.method == "POST":
        try:
            with transaction.atomic():
                services.enter_talk(
                    talk_id=talk.id, consent=request.POST.get("consent", ""), shown_name=request.POST.get("shown_name", "")
                )
            return HttpResponseRedirect(reverse("portal:video", args=[secret]))
        except Invalid as error:
            errors, status = error.fields or {"consent": [error.message]}, error.status
        except WrongState as error:
            errors, status = {"consent": [error.message]}, error.status
        talk = _talk(secret)
    now = timezone.now()
    context: dict[str, Any] = {
        "talk": talk,
        "secret": secret,
        "centre": get_centre(talk.centre_id),
        "opens_at": talk.begins_at - EARLY,
        "early": not may_enter(now, begins_at=talk.begins_at, expires_at=talk.expires_at),
        "over": talk.state not in OPEN_TALKS,
        "inside": talk.state in (TalkState.WAITING, TalkState.TALKING),
        "errors": errors,
        "has_errors": bool(errors),
        "shown_name": request.POST.get("shown_name", "")[:200],
        "consent": request.POST.get("consent", ""),
        "ice": json.dumps(_ice(talk)),
        "relay": bool(settings.TURN_URLS and settings.TURN_SECRET),
        "may_send": talk.case_id is not None,
    }
    return _guarded(render_page(request, "portal/video.html", context, status=status))


def _ice(talk: VideoTalk) -> list[dict[str, Any]]:
    return ice_servers(
        stun=settings.STUN_URLS, turn=settings.TURN_URLS, secret=settings.TURN_SECRET, who=talk.id.hex,
        now=timezone.now(),
    )  # fmt: skip


@require_safe
@told
def state(request: HttpRequest, secret: str) -> HttpResponse:
    """What is new, asked every second: where the talk stands, what the counsellor's browser said, what was sent."""
    talk = _talk(secret)
    given = request.GET.get("after", "")
    after = int(given) if given.isascii() and given.isdecimal() and len(given) <= _DIGITS else talk.signals_written
    if talk.state in OPEN_TALKS:
        services.see_consumer(talk_id=talk.id)
    said = said_by(talk, Side.AGENT, after=after) if talk.state in OPEN_TALKS else []
    return JsonResponse(
        {
            "state": talk.state,
            "sound": sound_wanted(talk),
            "agent": names_of({talk.agent_id}).get(talk.agent_id, "") if talk.state == TalkState.TALKING else "",
            "said": [{"number": one.number, "kind": one.kind, "body": one.body} for one in said],
            "after": max([after, *(one.number for one in said)]),
            "files": _files(talk),
        }
    )


def _files(talk: VideoTalk) -> list[str]:
    return names_of_files(talk.case_id, talk.files) if talk.case_id is not None and talk.files else []


@require_POST
@told
def say(request: HttpRequest, secret: str) -> HttpResponse:
    """Tell the counsellor's browser something about the picture."""
    row = services.tell_other_side(
        talk_id=_talk(secret).id, side=Side.CONSUMER, kind=request.POST.get("kind", ""), body=request.POST.get("body", "")
    )
    return JsonResponse({"number": row.number})


@require_POST
@told
def sound(request: HttpRequest, secret: str) -> HttpResponse:
    """The browser's offer of its sound; the answer is fetched by the request's id."""
    row = telephony.offer_sound(talk=_talk(secret), offer=request.POST.get("offer", ""))
    return JsonResponse({"request": str(row.id)})


@require_safe
@told
def sound_answer(request: HttpRequest, secret: str, request_id: UUID) -> HttpResponse:
    """What became of the offer."""
    state, sentence, reply = telephony.reply_to_consumer(talk=_talk(secret), request_id=request_id)
    return JsonResponse({"state": state, "sentence": sentence, "reply": reply})


@require_POST
@told
def leave(request: HttpRequest, secret: str) -> HttpResponse:
    """The consumer ends the talk."""
    telephony.leave_talk(talk=_talk(secret))
    return JsonResponse({"left": True})


@require_POST
@told
def send_file(request: HttpRequest, secret: str) -> HttpResponse:
    """A picture or a document for the counsellor: it lies with the case, looked through like every other one."""
    talk = _talk(secret)
    uploads = request.FILES.getlist("file")
    if talk.state != TalkState.TALKING or talk.case_id is None:
        raise WrongState("資料は、担当者と話している間に送れます。")
    if len(uploads) != 1:
        raise Invalid("ファイルを1つ選んでください。")
    if len(talk.files) >= MOST_FILES:
        raise TooMany(f"送れるのは{MOST_FILES}個までです。あとはメールなどで送ってください。")
    check_size(uploads[0].size or 0)
    new = NewFile(uploads[0].name or "", uploads[0].read())
    (row,) = add_evidence(actor=SYSTEM, case_id=talk.case_id, files=[new], note=FROM_CONSUMER)
    talk = services.add_file_to_talk(talk_id=talk.id, evidence_id=row.id)
    return JsonResponse({"files": _files(talk)})
