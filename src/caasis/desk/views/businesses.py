"""Businesses: finding one, its page, merging, splitting, taking back, and the tracking flag."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caasis.accounts.selectors import names_of
from caasis.audit.services import record_access
from caasis.businesses import services
from caasis.businesses.models import Business, TrackingFlag
from caasis.businesses.selectors import (
    Profile,
    beginning_with,
    get_business,
    met_businesses,
    read_profile,
    suggest,
    watched_businesses,
)
from caasis.businesses.vocabulary import AliasKind, Change, Heard, Source
from caasis.cases.business_record import cases_of_business, read_record
from caasis.cases.redress import business_totals
from caasis.cases.services import split_business
from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.businesses import FlagForm, LiftForm, MergeForm, ReviewForm, SplitForm, trend_figure
from caasis.desk.views.parts import page
from caasis.desk.workspace import today_in_japan
from caasis.engines.identity import parse_corporate_number
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Actor
from caasis.kernel.errors import DomainError, Invalid, NotAllowed
from caasis.organisations.models import Centre

FOUND = 20
LISTED = 30
CASES = 20
LONGEST = 160


@require_GET
@for_staff_and_nation
def business_list(request: HttpRequest) -> HttpResponse:
    """One box for name, number, URL or corporate number; without words the businesses that were met most often."""
    actor = actor_of_request(request)
    today = today_in_japan()
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    context: dict[str, Any] = {"words": words, "watched": [], "found": [], "begins": [], "met": None}
    if words:
        found = suggest(actor=actor, **_read_words(words), limit=FOUND, today=today)
        known = {one.business.id for one in found}
        context["found"] = found
        context["begins"] = [one for one in beginning_with(actor=actor, words=words, limit=FOUND) if one.id not in known]
    else:
        context["watched"] = list(watched_businesses(actor=actor, today=today)[:LISTED])
        context["met"] = Paginator(met_businesses(actor=actor), LISTED).get_page(request.GET.get("page"))
    return page(request, "desk/businesses/list.html", context)


def _read_words(words: str) -> dict[str, str]:
    """What was typed into the one box: a corporate number, a telephone number, an address, or a name."""
    if parse_corporate_number(words):
        return {"corporate_number": words}
    if normalise_phone(words):
        return {"phone": words}
    return {"name": words, "url": words}


@require_GET
@for_staff_and_nation
def business_page(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """All that is known of one business; one that was merged leads to the business that speaks for it."""
    actor = actor_of_request(request)
    business = get_business(actor=actor, business_id=business_id)
    if business.merged_into_id is not None:
        return redirect("desk:business", business_id=services.root_of(business.id))
    record_access(actor=actor, action="read_business", object_kind="business", object_id=business.id)
    return _show(request, business)


def _show(request: HttpRequest, business: Business, *, status: int = 200, **forms: Any) -> HttpResponse:
    actor = actor_of_request(request)
    today = today_in_japan()
    profile = read_profile(actor=actor, business=business, today=today)
    record = read_record(actor=actor, business_ids=profile.family_ids, today=today)
    cases = Paginator(cases_of_business(actor=actor, business_ids=profile.family_ids), CASES).get_page(request.GET.get("page"))
    context = {
        "business": business,
        "profile": profile,
        "record": record,
        "totals": business_totals(profile.family_ids, actor=actor),
        "trend": trend_figure(record.months),
        "cases": cases,
        "changes": _changes(profile, actor),
        "flag_heard": Heard(profile.flag.heard).label if profile.flag else "",
        "flag_by": _who(profile.flag, "set_by", "set_by_centre"),
        "review_due": profile.flag is not None and profile.flag.review_on <= today,
        "alias_kinds": [(kind.value, kind.label) for kind in AliasKind],
        "source_words": Source(business.source).label,
        "may_curate": actor.has_any(services.CURATORS),
        "may_flag": actor.has_any(services.FLAGGERS),
        "flag_form": FlagForm(initial={"heard": Heard.NOT_YET.value}),
        "review_form": ReviewForm(initial={"heard": profile.flag.heard if profile.flag else Heard.NOT_YET.value}),
        "lift_form": LiftForm(prefix="lift"),
        "has_errors": bool(forms),
        **forms,
    }
    return page(request, "desk/businesses/page.html", context, status=status)


def _who(row: Any, by: str, centre: str) -> str:
    """Name and centre of the person who did something, as far as they are known."""
    if row is None:
        return ""
    actor_id, centre_id = getattr(row, by), getattr(row, centre)
    name = names_of({actor_id}).get(actor_id, "") if actor_id else ""
    of = Centre.objects.filter(id=centre_id).values_list("name", flat=True).first() if centre_id else None
    return "・".join(part for part in (of, name) if part) or "システム"


def _changes(profile: Profile, actor: Actor) -> list[dict[str, Any]]:
    """The history in words. Names of colleagues of other centres stay with their centres."""
    ids = {change.actor_id for change in profile.changes if change.actor_id and change.centre_id == actor.centre_id}
    names = names_of(ids)
    centres = dict(
        Centre.objects.filter(id__in={change.centre_id for change in profile.changes if change.centre_id}).values_list("id", "name")
    )
    lines = []
    for change in profile.changes:
        own = change.centre_id is not None and change.centre_id == actor.centre_id
        who = names.get(change.actor_id, "") if own and change.actor_id else ""
        lines.append(
            {
                "change": change,
                "label": Change(change.kind).label,
                "who": "・".join(part for part in (centres.get(change.centre_id, "") if change.centre_id else "", who) if part) or "システム",
                "undoable": change.undone_at is None and change.kind in (Change.MERGED.value, Change.SPLIT.value),
            }
        )
    return lines


@require_GET
@for_staff_and_nation
def trend_file(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """The table of months as CSV."""
    actor = actor_of_request(request)
    business = get_business(actor=actor, business_id=business_id)
    record = read_record(actor=actor, business_ids=services.family_ids(business.id), today=today_in_japan())
    answer = HttpResponse(trend_figure(record.months).table.csv(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="business-months.csv"'
    return answer


# --- merging, splitting, taking back ----------------------------------------------------------------------------------


def _curated(request: HttpRequest, business_id: UUID) -> tuple[Actor, Business]:
    actor = actor_of_request(request)
    business = get_business(actor=actor, business_id=business_id)
    if not actor.has_any(services.CURATORS):
        raise NotAllowed
    return actor, business


@require_http_methods(["GET", "POST"])
@for_staff_and_nation
def merge(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """Choose the business that is the same as this one; the same page asks for the reason and does it."""
    actor, business = _curated(request, business_id)
    form = MergeForm(request.POST if request.method == "POST" else None)
    sentence = ""
    if form.is_valid():
        try:
            services.merge_businesses(
                actor=actor, keep_id=business.id, other_id=form.cleaned_data["other"], reason=form.cleaned_data["reason"]
            )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except DomainError as error:
            sentence = error.message
        else:
            messages.success(request, "1つにまとめました。下の「変更の記録」から取り消せます。")
            return redirect("desk:business", business_id=business.id)
    wrong = bool(form.errors or sentence)
    if wrong:
        request.undo_transaction = True  # type: ignore[attr-defined]
    words = request.GET.get("q", request.POST.get("q", "")).replace("\x00", "").strip()[:LONGEST]
    heard = _read_words(words) if words else {"name": business.name}
    found = [one for one in suggest(actor=actor, **heard, limit=CASES, today=None) if one.business.id != business.id]
    context = {
        "business": business, "form": form, "found": found, "words": words, "sentence": sentence, "has_errors": wrong,
        "chosen": request.POST.get("other", ""),
    }  # fmt: skip
    return page(request, "desk/businesses/merge.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
@for_staff_and_nation
def split(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """Choose what belongs to another business; cases that named it so go with it."""
    actor, business = _curated(request, business_id)
    profile = read_profile(actor=actor, business=business, today=today_in_japan())
    aliases = [alias for group in profile.aliases.values() for alias in group]
    form = SplitForm(request.POST if request.method == "POST" else None, aliases=aliases)
    sentence = ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            change, moved = split_business(
                actor=actor, business_id=business.id, alias_ids=[UUID(one) for one in given["alias"]],
                name=given["name"], reason=given["reason"],
            )  # fmt: skip
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except DomainError as error:
            sentence = error.message
        else:
            messages.success(request, f"2つに分けました。{moved}件の相談が「{change.other}」に移りました。")
            return redirect("desk:business", business_id=business.id)
    wrong = bool(form.errors or sentence)
    if wrong:
        request.undo_transaction = True  # type: ignore[attr-defined]
    context = {"business": business, "form": form, "aliases": aliases, "sentence": sentence, "has_errors": wrong}
    return page(request, "desk/businesses/split.html", context, status=422 if wrong else 200)


@require_POST
@for_staff_and_nation
def undo(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """Take a merge or a split of this business back."""
    actor, business = _curated(request, business_id)
    try:
        services.undo_change(actor=actor, change_id=_uuid(request.POST.get("change", "")))
        messages.success(request, "取り消しました。記録には残ります。")
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        messages.warning(request, error.message)
    return redirect("desk:business", business_id=business.id)


# --- the tracking flag ------------------------------------------------------------------------------------------------


def _flagged(request: HttpRequest, business_id: UUID) -> tuple[Actor, Business]:
    actor = actor_of_request(request)
    business = get_business(actor=actor, business_id=business_id)
    if not actor.has_any(services.FLAGGERS):
        raise NotAllowed("注視を決めるのは、センター職員と国民生活センターです。")
    return actor, business


@require_POST
@for_staff_and_nation
def flag(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """Have the business watched, with grounds, an end, a review, and whether it was heard."""
    actor, business = _flagged(request, business_id)
    form = FlagForm(request.POST)
    if form.is_valid():
        try:
            services.set_flag(actor=actor, business_id=business.id, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "注視を始めました。だれが、なぜ、いつまでかは、画面と記録に残ります。")
            return redirect("desk:business", business_id=business.id)
    request.undo_transaction = True  # type: ignore[attr-defined]
    return _show(request, business, status=422, flag_form=form)


@require_POST
@for_staff_and_nation
def flag_review(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """Somebody looked whether the grounds still hold."""
    actor, business = _flagged(request, business_id)
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            services.review_flag(actor=actor, flag_id=_flag_of(business, request), **form.cleaned_data)
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "見直しを記録しました。")
            return redirect("desk:business", business_id=business.id)
    request.undo_transaction = True  # type: ignore[attr-defined]
    return _show(request, business, status=422, review_form=form)


@require_POST
@for_staff_and_nation
def flag_lift(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """Watch the business no longer."""
    actor, business = _flagged(request, business_id)
    form = LiftForm(request.POST, prefix="lift")
    if form.is_valid():
        try:
            services.lift_flag(actor=actor, flag_id=_flag_of(business, request), reason=form.cleaned_data["reason"])
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "注視を解きました。")
            return redirect("desk:business", business_id=business.id)
    request.undo_transaction = True  # type: ignore[attr-defined]
    return _show(request, business, status=422, lift_form=form)


def _flag_of(business: Business, request: HttpRequest) -> UUID:
    """The flag that the page showed, if it is one of this business or of those merged into it."""
    wanted = _uuid(request.POST.get("flag", ""))
    known = TrackingFlag.objects.filter(id=wanted, business_id__in=services.family_ids(business.id))
    return wanted if known.exists() else UUID(int=0)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
