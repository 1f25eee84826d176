"""Lists of cases, assigning several at once, and starting a case directly."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import staff_of
from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.vocabulary import OPEN, State
from caasis.channels.services import record_contact
from caasis.desk.access import actor_of_request, for_staff, for_staff_and_nation, is_fragment
from caasis.desk.forms import NEW_CHANNELS, AssignForm, NewCaseForm
from caasis.desk.lists import KINDS, SINCE, read_filters, read_page, read_queue, side_counts
from caasis.desk.views.fragments import preview_context
from caasis.desk.views.parts import offered_undo, page
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import DomainError, NotAllowed
from caasis.kernel.ids import parse_receipt_number

#: As many cases as one page of a list can hold.
BULK_MOST = 50


@require_safe
@for_staff_and_nation
def case_list(request: HttpRequest) -> HttpResponse:
    """One of the lists, or the case of a receipt number."""
    actor = actor_of_request(request)
    inside = actor.centre_id is not None and actor.works_for(actor.centre_id)
    searched = request.GET.get("q", "").strip()[:80]
    number = parse_receipt_number(searched) if searched else None
    if number is not None:
        found = cases.visible_cases(actor=actor).filter(receipt_number=number).first()
        if found is not None:
            return redirect("desk:case", case_id=found.id)
        messages.warning(request, f"受付番号 {number} の相談は見つかりません。番号を確かめてください。")
    default = "mine" if inside else "registered"
    code = request.GET.get("list", "centre" if searched and inside else default)
    kind = KINDS.get(code, KINDS[default])
    if not inside and not kind.nation:
        kind = KINDS["registered"]
    filters = read_filters({**request.GET.dict(), **({"product": searched} if searched and number is None else {})})
    cursor = request.GET.get("after", "")
    found_page = read_page(kind, actor=actor, filters=filters, cursor=cursor)
    queue, queue_total = read_queue(actor=actor) if kind.code == "centre" and not cursor and not filters.any else ([], 0)
    rows = found_page.rows
    context: dict[str, Any] = {
        "kind": kind,
        "kinds": [k for k in KINDS.values() if inside or k.nation],
        "counts": side_counts(actor=actor) if inside else {},
        "found": found_page,
        "filters": filters,
        "since": SINCE,
        "states": [] if kind.nation else [state for state in State if state in OPEN or state is State.HANDLED],
        "queue": queue,
        "queue_total": queue_total,
        "cursor": cursor,
        "next_url": _address(request, after=found_page.next_cursor) if found_page.next_cursor else "",
        "first_url": _address(request, after="") if cursor else "",
        "fragment_url": _address(request),
        "may_assign": inside and not kind.nation and actor.has(Role.COUNSELLOR, Role.SUPERVISOR),
        "colleagues": list(staff_of(actor.centre_id, Role.COUNSELLOR, Role.SUPERVISOR)) if inside and actor.centre_id else [],
        "inside": inside,
        "undo": None if is_fragment(request) else offered_undo(request),
    }
    if is_fragment(request):
        return render(request, "desk/cases/rows.html", context)
    if rows:
        context |= {"preview": preview_context(request, rows[0].case)}
    return page(request, "desk/cases/page.html", context)


def _address(request: HttpRequest, **more: str) -> str:
    kept = {key: value for key, value in request.GET.items() if value and key in ("list", "state", "product", "since", "q", "after")}
    return f"{reverse('desk:cases')}?{urlencode({k: v for k, v in {**kept, **more}.items() if v})}"


# --- several at once --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case of a bulk action."""

    case: Case
    done: bool
    sentence: str


