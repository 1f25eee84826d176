"""運用: accounts of staff, for administrators."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caasis.accounts.services import (
    end_role,
    end_sessions,
    grant_role,
    issue_one_time_password,
    open_account,
    unlock_user,
)
from caasis.accounts.staff import NATIONAL, NOBODY, StaffAccount, staff_account, staff_accounts
from caasis.desk.access import actor_of_request, for_administrators
from caasis.desk.administration import NewUserForm, RoleForm
from caasis.desk.views.administration import admin_page
from caasis.kernel.actor import Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.organisations.selectors import centres

PART = "desk:admin-users"
SIZE = 50
FARTHEST = 100_000


@require_GET
@for_administrators
def users(request: HttpRequest) -> HttpResponse:
    """Accounts by name: of one centre, of the nation, without a role, or all."""
    where = _where(request.GET.get("where", ""))
    words = request.GET.get("q", "").replace("\x00", "")[:80]
    start = _start(request.GET.get("start", ""))
    rows, total = staff_accounts(actor=actor_of_request(request), where=where, words=words, start=start, size=SIZE)
    context = {
        "rows": rows,
        "total": total,
        "where": str(where or ""),
        "words": words,
        "choices": [("", "すべて"), *((str(row.id), row.name) for row in centres()), (NATIONAL, "全国の役割"), (NOBODY, "役割のない人")],
        "first": start + 1,
        "last": start + len(rows),
        "before": max(0, start - SIZE) if start else None,
        "after": start + SIZE if start + SIZE < total else None,
    }  # fmt: skip
    return admin_page(request, "users.html", PART, context)


def _where(text: str) -> UUID | str | None:
    if text in (NATIONAL, NOBODY):
        return text
    try:
        return UUID(text)
    except ValueError:
        return None


def _start(text: str) -> int:
    return min(int(text), FARTHEST) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


@require_http_methods(["GET", "POST"])
@for_administrators
def new_user(request: HttpRequest) -> HttpResponse:
    """Make an account. The one-time password is in the answer to the sending and nowhere else."""
    form = NewUserForm(request.POST if request.method == "POST" else None, initial={"centre": request.GET.get("centre", "")[:40]})
    if form.is_valid():
        try:
            user, password_ = open_account(
                actor=actor_of_request(request),
                username=form.cleaned_data["username"],
                display_name=form.cleaned_data["display_name"],
                role=form.given_role,
                centre_id=form.given_centre,
            )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        else:
            return admin_page(request, "password.html", PART, {"user": user, "password": password_, "new": True})
    if form.errors:
        request.undo_transaction = True  # type: ignore[attr-defined]
    return admin_page(request, "user_new.html", PART, {"form": form}, status=422 if form.errors else 200)


@require_GET
@for_administrators
def user_page(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One account: its roles, sessions, lock and password."""
    account = staff_account(actor=actor_of_request(request), user_id=user_id)
    return _show(request, account, RoleForm(held=account.roles))


def _show(request: HttpRequest, account: StaffAccount, form: RoleForm, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "account": account,
        "form": form,
        "is_me": account.user.pk == actor_of_request(request).id,
    }
    return admin_page(request, "user.html", PART, context, status=status)


@require_POST
@for_administrators
def grant(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Give a role."""
    actor = actor_of_request(request)
    account = staff_account(actor=actor, user_id=user_id)
    form = RoleForm(request.POST, held=account.roles)
    if not form.is_valid():
        return _show(request, account, form, status=422)
    grant_role(actor=actor, user_id=user_id, role=form.given_role, centre_id=form.given_centre)
    messages.success(request, f"役割「{form.given_role.label}」を付けました。")
    return redirect("desk:admin-user", user_id)


@require_POST
@for_administrators
def end(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Take a role away, at once."""
    actor = actor_of_request(request)
    account = staff_account(actor=actor, user_id=user_id)
    held = {f"{role.role.value}:{role.centre_id or ''}": role for role in account.roles}
    chosen = held.get(request.POST.get("held", ""))
    if chosen is None:
        raise NotFound("この役割は、もう終わっています。画面を開き直してください。")
    try:
        end_role(actor=actor, user_id=user_id, role=Role(chosen.role), centre_id=chosen.centre_id)
    except (NotAllowed, WrongState) as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        messages.warning(request, error.message)
    else:
        messages.success(request, f"役割「{chosen.role.label}」を終えました。")
    return redirect("desk:admin-user", user_id)


@require_POST
@for_administrators
def password(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Hand out a new one-time password, shown in this answer only."""
    actor = actor_of_request(request)
    account = staff_account(actor=actor, user_id=user_id)
    made = issue_one_time_password(actor=actor, user_id=user_id)
    return admin_page(request, "password.html", PART, {"user": account.user, "password": made, "new": False})


@require_POST
@for_administrators
def sessions_end(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """End the account's logins on every terminal."""
    count = end_sessions(actor=actor_of_request(request), user_id=user_id)
    messages.success(request, f"ログインを{count}件終わらせました。" if count else "ログイン中の端末はありませんでした。")
    return redirect("desk:admin-user", user_id)


@require_POST
@for_administrators
def unlock(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Let somebody who mistyped too often try again at once."""
    count = unlock_user(actor=actor_of_request(request), user_id=user_id)
    messages.success(request, "ロックを解きました。" if count else "ロックされていませんでした。")
    return redirect("desk:admin-user", user_id)
