"""補正: the nation's list with doubts, the form, many at once; the centre's inbox, its dispute, and the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.cases import selectors as cases
from caasis.cases.approval_record import today
from caasis.cases.code_lists import code_lists, label
from caasis.cases.correction_record import (
    doubts_of,
    get_correction,
    inbox,
    registered_with_doubts,
    visible_corrections,
)
from caasis.cases.models import Case, Correction
from caasis.cases.rules.card import BY_NAME
from caasis.cases.rules.correction import CORRECTABLE, DISPUTE_DAYS, CorrectionState
from caasis.cases.rules.differences import difference_of
from caasis.cases.rules.doubts import DOUBT_LABELS
from caasis.cases.services import (
    answer_dispute,
    correct_case,
    correct_many,
    dispute_correction,
    note_seen,
    take_back_corrections,
)
from caasis.cases.services.correcting import MOST_AT_ONCE, require_corrector
from caasis.cases.vocabulary import State
from caasis.desk.access import access_case, actor_of_request, for_nation, for_staff, for_staff_and_nation
from caasis.desk.approvals import is_uuid
from caasis.desk.card import cleaned, typed_card
from caasis.desk.corrections import shown, shown_corrections, typed_values
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.kernel.actor import Role
from caasis.kernel.errors import DomainError, Invalid, NotFound

SHOWN = 50
#: Fields that are the same for many cases; what belongs to one person is corrected one by one.
FOR_MANY = ("kind", "result", "product", "sales_form", "payment_method", "content_classes", "keywords")


@require_safe
@for_staff_and_nation
def overview(request: HttpRequest) -> HttpResponse:
    """The centre's inbox; for the nation what was disputed, and the latest corrections."""
    actor = actor_of_request(request)
    national = actor.is_national
    everything = visible_corrections(actor=actor).prefetch_related("steps")
    if national:
        open_rows = everything.filter(state=CorrectionState.DISPUTED.value).order_by("made_at")
        rest = everything.exclude(state=CorrectionState.DISPUTED.value).order_by("-made_at")
    else:
        open_rows = inbox(actor=actor).prefetch_related("steps")
        settled = (CorrectionState.APPLIED.value, CorrectionState.DISPUTED.value)
        rest = everything.exclude(state__in=settled).order_by("-made_at")
    first, later = list(open_rows[:SHOWN]), list(rest[:SHOWN])
    context = {
        "national": national,
        "open": _with_cases(request, first),
        "rest": _with_cases(request, later),
        "days": DISPUTE_DAYS,
        "undo": offered_undo(request),
    }
    return page(request, "desk/corrections/overview.html", context)


def _with_cases(request: HttpRequest, corrections: list[Correction]) -> list[dict[str, Any]]:
    """Corrections with the cases that the reader may see now: a reopened case is hidden from the nation."""
    visible = cases.visible_cases(actor=actor_of_request(request)).filter(id__in={one.case_id for one in corrections})
    by_id = {case.id: case for case in visible.only("id", "title", "receipt_number", "state")}
    return [{"shown": one, "case": by_id.get(one.correction.case_id)} for one in shown_corrections(corrections)]


@require_safe
@for_nation
def registered(request: HttpRequest) -> HttpResponse:
    """Registered cases of the nation, those that a machine finds odd first."""
    actor = actor_of_request(request)
    given = request.GET
    before = None
    if given.get("before"):
        try:
            before = datetime.fromisoformat(given["before"])
        except ValueError:
            before = None
        if before is not None and (before.tzinfo is None or not 2000 <= before.year <= 2200):
            # No moment of this system, and far enough from the ends of what the database can hold.
            before = None
    filters = {
        "words": " ".join(given.get("words", "").replace("\x00", "").split())[:60],
        "product": given.get("product", "") if code_lists()["product"].find(given.get("product", "")) else "",
        "sales_form": given.get("sales_form", "") if code_lists()["sales_form"].find(given.get("sales_form", "")) else "",
        "code": given.get("code", "") if given.get("code") in DOUBT_LABELS else "",
    }
    found = registered_with_doubts(actor=actor, before=before, **filters)  # type: ignore[arg-type]
    context = {
        "found": found,
        "filters": filters,
        "filtered": any(filters.values()),
        "kinds": list(DOUBT_LABELS.items()),
        "products": [(term.code, term.label) for term in code_lists()["product"].children()],
        "forms": [(term.code, term.label) for term in code_lists()["sales_form"].terms()],
        "may_correct": actor.has(Role.NCAC),
        "undo": offered_undo(request),
    }
    return page(request, "desk/corrections/registered.html", context)


