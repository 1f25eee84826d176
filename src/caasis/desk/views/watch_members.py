"""見守りの構成員: who of the council reports by a link of their own, what came of it, a new link, and the end of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.channels import services
from caasis.channels.services.watch_members import ONLY_LEADERS
from caasis.channels.watch_models import WatchMember
from caasis.channels.watch_selectors import (
    get_watch_member,
    link_holds,
    may_lead_members,
    member_lines,
    member_texts,
    reports_of_member,
)
from caasis.desk.access import OFFERED_PURPOSES, actor_of_request, for_staff, stated_purpose
from caasis.desk.views.parts import page
from caasis.desk.watch_forms import MemberForm, ValidForm
from caasis.desk.workspace import today_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, VersionConflict
from caasis.privacy.services import masked_fields


@require_safe
@for_staff
def members(request: HttpRequest) -> HttpResponse:
    """The centre's members, with how often each reported."""
    actor = actor_of_request(request)
    context = {"lines": member_lines(actor=actor, now=timezone.now()), "may": may_lead_members(actor)}
    return page(request, "desk/watch/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new(request: HttpRequest) -> HttpResponse:
    """A new member; the link is shown in this answer only."""
    actor = actor_of_request(request)
    if not may_lead_members(actor):
        raise NotAllowed(ONLY_LEADERS)
    if request.method != "POST":
        return page(request, "desk/watch/new.html", {"form": MemberForm(initial=MemberForm.proposed(today_in_japan()))})
    form = MemberForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                made = services.register_watch_member(
                    actor=actor, kind=given["kind"], organisation=given["organisation"], name=given["name"],
                    contact=given["contact"], valid_until=given["valid_until"],
                )  # fmt: skip
        except Invalid as error:
            form.add_domain_fields(error.fields or {"": [error.message]})
        else:
            return _link(request, made)
    return page(request, "desk/watch/new.html", {"form": form}, status=422)


def _link(request: HttpRequest, made: services.NewLink) -> HttpResponse:
    link = request.build_absolute_uri(reverse("portal:watch_member", args=[made.secret]))
    return page(request, "desk/watch/link.html", {"member": made.member, "link": link})


@require_safe
@for_staff
def member_page(request: HttpRequest, watch_member_id: UUID) -> HttpResponse:
    """One member: name and contact for a stated purpose, which is logged; their reports; the link's days."""
    return _show(request, get_watch_member(actor=actor_of_request(request), member_id=watch_member_id))


def _show(
    request: HttpRequest, member: WatchMember, *, form: ValidForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_of_request(request)
    purpose = stated_purpose(request) if member.erased_at is None else None
    texts = {}
    if purpose is not None:
        texts = member_texts(member, actor=actor, purpose=purpose)
    elif member.erased_at is None:
        texts = masked_fields(member, "name", "contact", actor=actor)
    context: dict[str, Any] = {
        "member": member,
        "texts": texts,
        "purpose": purpose,
        "purposes": OFFERED_PURPOSES,
        "holds": link_holds(member, today_in_japan()),
        "reports": reports_of_member(member, actor=actor),
        "made_by": names_of({member.made_by}).get(member.made_by, ""),
        "may": may_lead_members(actor),
        "form": form or ValidForm(initial=ValidForm.proposed(today_in_japan(), version=member.version)),
        "error": error,
    }
    return page(request, "desk/watch/page.html", context, status=status)


@require_POST
@for_staff
def renew(request: HttpRequest, watch_member_id: UUID) -> HttpResponse:
    """A new link, shown in this answer only; the old one lets nobody in any more."""
    actor = actor_of_request(request)
    member = get_watch_member(actor=actor, member_id=watch_member_id)
    form = ValidForm(request.POST)
    if not may_lead_members(actor):
        raise NotAllowed(ONLY_LEADERS)
    if not form.is_valid():
        return _show(request, member, form=form, status=422)
    given = form.cleaned_data
    try:
        with transaction.atomic():
            made = services.renew_watch_link(
                actor=actor, member_id=member.id, version=given["version"] or 0, valid_until=given["valid_until"]
            )
    except Invalid as error:
        if error.fields:
            form.add_domain_fields(error.fields)
        return _show(request, member, form=form, error="" if error.fields else error.message, status=422)
    except VersionConflict as error:
        sentence = "ほかの人が先に変えました。確かめてから、もう一度押してください。"
        return _show(request, member, error=sentence, status=error.status)
    return _link(request, made)


@require_POST
@for_staff
def end(request: HttpRequest, watch_member_id: UUID) -> HttpResponse:
    """The link lets nobody in any more; the reports stay."""
    actor = actor_of_request(request)
    member = get_watch_member(actor=actor, member_id=watch_member_id)
    with transaction.atomic():
        services.end_watch_member(actor=actor, member_id=member.id)
    messages.success(request, "リンクを止めました。届いた情報は残ります。")
    return redirect("desk:watch-member", watch_member_id=watch_member_id)
