"""The centre's telephone numbers: who pays for a call, what answers it, where it waits, whether it is recorded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.telephone_forms import NumberForm, number_initial
from caasis.desk.views.parts import page
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, VersionConflict
from caasis.queues.selectors import queues_of_centre
from caasis.telephony import services as telephony
from caasis.telephony.models import Number
from caasis.telephony.selectors import flows_of_centre, get_number, may_manage, numbers_of_centre
from caasis.telephony.vocabulary import Toll

LATER = "ほかの人が先に保存しました。入力は残っています。"


@require_safe
@for_staff
def number_list(request: HttpRequest) -> HttpResponse:
    """All numbers of the centre, and how to begin where there is none."""
    actor = actor_of_request(request)
    queues = {queue.id: queue.name for queue in queues_of_centre(actor=actor)}
    rows = [
        {"line": line, "toll": Toll(line.toll).label, "queue": queues.get(line.queue_id) if line.queue_id else ""}
        for line in numbers_of_centre(actor=actor)
    ]
    context: dict[str, Any] = {
        "rows": rows, "may": may_manage(actor), "has_flows": flows_of_centre(actor=actor).exists(), "here": "numbers",
    }  # fmt: skip
    return page(request, "desk/flows/numbers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new_number(request: HttpRequest) -> HttpResponse:
    """Enter a number."""
    return _form_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def number_page(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """One number: to change, or to read for who may not."""
    return _form_page(request, get_number(actor=actor_of_request(request), number_id=line_id))


def _form_page(request: HttpRequest, line: Number | None) -> HttpResponse:
    actor, status = actor_of_request(request), 200
    if not may_manage(actor) and line is None:
        raise NotAllowed("電話番号と自動応答を変えられるのは、主任とセンターの職員です。")
    form = NumberForm(request.POST or None, actor=actor, initial=number_initial(line))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with transaction.atomic():
                    saved = _save(actor, line, form.cleaned_data)
            except Invalid as error:
                form.add_domain_fields(error.fields)
            except VersionConflict as error:
                status = error.status
                form.add_error(None, LATER)
            else:
                messages.success(request, f"{saved.label}を保存しました。次の着信から変わります。")
                return redirect("desk:telephone-numbers")
    context = {"form": form, "line": line, "may": may_manage(actor), "here": "numbers"}
    return page(request, "desk/flows/number.html", context, status=status)


def _save(actor: Actor, line: Number | None, data: dict[str, Any]) -> Number:
    return telephony.save_number(
        actor=actor,
        centre_id=actor.centre_id or UUID(int=0),
        number=data["number"],
        label=data["label"],
        toll=data["toll"],
        flow_id=UUID(data["flow"]) if data["flow"] else None,
        queue_id=UUID(data["queue"]) if data["queue"] else None,
        music=line.music if line is not None else "hold_music",
        records=data["records"],
        active=data["active"],
        number_id=line.id if line is not None else None,
        version=data["version"] if line is not None else None,
    )


@require_POST
@for_staff
def standard(request: HttpRequest) -> HttpResponse:
    """標準の自動応答から始める: a draft that nobody hears yet."""
    actor = actor_of_request(request)
    version = telephony.add_standard_flow(actor=actor, centre_id=actor.centre_id or UUID(int=0))
    messages.success(request, "標準の自動応答を下書きにしました。読んで直してから公開してください。")
    return redirect("desk:flow", flow_id=version.flow_id)
