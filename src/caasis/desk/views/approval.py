"""決裁: the queue, one request with what changed, the decision, and several at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from caasis.cases.approval_record import approvals_waiting, get_approval
from caasis.cases.correction_record import corrections_of
from caasis.cases.models import Approval
from caasis.cases.rules.card import BY_NAME
from caasis.cases.services import decide as decide_step
from caasis.cases.services import decide_many, note_look
from caasis.cases.services.deciding import rules_of
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.approvals import MOST_AT_ONCE, QUEUE_LIMIT, flagged, is_uuid, queue_rows, read
from caasis.desk.corrections import shown_corrections
from caasis.desk.views.parts import page
from caasis.kernel.errors import DomainError, Invalid, NotFound

#: Sentences that an approver sends most often; a click puts one into the reason.
PHRASES = ("契約日と金額を、書面で確かめてください。", "処理の内容を、もう少し具体的に書いてください。", "分類を見直してください。")


@require_safe
@for_staff
def queue(request: HttpRequest) -> HttpResponse:
    """The oldest request that is mine to decide, or words where there is none."""
    actor = actor_of_request(request)
    rows = []
    if actor.centre_id is not None:
        rows = queue_rows(list(approvals_waiting(actor=actor)[:QUEUE_LIMIT]), actor, rules_of(actor.centre_id))
    first = next((row for row in rows if row.mine), None)
    if first is not None:
        return redirect("desk:approval", approval_id=first.approval.id)
    return page(request, "desk/approval/empty.html", {"rows": rows, "total": len(rows)})


@require_safe
@for_staff
def approval_page(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """One request with what changed since this person's last look."""
    actor = actor_of_request(request)
    approval = get_approval(actor=actor, approval_id=approval_id)
    answer = _show(request, approval)
    note_look(actor=actor, approval=approval)
    return answer


def _show(
    request: HttpRequest, approval: Approval, *, sentence: str = "", status: int = 200, typed: dict[str, Any] | None = None
) -> HttpResponse:
    actor = actor_of_request(request)
    rules = rules_of(approval.centre_id)
    waiting = approvals_waiting(actor=actor)
    shown = list(waiting[:QUEUE_LIMIT])
    rows = queue_rows(shown, actor, rules)
    typed = typed or {}
    checks = sorted(approval.checks, key=lambda check: check["verdict"] == "passed")
    marks = typed.get("fields", [])
    clear = [row for row in rows if row.mine and row.flags == 0]
    context = {
        "rows": rows,
        "total": waiting.count() if len(shown) == QUEUE_LIMIT else len(shown),
        "clear": clear,
        "reading": read(approval, actor, rules),
        "approval": approval,
        "case": approval.case,
        "checks": checks,
        "flags": flagged(approval),
        "confirmed": typed.get("confirmed", []),
        "reason": typed.get("reason", ""),
        "fields": marks,
        "marked": [BY_NAME[name].label for name in marks if name in BY_NAME],
        "corrections": shown_corrections(corrections_of(approval.case, actor=actor)),
        "sentence": sentence,
        "has_errors": bool(sentence),
        "phrases": PHRASES,
        "show_all": request.GET.get("show") == "all",
    }
    return page(request, "desk/approval/page.html", context, status=status)


@require_POST
@for_staff
def decide(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Approve this step or send the case back. What was typed stays when it can't be done."""
    actor = actor_of_request(request)
    approval = get_approval(actor=actor, approval_id=approval_id)
    approve = request.POST.get("decision") == "approve"
    typed: dict[str, Any] = {
        "reason": request.POST.get("reason", "")[:2000].replace("\x00", ""),
        "confirmed": [code for code in request.POST.getlist("confirmed") if len(code) < 40],
        "fields": [name for name in request.POST.getlist("field") if len(name) < 40][:60],
    }
    version = request.POST.get("version", "")
    try:
        decide_step(
            actor=actor,
            approval_id=approval.id,
            approve=approve,
            reason=typed["reason"],
            fields=typed["fields"],
            confirmed_checks=typed["confirmed"],
            case_version=int(version) if version.isdecimal() and len(version) < 10 else None,
        )
    except NotFound:
        raise
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        sentence = next(iter(error.fields.values()))[0] if isinstance(error, Invalid) and "reason" in error.fields else error.message
        return _show(request, approval, sentence=sentence, status=error.status, typed=typed)
    name = approval.case.title or approval.case.receipt_number
    messages.success(request, f"「{name}」を{'承認しました' if approve else '差し戻しました'}。")
    return redirect("desk:approvals")


@require_POST
@for_staff
def batch(request: HttpRequest) -> HttpResponse:
    """Several requests without a flag: first the count and the list, then, when confirmed, a result for each."""
    actor = actor_of_request(request)
    versions = _chosen(request.POST.getlist("approval"))
    chosen = list(approvals_waiting(actor=actor).filter(id__in=versions))
    if not chosen:
        messages.warning(request, "まとめて承認できる依頼がありません。一覧を見直してください。")
        return redirect("desk:approvals")
    rows = queue_rows(chosen, actor, rules_of(chosen[0].centre_id))
    if request.POST.get("confirmed") != "1":
        return page(request, "desk/approval/batch.html", {"rows": rows})
    outcomes = decide_many(
        actor=actor,
        requests=[(row.approval.id, versions[row.approval.id]) for row in rows],
        # Each approval holds by itself, whatever becomes of this request.
        after_each=request.commit_so_far,  # type: ignore[attr-defined]
    )
    by_id = {row.approval.id: row for row in rows}
    shown = [{"row": by_id[one.approval_id], "done": one.done, "sentence": one.sentence} for one in outcomes]
    # What could not be done comes first: it is what is left to do.
    shown.sort(key=lambda one: bool(one["done"]))
    context = {"outcomes": shown, "done": sum(one.done for one in outcomes), "back": reverse("desk:approval-list")}
    return page(request, "desk/approval/batch_done.html", context)


def _chosen(values: list[str]) -> dict[UUID, int | None]:
    """Ids of requests with the version of the case that the page showed (`id:version`), in order, at most as many as
    are approved at once. What is no id is left out."""
    chosen: dict[UUID, int | None] = {}
    for value in values:
        text, _, version = value.partition(":")
        if is_uuid(text) and len(chosen) < MOST_AT_ONCE:
            chosen[UUID(text)] = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else None
    return chosen
