"""決裁: the list with filters and choice, absences and 代決, the daily digest, and the paper for the official file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of, staff_of
from caasis.cases.approval_record import (
    APPROVERS,
    absences,
    approvals_waiting,
    get_approval,
    latest_digest,
    possible_deputies,
    special_decisions,
    today,
    wants_digest,
)
from caasis.cases.code_lists import code_lists
from caasis.cases.services import end_approver_absence, enter_approver_absence, set_digest
from caasis.cases.services.deciding import rules_of
from caasis.cases.services.digesting import digest_text
from caasis.desk.access import OFFERED_PURPOSES, actor_of_request, for_staff, stated_purpose
from caasis.desk.approval_paper import paper_of, paper_text
from caasis.desk.approvals import AGES, FLAGS, MOST_AT_ONCE, QueueFilters, check_counts, deputy_words, queue_rows
from caasis.desk.forms import ApproverAbsenceForm
from caasis.desk.views.parts import page
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid
from caasis.platform.pdf import Sheet, make_pdf


@require_safe
@for_staff
def approval_list(request: HttpRequest) -> HttpResponse:
    """All that waits, with filters; what is clean and mine can be chosen and approved together."""
    actor = actor_of_request(request)
    filters = QueueFilters.read(request.GET)
    everything = []
    if actor.centre_id is not None:
        waiting = list(approvals_waiting(actor=actor).defer("snapshot")[: MOST_AT_ONCE + 1])
        everything = queue_rows(waiting[:MOST_AT_ONCE], actor, rules_of(actor.centre_id))
    rows = [row for row in everything if filters.fits(row)]
    senders = {str(row.approval.requested_by): row.sender for row in everything if row.approval.requested_by}
    context = {
        "rows": rows,
        "total": len(everything),
        "more": len(everything) == MOST_AT_ONCE,
        "choosable": sum(1 for row in rows if row.mine and not row.flags),
        "filters": filters,
        "ages": AGES,
        "flag_choices": FLAGS,
        "kinds": [(term.code, term.label) for term in code_lists()["kind"].terms()],
        "senders": sorted(senders.items(), key=lambda one: one[1]),
        "counts": check_counts(everything),
        "clean": sum(1 for row in everything if not row.flags),
        "oldest": max((row.age_days for row in everything), default=0),
    }
    return page(request, "desk/approval/queue.html", context)


# --- absence ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def absence_page(request: HttpRequest) -> HttpResponse:
    """Who is away and who decides meanwhile; and the month's decisions in place of another, or on one's own request."""
    actor = actor_of_request(request)
    approvers, deputies = _people(actor)
    may_enter = actor.has(*APPROVERS)
    data = request.POST if request.method == "POST" else None
    form = ApproverAbsenceForm(data, approvers=approvers, deputies=deputies, initial={"user": str(actor.id)})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            enter_approver_absence(
                actor=actor,
                user_id=UUID(given["user"]),
                first=given["first"],
                last=given["last"],
                deputy_id=UUID(given["deputy"]) if given["deputy"] else None,
                note=given["note"],
            )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        else:
            messages.success(request, "不在を入れました。その間は、代わりの人に決裁が出ます。")
            return redirect("desk:approval-absence")
    month = today().replace(day=1)
    record = special_decisions(actor=actor, month=month)
    rows = list(absences(actor=actor))
    people = {row.user_id for row in rows} | {row.deputy_id for row in rows if row.deputy_id}
    people |= {one for row in (*record.deputy, *record.own) for one in (row.decided_by, row.deputy_of) if one}
    names = names_of(people)
    context = {
        "form": form,
        "may_enter": may_enter,
        "alone": len(approvers) == 1 and not any(one != str(approvers[0][0]) for one, _ in deputies),
        "rows": [(row, names.get(row.user_id, ""), names.get(row.deputy_id, "") if row.deputy_id else "") for row in rows],
        "month": month,
        "deputy": [(one, names.get(one.decided_by, "") if one.decided_by else "", deputy_words(one.deputy_for, one.deputy_of, names)) for one in record.deputy],
        "own": [(one, names.get(one.decided_by, "") if one.decided_by else "") for one in record.own],
        "today": today(),
    }
    return page(request, "desk/approval/absence.html", context, status=422 if form.is_bound else 200)


def _people(actor: Actor) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Choices of the form: the approvers of the centre, and everybody who may stand in for one of them."""
    if actor.centre_id is None:
        return [], []
    approvers = [(str(user.pk), str(user)) for user in staff_of(actor.centre_id, *APPROVERS)]
    deputies: dict[str, str] = {}
    for one, _ in approvers:
        deputies |= {str(key): name for key, name in possible_deputies(actor.centre_id, user_id=UUID(one))}
    return approvers, sorted(deputies.items(), key=lambda pair: pair[1])


@require_POST
@for_staff
def absence_end(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    """The person is back, or the entry was a mistake."""
    end_approver_absence(actor=actor_of_request(request), absence_id=absence_id)
    messages.success(request, "不在を終わりにしました。決裁は本人に戻ります。")
    return redirect("desk:approval-absence")


# --- the digest -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def digest_page(request: HttpRequest) -> HttpResponse:
    """The last digest as it would be mailed, and asking for it."""
    actor = actor_of_request(request)
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "1"
        set_digest(actor=actor, wanted=wanted)
        messages.success(request, "毎朝のまとめを始めます。" if wanted else "毎朝のまとめをやめました。")
        return redirect("desk:approval-digest")
    digest = latest_digest(actor=actor)
    context = {
        "digest": digest,
        "text": digest_text(digest) if digest else "",
        "wanted": wants_digest(actor=actor),
        "may_ask": actor.has(*APPROVERS),
    }
    return page(request, "desk/approval/digest.html", context)


# --- paper ------------------------------------------------------------------------------------------------------------


@require_safe
@for_staff
def paper(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """決裁文書 to print: the card, the checks, the steps. Name and address only for a stated purpose, and logged."""
    return page(request, "desk/approval/paper.html", _paper_context(request, approval_id))


@require_safe
@for_staff
def paper_pdf(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """The same as PDF. Shown in the browser it leaves nothing on the terminal."""
    context = _paper_context(request, approval_id)
    sheet = Sheet(210.0, 297.0, paper_text(context["paper"]), margin=20, size=10.5, flows=True)
    answer = HttpResponse(make_pdf([sheet], title="決裁文書"), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="approval-{context["paper"].receipt_number}.pdf"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _paper_context(request: HttpRequest, approval_id: UUID) -> dict[str, Any]:
    actor = actor_of_request(request)
    approval = get_approval(actor=actor, approval_id=approval_id)
    purpose = stated_purpose(request)
    return {
        "approval": approval,
        "paper": paper_of(approval, actor=actor, purpose=purpose),
        "purposes": OFFERED_PURPOSES,
        "purpose": purpose.value if purpose else "",
    }
