"""URLs of booked times at the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import bookings

_BOOKING = "bookings/<uuid:booking_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("bookings/", bookings.bookings, name="bookings"),
    path("bookings/hours/", bookings.hours, name="booking-hours"),
    path(_BOOKING, bookings.booking, name="booking"),
    path(f"{_BOOKING}state", bookings.state, name="booking-state"),
    path(f"{_BOOKING}change", bookings.change, name="booking-change"),
]
