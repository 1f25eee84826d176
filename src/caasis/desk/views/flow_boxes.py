"""The boxes of a flow, one form each. Every save is a draft; what callers hear changes only when it is published."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.flow_forms import BoxForm
from caasis.desk.flows import choices_of, show, token_of
from caasis.desk.views.flows import CHANGED, editable
from caasis.desk.views.parts import page
from caasis.engines.ivr.boxes import Box, Start
from caasis.engines.ivr.comparing import name_of
from caasis.engines.ivr.editing import insert_box, new_id, put_box, remove_box
from caasis.engines.ivr.flow import KINDS, Flow, write_flow
from caasis.engines.ivr.labels import outcome_label
from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotFound, VersionConflict, WrongState
from caasis.telephony import services as telephony
from caasis.telephony.models import Flow as FlowRow
from caasis.telephony.models import FlowVersion

NO_BOX = "この箱は、もうありません。図を開き直してください。"


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def box_page(request: HttpRequest, flow_id: UUID, box: str) -> HttpResponse:
    """One box: its words, keys, seconds, and where its arrows lead."""
    actor = actor_of_request(request)
    row, version, flow = editable(actor, flow_id)
    held = flow.box(box)
    if held is None:
        raise NotFound(NO_BOX)
    form = BoxForm(request.POST or None, kind=held.kind, flow=flow, choices=choices_of(actor, flow), box=held)
    status = 200
    if request.method == "POST":
        changed = form.read()
        if changed is not None:
            status = _save(request, actor, row, version, put_box(flow, changed), form)
        if changed is not None and status == 302:
            missing = [outcome for outcome in changed.outcomes if outcome not in changed.next]
            if missing:
                messages.info(request, f"保存しました。「{outcome_label(changed, missing[0])}」の行き先を決めてください。")
                return redirect("desk:flow-box", flow_id=row.id, box=changed.id)
            messages.success(request, f"「{name_of(put_box(flow, changed), changed.id)}」を下書きに保存しました。")
            return redirect(f"{reverse('desk:flow', args=[row.id])}#box-{changed.id}")
        status = 422 if status in (200, 302) else status
    return _page(request, row, version, flow, form, held, actor, status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new_box(request: HttpRequest, flow_id: UUID, kind: str) -> HttpResponse:
    """A new box, where `on` and `outcome` say so in the middle of that arrow."""
    actor = actor_of_request(request)
    row, version, flow = editable(actor, flow_id)
    if kind not in KINDS or kind == Start.kind:
        raise NotFound("この種類の箱はありません。種類を選び直してください。")
    on, outcome = request.GET.get("on", ""), request.GET.get("outcome", "")
    before = flow.box(on)
    before = before if before is not None and outcome in before.outcomes else None
    form = BoxForm(
        request.POST or None, kind=kind, flow=flow, choices=choices_of(actor, flow), box_id=new_id(flow, kind)
    )
    status = 200
    if request.method == "POST":
        made = form.read()
        if made is not None:
            changed = insert_box(flow, made, on, outcome) if before is not None else put_box(flow, made)
            status = _save(request, actor, row, version, changed, form)
            if status == 302:
                messages.success(request, "箱を下書きに加えました。行き先を確かめてください。")
                return redirect("desk:flow-box", flow_id=row.id, box=made.id)
        status = 422 if status == 200 else status
    context: dict[str, Any] = {"before": before, "outcome": outcome_label(before, outcome) if before is not None else ""}
    return _page(request, row, version, flow, form, None, actor, status, context)


@require_POST
@for_staff
def remove(request: HttpRequest, flow_id: UUID, box: str) -> HttpResponse:
    """この箱を消す. 直前の保存を取り消す brings it back."""
    actor = actor_of_request(request)
    row, version, flow = editable(actor, flow_id)
    held = flow.box(box)
    if held is None:
        raise NotFound(NO_BOX)
    if isinstance(held, Start):
        raise WrongState("着信の箱は消せません。電話はここから始まります。")
    telephony.save_draft(
        actor=actor, flow_id=row.id, document=write_flow(remove_box(flow, box)), base=version.document
    )
    messages.success(request, f"「{name_of(flow, box)}」を消しました。「直前の保存を取り消す」で戻せます。")
    return redirect("desk:flow", flow_id=row.id)


def _save(
    request: HttpRequest, actor: Actor, row: FlowRow, version: FlowVersion, changed: Flow, form: BoxForm
) -> int:
    """302 when it was saved, 409 when somebody else was first; what was typed stays in the form."""
    try:
        if token_of(version.document) != request.POST.get("token"):
            raise VersionConflict(CHANGED)
        telephony.save_draft(actor=actor, flow_id=row.id, document=write_flow(changed), base=version.document)
    except VersionConflict as error:
        form.add_error(None, "ほかの人が先に保存しました。入力は残っています。")
        return error.status
    return 302


def _page(
    request: HttpRequest, row: FlowRow, version: FlowVersion, flow: Flow, form: BoxForm, box: Box | None, actor: Actor,
    status: int, more: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    shown = show(version, actor=actor)
    found = [one for one in (*shown.problems, *shown.warnings) if box is not None and one.box == box.id]
    leads = [one for one in flow.boxes if box is not None and box.id in one.next.values()]
    context: dict[str, Any] = {
        "flow": row, "form": form, "box": box, "kind_label": KINDS[form.kind].label, "here": "flows",
        # A conflict is settled by looking at what the other has saved: the newest state is what is saved over then.
        "token": token_of(version.document),
        "found": [(one, form.field_of(one.field)) for one in found],
        "comes_from": [(one, name_of(flow, one.id)) for one in leads],
        "arrows": [(one, outcome_label(box, one)) for one in box.outcomes] if box is not None else [],
        "removable": box is not None and not isinstance(box, Start),
        "name": name_of(flow, box.id) if box is not None else f"新しい箱（{KINDS[form.kind].label}）",
    }  # fmt: skip
    return page(request, "desk/flows/box.html", context | (more or {}), status=status)
