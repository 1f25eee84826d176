"""The workspace of one case: reading and typing, saving, drafts, the clock, who else is looking.

Everything that is typed stands in one form. Each of its buttons posts the whole card, so that no verb loses a word, with
or without scripts.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.beside import read_beside
from caasis.cases.code_lists import label
from caasis.cases.correction_record import corrections_of
from caasis.cases.models import Case
from caasis.cases.rules.card import BY_NAME, show
from caasis.cases.rules.deadlines import DEADLINE_FIELDS
from caasis.cases.services.saving import SaveResult
from caasis.desk.access import (
    OFFERED_PURPOSES,
    access_case,
    actor_of_request,
    for_staff,
    for_staff_and_nation,
    is_fragment,
    stated_purpose,
)
from caasis.desk.card import OPEN_NAMES, Posted, as_typed, cleaned, digests, read_posted, shown_names
from caasis.desk.clock import clock_of_card
from caasis.desk.corrections import shown_corrections
from caasis.desk.hints import mended
from caasis.desk.presence import HEARTBEAT_SECONDS
from caasis.desk.unsaved import unsaved_rows
from caasis.desk.views.fragments import labels_of
from caasis.desk.views.parts import offered_undo, page
from caasis.desk.workspace import (
    TIMELINE_KINDS,
    Workspace,
    may_edit,
    read_workspace,
    sheet_of,
    shown_card,
    today_in_japan,
)
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.clock import JST
from caasis.kernel.errors import DomainError, Invalid, VersionConflict


@require_safe
@for_staff_and_nation
def case_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The case: to work on, to read, or, from outside, what is registered without personal data."""
    case = access_case(request, case_id)
    if case.merged_into_id is not None and "alone" not in request.GET and cases.is_insider(case, actor_of_request(request)):
        messages.info(request, f"受付番号 {case.receipt_number} は、この相談に統合されています。")
        return redirect("desk:case", case_id=case.merged_into_id)
    return show_case(request, case)


