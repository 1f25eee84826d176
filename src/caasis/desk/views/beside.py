"""What the screens beside a case share: the purpose of the page, running a form, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from caasis.cases import selectors as cases
from caasis.cases.models import Case
from caasis.desk.access import OFFERED_PURPOSES, access_case, actor_of_request, stated_purpose
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from caasis.platform.forms import AppForm
from caasis.platform.pdf import Sheet, make_pdf

A4 = (210.0, 297.0)
Again = Callable[[AppForm, int], HttpResponse]


def case_beside(request: HttpRequest, case_id: UUID) -> tuple[Case, Purpose | None]:
    """The case of the own centre, and the purpose for which its texts may be opened on this page (None: not yet).

    :raises NotFound: hidden and absent alike.
    """
    case = access_case(request, case_id, inside=True)
    return case, stated_purpose(request) or cases.implied_purpose(case, actor_of_request(request))


def beside_page(
    request: HttpRequest, template: str, case: Case, purpose: Purpose | None, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page beside a case. Its links carry the stated purpose on."""
    stated = stated_purpose(request)
    frame = {
        "case": case,
        "opened": purpose is not None,
        "purposes": OFFERED_PURPOSES,
        "q": f"?purpose={stated.value}" if stated is not None else "",
        "undo": offered_undo(request),
        "has_errors": status >= 400,
    }
    return page(request, template, {**frame, **context}, status=status)


def run_form(
    request: HttpRequest,
    form: AppForm,
    act: Callable[[dict[str, Any]], Any],
    *,
    done: str,
    back: str,
    again: Again,
    undo: Callable[[Any], str] | None = None,
) -> HttpResponse:
    """Do what a form asks and go back; or show the page again with everything typed and the sentence where it belongs.

    With `undo` the next page offers to take it back: it makes the address from what was done.
    """
    status = 422
    if form.is_valid():
        try:
            with transaction.atomic():
                result = act(form.cleaned_data)
        except NotFound:
            raise
        except NotAllowed as error:
            form.add_error(None, error.message)
            status = error.status
        except Invalid as error:
            form.add_domain_fields(error.fields)
            if not error.fields:
                form.add_error(None, error.message)
        except DomainError as error:
            form.add_error(None, error.message)
            status = error.status
        else:
            if undo is not None:
                offer_undo(request, message=done, url=undo(result))
            else:
                messages.success(request, done)
            return redirect(back)
    request.undo_transaction = True  # type: ignore[attr-defined]
    return again(form, status)


def run(request: HttpRequest, act: Callable[[], Any], *, done: str, back: str) -> HttpResponse:
    """A verb that is one button; what goes wrong is said on the page that it came from."""
    by_script = request.headers.get("Accept", "").startswith("application/json")
    try:
        with transaction.atomic():
            act()
    except NotFound:
        raise
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        if by_script or isinstance(error, NotAllowed):
            raise
        messages.warning(request, error.message)
        return redirect(back)
    if by_script:
        return JsonResponse({"message": done})
    messages.success(request, done)
    return redirect(back)


def address(request: HttpRequest, name: str, *, part: str = "", **arguments: Any) -> str:
    """An address of the desk with the stated purpose, and the part of the page."""
    stated = stated_purpose(request)
    query = f"?purpose={stated.value}" if stated is not None else ""
    return reverse(f"desk:{name}", kwargs=arguments) + query + (f"#{part}" if part else "")


def paper(request: HttpRequest, text: str, *, form: str, title: str, name: str) -> HttpResponse:
    """A text as PDF (A4, as many pages as it takes) or as a text file that Windows' own editor shows right."""
    if form == "txt":
        answer = HttpResponse(("\ufeff" + text + "\n").replace("\n", "\r\n").encode(), content_type="text/plain; charset=utf-8")
    else:
        sheet = Sheet(*A4, text, margin=22, size=10.5, flows=True)
        answer = HttpResponse(make_pdf([sheet], title=title), content_type="application/pdf")
    how = "inline" if form == "pdf" else "attachment"
    answer["Content-Disposition"] = f'{how}; filename="{name}.{form}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def posted_text(request: HttpRequest, name: str, most: int) -> str:
    """A text as it was typed, with plain line ends; one character too many is kept, so that the caller sees it."""
    text = request.POST.get(name, "").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text[: most + 1]
