"""運用: centres, their hours and settings, for administrators."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caasis.accounts.staff import members_by_centre
from caasis.desk.access import actor_of_request, for_administrators
from caasis.desk.administration import (
    CentreForm,
    HoursForm,
    SettingsForm,
    SpecialDayForm,
    centre_initial,
    hours_initial,
    settings_initial,
)
from caasis.desk.views.administration import admin_page
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, VersionConflict
from caasis.organisations.models import Centre, CentreSettings, Jurisdiction, OpeningHours, SpecialDay
from caasis.organisations.selectors import is_enabled, policy_of
from caasis.organisations.services import (
    SECOND_FACTOR,
    change_centre,
    change_settings,
    open_centre,
    remove_special_day,
    set_opening_hours,
    set_special_day,
)
from caasis.platform.geography import prefecture

PART = "desk:admin-centres"
CONFLICT = "ほかの管理者が先に保存しました。開き直して確かめてください。"


def _centre(centre_id: UUID) -> Centre:
    centre = Centre.objects.filter(id=centre_id).first()
    if centre is None:
        raise NotFound("このセンターは見つかりません。一覧を開き直してください。")
    return centre


@require_GET
@for_administrators
def centre_list(request: HttpRequest) -> HttpResponse:
    """Every centre, also those that are closed, with how many people work there."""
    members = members_by_centre(actor=actor_of_request(request))
    with_hours = set(OpeningHours.objects.values_list("centre_id", flat=True))
    rows = []
    for centre in Centre.objects.order_by("prefecture_code", "code"):
        place = prefecture(centre.prefecture_code)
        rows.append(
            {
                "centre": centre,
                "prefecture": place.name if place is not None else "",
                "members": members[centre.id],
                "hours": centre.id in with_hours,
            }
        )
    return admin_page(request, "centres.html", PART, {"rows": rows})


@require_http_methods(["GET", "POST"])
@for_administrators
def new_centre(request: HttpRequest) -> HttpResponse:
    """Enter a centre; its hours are asked for next."""
    form = CentreForm(request.POST if request.method == "POST" else None, new=True)
    if form.is_valid():
        try:
            centre = open_centre(
                actor=actor_of_request(request), code=form.cleaned_data["code"], particulars=form.particulars()
            )
        except Invalid as error:
            request.undo_transaction = True  # type: ignore[attr-defined]
            form.add_domain_fields(error.fields)
        else:
            messages.success(request, "センターを登録しました。続けて、開いている時間を入れてください。")
            return redirect("desk:admin-centre-hours", centre.id)
    return admin_page(request, "centre_new.html", PART, {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@for_administrators
def centre_page(request: HttpRequest, centre_id: UUID) -> HttpResponse:
    """A centre's particulars."""
    centre = _centre(centre_id)
    if request.method == "POST":
        form = CentreForm(request.POST)
        if form.is_valid():
            try:
                change_centre(
                    actor=actor_of_request(request),
                    centre_id=centre_id,
                    version=form.cleaned_data["version"] or 0,
                    particulars=form.particulars(),
                )
            except (Invalid, VersionConflict) as error:
                request.undo_transaction = True  # type: ignore[attr-defined]
                _add(form, error)
            else:
                messages.success(request, "保存しました。")
                return redirect("desk:admin-centre", centre_id)
    else:
        rows = Jurisdiction.objects.filter(centre=centre, municipality_code="", prefecture_code=centre.prefecture_code)
        form = CentreForm(initial=centre_initial(centre, whole_prefecture=rows.exists()))
    return _centre_page(request, "centre.html", centre, {"form": form})


def _add(form: Any, error: Invalid | VersionConflict) -> None:
    """Put a service's refusal on the form. What was typed stays."""
    if isinstance(error, VersionConflict):
        form.add_error(None, CONFLICT)
    elif error.fields:
        form.add_domain_fields(error.fields)
    else:
        form.add_error(None, error.message)


def _centre_page(request: HttpRequest, template: str, centre: Centre, context: dict[str, Any]) -> HttpResponse:
    refused = any(value.errors for key, value in context.items() if key.endswith("form"))
    return admin_page(request, template, PART, {"centre": centre, **context}, status=422 if refused else 200)