def show_case(
    request: HttpRequest,
    case: Case,
    *,
    posted: Posted | None = None,
    errors: dict[str, list[str]] | None = None,
    conflict: dict[str, Any] | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of a case for this actor, with what was posted kept."""
    actor = actor_of_request(request)
    if not cases.is_insider(case, actor):
        card = cases.read_card(case)
        return page(request, "desk/workspace/registered.html", {
            "case": case,
            "rows": shown_card(card, list(OPEN_NAMES)),
            "corrections": shown_corrections(corrections_of(case, actor=actor)),
            "may_correct": actor.has(Role.NCAC),
        }, status=status)
    purpose = stated_purpose(request)
    if purpose is None and posted is not None and any(BY_NAME[name].sealed for name in posted.raw):
        # The page that was sent had the personal data open; it stays as it was.
        purpose = cases.implied_purpose(case, actor) or Purpose.ADVICE
    # A card that can't be changed is shown as it is saved; what was typed for it stands beside it.
    shown = posted if posted is None or may_edit(case, actor) else replace(posted, raw={}, base={})
    work = read_workspace(case, actor=actor, purpose=purpose, posted=shown, errors=errors)
    context = _context(request, work, errors=errors, conflict=conflict, sentence=sentence)
    template = "desk/workspace/page.html" if work.editable else "desk/workspace/reading.html"
    if not work.editable:
        names = list(shown_names(opened=work.sheet.opened))
        context["rows"] = shown_card(work.sheet.values, names)
        context["corrections"] = shown_corrections(corrections_of(case, actor=actor))
        # A case that was approved (or sent) while somebody typed: their words stay in their draft, and show here.
        context["unsaved"] = unsaved_rows(case, actor=actor, posted=posted, opened=work.sheet.opened)
    return page(request, template, context, status=status)


def _context(
    request: HttpRequest, work: Workspace, *, errors: Any = None, conflict: Any = None, sentence: str = ""
) -> dict[str, Any]:
    beside = read_beside(work.case, actor=actor_of_request(request))
    return {
        "work": work,
        "beside": beside,
        "beside_waiting": beside.waiting(timezone.now()),
        "case": work.case,
        "sheet": work.sheet,
        "clock": work.clock,
        "card": work.sheet.typed,
        "errors": errors or {},
        "error_lines": error_lines(errors or {}),
        "has_errors": bool(errors or sentence),
        "sentence": sentence,
        "conflict": conflict,
        "purposes": OFFERED_PURPOSES,
        "timeline_kinds": TIMELINE_KINDS,
        "panel": request.GET.get("panel", ""),
        "undo": offered_undo(request),
        "heartbeat": HEARTBEAT_SECONDS,
        "deadline_fields": ",".join(DEADLINE_FIELDS),
        "remaining": list(work.sheet.needed.items()),
    }


def error_lines(errors: dict[str, list[str]]) -> list[dict[str, str]]:
    """Lines of the error summary, in the order of the card."""
    order = {name: place for place, name in enumerate(BY_NAME)}
    return [
        {"href": f"#{name}", "text": text}
        for name in sorted(errors, key=lambda name: order.get(name, -1))
        for text in errors[name]
    ]


# --- saving -----------------------------------------------------------------------------------------------------------


def save_posted(actor: Actor, case: Case, posted: Posted) -> SaveResult | None:
    """Save what this person changed; None when nothing was. The texts beside the card stay in the draft."""
    changes = posted.changes(case.id)
    result = None
    if changes:
        result = services.save_card(actor=actor, case_id=case.id, version=posted.version, changes=changes)
    if posted.has_texts:
        services.save_draft(
            actor=actor,
            case_id=case.id,
            base_version=result.case.version if result else case.version,
            body=posted.texts_only(),
            sequence=_next_sequence(actor, case, posted),
        )
    else:
        services.discard_draft(actor=actor, case_id=case.id)
    return result


def _next_sequence(actor: Actor, case: Case, posted: Posted) -> int:
    draft = cases.draft_of(case, actor=actor)
    return max(posted.sequence, (draft.sequence + 1) if draft else 0, int(time.time() * 1000))


@require_POST
@for_staff
def save(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """保存: the card, with the lock. Scripts get parts back; without them the page comes again."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    posted = settle(read_posted(request.POST), request, case)
    try:
        with transaction.atomic():
            result = save_posted(actor, case, posted)
    except VersionConflict as conflict:
        return _conflict(request, case, posted, conflict)
    except Invalid as error:
        return refused(request, case, posted, error)
    except DomainError as error:
        return refused(request, case, posted, error)
    fresh = access_case(request, case_id, inside=True)
    if is_fragment(request):
        return _saved_parts(request, fresh, posted, result)
    if result is not None and result.merged:
        messages.info(request, f"ほかの職員の変更（{labels_of(result.merged)}）と合わせて保存しました。")
    messages.success(request, "保存しました。" if result else "変わったところはありません。")
    return redirect("desk:case", case_id=case_id)


def settle(posted: Posted, request: HttpRequest, case: Case) -> Posted:
    """Decisions of the conflict screen: 「相手のもの」 takes the value that stands now."""
    theirs = [name for name in posted.raw if request.POST.get(f"resolve_{name}") == "theirs"]
    if theirs:
        actor = actor_of_request(request)
        current = cases.read_card(case)
        if any(BY_NAME[name].sealed for name in theirs):
            current |= cases.open_personal(case, actor=actor, purpose=cases.implied_purpose(case, actor) or Purpose.ADVICE)
        for name in theirs:
            posted.raw[name] = as_typed(name, current.get(name))
    return posted


def refused(request: HttpRequest, case: Case, posted: Posted, error: DomainError) -> HttpResponse:
    """The page again, everything typed kept, with the sentence at the top and at each field."""
    fields = error.fields if isinstance(error, Invalid) else {}
    keep_typing(actor_of_request(request), case, posted)
    if is_fragment(request):
        context = {"errors": fields, "error_lines": error_lines(fields), "sentence": "" if fields else error.message}
        context["error_names"] = list(posted.raw)
        return render(request, "desk/workspace/refused.html", context, status=error.status)
    case = access_case(request, case.id, inside=True)
    return show_case(
        request, case, posted=posted, errors=fields, sentence="" if fields else error.message, status=error.status
    )


def keep_typing(actor: Actor, case: Case, posted: Posted) -> None:
    """A refused save is a draft: nothing that was typed depends on this page alone."""
    try:
        services.save_draft(
            actor=actor,
            case_id=case.id,
            base_version=posted.version,
            body=posted.body(),
            sequence=_next_sequence(actor, case, posted),
        )
    except Invalid:
        # Too long to be a card: the page still shows it, and says what is too long.
        return


def _conflict(request: HttpRequest, case: Case, posted: Posted, conflict: VersionConflict) -> HttpResponse:
    """Two people on one card: what merges by itself is merged on the page, what overlaps is asked."""
    actor = actor_of_request(request)
    details = conflict.details
    fresh = access_case(request, case.id, inside=True)
    overlaps: dict[str, tuple[Any, Any]] = details["overlaps"]
    changed = posted.changes(case.id)
    taken_over = {
        name: as_typed(name, value)
        for name, value in conflict.current.items()
        if name in posted.raw and name not in changed and posted.raw[name] != as_typed(name, value)
    }
    # The page goes on from the newest card: what only they changed is theirs, what I typed stays typed.
    current = cases.read_card(fresh)
    if any(BY_NAME[name].sealed for name in posted.raw):
        current |= {name: value for name, value in conflict.current.items() if BY_NAME[name].sealed}
        for name in shown_names(opened=True):
            if BY_NAME[name].sealed and name not in current:
                current |= cases.open_personal(fresh, actor=actor, purpose=Purpose.OWN_CASE)
                break
    posted.raw |= taken_over
    posted.version = details["version"]
    posted.base = dict(pair.split(":") for pair in digests(case.id, {n: current[n] for n in posted.raw if n in current}).split(",") if pair)
    keep_typing(actor, fresh, posted)
    by = details.get("by")
    shown = {
        "by": names_of({by}).get(by, "ほかの職員") if by else "ほかの職員",
        "at": details.get("at"),
        "now": timezone.now(),
        "merged": [{"name": name, "label": BY_NAME[name].label} for name in taken_over],
        "overlaps": [
            {"name": name, "label": BY_NAME[name].label, "mine": show(name, mine, label) or "（空欄）", "theirs": show(name, theirs, label) or "（空欄）"}
            for name, (mine, theirs) in overlaps.items()
        ],
    }
    if is_fragment(request):
        context = {
            "conflict": shown,
            "case": fresh,
            "version": posted.version,
            "base": ",".join(f"{name}:{value}" for name, value in posted.base.items()),
            "taken_over": taken_over,
        }
        return render(request, "desk/workspace/conflict_parts.html", context, status=409)
    return show_case(request, fresh, posted=posted, conflict=shown, status=409)


def _saved_parts(request: HttpRequest, case: Case, posted: Posted, result: SaveResult | None) -> HttpResponse:
    """What changes on the page after a save: version and digests, remaining items, the title, merged fields."""
    actor = actor_of_request(request)
    opened = any(BY_NAME[name].sealed for name in posted.raw)
    purpose = cases.implied_purpose(case, actor) or (Purpose.ADVICE if opened else None)
    current = cases.read_card(case)
    if opened:
        current |= cases.open_personal(case, actor=actor, purpose=purpose)
    taken_over = {
        name: as_typed(name, current.get(name))
        for name in (result.merged if result else ())
        if name in posted.raw and posted.raw[name] != as_typed(name, current.get(name))
    }
    sheet = sheet_of(case, actor=actor, purpose=purpose)
    context = {
        "case": case,
        "sheet": sheet,
        "clock": clock_of_card(sheet.values, today=today_in_japan()),
        "base": digests(case.id, {name: current[name] for name in posted.raw if name in current}),
        "merged": labels_of(result.merged) if result else "",
        "taken_over": taken_over,
        "changed": bool(result and result.fields),
        "saved_at": timezone.now().astimezone(JST),
        "remaining": list(sheet.needed.items()),
        "error_names": list(posted.raw),
    }
    return render(request, "desk/workspace/saved.html", context)


# --- drafts -----------------------------------------------------------------------------------------------------------


@require_POST
@for_staff
def draft(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Keep the typing. Answers JSON to autosave; the button 「下書き」 comes back to the page."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    posted = read_posted(request.POST)
    by_script = request.headers.get("X-Requested-With") == "autosave"
    adopted, _, value = request.POST.get("adopt", "").partition("=")
    if adopted in BY_NAME and not by_script:
        # 採用 without scripts: the button carries the field and its value.
        posted.raw[adopted] = value.split(",") if isinstance(as_typed(adopted, None), list) else value
    if request.POST.get("mend") and not by_script:
        values, _ = cleaned(posted.raw)
        posted.raw |= mended(case, cases.read_card(case) | values, request.POST["mend"])
    sequence = posted.sequence if by_script else _next_sequence(actor, case, posted)
    try:
        if posted.changes(case.id) or posted.has_texts:
            saved = services.save_draft(
                actor=actor, case_id=case_id, base_version=posted.version, body=posted.body(), sequence=sequence
            )
            at = saved.saved_at
        else:
            services.discard_draft(actor=actor, case_id=case_id)
            at = timezone.now()
    except DomainError as error:
        if by_script:
            request.undo_transaction = True  # type: ignore[attr-defined]
            return JsonResponse({"message": error.message}, status=error.status)
        return refused(request, case, posted, error)
    if by_script:
        return JsonResponse({"saved_at": at.isoformat()})
    messages.success(request, "下書きを保存しました。ほかの人には見えません。")
    return redirect("desk:case", case_id=case_id)


@require_POST
@for_staff
def discard(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Throw the own draft away and show the card as it is saved."""
    access_case(request, case_id, inside=True)
    services.discard_draft(actor=actor_of_request(request), case_id=case_id)
    messages.success(request, "下書きを捨てて、保存ずみの内容に戻しました。")
    return redirect("desk:case", case_id=case_id)
