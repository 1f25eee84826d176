"""Calls: the list with whom to call back, the page of one, opening a case or going on with one, and its recording."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from caasis.cases import selectors as cases
from caasis.cases import services as case_services
from caasis.desk.access import OFFERED_PURPOSES, actor_of_request, for_staff
from caasis.desk.calls import RESULTS, read_call, read_calls
from caasis.desk.telephone import is_agent
from caasis.desk.views.parts import page
from caasis.desk.views.telephone import NO_AGENT, sentence_of
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.kernel.ids import parse_receipt_number
from caasis.privacy.services import open_fields
from caasis.telephony import selectors as telephony
from caasis.telephony import services
from caasis.telephony.vocabulary import Direction, RequestKind

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
SPEEDS = ("0.8", "1.0", "1.25", "1.5", "2.0")
#: How long a stated purpose holds.
LISTENING_S = 3600
_HEARD = "desk_hears"


@require_safe
@for_staff
def calls(request: HttpRequest) -> HttpResponse:
    """Whom to call back, or all calls."""
    missed = request.GET.get("tab", "missed") != "all"
    try:
        day = date.fromisoformat(request.GET.get("day", "")) if not missed else None
    except ValueError:
        day = None
    actor = actor_of_request(request)
    found = read_calls(
        actor=actor, now=timezone.now(), missed=missed, day=day, before=request.GET.get("before", "")[:40],
        result=request.GET.get("result", ""),
    )  # fmt: skip
    return page(
        request, "desk/telephone/calls.html", {"found": found, "agent": is_agent(actor), "results": RESULTS.items()}
    )


@require_safe
@for_staff
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """One call."""
    return _call(request, call_id)


def _call(request: HttpRequest, call_id: UUID, *, error: str = "", status: int = 200, number: str = "") -> HttpResponse:
    actor = actor_of_request(request)
    shown = read_call(actor=actor, call_id=call_id)
    context = {
        "shown": shown,
        "listening": any(_may_play(request, row.id) for row in shown.row.recordings),
        "agent": is_agent(actor),
        "error": error,
        "typed": request.POST,
        "number": number,
        "purposes": (Purpose.OWN_CASE, *OFFERED_PURPOSES),
        "speeds": SPEEDS,
        "has_errors": status >= 400,
    }
    return page(request, "desk/telephone/call.html", context, status=status)


@require_POST
@for_staff
def open_case(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """A new case from a call: opened once, with the number to call back where the caller showed one."""
    actor = actor_of_request(request)
    if not is_agent(actor):
        raise NotAllowed(NO_AGENT)
    with transaction.atomic():
        contact = services.contact_of_call(actor=actor, call_id=call_id)
        row = telephony.get_call(actor=actor, call_id=call_id)
        card = {"channel": "phone"}
        if row.direction == Direction.INBOUND and row.caller_index is not None:
            card["consumer_phone"] = open_fields(row, "caller", actor=actor, purpose=Purpose.OWN_CASE)["caller"]
        case = case_services.open_case(
            actor=actor, card=card, received_at=row.began_at, contact_id=contact.id, idempotency_key=f"call:{row.id}"
        )
    return redirect("desk:case", case.id)


@require_POST
@for_staff
def continue_case(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The call goes on with an earlier case: by the number that the caller tells, or one of those with this number, of
    whom name and address were asked."""
    actor = actor_of_request(request)
    if not is_agent(actor):
        raise NotAllowed(NO_AGENT)
    typed = request.POST.get("receipt_number", "").strip()
    told = parse_receipt_number(typed)
    chosen = request.POST.get("case", "")
    own = cases.own_cases(actor=actor)
    if typed:
        case = own.filter(receipt_number=told).first() if told else None
        if case is None:
            return _call(request, call_id, error="この受付番号の相談はありません。番号を確かめてください。", status=422)
    elif not chosen:
        return _call(request, call_id, error="受付番号を入力するか、日を選んでください。", status=422)
    elif not request.POST.get("heard"):
        return _call(request, call_id, error="氏名と住所を聞いて、印を付けてください。", status=422)
    else:
        known = {str(one.id): one for one in read_call(actor=actor, call_id=call_id).candidates}
        case = known.get(chosen)
        if case is None:
            return _call(request, call_id, error="日を選び直してください。", status=422)
    with transaction.atomic():
        contact = services.contact_of_call(actor=actor, call_id=call_id)
        case_services.link_contact(actor=actor, case_id=case.id, contact_id=contact.id)
    messages.success(request, "この電話を、相談の続きとして記録しました。")
    return redirect("desk:case", case.id)


@require_POST
@for_staff
def show_number(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The whole number of a caller, for a purpose that is written down; with `then` it is called at once."""
    actor = actor_of_request(request)
    purpose = _purpose(request)
    if purpose is None:
        return _call(request, call_id, error="番号を開く目的を選んでください。", status=422)
    with transaction.atomic():
        row = telephony.get_call(actor=actor, call_id=call_id)
        number = open_fields(row, "caller", actor=actor, purpose=purpose)["caller"]
    if request.POST.get("then") != "call":
        return _call(request, call_id, number=number)
    try:
        with transaction.atomic():
            services.ask(actor=actor, kind=RequestKind.CALL, number=number)
    except Invalid as error:
        return _call(request, call_id, error=sentence_of(error), status=422)
    return redirect("desk:call", call_id)


@require_POST
@for_staff
def listen(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Open the recordings of a call for a purpose; from then on this session may play them for an hour."""
    actor = actor_of_request(request)
    purpose = _purpose(request)
    if purpose is None:
        return _call(request, call_id, error="録音を聞く目的を選んでください。", status=422)
    heard = {}
    with transaction.atomic():
        for row in telephony.recordings_of_call(actor=actor, call_id=call_id):
            services.begin_listening(actor=actor, recording_id=row.id, purpose=purpose)
            heard[str(row.id)] = timezone.now().timestamp()
    request.session[_HEARD] = heard
    return redirect(f"/desk/calls/{call_id}/#recordings")


@require_safe
@for_staff
def sound(request: HttpRequest, recording_id: UUID) -> Any:
    """The recording as WAV, from any octet on, for whoever opened it within the hour."""
    if not _may_play(request, recording_id):
        raise NotAllowed("録音を聞く目的を、通話の画面で選んでください。")
    found = services.open_sound(actor=actor_of_request(request), recording_id=recording_id)
    size, first, stop, status = found.size, 0, found.size, 200
    if wanted := _RANGE.fullmatch(request.headers.get("Range", "")):
        first, status = int(wanted[1]), 206
        stop = min(size, int(wanted[2]) + 1) if wanted[2] else size
        if first >= stop:
            found.reader.close()
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    answer = StreamingHttpResponse(found.octets(first, stop), status=status, content_type="audio/wav")
    answer["Accept-Ranges"], answer["Content-Length"] = "bytes", str(stop - first)
    answer["Cache-Control"] = "no-store"
    if status == 206:
        answer["Content-Range"] = f"bytes {first}-{stop - 1}/{size}"
    return answer


def _may_play(request: HttpRequest, recording_id: UUID) -> bool:
    """Whether a purpose was stated for this recording within the hour."""
    begun = request.session.get(_HEARD, {}).get(str(recording_id), 0)
    return bool(timezone.now().timestamp() - begun < LISTENING_S)


def _purpose(request: HttpRequest) -> Purpose | None:
    chosen = request.POST.get("purpose", "")
    return next((one for one in (Purpose.OWN_CASE, *OFFERED_PURPOSES) if one.value == chosen), None)
