"""Contracts, parties, businesses and harms of a case: their list, and one form for each.

They stand on pages of their own, so that the eight inputs of the card stay as they are. What is typed on the card is kept
as a draft before the page is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.businesses.selectors import suggest
from caasis.cases import services
from caasis.cases.code_lists import label
from caasis.cases.models import Case, CaseBusiness, Party
from caasis.cases.parts import Part, open_part, parts_of, read_part
from caasis.cases.rules.card import show_value
from caasis.cases.rules.parts import BY_PART, PartKind, empty_part
from caasis.cases.selectors import implied_purpose
from caasis.cases.vocabulary import EDITABLE, State
from caasis.desk.access import OFFERED_PURPOSES, access_case, actor_of_request, for_staff, stated_purpose
from caasis.desk.card import read_posted
from caasis.desk.parts import PartForm, PostedPart, clock_of_part, digests, listed, read_part_form, typed_part
from caasis.desk.views.parts import page
from caasis.desk.views.workspace import keep_typing
from caasis.desk.workspace import may_edit, today_in_japan
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.kernel.ids import uuid7

CHOICES = 5
CLOSED = "いまは書き換えられません。再開するか、差し戻してもらってください。"


@require_safe
@for_staff
def part_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Every part of the case by kind, with what may be done, and what was taken out."""
    case = access_case(request, case_id, inside=True)
    return _list(request, case)


def _list(request: HttpRequest, case: Case, *, sentence: str = "", status: int = 200) -> HttpResponse:
    editable = may_edit(case, actor_of_request(request))
    context = {
        "case": case,
        "kinds": listed(case, today=today_in_japan(), with_removed=editable),
        "editable": editable,
        "sentence": sentence,
        "has_errors": bool(sentence),
    }
    return page(request, "desk/parts/list.html", context, status=status)


