"""予約: the centre's booked times of a day, one booking, what became of it, and the hours in which bookings are taken."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.appointments import services
from caasis.appointments.booking_selectors import booking_texts, bookings_of_day, get_booking, offer_of, slots_of
from caasis.appointments.models import Booking
from caasis.appointments.vocabulary import BookingState, BookingWay
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.booking_forms import BookingHoursForm, initial_of
from caasis.desk.views.parts import page
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, WrongState
from caasis.privacy.keys import Forgotten

#: For what a booking is opened: to prepare and hold the talk, to hand it on, because the person asked.
PURPOSES = (Purpose.OWN_CASE, Purpose.HANDOVER, Purpose.CONSUMER_REQUEST)
_ACTS = {
    "keep": (services.keep_booking, "「相談した」と記録しました。"),
    "miss": (services.miss_booking, "「来なかった」と記録しました。"),
    "cancel": (services.cancel_booking, "予約を取り消しました。"),
}


@require_safe
@for_staff
def bookings(request: HttpRequest) -> HttpResponse:
    """The booked times of one day; today, unless a day is given."""
    actor, today = actor_of_request(request), day_in_japan(timezone.now())
    day = _day(request.GET.get("day", "")) or today
    lines = bookings_of_day(actor=actor, day=day)
    assert actor.centre_id is not None
    context = {
        "lines": lines,
        "day": day,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "open_count": sum(line.booking.state == BookingState.BOOKED for line in lines),
        "takes": bool(offer_of(actor.centre_id).spans),
        "may_set": _may_set(actor),
    }
    return page(request, "desk/bookings/list.html", context)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


@require_safe
@for_staff
def booking(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """One booking; who it is and what it is about are opened for a purpose."""
    return _show(request, get_booking(actor=actor_of_request(request), booking_id=booking_id))


def _show(request: HttpRequest, found: Booking, *, error: str = "", status: int = 200) -> HttpResponse:
    actor, now = actor_of_request(request), timezone.now()
    purpose = next((one for one in PURPOSES if one == request.GET.get("purpose")), None)
    texts: dict[str, str] | None = None
    forgotten = False
    if purpose is not None:
        try:
            with transaction.atomic():
                texts = booking_texts(found, actor=actor, purpose=purpose)
        except Forgotten:
            forgotten = True
    slots = []
    if found.state == BookingState.BOOKED:
        slots = slots_of(centre_id=found.centre_id, way=found.way, now=now, but=found.id)
    context = {
        "booking": found,
        "way": BookingWay(found.way),
        "state": BookingState(found.state),
        "texts": texts,
        "purpose": purpose,
        "purposes": PURPOSES,
        "forgotten": forgotten or found.erased_at is not None,
        "slots": [slot for slot in slots if slot.starts_at != found.starts_at],
        "has_come": day_in_japan(now) >= day_in_japan(found.starts_at),
        "has_begun": now >= found.starts_at,
        "may_begin": actor.has(Role.COUNSELLOR, Role.SUPERVISOR),
        "error": error,
        "has_errors": bool(error),
    }
    return page(request, "desk/bookings/booking.html", context, status=status)


@require_POST
@for_staff
def state(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """Came, did not come, or cancelled."""
    actor = actor_of_request(request)
    found = get_booking(actor=actor, booking_id=booking_id)
    act, said = _ACTS.get(request.POST.get("act", ""), (None, ""))
    if act is None:
        return _show(request, found, error="何を記録するか、選んでください。", status=422)
    try:
        with transaction.atomic():
            act(actor=actor, booking_id=found.id)
    except WrongState as error:
        return _show(request, found, error=error.message, status=error.status)
    messages.success(request, said)
    return redirect("desk:booking", found.id)


@require_POST
@for_staff
def change(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """Another time, one of those that are free."""
    actor = actor_of_request(request)
    found = get_booking(actor=actor, booking_id=booking_id)
    moment = _moment(request.POST.get("at", ""))
    if moment is None:
        return _show(request, found, error="新しい日時を選んでください。", status=422)
    try:
        with transaction.atomic():
            services.change_booking(actor=actor, booking_id=found.id, starts_at=moment)
    except WrongState as error:
        return _show(request, found, error=error.message, status=error.status)
    messages.success(request, "予約の日時を変えました。相談者に伝えてください。")
    return redirect("desk:booking", found.id)


def _moment(code: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(code[:16]).replace(tzinfo=JST)
    except ValueError:
        return None
    return moment if 2000 <= moment.year <= 2100 else None


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def hours(request: HttpRequest) -> HttpResponse:
    """When the centre takes bookings. Everything typed stays when something is wrong."""
    actor = actor_of_request(request)
    if not _may_set(actor):
        raise NotAllowed("予約の時間を決められるのは、主任と職員です。")
    assert actor.centre_id is not None
    if request.method != "POST":
        return _hours(request, BookingHoursForm(initial=initial_of(offer_of(actor.centre_id))))
    form = BookingHoursForm(request.POST)
    if not form.is_valid():
        return _hours(request, form, status=422)
    given = form.cleaned_data
    try:
        with transaction.atomic():
            services.set_booking_hours(
                actor=actor, centre_id=actor.centre_id, spans=form.spans(),
                lead_hours=given["lead_hours"], days_ahead=given["days_ahead"],
            )  # fmt: skip
    except Invalid as error:
        form.add_domain_fields(error.fields)
        return _hours(request, form, status=error.status)
    messages.success(request, "予約を受ける時間を保存しました。")
    return redirect("desk:booking-hours")


def _hours(request: HttpRequest, form: BookingHoursForm, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "has_errors": bool(form.errors)}
    return page(request, "desk/bookings/hours.html", context, status=status)


def _may_set(actor: Actor) -> bool:
    """Whether the page offers the hours; the service decides."""
    return actor.has(Role.SUPERVISOR, Role.OFFICIAL)
