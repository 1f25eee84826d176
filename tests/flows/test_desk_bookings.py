"""予約 at the desk: the day's list, one booking opened for a purpose, what became of it, and the hours."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.appointments import services as appointments
from caasis.appointments.booking_selectors import offer_of, slots_of
from caasis.appointments.models import Booking
from caasis.appointments.rules.booking_hours import Span
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import PUBLIC
from caasis.kernel.clock import JST, day_in_japan
from caasis.platform.transactions import system_transaction
from caasis.portal.booking import code_of

pytestmark = pytest.mark.django_db
SECRETS = ("見本 花子", "090-0000-0001", "hanako@example.jp", "見本の相談です")


@pytest.fixture
def booking(town: Any) -> Booking:
    """A visit to centre A, the first that is free."""
    spans = [Span("visit", day, time(9), time(17)) for day in range(5)]
    appointments.set_booking_hours(actor=town.supervisor, centre_id=town.centre_a.id, spans=spans)
    return made(town)


def made(town: Any, *, days_ago: int = 0) -> Booking:
    now = timezone.now() - timedelta(days=days_ago)
    slot = slots_of(centre_id=town.centre_a.id, way="visit", now=now)[0]
    name, phone, mail, matter = SECRETS
    return appointments.book_slot(
        actor=PUBLIC, centre_id=town.centre_a.id, way="visit", starts_at=slot.starts_at, name=name, phone=phone,
        mail=mail, matter=matter, now=now,
    ).booking  # fmt: skip


def page_of(booking: Booking) -> str:
    return f"/desk/bookings/{booking.id}/"


def begun(booking: Booking) -> None:
    """Its time has come an hour ago."""
    with system_transaction():
        start = datetime.now(JST).replace(second=0, microsecond=0) - timedelta(hours=1)
        Booking.objects.filter(id=booking.id).update(starts_at=start, ends_at=start + timedelta(minutes=30))


def now_of(booking: Booking) -> Booking:
    with system_transaction():
        return Booking.objects.get(id=booking.id)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_list_of_a_day_shows_masked_names_and_the_way_to_each_booking(client_for: Any, booking: Booking) -> None:
    day = day_in_japan(booking.starts_at).isoformat()
    html = text(client_for("counsellor").get("/desk/bookings/", {"day": day}))
    assert page_of(booking) in html and "見○○" in html and "予約中 1件" in html
    assert not any(secret in html for secret in SECRETS)
    other = text(client_for("counsellor").get("/desk/bookings/", {"day": "2027-01-03"}))
    assert page_of(booking) not in other and "予約はありません" in other


@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "0001-01-01", "2026-02-30"])
def test_a_strange_day_is_today(client_for: Any, town: Any, day: str) -> None:
    html = text(client_for("counsellor").get("/desk/bookings/", {"day": day}))
    assert "きょうの予約はありません" in html and "予約を受けていません" in html


def test_a_booking_is_opened_for_a_purpose_and_that_is_logged(client_for: Any, booking: Booking) -> None:
    client = client_for("counsellor")
    closed = text(client.get(page_of(booking)))
    assert "開くと、目的とともに記録されます" in closed and not any(secret in closed for secret in SECRETS)
    opened = text(client.get(page_of(booking), {"purpose": "own_case"}))
    assert all(secret in opened for secret in SECRETS)
    with system_transaction():
        assert AccessRecord.objects.filter(object_id=booking.id, purpose="own_case").exists()
    strange = text(client.get(page_of(booking), {"purpose": "break_glass"}))
    assert not any(secret in strange for secret in SECRETS)


def test_another_centre_sees_and_changes_nothing(client_for: Any, booking: Booking) -> None:
    client = client_for("outsider")
    day = day_in_japan(booking.starts_at).isoformat()
    assert page_of(booking) not in text(client.get("/desk/bookings/", {"day": day}))
    for purpose in ("", "own_case"):
        assert client.get(page_of(booking), {"purpose": purpose}).status_code == 404
    for act in ("keep", "miss", "cancel"):
        assert client.post(page_of(booking) + "state", {"act": act}).status_code == 404
    assert client.post(page_of(booking) + "change", {"at": code_of(booking.starts_at)}).status_code == 404
    assert now_of(booking).state == "booked"


def test_staff_write_who_came_and_mend_it(client_for: Any, booking: Booking) -> None:
    begun(booking)
    client = client_for("counsellor")
    assert "相談した" in text(client.post(page_of(booking) + "state", {"act": "keep"}, follow=True))
    assert now_of(booking).state == "kept"
    client.post(page_of(booking) + "state", {"act": "miss"})
    assert now_of(booking).state == "missed"


def test_nobody_has_come_before_the_day(client_for: Any, booking: Booking) -> None:
    client = client_for("counsellor")
    assert "来所した" not in text(client.get(page_of(booking)))
    early = client.post(page_of(booking) + "state", {"act": "keep"})
    assert early.status_code == 409 and "まだ予約の時間ではありません" in text(early)
    assert client.post(page_of(booking) + "state", {"act": "x"}).status_code == 422
    assert now_of(booking).state == "booked"


def test_staff_cancel_a_booking_and_its_time_is_free(client_for: Any, town: Any, booking: Booking) -> None:
    client = client_for("official")
    assert "取り消しました" in text(client.post(page_of(booking) + "state", {"act": "cancel"}, follow=True))
    assert booking.starts_at in [
        slot.starts_at for slot in slots_of(centre_id=town.centre_a.id, way="visit", now=timezone.now())
    ]
    gone = client.post(page_of(booking) + "state", {"act": "keep"})
    assert gone.status_code == 409 and "取り消された予約" in text(gone)


def test_staff_move_a_booking_to_a_free_time_only(client_for: Any, town: Any, booking: Booking) -> None:
    client = client_for("counsellor")
    new = slots_of(centre_id=town.centre_a.id, way="visit", now=timezone.now())[2].starts_at
    assert f'value="{code_of(new)}"' in text(client.get(page_of(booking)))
    client.post(page_of(booking) + "change", {"at": code_of(new)})
    assert now_of(booking).starts_at == new
    other = made(town)
    taken = client.post(page_of(other) + "change", {"at": code_of(new)})
    assert taken.status_code == 409 and "もう空いていません" in text(taken)
    for strange in ("", "x", "9999-12-31T23:59", "2026-02-30T10:00"):
        assert client.post(page_of(other) + "change", {"at": strange}).status_code == 422


# --- the hours --------------------------------------------------------------------------------------------------------

HOURS = {
    "visit_opens_1_1": "09:00", "visit_closes_1_1": "12:00", "minutes_visit": "45", "capacity_visit": "2",
    "minutes_phone": "30", "capacity_phone": "1", "lead_hours": "48", "days_ahead": "21",
}  # fmt: skip


@pytest.mark.parametrize("who", ["supervisor", "official"])
def test_hours_are_saved_and_shown_again(client_for: Any, town: Any, who: str) -> None:
    client = client_for(who)
    assert client.post("/desk/bookings/hours/", HOURS).status_code == 302
    offer = offer_of(town.centre_a.id)
    assert offer.spans == (Span("visit", 1, time(9), time(12), 45, 2),)
    assert (offer.lead_hours, offer.days_ahead) == (48, 21)
    html = text(client.get("/desk/bookings/hours/"))
    assert 'value="09:00"' in html and 'value="48"' in html
    assert offer_of(town.centre_b.id).spans == ()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("visit_closes_1_1", "", "始まりと終わりの両方"),
        ("visit_closes_1_1", "08:00", "1回の長さ以上あと"),
        ("visit_closes_1_1", "\x00", "9:00のように"),
        ("capacity_visit", "0", "1から20まで"),
        ("capacity_visit", "9" * 400, "1から20まで"),
        ("lead_hours", "-1", "0から168まで"),
        ("days_ahead", "１００", "1から60まで"),
        ("minutes_visit", "7", "選びなおして"),
    ],
)
def test_hours_that_cannot_be_are_said_and_stay_typed(
    client_for: Any, town: Any, field: str, value: str, says: str
) -> None:
    answer = client_for("supervisor").post("/desk/bookings/hours/", HOURS | {field: value})
    assert answer.status_code == 422 and says in text(answer)
    assert 'value="09:00"' in text(answer)
    assert offer_of(town.centre_a.id).spans == ()


@pytest.mark.parametrize("who", ["counsellor", "outsider"])
def test_counsellors_do_not_set_the_hours(client_for: Any, town: Any, who: str) -> None:
    client = client_for(who)
    assert client.get("/desk/bookings/hours/").status_code == 403
    assert client.post("/desk/bookings/hours/", HOURS).status_code == 403
    assert offer_of(town.centre_a.id).spans == ()
