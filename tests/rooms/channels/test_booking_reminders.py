"""A text the day before a booked time: once, to mobile numbers, and never without a provider."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from caasis.appointments import services as appointments
from caasis.appointments.models import Booking
from caasis.appointments.rules.booking_hours import Span
from caasis.channels.models import TextMessage
from caasis.channels.rules.texting import LONGEST, reminder_text
from caasis.channels.services.reminders import remind_of_bookings
from caasis.channels.sms.folder import FolderSms
from caasis.channels.sms.opening import SmsSetup
from caasis.kernel.actor import PUBLIC
from caasis.kernel.clock import JST
from caasis.platform.transactions import system_transaction
from caasis.privacy.services import read_sealed

TEN = datetime(2026, 12, 1, 10, 0, tzinfo=JST)
DAY_BEFORE = TEN - timedelta(hours=24)


@pytest.fixture
def connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = SmsSetup(FolderSms(tmp_path), "https://soudan.example.jp")
    monkeypatch.setattr("caasis.channels.sms.opening._setup", lambda: setup)


def book(town: Any, phone: str = "090-0000-0001", starts_at: datetime = TEN) -> Booking:
    appointments.set_booking_hours(
        actor=town.supervisor, centre_id=town.centre_a.id, spans=[Span("visit", day, time(9), time(17)) for day in range(5)]
    )
    return appointments.book_slot(
        actor=PUBLIC, centre_id=town.centre_a.id, way="visit", starts_at=starts_at, name="見本 花子", phone=phone,
        now=TEN - timedelta(days=4),
    ).booking  # fmt: skip


def texts() -> list[dict[str, str]]:
    with system_transaction():
        return [read_sealed(row, "number", "text") for row in TextMessage.objects.filter(purpose="reminder")]


@pytest.mark.django_db
def test_the_day_before_a_mobile_number_gets_one_text(town: Any, connected: None) -> None:
    booking = book(town)
    remind_of_bookings(now=DAY_BEFORE - timedelta(days=1))
    assert texts() == []
    for _ in range(2):
        remind_of_bookings(now=DAY_BEFORE)
    (sent,) = texts()
    assert sent["number"] == "+819000000001"
    assert "あす12月1日（火）10時00分から、来所" in sent["text"] and booking.number[:4] in sent["text"]
    assert "見本" not in sent["text"] and len(sent["text"]) <= LONGEST


@pytest.mark.django_db
def test_a_cancelled_booking_and_a_fixed_line_get_none_and_a_moved_one_its_new_day(town: Any, connected: None) -> None:
    gone, moved = book(town), book(town, "090-0000-0002", TEN + timedelta(minutes=30))
    book(town, "022-000-0003", TEN + timedelta(minutes=60))
    appointments.cancel_booking(actor=PUBLIC, booking_id=gone.id, now=DAY_BEFORE)
    remind_of_bookings(now=DAY_BEFORE)
    assert [sent["number"] for sent in texts()] == ["+819000000002"]
    later = TEN + timedelta(days=3)
    appointments.change_booking(actor=town.counsellor, booking_id=moved.id, starts_at=later, now=DAY_BEFORE)
    remind_of_bookings(now=later - timedelta(hours=20))
    assert len(texts()) == 2 and "12月4日（金）" in "".join(sent["text"] for sent in texts())


@pytest.mark.django_db
def test_without_a_provider_nothing_is_taken_down_and_the_page_says_so(town: Any, client: Any) -> None:
    appointments.set_booking_hours(
        actor=town.supervisor, centre_id=town.centre_a.id, spans=[Span("visit", day, time(9), time(17)) for day in range(5)]
    )
    made = appointments.book_slot(
        actor=PUBLIC, centre_id=town.centre_a.id, way="visit", starts_at=TEN, name="見本", phone="090-0000-0001",
        now=TEN - timedelta(days=4),
    )  # fmt: skip
    assert remind_of_bookings(now=DAY_BEFORE) == 0 and texts() == []
    with system_transaction():
        start = datetime.now(JST) + timedelta(days=2)
        Booking.objects.update(starts_at=start, ends_at=start + timedelta(minutes=30))
    assert "前の日のお知らせはありません" in client.get(f"/book/{made.secret}/").content.decode()


@pytest.mark.django_db
def test_with_a_provider_the_page_promises_the_text(town: Any, client: Any, connected: None) -> None:
    appointments.set_booking_hours(
        actor=town.supervisor, centre_id=town.centre_a.id, spans=[Span("visit", day, time(9), time(17)) for day in range(5)]
    )
    made = appointments.book_slot(
        actor=PUBLIC, centre_id=town.centre_a.id, way="visit", starts_at=TEN, name="見本", phone="090-0000-0001",
        now=TEN - timedelta(days=4),
    )  # fmt: skip
    with system_transaction():
        start = datetime.now(JST) + timedelta(days=2)
        Booking.objects.update(starts_at=start, ends_at=start + timedelta(minutes=30))
    assert "前の日にSMSでお知らせします" in client.get(f"/book/{made.secret}/").content.decode()


def test_the_text_names_the_way_and_where_to_ask() -> None:
    given = {"by_phone": True, "number": "12345678"}
    assert "お電話でのご予約" in reminder_text("見本センター", "", TEN, **given)  # type: ignore[arg-type]
    assert "022-000-0000" in reminder_text("見本センター", "022-000-0000", TEN, **given)  # type: ignore[arg-type]