@require_http_methods(["GET", "POST"])
@for_administrators
def hours(request: HttpRequest, centre_id: UUID) -> HttpResponse:
    """The week's opening hours, and the days that differ from it."""
    centre = _centre(centre_id)
    form = HoursForm(initial=hours_initial(list(OpeningHours.objects.filter(centre=centre))))
    if request.method == "POST":
        form = HoursForm(request.POST)
        if form.is_valid():
            try:
                set_opening_hours(actor=actor_of_request(request), centre_id=centre_id, week=form.week())
            except Invalid as error:
                request.undo_transaction = True  # type: ignore[attr-defined]
                _add(form, error)
            else:
                messages.success(request, "開いている時間を保存しました。")
                return redirect("desk:admin-centre-hours", centre_id)
    return _hours(request, centre, form, SpecialDayForm(auto_id="special_%s"))


def _hours(request: HttpRequest, centre: Centre, form: HoursForm, day_form: SpecialDayForm) -> HttpResponse:
    today = day_in_japan(timezone.now())
    days = SpecialDay.objects.filter(centre=centre, day__gte=today).order_by("day")
    return _centre_page(request, "centre_hours.html", centre, {"form": form, "day_form": day_form, "days": days})


@require_POST
@for_administrators
def day_set(request: HttpRequest, centre_id: UUID) -> HttpResponse:
    """Enter a day on which the centre is closed, or open at other hours."""
    centre = _centre(centre_id)
    form = SpecialDayForm(request.POST, auto_id="special_%s")
    if form.is_valid():
        given = form.cleaned_data
        try:
            set_special_day(
                actor=actor_of_request(request),
                centre_id=centre_id,
                day=given["day"],
                opens=given["opens"],
                closes=given["closes"],
                note=given["note"],
            )
        except Invalid as error:
            request.undo_transaction = True  # type: ignore[attr-defined]
            _add(form, error)
        else:
            messages.success(request, "特別な日を入れました。")
            return redirect("desk:admin-centre-hours", centre_id)
    week = HoursForm(initial=hours_initial(list(OpeningHours.objects.filter(centre=centre))))
    return _hours(request, centre, week, form)


@require_POST
@for_administrators
def day_remove(request: HttpRequest, centre_id: UUID) -> HttpResponse:
    """Let the week hold again on a day."""
    centre = _centre(centre_id)
    row = SpecialDay.objects.filter(centre=centre, day__in=_days(request.POST.get("day", ""))).first()
    if row is None:
        raise NotFound("この日は、もう一覧にありません。")
    remove_special_day(actor=actor_of_request(request), centre_id=centre_id, day=row.day)
    messages.success(request, "特別な日を消しました。")
    return redirect("desk:admin-centre-hours", centre_id)


def _days(text: str) -> list[date]:
    """The day that a button names, or none when it is none."""
    try:
        return [date.fromisoformat(text)]
    except ValueError:
        return []


@require_http_methods(["GET", "POST"])
@for_administrators
def settings_page(request: HttpRequest, centre_id: UUID) -> HttpResponse:
    """How the centre decides, how long it keeps, and what it demands of its people."""
    centre = _centre(centre_id)
    if request.method == "POST":
        form = SettingsForm(request.POST)
        if form.is_valid():
            try:
                change_settings(
                    actor=actor_of_request(request),
                    centre_id=centre_id,
                    version=form.cleaned_data["version"],
                    policy=form.policy(),
                )
            except (Invalid, VersionConflict) as error:
                request.undo_transaction = True  # type: ignore[attr-defined]
                _add(form, error)
            else:
                messages.success(request, "設定を保存しました。")
                return redirect("desk:admin-centre-settings", centre_id)
    else:
        row = CentreSettings.objects.filter(centre=centre).first()
        demanded = is_enabled(SECOND_FACTOR, centre.id)
        form = SettingsForm(initial=settings_initial(row, policy_of(centre.id), second_factor=demanded))
    return _centre_page(request, "centre_settings.html", centre, {"form": form})
