"""Working a follow-up list: one person after the other, the call, and what came of it on the same screen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from caasis.appointments import services as appointments
from caasis.appointments.follow_up_selectors import entry_of_agent, get_entry, get_list, open_entry, progress_of
from caasis.appointments.models import FollowUpEntry, FollowUpList
from caasis.appointments.rules.follow_ups import HOLD, may_call
from caasis.appointments.services.entries import closed_words
from caasis.appointments.vocabulary import EntryState, ListState, NotCalled, WorkMode
from caasis.cases import selectors as cases
from caasis.cases import services as case_services
from caasis.cases.code_lists import label
from caasis.desk import follow_ups as shown
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.follow_up_forms import ResultForm
from caasis.desk.telephone import is_agent
from caasis.desk.views.beside import run, run_form
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.desk.views.telephone import NO_AGENT, sentence_of
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import DomainError, NotAllowed
from caasis.privacy.keys import Forgotten
from caasis.telephony.models import DeskRequest
from caasis.telephony.services import ask, contact_of_call
from caasis.telephony.vocabulary import RequestKind


@require_safe
@for_staff
def work(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Whom the counsellor has now, or the button for the next one."""
    actor = _agent(request)
    row = get_list(actor=actor, list_id=list_id)
    return _work(request, row, entry_of_agent(actor=actor, list_id=list_id))


