"""The demo's home centre takes bookings, and a few people have booked; a second seeding books nobody twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from caasis.appointments.booking_selectors import offer_of
from caasis.appointments.models import Booking
from caasis.platform.transactions import system_transaction
from caasis.twin.demo import BOOKERS, book_times


@pytest.mark.django_db
def test_the_demo_has_hours_and_bookings_and_seeds_them_once(town: Any) -> None:
    seeded: Any = SimpleNamespace(home_centre=town.centre_a)
    assert book_times(seeded) == len(BOOKERS)
    assert [way.value for way in offer_of(town.centre_a.id).ways] == ["visit", "phone"]
    assert book_times(seeded) == 0
    with system_transaction():
        assert Booking.objects.filter(state="booked").count() == len(BOOKERS)
