"""電話の準備: by which instrument an agent is reached, the headset check, and the browser's own leg."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.telephone import is_agent
from caasis.desk.views.parts import page
from caasis.desk.views.telephone import NO_AGENT
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.platform.forms import AppForm
from caasis.privacy.services import open_fields
from caasis.telephony import selectors as telephony
from caasis.telephony import services
from caasis.telephony.models import DeskRequest
from caasis.telephony.vocabulary import RequestKind


class StationForm(AppForm):
    """The name by which the agent's telephone registers."""

    requirement_marks = False
    user = forms.CharField(
        label="電話機の名前（内線の番号など、英数字）", max_length=64, error_messages={"required": "電話機の名前を入力してください。"}
    )


@require_http_methods(["GET", "HEAD"])
@for_staff
def device(request: HttpRequest) -> HttpResponse:
    """The page that holds the browser's telephone while it stays open, and where everything can be tried out."""
    actor = actor_of_request(request)
    if not is_agent(actor):
        raise NotAllowed(NO_AGENT)
    return _device(request, None)


def _device(request: HttpRequest, form: StationForm | None, *, status: int = 200) -> HttpResponse:
    row = telephony.my_station(actor=actor_of_request(request))
    form = form or StationForm(initial={"user": row.user if row is not None else ""})
    context = {"station": row, "form": form, "has_errors": status >= 400}
    return page(request, "desk/telephone/device.html", context, status=status)


@require_POST
@for_staff
def station(request: HttpRequest) -> HttpResponse:
    """Name the desk phone; with `browser` the agent talks by browser, and a name is given where there is none."""
    actor = actor_of_request(request)
    form = StationForm(request.POST)
    if not form.is_valid():
        return _device(request, form, status=422)
    try:
        with transaction.atomic():
            services.set_station(actor=actor, user=form.cleaned_data["user"].strip())
    except Invalid as error:
        form.add_domain_fields(error.fields)
        return _device(request, form, status=422)
    messages.success(request, "電話機の名前を保存しました。")
    return redirect("desk:telephone-device")


@require_POST
@for_staff
def connect(request: HttpRequest) -> HttpResponse:
    """A browser's offer, or its farewell; the answer of the switchboard is fetched by the request's id."""
    actor = actor_of_request(request)
    offer = request.POST.get("offer", "")
    kind = RequestKind.CONNECT_BROWSER if offer else RequestKind.DISCONNECT_BROWSER
    with transaction.atomic():
        if telephony.my_station(actor=actor) is None and actor.id is not None:
            # Who talks by browser alone needs no name of an instrument; this one nobody else can have.
            services.set_station(actor=actor, user=f"desk-{actor.id.hex}")
        row = services.ask(actor=actor, kind=kind, offer=offer)
    return JsonResponse({"request": str(row.id)})


@require_safe
@for_staff
def answer(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """What became of one's own request; for a browser's offer with the answer to it."""
    actor = actor_of_request(request)
    row = telephony.my_request(actor=actor, request_id=request_id)
    reply = ""
    if row.state == DeskRequest.State.DONE and row.kind == RequestKind.CONNECT_BROWSER and row.reply:
        with transaction.atomic():
            reply = open_fields(row, "reply", actor=actor, purpose=Purpose.SYSTEM_TASK)["reply"]
    return JsonResponse({"state": row.state, "sentence": row.answer, "reply": reply})