def _work(
    request: HttpRequest,
    row: FollowUpList,
    entry: FollowUpEntry | None,
    *,
    form: ResultForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, at = actor_of_request(request), shown.moment()
    context: dict[str, Any] = {
        "row": row,
        "entry": entry,
        "progress": progress_of([row.id])[row.id],
        "bar": shown.progress_bar(progress_of([row.id])[row.id]),
        "runs": row.state == ListState.RUNNING,
        "by_itself": row.mode == WorkMode.PROGRESSIVE,
        "closed": "" if may_call(at, row.days) else closed_words(row, at),
        "hold": int(HOLD.total_seconds() // 60),
        "form": form or ResultForm(),
        "has_errors": status >= 400,
        "undo": offered_undo(request),
    }
    if entry is not None:
        context |= _person(actor, entry)
    return page(request, "desk/follow_ups/work.html", context, status=status)


def _person(actor: Actor, entry: FollowUpEntry) -> dict[str, Any]:
    """Whom she calls: opened because she has this person, and logged."""
    case = cases.with_parts(cases.own_cases(actor=actor)).filter(id=entry.case_id).first()
    consumer = cases.consumer_of(case) if case else None
    try:
        words = open_entry(entry, actor=actor, purpose=Purpose.OWN_CASE)
    except Forgotten:
        words = {}
    return {
        "case": case,
        "person": words,
        "care": [label("contact_care", code) for code in (consumer.care if consumer else [])],
        "result_label": label("result", case.result) if case and case.result else "",
        "calling": entry.state != EntryState.WAITING,
        "refused": _refused(actor, entry),
    }


@require_safe
@for_staff
def now(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """The line that says how the call stands; it comes anew when something changes, and touches nothing that was typed."""
    actor = _agent(request)
    row = get_list(actor=actor, list_id=list_id)
    entry = entry_of_agent(actor=actor, list_id=row.id)
    context = {
        "row": row,
        "entry": entry,
        "refused": _refused(actor, entry),
        "waits": request.GET.get("waits") == "1",
        #: The page has the form for the result already.
        "calling": request.GET.get("form") == "1",
    }
    return render(request, "desk/follow_ups/now.html", context)


def _refused(actor: Actor, entry: FollowUpEntry | None) -> str:
    """Why the switchboard did not do the last thing that was asked for this person, as a sentence; "" when it did."""
    if entry is None or entry.state != EntryState.WAITING:
        return ""
    asked = DeskRequest.objects.filter(actor_id=actor.id, target_kind="follow_up", target_id=entry.id)
    last = asked.order_by("-created_at").first()
    return last.answer if last is not None and last.state == DeskRequest.State.REFUSED else ""


@require_POST
@for_staff
def take(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Open the next person; from now on they are hers alone."""
    actor = _agent(request)
    found: list[FollowUpEntry | None] = []
    back = reverse("desk:follow-up-work", args=[list_id])
    try:
        with transaction.atomic():
            found.append(appointments.open_next(actor=actor, list_id=list_id, now=shown.moment()))
    except DomainError as error:
        if error.status == 404:
            raise
        request.undo_transaction = True  # type: ignore[attr-defined]
        messages.warning(request, error.message)
        return redirect(back)
    if found == [None]:
        messages.info(request, "いま、かける順番の人はいません。")
    return redirect(back)


@require_POST
@for_staff
def call(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Ask the switchboard to call: her own telephone first, then the person."""
    actor = _agent(request)
    entry = get_entry(actor=actor, entry_id=entry_id)
    back = redirect("desk:follow-up-work", entry.of_list_id)
    try:
        with transaction.atomic():
            reason = appointments.check_call(actor=actor, entry_id=entry.id, now=shown.moment())
            if reason is None:
                ask(
                    actor=actor, kind=RequestKind.CALL, target_kind="follow_up", target_id=entry.id,
                    idempotency_key=request.POST.get("once", "")[:80] or None,
                )  # fmt: skip
    except DomainError as error:
        if error.status == 404:
            raise
        request.undo_transaction = True  # type: ignore[attr-defined]
        messages.warning(request, sentence_of(error))
        return back
    if reason is not None:
        messages.warning(request, f"この人にはかけません。{NotCalled(reason).label}。")
    return back


@require_POST
@for_staff
def release(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The next colleague may have this person."""
    actor = _agent(request)
    entry = get_entry(actor=actor, entry_id=entry_id)
    return run(
        request, lambda: appointments.let_go(actor=actor, entry_id=entry_id),
        done="この人を名簿に戻しました。", back=reverse("desk:follow-up-list", args=[entry.of_list_id]),
    )  # fmt: skip


@require_POST
@for_staff
def result(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """What came of the call; the call stands on the case from now on."""
    actor = _agent(request)
    entry = get_entry(actor=actor, entry_id=entry_id)
    form = ResultForm(request.POST)
    call_id = entry.call_id
    done: list[FollowUpEntry] = []

    def act(data: dict[str, Any]) -> None:
        written = case_services.write_follow_up(
            actor=actor, entry_id=entry_id, result=data["result"], again_at=data["again_at"], answers=data["answers"],
            now=shown.moment(),
        )  # fmt: skip
        if call_id is not None:
            contact = contact_of_call(actor=actor, call_id=call_id)
            case_services.link_contact(actor=actor, case_id=written.case_id, contact_id=contact.id)
        done.append(written)

    back = reverse("desk:follow-up-work", args=[entry.of_list_id])
    answer = run_form(
        request, form, act, done="結果を記録しました。", back=back,
        again=lambda _, status: _work(request, entry.of_list, get_entry(actor=actor, entry_id=entry_id), form=form, status=status),
    )  # fmt: skip
    if done and appointments.may_undo(done[0], actor=actor, now=shown.moment()):
        offer_undo(request, message="結果を記録しました。", url=reverse("desk:follow-up-undo", args=[entry_id]), then=back)
    return answer


@require_POST
@for_staff
def undo(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The result was the wrong one."""
    actor = _agent(request)
    entry = get_entry(actor=actor, entry_id=entry_id)
    return run(
        request, lambda: case_services.undo_follow_up(actor=actor, entry_id=entry_id, now=shown.moment()),
        done="結果を取り消しました。", back=reverse("desk:follow-up-work", args=[entry.of_list_id]),
    )  # fmt: skip


def _agent(request: HttpRequest) -> Actor:
    """:raises NotAllowed: for anybody who calls nobody."""
    actor = actor_of_request(request)
    if not is_agent(actor):
        raise NotAllowed(NO_AGENT)
    return actor
