"""Booking a time: the office, how, which day and time, who; a look at it all, then it is booked. Works without scripts.

The way so far stands in the address, so that a reader may go back and forth; who she is goes by POST alone.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from caasis.appointments import services
from caasis.appointments.booking_selectors import offer_of, slots_of, ways_of_centres
from caasis.appointments.rules.slots import Slot, nearest
from caasis.appointments.vocabulary import BookingWay
from caasis.channels.services.attempts import count_attempt
from caasis.kernel.actor import PUBLIC
from caasis.kernel.errors import Invalid, TooMany
from caasis.organisations.models import Centre
from caasis.organisations.selectors import centres
from caasis.platform.transactions import system_transaction
from caasis.portal.booking import day_of, days_of, moment_of, time_of
from caasis.portal.forms.booking import BookingForm
from caasis.portal.forms.public import OfficeForm
from caasis.portal.page import client_of, render_page
from caasis.portal.views.public import breakable, find

_CODE = re.compile(r"[A-Za-z0-9_-]{1,20}")
_BOOKINGS_A_WINDOW = 20
_WINDOW = timedelta(hours=1)
_LIST_LIMIT = 60


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """The step that the address (or the form) stands at."""
    asked = request.POST if request.method == "POST" else request.GET
    centre = _centre(asked.get("centre", ""))
    if centre is None:
        return _where(request)
    offer = offer_of(centre.id)
    way = next((one for one in offer.ways if one == asked.get("way", "")), None)
    if way is None and len(offer.ways) == 1:
        way = offer.ways[0]
    moment = moment_of(asked.get("at", ""))
    slots = slots_of(centre_id=centre.id, way=way, now=timezone.now()) if way else []
    slot = next((one for one in slots if one.starts_at == moment), None)
    page = {"centre": centre, "centre_name": breakable(centre.name), "ways": offer.ways, "way": way}
    if way is None or moment is None:
        return _when(request, page, slots)
    if request.method == "POST":
        return _who(request, page, slots, slot)
    if slot is None:
        return _when(request, page | {"gone": True}, slots)
    return _page(request, "who", page | {"slot": time_of(slot), "form": BookingForm()})


def _where(request: HttpRequest) -> HttpResponse:
    """Which office: the same finder as that of the offices, with those alone that take bookings."""
    asked = bool(request.GET.get("postcode") or request.GET.get("prefecture"))
    form = OfficeForm(request.GET if asked else None)
    heading = notice = ""
    found: list[Centre] = []
    status = 200
    if asked and form.is_valid():
        found, heading, notice = find(form)
    elif asked:
        status = 422
    ways = ways_of_centres(centre.id for centre in found) if found else {}
    rows = [{"centre": one, "name": breakable(one.name), "ways": ways[one.id]} for one in found if one.id in ways]
    page = {
        "form": form,
        "rows": rows[:_LIST_LIMIT],
        "heading": heading,
        "notice": notice,
        "none": bool(found) and not rows,
        "first": found[0] if found else None,
        "lost": bool(request.GET.get("centre") or request.POST.get("centre")),
    }
    return _page(request, "where", page, status=status)


def _when(request: HttpRequest, page: dict[str, Any], slots: list[Slot]) -> HttpResponse:
    """How, which day, which time."""
    days = days_of(slots)
    chosen = day_of(request.GET.get("day", ""))
    day = next((one for one in days if one.day == chosen), None)
    return _page(request, "when", page | {"days": days, "day": day, "lost_day": chosen is not None and day is None})


def _who(request: HttpRequest, page: dict[str, Any], slots: list[Slot], slot: Slot | None) -> HttpResponse:
    """What was written about the person: shown to be checked, or booked."""
    form = BookingForm(request.POST)
    moment = moment_of(request.POST.get("at", ""))
    if form.is_valid():
        form.add_domain_fields(services.contact_errors(**form.cleaned_data))
    if slot is None and moment is not None:
        # Whatever is wrong with the form can be mended once there is a time again.
        return _taken(request, page, form, nearest(slots, moment, services.NEAR))
    shown = page | {"slot": time_of(slot) if slot else None, "form": form}
    if form.errors:
        return _page(request, "who", shown, status=422)
    step = request.POST.get("step", "")
    if step == "back":
        return _page(request, "who", shown)
    if step != "book" or slot is None:
        return _page(request, "confirm", shown | {"given": form.cleaned_data})
    return _book(request, shown, form, slot)


def _book(request: HttpRequest, page: dict[str, Any], form: BookingForm, slot: Slot) -> HttpResponse:
    with system_transaction():
        count = count_attempt("booking", client_of(request), limit=_BOOKINGS_A_WINDOW, window=_WINDOW)
    try:
        if count > _BOOKINGS_A_WINDOW:
            raise TooMany("予約が続いています。1時間たってから予約してください。")
        booked = services.book_slot(
            actor=PUBLIC, centre_id=page["centre"].id, way=page["way"].value, starts_at=slot.starts_at, **form.cleaned_data
        )
    except services.SlotTaken as error:
        return _taken(request, page, form, error.nearest)
    except Invalid as error:
        form.add_domain_fields(error.fields)
        return _page(request, "who", page, status=error.status)
    except TooMany as error:
        form.add_error(None, error.message)
        return _page(request, "who", page, status=error.status)
    return HttpResponseRedirect(reverse("portal:booked", args=[booked.secret]) + "?new=1")


def _taken(request: HttpRequest, page: dict[str, Any], form: BookingForm, near: list[Slot]) -> HttpResponse:
    """Somebody else was faster: the nearest free times, and all that was written goes with the choice."""
    return _page(request, "taken", page | {"form": form, "near": days_of(near)}, status=409)


def _page(request: HttpRequest, step: str, page: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context = {"all_ways": list(BookingWay)} | page
    return render_page(
        request,
        f"portal/book_{step}.html",
        context,
        current="offices",
        breadcrumb=[("お近くの窓口", reverse("portal:offices")), ("相談の予約", "")],
        status=status,
    )


def _centre(code: str) -> Centre | None:
    """The centre of a code, when it takes bookings."""
    if not _CODE.fullmatch(code):
        return None
    found = centres().filter(code=code).first()
    return found if found is not None and offer_of(found.id).spans else None
