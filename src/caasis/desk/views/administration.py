"""運用: the system's state and its dead letters, for administrators."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.desk.access import actor_of_request, for_administrators
from caasis.desk.administration import DiscardForm
from caasis.desk.operations import READERS, dead_letter, dead_letters, discard_letter, system_checks, try_letter_again
from caasis.desk.views.parts import page
from caasis.kernel.errors import Invalid

LETTERS_SHOWN = 100
#: URL name, words, icon of the four parts.
PARTS = (
    ("desk:administration", "システムの状態", "check_circle"),
    ("desk:admin-letters", "止まった処理", "sync_problem"),
    ("desk:admin-users", "利用者", "group"),
    ("desk:admin-centres", "センター", "storefront"),
)


def admin_page(
    request: HttpRequest, template: str, part: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page of the administrator's, with the four parts above it. It hears no stream and finds no cases."""
    parts = [
        {"url": reverse(name), "label": label, "icon": icon, "current": name == part} for name, label, icon in PARTS
    ]
    frame = {"parts": parts, "stream_url": "", "search_url": ""}
    return page(request, f"desk/administration/{template}", frame | (context or {}), status=status)


@require_safe
@for_administrators
def state(request: HttpRequest) -> HttpResponse:
    """What the checks of the installation found."""
    checks = system_checks(actor=actor_of_request(request))
    worst = next((state for state in ("problem", "warn") if any(check.state == state for check in checks)), "ok")
    return admin_page(request, "state.html", "desk:administration", {"checks": checks, "worst": worst})


@require_safe
@for_administrators
def letters(request: HttpRequest) -> HttpResponse:
    """What could not be delivered to its reader, the oldest first."""
    rows, total = dead_letters(actor=actor_of_request(request), size=LETTERS_SHOWN)
    shown = [{"letter": row, "reader": READERS.get(row.consumer, row.consumer)} for row in rows]
    return admin_page(request, "letters.html", "desk:admin-letters", {"rows": shown, "total": total})


@require_POST
@for_administrators
def retry(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """Try one letter again at once."""
    if try_letter_again(actor=actor_of_request(request), letter_id=letter_id):
        messages.success(request, "処理できました。")
    else:
        messages.warning(request, "もう一度処理しましたが、失敗しました。記録を開発者に見せてください。")
    return redirect("desk:admin-letters")


@require_http_methods(["GET", "POST"])
@for_administrators
def discard(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """Ask for the reason, and then give one letter up."""
    actor = actor_of_request(request)
    letter = dead_letter(actor=actor, letter_id=letter_id)
    form = DiscardForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            discard_letter(actor=actor, letter_id=letter_id, reason=form.cleaned_data["reason"])
        except Invalid as error:
            form.add_domain_fields(error.fields)
        else:
            messages.success(request, "処理を捨てました。理由は記録に残しました。")
            return redirect("desk:admin-letters")
    context = {"letter": letter, "reader": READERS.get(letter.consumer, letter.consumer), "form": form}
    return admin_page(request, "discard.html", "desk:admin-letters", context, status=422 if form.errors else 200)