@require_POST
@for_staff
def assign_many(request: HttpRequest) -> HttpResponse:
    """担当を変える for several cases: first how many and which, then the result of each, which can be undone."""
    actor = actor_of_request(request)
    form = AssignForm(request.POST, centre_id=actor.centre_id)
    ids = _ids(request.POST.getlist("case"))
    chosen = list(cases.with_parts(cases.own_cases(actor=actor)).filter(id__in=ids).order_by("-touched_at"))
    if not chosen:
        messages.warning(request, "相談を1件以上選んでから、もう一度押してください。")
        return redirect(_back(request))
    if not request.POST.get("confirmed") or not form.is_valid():
        status = 422 if request.POST.get("confirmed") else 200
        if status == 200:
            form = AssignForm(initial={"to": request.POST.get("to", "")}, centre_id=actor.centre_id)
        context = {"chosen": chosen, "form": form, "back": _back(request)}
        return page(request, "desk/cases/assign.html", context, status=status)
    to = form.cleaned_data["to"]
    outcomes = []
    for case in chosen:
        try:
            with transaction.atomic():
                services.assign_case(actor=actor, case_id=case.id, to=UUID(to))
            outcomes.append(Outcome(case, True, "担当を変えました。"))
        except DomainError as error:
            outcomes.append(Outcome(case, False, error.message))
    done = [outcome.case.id for outcome in outcomes if outcome.done]
    undo = None
    if done:
        address = f"{reverse('desk:assign-undo')}?{urlencode([('case', str(case_id)) for case_id in done])}"
        undo = {"message": f"{len(done)}件の担当を変えました。", "url": address, "strict": False}
    context = {
        "outcomes": outcomes,
        "to": dict(form.fields["to"].choices).get(to, ""),  # type: ignore[attr-defined]
        "done": len(done),
        "back": _back(request),
        "undo": undo,
    }
    return page(request, "desk/cases/assigned.html", context)


@require_POST
@for_staff
def undo_assign_many(request: HttpRequest) -> HttpResponse:
    """Take several hand-overs back; says how many could be."""
    actor = actor_of_request(request)
    done, refused = 0, 0
    for case_id in _ids(request.GET.getlist("case")):
        try:
            with transaction.atomic():
                services.undo_step(actor=actor, case_id=case_id)
            done += 1
        except DomainError:
            refused += 1
    sentence = f"{done}件を元に戻しました。" + (f"{refused}件は戻せませんでした。" if refused else "")
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": sentence}, status=200 if done else 409)
    messages.info(request, sentence)
    return redirect("desk:cases")


def _ids(texts: list[str]) -> list[UUID]:
    ids = []
    for text in texts[:BULK_MOST]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids


def _back(request: HttpRequest) -> str:
    """The list from which the action came; only an address of the lists is followed."""
    kept = request.POST.get("back", "")
    return kept if kept.startswith(reverse("desk:cases")) and "//" not in kept else reverse("desk:cases")


# --- a case from the beginning ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new_case(request: HttpRequest) -> HttpResponse:
    """新しい相談: choosing how it came is all that is asked; the workspace opens at once."""
    actor = actor_of_request(request)
    if not actor.has(Role.COUNSELLOR, Role.SUPERVISOR):
        raise NotAllowed("相談を始められるのは相談員です。相談員か主任に頼んでください。")
    form = NewCaseForm(request.POST if request.method == "POST" else None, initial={"channel": request.GET.get("channel", "")})
    if request.method == "POST" and form.is_valid():
        return _open(request, form)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "channels": NEW_CHANNELS, "key": form.data.get("key") or secrets.token_urlsafe(12)}
    return page(request, "desk/cases/new.html", context, status=status)


class _Twice(Exception):
    """The same page was sent twice at once, and the other one opened the case."""


def _open(request: HttpRequest, form: NewCaseForm) -> HttpResponse:
    actor = actor_of_request(request)
    channel, key = form.cleaned_data["channel"], f"new:{form.cleaned_data['key']}"
    # The same button pressed twice opens one case: its page brought the key.
    known = _opened_with(actor, key)
    if known is None:
        try:
            with transaction.atomic():
                contact = record_contact(
                    actor=actor,
                    centre_id=actor.centre_id,  # type: ignore[arg-type]
                    channel=channel,
                    party_role="consumer",
                    offered_at=timezone.now(),
                )
                known = services.open_case(
                    actor=actor, card={"channel": channel}, contact_id=contact.id, idempotency_key=key
                )
                if not known.contact_links.filter(contact_id=contact.id).exists():
                    raise _Twice
        except _Twice:
            known = _opened_with(actor, key)
    if known is None:
        raise NotAllowed
    return redirect("desk:case", case_id=known.id)


def _opened_with(actor: Actor, key: str) -> Case | None:
    return cases.own_cases(actor=actor).filter(idempotency_key=f"{actor.centre_id}:{key}"[:80]).first()
