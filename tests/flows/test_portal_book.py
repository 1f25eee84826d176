"""Booking a time on the portal, as a visitor without scripts: found, chosen, checked, booked, changed, cancelled."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from caasis.appointments import services as appointments
from caasis.appointments.booking_selectors import slots_of
from caasis.appointments.models import Booking
from caasis.appointments.rules.booking_hours import Span
from caasis.kernel.actor import PUBLIC
from caasis.kernel.clock import JST
from caasis.platform.transactions import system_transaction
from caasis.portal.booking import code_of, day_of, moment_of

pytestmark = pytest.mark.django_db
WHO = {"name": "見本 花子", "phone": "090-0000-0001", "mail": "", "matter": "見本の相談です"}


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    spans = [Span(way, day, time(9), time(17)) for way in ("visit", "phone") for day in range(5)]
    appointments.set_booking_hours(actor=town.supervisor, centre_id=town.centre_a.id, spans=spans)
    return Client()


def free(town: Any) -> list[str]:
    return [code_of(slot.starts_at) for slot in slots_of(centre_id=town.centre_a.id, way="visit", now=timezone.now())]


def form(at: str, **more: str) -> dict[str, str]:
    return WHO | {"centre": "A01", "way": "visit", "at": at} | more


def booked(visitor: Client, town: Any, **more: str) -> tuple[str, Booking]:
    """A booking made over HTTP, with the address of its page."""
    answer = visitor.post("/book/", form(free(town)[3], step="book", **more))
    assert answer.status_code == 302, answer.content.decode()
    with system_transaction():
        return answer["Location"].partition("?")[0], Booking.objects.latest("created_at")


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_visitor_finds_the_office_by_postcode_and_goes_to_its_free_times(visitor: Client) -> None:
    page = text(visitor.get("/book/?postcode=980-0811"))
    assert "青葉市" in page and "/book/?centre=A01&amp;way=visit" in page
    days = text(visitor.get("/book/?centre=A01&way=visit"))
    day = re.search(r"day=(\d{4}-\d\d-\d\d)", days)
    assert day and "空き" in days
    times = text(visitor.get(f"/book/?centre=A01&way=visit&day={day[1]}"))
    assert re.search(r"at=" + day[1] + r"T\d\d:\d\d", times)


def test_an_office_without_bookings_says_so_and_shows_another_way(visitor: Client) -> None:
    page = text(visitor.get("/book/?prefecture=12"))
    assert "Webでの予約を受け付けていません" in page and "/consult/" in page
    assert "centre=B01" not in page
    assert "予約を受け付けていません" in text(visitor.get("/book/?centre=B01"))


def test_the_office_finder_offers_the_booking_and_says_what_to_bring(visitor: Client) -> None:
    page = text(visitor.get("/offices/?postcode=980-0811"))
    assert "相談を予約する" in page and "当日ご用意いただくもの" in page
    assert "相談を予約する" not in text(visitor.get("/offices/?prefecture=12"))


def test_nothing_is_booked_before_the_check_and_going_back_keeps_every_word(visitor: Client, town: Any) -> None:
    at = free(town)[0]
    check = visitor.post("/book/", form(at))
    assert check.status_code == 200 and "まだ予約していません" in text(check) and "見本の相談です" in text(check)
    back = text(visitor.post("/book/", form(at, step="back")))
    assert 'value="090-0000-0001"' in back and "見本の相談です" in back
    with system_transaction():
        assert not Booking.objects.exists()


def test_a_booking_leads_to_its_number_its_link_and_what_to_bring(visitor: Client, town: Any) -> None:
    url, booking = booked(visitor, town)
    answer = Client().get(url + "?new=1")
    page = text(answer)
    assert "予約を受け付けました" in page and f"{booking.number[:4]}-{booking.number[4:]}" in page
    assert f"http://testserver{url}" in page and "契約書、申込書、領収書" in page
    assert "花子" not in page and "090-0000" not in page and "見本の相談" not in page
    assert answer["Cache-Control"] == "no-store" and "noindex" in answer["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("phone", "12"), ("phone", "0570-000-000"), ("mail", "だれか"), ("matter", "あ" * 501), ("name", "\x00")],
)
def test_what_is_wrong_is_said_and_everything_typed_stays(visitor: Client, town: Any, field: str, value: str) -> None:
    answer = visitor.post("/book/", form(free(town)[0], step="book", **{field: value}))
    page = text(answer)
    assert answer.status_code == 422 and "か所、確かめてください" in page
    for name, typed in (WHO | {field: value}).items():
        if typed.strip("\x00"):
            assert typed in page, name
    with system_transaction():
        assert not Booking.objects.exists()


def test_who_comes_too_late_gets_the_nearest_times_and_loses_no_word(visitor: Client, town: Any) -> None:
    times = free(town)
    visitor.post("/book/", form(times[3], step="book"))
    late = visitor.post("/book/", form(times[3], step="book", phone="090-0000-0002"))
    page = text(late)
    assert late.status_code == 409 and f'value="{times[2]}"' in page and f'value="{times[3]}"' not in page
    assert 'value="090-0000-0002"' in page and 'value="見本の相談です"' in page
    again = visitor.post("/book/", form(times[2], phone="090-0000-0002"))
    assert "まだ予約していません" in text(again)


def test_a_sixth_booking_of_a_number_is_refused_with_a_sentence(visitor: Client, town: Any) -> None:
    for _ in range(5):
        booked(visitor, town)
    answer = visitor.post("/book/", form(free(town)[3], step="book"))
    assert answer.status_code == 429 and "5件まで" in text(answer) and "見本の相談です" in text(answer)


def test_bookings_at_speed_are_stopped_for_their_address(visitor: Client, town: Any) -> None:
    from caasis.portal.views import booking as views

    at = free(town)[0]
    for _ in range(views._BOOKINGS_A_WINDOW):
        assert visitor.post("/book/", form(at, step="book")).status_code in (302, 409)
        at = free(town)[0]
        with system_transaction():
            Booking.objects.all().delete()
    stopped = visitor.post("/book/", form(at, step="book"))
    assert stopped.status_code == 429 and "1時間たってから" in text(stopped)


# --- by the link ------------------------------------------------------------------------------------------------------


def test_a_booking_is_changed_by_its_link(visitor: Client, town: Any) -> None:
    url, booking = booked(visitor, town)
    new = free(town)[0]
    assert f"day={new[:10]}" in text(visitor.get(url + "change/"))
    assert new in text(visitor.get(f"{url}change/?day={new[:10]}"))
    moved = visitor.post(url + "change/", {"at": new}, follow=True)
    assert "日時を変えました" in text(moved)
    with system_transaction():
        assert code_of(Booking.objects.get(id=booking.id).starts_at) == new


@pytest.mark.parametrize("at", ["", "x", "9999-12-31T23:59", "0000-00-00T00:00", "2026-13-45T99:99", "\x00", "2099-01-04T10:00"])
def test_a_time_that_is_none_leaves_the_booking(visitor: Client, town: Any, at: str) -> None:
    url, _ = booked(visitor, town)
    answer = visitor.post(url + "change/", {"at": at})
    assert answer.status_code in (409, 422) and "そのまま残っています" in text(answer)
    for name in ("at", "day", "way", "centre", "postcode"):
        # An address with a NUL is refused before it comes to any page.
        expected = 400 if at == "\x00" else 422 if name == "postcode" and at else 200
        assert visitor.get("/book/", {"centre": "A01", "way": "visit"} | {name: at}).status_code in (expected, 200)
    assert visitor.post("/book/", form(at, step="book")).status_code in (200, 409, 422)


def test_a_booking_is_cancelled_once_and_its_time_is_free_again(visitor: Client, town: Any) -> None:
    url, booking = booked(visitor, town)
    assert code_of(booking.starts_at) not in free(town)
    assert "予約を取り消しますか" in text(visitor.get(url + "cancel/"))
    assert "取り消されています" in text(visitor.post(url + "cancel/", follow=True))
    assert code_of(booking.starts_at) in free(town)
    assert visitor.post(url + "cancel/").status_code == 302
    assert visitor.get(url + "change/").status_code == 302


def test_the_calendar_entry_keeps_its_name_and_counts_its_changes(visitor: Client, town: Any) -> None:
    url, booking = booked(visitor, town)
    first = visitor.get(url + "booking.ics")
    lines = text(first).split("\r\n")
    assert first["Content-Type"].startswith("text/calendar") and first["Cache-Control"] == "no-store"
    assert f"UID:{booking.id}@testserver" in lines and "SEQUENCE:0" in lines and "METHOD:PUBLISH" in lines
    assert all(len(line.encode()) <= 75 for line in lines) and "花子" not in text(first)
    visitor.post(url + "change/", {"at": free(town)[0]})
    visitor.post(url + "cancel/")
    last = text(visitor.get(url + "booking.ics")).split("\r\n")
    assert f"UID:{booking.id}@testserver" in last and "SEQUENCE:2" in last and "METHOD:CANCEL" in last


def test_a_wrong_link_opens_nothing_and_many_are_stopped(visitor: Client, town: Any) -> None:
    url, _ = booked(visitor, town)
    wrong = "/book/" + "x" * 32 + "/"
    for path in ("", "change/", "cancel/", "booking.ics"):
        assert visitor.get(wrong + path).status_code == 404
    for _ in range(20):
        visitor.get(wrong)
    assert visitor.get(wrong).status_code == 429
    assert visitor.get(url).status_code == 429
    assert Client(REMOTE_ADDR="198.51.100.7").get(url).status_code == 200


def test_after_its_time_a_booking_is_only_looked_at(visitor: Client, town: Any) -> None:
    now = timezone.now()
    given = {"actor": PUBLIC, "centre_id": town.centre_a.id, "way": "visit", "now": now - timedelta(days=5)}
    slot = slots_of(centre_id=town.centre_a.id, way="visit", now=now - timedelta(days=5))[0]
    who = {"name": WHO["name"], "phone": WHO["phone"]}
    made = appointments.book_slot(**given, **who, starts_at=slot.starts_at)  # type: ignore[arg-type]
    url = f"/book/{made.secret}/"
    page = text(visitor.get(url))
    assert slot.starts_at > now or ("時間を過ぎています" in page and visitor.post(url + "cancel/").status_code == 302)


def test_moments_and_days_of_addresses_are_read_strictly() -> None:
    assert moment_of("2026-12-01T10:00") == datetime(2026, 12, 1, 10, tzinfo=JST)
    assert [moment_of(code) for code in ("2026-02-30T10:00", "9999-12-31T23:59", "2026-12-01T10:00:00", "")] == [None] * 4
    assert [day_of(code) for code in ("2026-02-30", "0000-01-01", "x" * 10**6)] == [None] * 3