@require_POST
@for_staff
def part_open(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """From the card: keep what is typed as a draft, then go where the button says (`part`: kind, or kind/id)."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    posted = read_posted(request.POST)
    if may_edit(case, actor) and (posted.changes(case.id) or posted.has_texts):
        keep_typing(actor, case, posted)
    kind, _, part = request.POST.get("part", "").partition("/")
    if kind not in PartKind._value2member_map_:
        return redirect("desk:case-parts", case_id=case_id)
    if not part:
        return redirect("desk:case-part-new", case_id=case_id, part_kind=kind)
    try:
        return redirect("desk:case-part", case_id=case_id, part_kind=kind, part_id=UUID(part))
    except ValueError:
        return redirect("desk:case-parts", case_id=case_id)


# --- one form ---------------------------------------------------------------------------------------------------------


def _kind(text: str) -> PartKind:
    if text not in PartKind._value2member_map_:
        raise NotFound
    return PartKind(text)


def _editable(request: HttpRequest, case: Case) -> None:
    """:raises NotAllowed: nobody who works on cases. :raises WrongState: the card can't be changed now."""
    if State(case.state) not in EDITABLE:
        raise WrongState(CLOSED)
    if not may_edit(case, actor_of_request(request)):
        raise NotAllowed


def _part_of(case: Case, kind: PartKind, part_id: UUID) -> Part:
    found = next((part for part in parts_of(case)[kind] if part.id == part_id), None)
    if found is None:
        raise NotFound("この項目は見つかりません。一覧から選び直してください。")
    return found


@require_http_methods(["GET", "POST"])
@for_staff
def part_new(request: HttpRequest, case_id: UUID, part_kind: str) -> HttpResponse:
    """A form for another contract, party, business or harm."""
    case, kind = access_case(request, case_id, inside=True), _kind(part_kind)
    _editable(request, case)
    if request.method == "GET":
        blank = empty_part(kind)
        form = PartForm(kind, typed_part(kind, blank), case.version, "", opened=True, new_id=uuid7())
        return _form(request, case, form)
    posted = read_part_form(kind, request.POST)
    new_id = _uuid(request.POST.get("id", "")) or uuid7()
    try:
        with transaction.atomic():
            services.add_part(
                actor=actor_of_request(request), case_id=case_id, kind=kind, values=posted.raw, part_id=new_id
            )
    except DomainError as error:
        form = PartForm(kind, dict(posted.raw), case.version, "", opened=True, new_id=new_id)
        return _refused(request, case, form, error)
    messages.success(request, f"{kind.label}を足しました。")
    return redirect("desk:case-parts", case_id=case_id)


@require_http_methods(["GET", "POST"])
@for_staff
def part_edit(request: HttpRequest, case_id: UUID, part_kind: str, part_id: UUID) -> HttpResponse:
    """One part: read, changed, saved with the lock. What both changed is asked, and nothing typed is lost."""
    case, kind = access_case(request, case_id, inside=True), _kind(part_kind)
    _editable(request, case)
    part = _part_of(case, kind, part_id)
    if request.method == "GET":
        return _form(request, case, _opened(request, case, part))
    posted = _settled(request, case, part, read_part_form(kind, request.POST))
    actor = actor_of_request(request)
    try:
        with transaction.atomic():
            _, _, names = services.save_part(
                actor=actor,
                case_id=case_id,
                kind=kind,
                part_id=part_id,
                version=posted.version,
                changes=posted.changes(part_id, today_in_japan()),
            )
    except VersionConflict as conflict:
        return _conflict(request, case, part, posted, conflict)
    except DomainError as error:
        form = PartForm(kind, dict(posted.raw), posted.version, _base(posted), opened=posted.opened, part=part)
        return _refused(request, case, form, error)
    messages.success(request, f"{part.name}を保存しました。" if names else "変わったところはありません。")
    return redirect("desk:case-parts", case_id=case_id)


def _base(posted: PostedPart) -> str:
    return ",".join(f"{name}:{value}" for name, value in posted.base.items())


def _opened(request: HttpRequest, case: Case, part: Part) -> PartForm:
    """The form of a part that is there. Name and address open on one's own case, or for a stated purpose."""
    actor = actor_of_request(request)
    values = read_part(part.kind, part.row)
    purpose = stated_purpose(request) or implied_purpose(case, actor)
    opened = not isinstance(part.row, Party) or not part.has_person or purpose is not None
    if opened and isinstance(part.row, Party):
        values |= open_part(case, part.row, actor=actor, purpose=purpose or Purpose.OWN_CASE)
    return PartForm(
        part.kind,
        typed_part(part.kind, values),
        case.version,
        digests(part.kind, part.id, values),
        opened=opened,
        part=part,
    )


def _form(
    request: HttpRequest,
    case: Case,
    form: PartForm,
    *,
    sentence: str = "",
    conflict: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    known = BY_PART[form.kind]
    order = {name: place for place, name in enumerate(known)}
    lines = [
        {"href": f"#{name}", "text": text}
        for name in sorted(form.errors, key=lambda name: order.get(name, -1))
        for text in form.errors[name]
    ]
    context = {
        "case": case,
        "form": form,
        "part": form.part,
        "errors": form.errors,
        "error_lines": lines,
        "sentence": sentence,
        "has_errors": bool(lines or sentence),
        "conflict": conflict,
        "purposes": OFFERED_PURPOSES,
        "action": request.path + (f"?purpose={purpose.value}" if (purpose := stated_purpose(request)) else ""),
        "clock": clock_of_part(case, form.part, today=today_in_japan()) if form.part else None,
        **_business(request, form),
    }
    return page(request, "desk/parts/form.html", context, status=status)


def _business(request: HttpRequest, form: PartForm) -> dict[str, Any]:
    """Which business a saved name may be, for the form of a business."""
    row = form.part.row if form.part is not None else None
    if not isinstance(row, CaseBusiness):
        return {}
    if row.business is not None:
        return {"confirmed": row.business}
    found = suggest(
        actor=actor_of_request(request),
        name=row.name_as_heard,
        phone=row.phone,
        url=row.url,
        limit=CHOICES,
        today=today_in_japan(),
    )
    return {"found": found, "asks_business": True}


def _refused(request: HttpRequest, case: Case, form: PartForm, error: DomainError) -> HttpResponse:
    """The form again with everything typed, the sentence at the top and at each field."""
    request.undo_transaction = True  # type: ignore[attr-defined]
    form.errors = dict(error.fields) if isinstance(error, Invalid) else {}
    sentence = "" if form.errors else error.message
    return _form(request, case, form, sentence=sentence, status=error.status)


def _conflict(
    request: HttpRequest, case: Case, part: Part, posted: PostedPart, conflict: VersionConflict
) -> HttpResponse:
    """Somebody else changed the same field: mine stays typed, theirs stands beside it."""
    request.undo_transaction = True  # type: ignore[attr-defined]
    details = conflict.details
    known = BY_PART[part.kind]
    mine = posted.changes(part.id, today_in_japan())
    typed = dict(posted.raw)
    # What only they changed is theirs.
    typed |= {
        name: value
        for name, value in typed_part(part.kind, conflict.current).items()
        if name in posted.raw and name not in mine
    }
    form = PartForm(
        part.kind,
        typed,
        details["version"],
        digests(part.kind, part.id, {name: conflict.current[name] for name in posted.raw if name in conflict.current}),
        opened=posted.opened or not any(one.sealed for one in known.values()),
        part=part,
    )
    by = details.get("by")
    shown = {
        "by": names_of({by}).get(by, "ほかの職員") if by else "ほかの職員",
        "at": details.get("at"),
        "now": timezone.now(),
        "overlaps": [
            {
                "name": name,
                "label": known[name].label,
                "mine": show_value(known[name], ours, label) or "（空欄）",
                "theirs": show_value(known[name], theirs, label) or "（空欄）",
            }
            for name, (ours, theirs) in details["overlaps"].items()
        ],
    }
    return _form(request, case, form, conflict=shown, status=409)


def _settled(request: HttpRequest, case: Case, part: Part, posted: PostedPart) -> PostedPart:
    """Decisions of the conflict screen: 「相手のもの」 takes the value that stands now."""
    theirs = [name for name in posted.raw if request.POST.get(f"resolve_{name}") == "theirs"]
    if theirs:
        current = read_part(part.kind, part.row)
        if isinstance(part.row, Party) and posted.opened:
            purpose = implied_purpose(case, actor_of_request(request)) or Purpose.ADVICE
            current |= open_part(case, part.row, actor=actor_of_request(request), purpose=purpose)
        posted.raw |= {name: value for name, value in typed_part(part.kind, current).items() if name in theirs}
    return posted


# --- removing, restoring, moving, naming the business -----------------------------------------------------------------


def _act(request: HttpRequest, case_id: UUID, act: Callable[[], str]) -> HttpResponse:
    case = access_case(request, case_id, inside=True)
    try:
        with transaction.atomic():
            said = act()
    except NotFound:
        raise
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        return _list(request, case, sentence=error.message, status=error.status)
    messages.success(request, said)
    return redirect("desk:case-parts", case_id=case_id)


@require_POST
@for_staff
def part_remove(request: HttpRequest, case_id: UUID, part_kind: str, part_id: UUID) -> HttpResponse:
    """取り除く: it stays below in the list and can be put back."""
    kind = _kind(part_kind)

    def act() -> str:
        services.remove_part(actor=actor_of_request(request), case_id=case_id, kind=kind, part_id=part_id)
        return f"{kind.label}を取り除きました。下の「取り除いたもの」から戻せます。"

    return _act(request, case_id, act)


@require_POST
@for_staff
def part_restore(request: HttpRequest, case_id: UUID, part_kind: str, part_id: UUID) -> HttpResponse:
    """もどす what was taken out."""
    kind = _kind(part_kind)

    def act() -> str:
        services.restore_part(actor=actor_of_request(request), case_id=case_id, kind=kind, part_id=part_id)
        return f"{kind.label}を戻しました。"

    return _act(request, case_id, act)


@require_POST
@for_staff
def part_up(request: HttpRequest, case_id: UUID, part_kind: str, part_id: UUID) -> HttpResponse:
    """上へ: the first contract and the first business are those of the card."""
    kind = _kind(part_kind)

    def act() -> str:
        services.move_part_up(actor=actor_of_request(request), case_id=case_id, kind=kind, part_id=part_id)
        return "順番を変えました。"

    return _act(request, case_id, act)


@require_POST
@for_staff
def part_business(request: HttpRequest, case_id: UUID, part_kind: str, part_id: UUID) -> HttpResponse:
    """「この事業者にする」 for a further business, or taking it back (`business`: an id, new, or release)."""
    if _kind(part_kind) is not PartKind.BUSINESS:
        raise NotFound
    chosen = request.POST.get("business", "")
    actor = actor_of_request(request)

    def act() -> str:
        if chosen == "release":
            services.release_business(actor=actor, case_id=case_id, part_id=part_id)
            return "事業者の確認を取り消しました。"
        business_id = None if chosen == "new" else _uuid(chosen)
        if business_id is None and chosen != "new":
            raise Invalid("事業者を選んでください。")
        row = services.confirm_business(actor=actor, case_id=case_id, business_id=business_id, part_id=part_id)
        return f"「{row.business}」を、この相談の事業者にしました。"

    return _act(request, case_id, act)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

