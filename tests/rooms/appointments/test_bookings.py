"""A booked time: offered inside the opening hours, never given twice, changed, cancelled, kept, forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from caasis.appointments import services as appointments
from caasis.appointments.booking_selectors import (
    booking_of_link,
    booking_texts,
    bookings_of_day,
    get_booking,
    offer_of,
    slots_of,
    ways_of_centres,
)
from caasis.appointments.handlers import forget_promise
from caasis.appointments.models import Booking
from caasis.appointments.retention import KEEP_FOR, expired_booking_keys
from caasis.appointments.rules.booking_hours import Span, hours_error
from caasis.appointments.services.bookings import MOST_OPEN, SlotTaken
from caasis.appointments.vocabulary import BookingState
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import PUBLIC, Purpose
from caasis.kernel.clock import JST
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, TooMany, WrongState
from caasis.kernel.ids import uuid7
from caasis.organisations.services import set_special_day
from caasis.platform.outbox.handlers import Delivered
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record

#: A Tuesday; the centre is open from nine to twelve and from one to half past four.
TEN = datetime(2026, 12, 1, 10, 0, tzinfo=JST)
NOW = TEN - timedelta(days=4)
HALF = timedelta(minutes=30)


def visits(weekday: int = 1, *, opens: time = time(9), closes: time = time(17), **more: Any) -> Span:
    return Span("visit", weekday, opens, closes, **more)


def offer(town: Any, *spans: Span, **more: Any) -> None:
    appointments.set_booking_hours(
        actor=town.supervisor, centre_id=town.centre_a.id, spans=spans or (visits(),), **more
    )


def book(town: Any, **more: Any) -> Any:
    given = {
        "actor": PUBLIC, "centre_id": town.centre_a.id, "way": "visit", "starts_at": TEN, "name": "見本 花子",
        "phone": "090-0000-0001", "mail": "hanako@example.jp", "matter": "見本の相談", "now": NOW,
    }  # fmt: skip
    return appointments.book_slot(**(given | more))


def now_of(booking: Booking) -> Booking:
    with system_transaction():
        return Booking.objects.get(id=booking.id)


def times(town: Any, **more: Any) -> list[datetime]:
    given = {"centre_id": town.centre_a.id, "way": "visit", "now": NOW}
    return [slot.starts_at for slot in slots_of(**(given | more))]


# --- what is offered --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_only_times_inside_the_opening_hours_are_offered(town):
    offer(town, visits(minutes=60))
    hours = [slot.astimezone(JST).hour for slot in times(town, day=TEN.date())]
    assert hours == [9, 10, 11, 13, 14, 15]


@pytest.mark.django_db
def test_a_closed_day_offers_nothing(town):
    offer(town)
    assert TEN in times(town)
    set_special_day(actor=town.admin, centre_id=town.centre_a.id, day=TEN.date(), note="研修")
    assert TEN not in times(town)
    with pytest.raises(SlotTaken):
        book(town)


@pytest.mark.django_db
def test_a_holiday_offers_nothing(town):
    offer(town, visits(0))
    monday = date(2026, 11, 23)
    assert times(town, now=datetime(2026, 11, 20, 9, tzinfo=JST), day=monday) == []
    assert times(town, now=datetime(2026, 11, 20, 9, tzinfo=JST), day=monday + timedelta(days=7)) != []


@pytest.mark.django_db
def test_lead_time_and_days_ahead_are_the_centres_own(town):
    offer(town, lead_hours=0, days_ahead=5)
    assert times(town)[0].date() == TEN.date() and len({slot.date() for slot in times(town)}) == 1
    offer(town, lead_hours=168, days_ahead=14)
    assert times(town)[0] > TEN + timedelta(days=6)


@pytest.mark.django_db
def test_a_centre_without_hours_takes_no_bookings(town):
    offer(town)
    assert [way.value for way in offer_of(town.centre_a.id).ways] == ["visit"]
    assert list(ways_of_centres([town.centre_a.id, town.centre_b.id])) == [town.centre_a.id]
    with pytest.raises(SlotTaken) as refused:
        book(town, centre_id=town.centre_b.id)
    assert refused.value.nearest == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["counsellor", "outsider", "outside_official", "ncac"])
def test_only_supervisor_and_official_of_the_centre_set_its_hours(town, name):
    with pytest.raises(NotAllowed):
        appointments.set_booking_hours(actor=getattr(town, name), centre_id=town.centre_a.id, spans=[visits()])
    assert offer_of(town.centre_a.id).spans == ()


@pytest.mark.parametrize(
    "spans",
    [
        [visits(closes=time(9, 20))],
        [visits(minutes=25)],
        [visits(capacity=0)],
        [visits(capacity=21)],
        [visits(7)],
        [visits(closes=time(12)), visits(opens=time(11))],
    ],
)
def test_hours_that_cannot_be_are_refused_with_a_sentence(spans):
    assert hours_error(spans).endswith("。") and len(hours_error(spans)) <= 40
    assert hours_error([visits(closes=time(12)), visits(opens=time(12))]) == ""


# --- booking ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_booked_time_is_sealed_numbered_and_found_by_its_link_alone(town):
    offer(town)
    booked = book(town)
    booking = now_of(booked.booking)
    assert (booking.state, booking.starts_at, booking.ends_at) == ("booked", TEN, TEN + HALF)
    assert len(booking.number) == 8 and booking.number.isdigit()
    assert booking_of_link(secret=booked.secret, now=NOW).id == booking.id
    with system_transaction():
        raw = str(Booking.objects.filter(id=booking.id).values().get())
        told = str(list(OutboxEvent.objects.values()))
        assert AccessRecord.objects.filter(action="book_slot", object_id=booking.id).exists()
    for secret in ("花子", "0000-0001", "hanako", "見本の相談", booked.secret):
        assert secret not in raw and secret not in told
    with actor_transaction(town.counsellor):
        texts = booking_texts(booking, actor=town.counsellor, purpose=Purpose.OWN_HANDLING)
    assert texts == {
        "name": "見本 花子", "phone": "090-0000-0001", "mail": "hanako@example.jp", "matter": "見本の相談",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_taken_time_is_refused_with_the_nearest_free_ones(town):
    offer(town)
    book(town)
    with pytest.raises(SlotTaken) as refused:
        book(town, phone="090-0000-0002")
    near = [slot.starts_at for slot in refused.value.nearest]
    assert TEN not in near and {TEN - HALF, TEN + HALF} <= set(near)
    assert len(refused.value.message) <= 40


@pytest.mark.django_db
def test_two_places_are_given_to_two_people_and_no_third(town):
    offer(town, visits(capacity=2))
    assert [book(town).booking.seat, book(town, phone="090-0000-0002").booking.seat] == [0, 1]
    with pytest.raises(SlotTaken):
        book(town, phone="090-0000-0003")


@pytest.mark.django_db
def test_a_booking_holds_its_time_when_the_length_is_changed_afterwards(town):
    offer(town)
    book(town)
    offer(town, visits(minutes=45))
    assert TEN - timedelta(minutes=15) not in times(town)  # 9:45–10:30 would run into it


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "あ" * 61),
        ("phone", "12"),
        ("phone", "0570-000-000"),
        ("phone", "\x00\ud800"),
        ("mail", "nowhere"),
        ("matter", "あ" * 501),
        ("way", "video"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(town, field, value):
    offer(town)
    with pytest.raises(Invalid) as refused:
        book(town, **{field: value})
    assert list(refused.value.fields) == [field] and len(refused.value.fields[field][0]) <= 40


@pytest.mark.django_db
def test_a_number_has_five_open_bookings_at_most(town):
    offer(town, visits(capacity=8))
    for _ in range(MOST_OPEN):
        last = book(town).booking
    with pytest.raises(TooMany):
        book(town, phone="09000000001")
    appointments.cancel_booking(actor=PUBLIC, booking_id=last.id, now=NOW)
    assert book(town).booking.state == "booked"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_a_hundred_people_for_one_time_exactly_one_gets_it(town):
    offer(town)

    def one(number: int) -> object:
        try:
            return book(town, phone=f"090-0000-{number:04}").booking.number
        except SlotTaken as refused:
            return [slot.starts_at for slot in refused.nearest]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(one, range(100)))
    assert sum(isinstance(answer, str) for answer in answers) == 1
    refused = [answer for answer in answers if isinstance(answer, list)]
    assert len(refused) == 99 and all(near and TEN not in near for near in refused)
    with system_transaction():
        assert Booking.objects.count() == 1


@pytest.mark.django_db
def test_the_table_itself_refuses_a_second_booking_of_a_seat(town):
    offer(town)
    booking = book(town).booking
    with system_transaction():
        twin = Booking.objects.get(id=booking.id)
        twin.id, twin.number, twin.secret_hash = uuid7(), "12345678", "x" * 64
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save(force_insert=True)


# --- changing and ending ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_changed_booking_keeps_number_and_link_and_frees_its_old_time(town):
    offer(town)
    booked = book(town)
    changed = appointments.change_booking(
        actor=PUBLIC, booking_id=booked.booking.id, starts_at=TEN + HALF, now=NOW
    )
    assert (changed.starts_at, changed.sequence, changed.number) == (TEN + HALF, 1, booked.booking.number)
    assert booking_of_link(secret=booked.secret, now=NOW).starts_at == TEN + HALF
    assert TEN in times(town) and TEN + HALF not in times(town)


@pytest.mark.django_db
def test_a_change_to_a_taken_time_leaves_the_booking_as_it_was(town):
    offer(town)
    booking = book(town).booking
    book(town, phone="090-0000-0002", starts_at=TEN + HALF)
    with pytest.raises(SlotTaken):
        appointments.change_booking(actor=PUBLIC, booking_id=booking.id, starts_at=TEN + HALF, now=NOW)
    assert (now_of(booking).starts_at, now_of(booking).sequence) == (TEN, 0)


@pytest.mark.django_db
def test_a_cancelled_time_is_free_again_and_cancelling_twice_does_no_harm(town):
    offer(town)
    booking = book(town).booking
    appointments.cancel_booking(actor=PUBLIC, booking_id=booking.id, now=NOW)
    again = appointments.cancel_booking(actor=PUBLIC, booking_id=booking.id, now=NOW)
    assert (again.state, again.sequence) == ("cancelled", 1)
    assert book(town, phone="090-0000-0002").booking.starts_at == TEN
    with pytest.raises(WrongState):
        appointments.change_booking(actor=PUBLIC, booking_id=booking.id, starts_at=TEN + HALF, now=NOW)


@pytest.mark.django_db
def test_after_its_time_the_link_changes_nothing_and_staff_still_may(town):
    offer(town)
    booking = book(town).booking
    with pytest.raises(WrongState):
        appointments.cancel_booking(actor=PUBLIC, booking_id=booking.id, now=TEN)
    assert appointments.cancel_booking(actor=town.counsellor, booking_id=booking.id, now=TEN).state == "cancelled"


@pytest.mark.django_db
def test_staff_write_who_came_and_may_mend_a_mistake(town):
    offer(town)
    booking = book(town).booking
    with pytest.raises(WrongState):
        appointments.keep_booking(actor=town.counsellor, booking_id=booking.id, now=NOW)
    appointments.miss_booking(actor=town.counsellor, booking_id=booking.id, now=TEN + HALF)
    assert now_of(booking).state == BookingState.MISSED
    appointments.keep_booking(actor=town.counsellor2, booking_id=booking.id, now=TEN + HALF)
    assert now_of(booking).state == BookingState.KEPT
    with pytest.raises(NotAllowed):
        appointments.miss_booking(actor=PUBLIC, booking_id=booking.id, now=TEN + HALF)


@pytest.mark.django_db
def test_another_centre_neither_sees_nor_touches_a_booking(town):
    offer(town)
    booking = book(town).booking
    with actor_transaction(town.outsider):
        assert bookings_of_day(actor=town.outsider, day=TEN.date()) == []
        assert Booking.objects.count() == 0  # the wall of the database
        with pytest.raises(NotFound):
            get_booking(actor=town.outsider, booking_id=booking.id)
    for act in (appointments.cancel_booking, appointments.keep_booking, appointments.miss_booking):
        with pytest.raises(NotFound):
            act(actor=town.outsider, booking_id=booking.id, now=TEN)
    with pytest.raises(NotFound):
        appointments.change_booking(actor=town.outsider, booking_id=booking.id, starts_at=TEN + HALF, now=NOW)
    with pytest.raises(NotAllowed):
        book(town, actor=town.outsider, starts_at=TEN + HALF)
    with actor_transaction(town.counsellor):
        (line,) = bookings_of_day(actor=town.counsellor, day=TEN.date())
    assert (line.name, line.phone) == ("見○○", "末尾01")


@pytest.mark.django_db
def test_a_wrong_or_old_link_opens_nothing(town):
    offer(town)
    booked = book(town)
    for secret in (booked.secret[:-1] + ("a" if booked.secret[-1] != "a" else "b"), "", "x" * 32, "\x00" * 32):
        with pytest.raises(NotFound):
            booking_of_link(secret=secret, now=NOW)
    with pytest.raises(NotFound):
        booking_of_link(secret=booked.secret, now=TEN + timedelta(days=8))


# --- forgetting -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_booking_is_forgotten_ninety_days_after_its_time(town):
    offer(town)
    booking = book(town).booking
    with system_transaction():
        assert expired_booking_keys(booking.ends_at + KEEP_FOR, 9) == []
        assert expired_booking_keys(booking.ends_at + KEEP_FOR + HALF, 9) == [booking.record_key_id]


@pytest.mark.django_db
def test_who_was_erased_is_waited_for_no_more(town):
    offer(town)
    booked = book(town)
    key = booked.booking.record_key_id
    erase_record(actor=town.official, key_id=key, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        forget_promise(Delivered(1, "privacy.record_erased", key, town.centre_a.id, None, {}))
    assert now_of(booked.booking).state == BookingState.CANCELLED
    with pytest.raises(NotFound):
        booking_of_link(secret=booked.secret, now=NOW)