# --- one case ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def correct(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The form of one case: first what would change, then, when confirmed, the correction."""
    # The case first: to whom it is hidden, it is absent.
    case = access_case(request, case_id)
    require_corrector(actor_of_request(request))
    if State(case.state) is not State.REGISTERED:
        raise NotFound
    if request.method != "POST":
        return _show_form(request, case, typed=typed_card(cases.read_card(case)), version=case.version)
    typed, changes = _changes(request, case)
    version = _whole(request.POST.get("version", ""))
    reason = request.POST.get("correction_reason", "")[:4000].replace("\x00", "")
    if request.POST.get("confirmed") != "1":
        values, errors = cleaned(changes)
        if not changes:
            return _show_form(
                request, case, typed=typed, version=version, reason=reason, status=422, sentence="変わった項目がありません。"
            )
        return _show_form(
            request,
            case,
            typed=typed,
            version=version,
            reason=reason,
            errors=errors,
            preview={} if errors else values,
            status=422 if errors else 200,
        )
    try:
        made = correct_case(
            actor=actor_of_request(request), case_id=case.id, version=version, changes=changes, reason=reason
        )
    except NotFound:
        raise
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        fields = error.fields if isinstance(error, Invalid) else {}
        return _show_form(
            request,
            case,
            typed=typed,
            version=version,
            reason=reason,
            errors=fields,
            sentence=error.message,
            status=error.status,
        )
    messages.success(request, f"補正しました。センターには{DISPUTE_DAYS}日のあいだ異議を聞きます。")
    return redirect("desk:correction", correction_id=made.id)


