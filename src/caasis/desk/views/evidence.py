"""資料 of a case: the list with small pictures, one file at a time, adding and taking away.

Pages are shown as pictures that the server makes, so that nothing of a file is decoded or kept on the terminal: no answer
here may be stored (F132).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.cases import evidence as files
from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.services.collecting import MAX_NOTE, NewFile
from caasis.desk.access import OFFERED_PURPOSES, access_case, actor_of_request, for_staff, stated_purpose
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import Invalid, NotFound
from caasis.platform.documents.pictures import LONGEST, can_picture, page_count, picture_of
from caasis.platform.files.store import check_size

#: Longest side of the small pictures of the list, and of the largest one that a person may ask for.
SMALL, LARGE = 480, 3000
#: Sound is played in the page; everything else that is no picture is offered for saving.
PLAYED = frozenset({"audio/mpeg", "audio/x-wav", "audio/mp4", "audio/ogg"})


def _purpose(request: HttpRequest, case: Case) -> Purpose | None:
    return stated_purpose(request) or cases.implied_purpose(case, actor_of_request(request))


def _query(case: Case, actor: Actor, purpose: Purpose | None) -> str:
    """What addresses carry on from page to page: the purpose, unless one's own case implies it."""
    implied = cases.implied_purpose(case, actor)
    return f"?{urlencode({'purpose': purpose.value})}" if purpose is not None and purpose != implied else ""


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def file_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """All files of a case; sent with files, these are added."""
    case = access_case(request, case_id, inside=True)
    if request.method != "POST":
        return _show_list(request, case)
    actor = actor_of_request(request)
    note = request.POST.get("note", "")
    try:
        chosen = _chosen(request)
        with transaction.atomic():
            added = services.add_evidence(actor=actor, case_id=case.id, files=chosen, note=note)
    except Invalid as error:
        errors = error.fields or {"files": [error.message]}
        return _show_list(request, case, errors=errors, note=note, status=422)
    if len(added) == 1:
        offer_undo(
            request,
            message="資料を付けました。",
            url=reverse("desk:case-file-remove", args=[case.id, added[0].id]),
            then=_list_url(request, case),
        )
    return redirect(_list_url(request, case))


def _chosen(request: HttpRequest) -> list[NewFile]:
    uploads = request.FILES.getlist("files")
    for upload in uploads:
        # By its size alone, before it is in memory.
        check_size(upload.size or 0)
    return [NewFile(upload.name or "", upload.read()) for upload in uploads]


def _show_list(
    request: HttpRequest,
    case: Case,
    *,
    errors: dict[str, list[str]] | None = None,
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of_request(request)
    purpose = _purpose(request, case)
    errors = errors or {}
    found = files.files_of(case, actor=actor, purpose=purpose) if purpose is not None else []
    names = names_of({one.added_by for one in found if one.added_by})
    context: dict[str, Any] = {
        "case": case,
        "purpose": purpose,
        "purposes": OFFERED_PURPOSES,
        "query": _query(case, actor, purpose),
        "files": [(one, names.get(one.added_by, "") if one.added_by else "") for one in found if not one.removed],
        "removed": [one for one in found if one.removed],
        "count": files.count_files(case, actor=actor),
        "may_add": actor.works_for(case.handling_centre_id),
        "note": note,
        "note_limit": MAX_NOTE,
        "errors": errors,
        "error_lines": [{"href": f"#{name}", "text": text} for name, texts in errors.items() for text in texts],
        "has_errors": bool(errors),
        "undo": offered_undo(request),
        "can_picture": [one.id for one in found if can_picture(one.media_type)],
    }
    return page(request, "desk/evidence/list.html", context, status=status)


@require_safe
@for_staff
def file_page(request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """One file to look at: its page as a picture, its sound, its words; the file before and the one behind."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    purpose = _purpose(request, case)
    if purpose is None:
        return redirect("desk:case-files", case_id=case.id)
    shown = [one for one in files.files_of(case, actor=actor, purpose=purpose) if not one.removed]
    place = next((number for number, one in enumerate(shown) if one.id == file_id), None)
    if place is None:
        raise NotFound("この資料は見つかりません。")
    one = shown[place]
    pages = one.pages
    if one.kind == "pdf" and not one.text_state:
        # Not read yet: the pages are counted now.
        _, media_type, content = files.file_content(case, actor=actor, file_id=file_id, purpose=purpose)
        try:
            pages = page_count(content, media_type)
        except Invalid:
            pages = 1
    number = min(max(_number(request.GET.get("page")), 1), max(pages, 1))
    text = files.text_of_file(case, actor=actor, file_id=file_id, purpose=purpose)
    context = {
        "case": case,
        "file": one,
        "text": text,
        "query": _query(case, actor, purpose),
        "joint": "&" if _query(case, actor, purpose) else "?",
        "pictured": can_picture(one.media_type),
        "page": number,
        "pages": pages,
        "before": shown[place - 1] if place > 0 else None,
        "behind": shown[place + 1] if place + 1 < len(shown) else None,
        "place": place + 1,
        "total": len(shown),
        "who": names_of({one.added_by}).get(one.added_by, "") if one.added_by else "",
        "may_remove": one.origin == "centre" and actor.works_for(case.handling_centre_id),
        "large": request.GET.get("large") == "1",
    }
    return page(request, "desk/evidence/file.html", context)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 5 else 1


def _not_kept(response: HttpResponse) -> HttpResponse:
    """Neither a cache nor a disk keeps it, and it may neither run nor load anything."""
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; img-src 'self'; frame-ancestors 'none'"
    return response


@require_safe
@for_staff
def picture(request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """A page of a file as a picture; `size` small or large, `page` from 1."""
    case = access_case(request, case_id, inside=True)
    _, media_type, content = files.file_content(
        case, actor=actor_of_request(request), file_id=file_id, purpose=_purpose(request, case)
    )
    if not can_picture(media_type):
        raise NotFound
    longest = {"small": SMALL, "large": LARGE}.get(request.GET.get("size", ""), LONGEST)
    made = picture_of(content, media_type, page=_number(request.GET.get("page")) - 1, longest=longest)
    return _not_kept(HttpResponse(made, content_type="image/png"))


@require_safe
@for_staff
def original(request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """The file as it came: sound to be played, everything else to be saved. Either is logged."""
    case = access_case(request, case_id, inside=True)
    name, media_type, content = files.file_content(
        case, actor=actor_of_request(request), file_id=file_id, purpose=_purpose(request, case)
    )
    inline = media_type in PLAYED
    response = HttpResponse(content, content_type=media_type if inline else "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    return _not_kept(response)


@require_POST
@for_staff
def remove(request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """Take a file away; the next page offers to bring it back."""
    case = access_case(request, case_id, inside=True)
    services.remove_evidence(actor=actor_of_request(request), case_id=case.id, evidence_id=file_id)
    url = reverse("desk:case-file-restore", args=[case.id, file_id])
    offer_undo(request, message="資料を外しました。", url=url, then=_list_url(request, case))
    return redirect(_list_url(request, case))


@require_POST
@for_staff
def restore(request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """Bring a file back."""
    case = access_case(request, case_id, inside=True)
    services.restore_evidence(actor=actor_of_request(request), case_id=case.id, evidence_id=file_id)
    return redirect(_list_url(request, case))


def _list_url(request: HttpRequest, case: Case) -> str:
    query = _query(case, actor_of_request(request), _purpose(request, case))
    return reverse("desk:case-files", args=[case.id]) + query
