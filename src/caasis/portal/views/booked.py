"""One booking, for whoever has its link: look, change, cancel, and the entry for a calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from caasis.appointments import services
from caasis.appointments.booking_selectors import booking_of_link, slots_of
from caasis.appointments.models import Booking
from caasis.appointments.rules.calendar_file import Entry, calendar_file
from caasis.appointments.vocabulary import BookingState, BookingWay
from caasis.channels import sms
from caasis.channels.services.attempts import attempts_so_far, count_attempt
from caasis.kernel.actor import PUBLIC
from caasis.kernel.errors import NotFound, TooMany, WrongState
from caasis.organisations.selectors import get_centre
from caasis.platform.errors import domain_error_response
from caasis.platform.transactions import system_transaction
from caasis.portal.booking import day_of, days_of, moment_of
from caasis.portal.page import client_of, render_page

#: The address is a key, so it is told to nobody and kept by nobody.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow"}
#: Wrong links from one address before it is asked to wait.
_WRONG = 20
_WINDOW = timedelta(minutes=15)
_NOTICES = {"changed": "予約の日時を変えました。", "cancelled": "予約を取り消しました。"}


def with_link(view: Callable[[HttpRequest, str, Booking], HttpResponse]) -> Callable[..., HttpResponse]:
    """The booking of the link; wrong links are counted for each address, and none is told from one that is over."""

    @wraps(view)
    def wrapped(request: HttpRequest, secret: str) -> HttpResponse:
        client = client_of(request)
        with system_transaction():
            if attempts_so_far("booking_link", client) >= _WRONG:
                raise TooMany("何度も開けませんでした。15分たってから開いてください。")
        try:
            booking = booking_of_link(secret=secret, now=timezone.now())
        except NotFound as error:
            with system_transaction():
                count_attempt("booking_link", client, limit=_WRONG, window=_WINDOW)
            # Answered, not raised: a refusal that is raised takes its own count back.
            return domain_error_response(request, error)
        response = view(request, secret, booking)
        for name, value in _HEADERS.items():
            response[name] = value
        return response

    return wrapped


@require_safe
@with_link
def booked(request: HttpRequest, secret: str, booking: Booking) -> HttpResponse:
    """The booking as it stands; just made, it is the receipt."""
    page = {
        "new": request.GET.get("new") == "1" and booking.state == BookingState.BOOKED,
        "reminds": sms.is_available() and booking.reminded_at is None,
        "notice": _NOTICES.get(request.GET.get("notice", ""), ""),
        "link": request.build_absolute_uri(reverse("portal:booked", args=[secret])),
    }
    return _page(request, "show", secret, booking, page)


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def change(request: HttpRequest, secret: str, booking: Booking) -> HttpResponse:
    """Another day and time."""
    if not _open(booking):
        return HttpResponseRedirect(reverse("portal:booked", args=[secret]))
    error, status = "", 200
    if request.method == "POST":
        moment = moment_of(request.POST.get("at", ""))
        if moment is None:
            error, status = "新しい時間を選んでください。", 422
        else:
            try:
                services.change_booking(actor=PUBLIC, booking_id=booking.id, starts_at=moment)
            except WrongState as refused:
                error, status = refused.message, refused.status
            else:
                return HttpResponseRedirect(reverse("portal:booked", args=[secret]) + "?notice=changed")
    days = days_of(slots_of(centre_id=booking.centre_id, way=booking.way, now=timezone.now(), but=booking.id))
    chosen = day_of(request.GET.get("day", ""))
    day = next((one for one in days if one.day == chosen), None)
    return _page(request, "change", secret, booking, {"days": days, "day": day, "error": error}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def cancel(request: HttpRequest, secret: str, booking: Booking) -> HttpResponse:
    """Ask once, then give the time back."""
    if booking.state != BookingState.CANCELLED and not _open(booking):
        return HttpResponseRedirect(reverse("portal:booked", args=[secret]))
    if request.method == "POST":
        services.cancel_booking(actor=PUBLIC, booking_id=booking.id)
    elif booking.state == BookingState.BOOKED:
        return _page(request, "cancel", secret, booking, {})
    return HttpResponseRedirect(reverse("portal:booked", args=[secret]) + "?notice=cancelled")


@require_safe
@with_link
def calendar(request: HttpRequest, secret: str, booking: Booking) -> HttpResponse:
    """The entry for the reader's own calendar. It tells the time and the office, and not what it is about."""
    centre = get_centre(booking.centre_id)
    link = request.build_absolute_uri(reverse("portal:booked", args=[secret]))
    text = calendar_file(
        Entry(
            uid=f"{booking.id}@{request.get_host()}",
            sequence=booking.sequence,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            written_at=booking.changed_at,
            title=f"{centre.name}の予約（{BookingWay(booking.way).label}）",
            place=centre.address if booking.way == BookingWay.VISIT else "",
            note=f"予約番号 {booking.number}\n電話 {centre.phone or '188'}\n{link}",
            cancelled=booking.state == BookingState.CANCELLED,
        )
    )
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="yoyaku.ics"'
    return response


def _open(booking: Booking) -> bool:
    return booking.state == BookingState.BOOKED and timezone.now() < booking.starts_at


def _page(
    request: HttpRequest, name: str, secret: str, booking: Booking, page: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {
        "booking": booking,
        "secret": secret,
        "centre": get_centre(booking.centre_id),
        "way": BookingWay(booking.way),
        "state": BookingState(booking.state),
        "open": _open(booking),
        "has_errors": bool(page.get("error")),
    }
    return render_page(request, f"portal/book_{name}.html", context | page, status=status)