def _changes(request: HttpRequest, case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """All that the form shows, and of it what differs from the card: an old code that nobody touched is no change."""
    now = typed_card(cases.read_card(case))
    sent = typed_values(request.POST, [name for name in CORRECTABLE if _shown(name, now)])
    return now | sent, {name: value for name, value in sent.items() if value != now.get(name)}


def _shown(name: str, card: dict[str, Any]) -> bool:
    """Fields of another contract party stand on the form only where there is one."""
    return not name.startswith("party_") or card.get("contract_party_is_consumer") == "no"


def _show_form(
    request: HttpRequest,
    case: Case,
    *,
    typed: dict[str, Any],
    version: int,
    reason: str = "",
    errors: dict[str, list[str]] | None = None,
    preview: dict[str, Any] | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    current = cases.read_card(case)
    found = doubts_of(case)
    context = {
        "case": case,
        "card": typed,
        "names": [name for name in CORRECTABLE if _shown(name, typed)],
        "version": version,
        "reason": reason,
        "errors": errors or {},
        "lines": [(name, text) for name, texts in (errors or {}).items() for text in texts],
        "sentence": sentence,
        "has_errors": bool(errors or sentence),
        "preview": [difference_of(name, current.get(name), value, label) for name, value in (preview or {}).items()],
        "doubts": found,
        "doubt_of": {doubt.field: doubt.sentence for doubt in found},
        "days": DISPUTE_DAYS,
        "corrections": shown_corrections(
            list(visible_corrections(actor=actor_of_request(request)).filter(case=case).prefetch_related("steps"))
        ),
    }
    return page(request, "desk/corrections/form.html", context, status=status)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


# --- many -------------------------------------------------------------------------------------------------------------


@require_POST
@for_nation
def bulk(request: HttpRequest) -> HttpResponse:
    """The same correction for chosen cases: the count and the list first, a result for each afterwards."""
    actor = actor_of_request(request)
    require_corrector(actor)
    versions = _chosen(request.POST.getlist("case"))
    rows = list(cases.visible_cases(actor=actor).filter(id__in=versions, state=State.REGISTERED.value).order_by("-registered_at"))
    if not rows:
        messages.warning(request, "補正する相談を、一覧から選んでください。")
        return redirect("desk:corrections-registered")
    typed = typed_values(request.POST, FOR_MANY)
    changes = {name: value for name, value in typed.items() if value not in ("", [])}
    reason = request.POST.get("correction_reason", "")[:4000].replace("\x00", "")
    context: dict[str, Any] = {
        "rows": [(case, versions[case.id] or case.version) for case in rows],
        "names": FOR_MANY,
        "card": {name: typed.get(name, "") for name in FOR_MANY},
        "reason": reason,
        "errors": {},
        "days": DISPUTE_DAYS,
    }
    if request.POST.get("confirmed") != "1":
        return page(request, "desk/corrections/bulk.html", context)
    _, errors = cleaned(changes)
    if not changes:
        context["sentence"] = "変える項目を、1つ以上選んでください。"
    try:
        if errors or not changes:
            raise Invalid(context.get("sentence", ""), fields=errors)
        batch_id, outcomes = correct_many(
            actor=actor,
            cases=[(case.id, versions[case.id] or case.version) for case in rows],
            changes=changes,
            reason=reason,
            after_each=request.commit_so_far,  # type: ignore[attr-defined]
        )
    except Invalid as error:
        context |= {"errors": error.fields, "sentence": error.message, "has_errors": True}
        context["lines"] = [(name, text) for name, texts in error.fields.items() for text in texts]
        return page(request, "desk/corrections/bulk.html", context, status=422)
    by_id = {case.id: case for case in rows}
    done = sum(one.done for one in outcomes)
    if done:
        url = reverse("desk:corrections-undo", args=[batch_id])
        offer_undo(request, message=f"{done}件を補正しました。", url=url)
    result = {
        "outcomes": sorted(({"case": by_id[o.case_id], "done": o.done, "sentence": o.sentence} for o in outcomes), key=lambda o: bool(o["done"])),
        "done": done,
        "batch_id": batch_id,
        "changes": [(BY_NAME[name].label, difference_of(name, None, cleaned({name: value})[0].get(name), label).after) for name, value in changes.items()],
        "undo": offered_undo(request),
    }
    return page(request, "desk/corrections/bulk_done.html", result)


def _chosen(values: list[str]) -> dict[UUID, int | None]:
    """Ids of cases with the version that the page showed (`id:version`)."""
    chosen: dict[UUID, int | None] = {}
    for value in values:
        text, _, version = value.partition(":")
        if is_uuid(text) and len(chosen) < MOST_AT_ONCE:
            chosen[UUID(text)] = _whole(version) or None
    return chosen


@require_POST
@for_nation
def undo(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Take a correction of many back, as long as it can be."""
    outcomes = take_back_corrections(actor=actor_of_request(request), batch_id=batch_id)
    done = sum(one.done for one in outcomes)
    left = len(outcomes) - done
    sentence = f"{done}件を元に戻しました。" + (f"{left}件は、センターが先に答えたため残りました。" if left else "")
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": sentence}, status=200 if done else 409)
    messages.info(request, sentence)
    return redirect("desk:corrections")


# --- one correction ---------------------------------------------------------------------------------------------------


@require_safe
@for_staff_and_nation
def correction_page(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    return _show_correction(request, get_correction(actor=actor_of_request(request), correction_id=correction_id))


def _show_correction(
    request: HttpRequest, correction: Correction, *, sentence: str = "", wrong: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_of_request(request)
    case = cases.visible_cases(actor=actor).filter(id=correction.case_id).first()
    state = CorrectionState(correction.state)
    context = {
        "one": shown(correction),
        "case": case,
        "maker": names_of({correction.made_by}).get(correction.made_by, "") if correction.made_by else "",
        "may_answer": actor.has(Role.NCAC) and state in (CorrectionState.DISPUTED, CorrectionState.APPLIED),
        "disputed": state is CorrectionState.DISPUTED,
        "may_dispute": actor.works_for(correction.centre_id) and state is CorrectionState.APPLIED,
        "in_time": today() <= correction.dispute_until,
        "sentence": sentence,
        "has_errors": bool(sentence),
        "wrong": wrong,
        "words": {name: request.POST.get(name, "") for name in ("dispute_reason", "answer_reason")},
    }
    return page(request, "desk/corrections/page.html", context, status=status)


@require_POST
@for_staff
def seen(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """The centre has nothing against it."""
    note_seen(actor=actor_of_request(request), correction_id=correction_id)
    messages.success(request, "確かめたことを記録しました。")
    return redirect("desk:corrections")


@require_POST
@for_staff
def dispute(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """The centre says why the correction is wrong; what was typed stays when it can't be taken."""
    actor = actor_of_request(request)
    correction = get_correction(actor=actor, correction_id=correction_id)
    try:
        dispute_correction(actor=actor, correction_id=correction_id, reason=_words(request, "dispute_reason"))
    except DomainError as error:
        return _refused(request, correction, error, "dispute_reason")
    messages.success(request, "異議を伝えました。国民生活センターの答えを待ちます。")
    return redirect("desk:correction", correction_id=correction_id)


@require_POST
@for_nation
def answer(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """The national centre upholds its correction or withdraws it."""
    actor = actor_of_request(request)
    correction = get_correction(actor=actor, correction_id=correction_id)
    withdraw = request.POST.get("decision") == "withdraw"
    try:
        answer_dispute(
            actor=actor, correction_id=correction_id, withdraw=withdraw, reason=_words(request, "answer_reason")
        )
    except DomainError as error:
        return _refused(request, correction, error, "answer_reason")
    messages.success(request, "補正を取り下げ、元に戻しました。" if withdraw else "補正を維持し、センターに伝えました。")
    return redirect("desk:correction", correction_id=correction_id)


def _words(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "")[:4000]


def _refused(request: HttpRequest, correction: Correction, error: DomainError, name: str) -> HttpResponse:
    if isinstance(error, NotFound):
        raise error
    request.undo_transaction = True  # type: ignore[attr-defined]
    return _show_correction(request, correction, sentence=error.message, wrong=name, status=error.status)
