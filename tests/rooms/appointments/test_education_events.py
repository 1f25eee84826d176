"""Education events: written and opened, seats in order, never more than there are, moving up, forgotten; lectures asked for."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from caasis.appointments import services as appointments
from caasis.appointments.education_privacy import KEEP_FOR, expired_lecture_keys, expired_sign_up_keys
from caasis.appointments.education_selectors import (
    event_lines,
    get_event,
    get_lecture,
    hash_of_secret,
    lecture_texts,
    place_in_queue,
    public_event,
    public_events,
    seats_of,
    sign_up_lines,
    sign_up_of_link,
)
from caasis.appointments.education_vocabulary import EventState, LectureState, SignUpState
from caasis.appointments.handlers import forget_promise
from caasis.appointments.models import EducationEvent, LectureRequest, SignUp
from caasis.appointments.rules.education import MOST_WAITING, moving_up, place_for, wishes_errors
from caasis.appointments.services import EventValues, LectureValues
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import PUBLIC, SYSTEM, Purpose
from caasis.kernel.clock import JST
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.platform.outbox.handlers import Delivered
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 10, 0, tzinfo=JST)
START = datetime(2027, 1, 20, 14, 0, tzinfo=JST)
VALUES = EventValues(
    title="だまされないための講座", summary="## 内容\n\n点検商法の手口を、寸劇で見ます。", audience="elderly", place="青葉市民会館 第1会議室",
    starts_at=START, ends_at=START + timedelta(hours=2), capacity=3, sign_up_until=START - timedelta(days=1),
    access=("wheelchair", "sign_language"),
)  # fmt: skip
ASKED = LectureValues(
    organisation="見本町内会", name="見本 次郎", phone="022-000-1234", postcode="980-0811", place="見本集会所", people=30,
    days=[date(2027, 2, 1), None, None], theme="elderly", note="高齢の人が多いです。",
)  # fmt: skip


def opened(town: Any, **more: Any) -> EducationEvent:
    event = appointments.write_event(actor=town.counsellor, values=replace(VALUES, **more), now=NOW)
    return appointments.open_event(actor=town.supervisor, event_id=event.id, now=NOW)


def secret(number: int) -> str:
    return f"{number:032d}"


def join(event: EducationEvent, number: int, people: int = 1, **more: Any) -> SignUp:
    given = {"name": "見本 花子", "phone": "022-000-4321", "needs": "耳が聞こえにくい", "now": NOW}
    return appointments.sign_up(event_id=event.id, secret=secret(number), people=people, **(given | more))


def states(event: EducationEvent) -> list[str]:
    with system_transaction():
        return list(SignUp.objects.filter(event=event).order_by("place_in_line").values_list("state", flat=True))


# --- rules ------------------------------------------------------------------------------------------------------------


def test_a_group_is_never_split_and_nobody_passes_one_that_waits():
    assert place_for(2, free=2, waiting=0) is SignUpState.CONFIRMED
    assert place_for(3, free=2, waiting=0) is SignUpState.WAITING
    assert place_for(1, free=2, waiting=1) is SignUpState.WAITING
    assert place_for(1, free=0, waiting=MOST_WAITING) is None
    assert moving_up(3, [1, 3, 1]) == 1 and moving_up(5, [1, 3, 1]) == 3 and moving_up(0, [1]) == 0


def test_wished_days_lie_ahead_and_differ():
    today = date(2026, 12, 1)
    assert set(wishes_errors([None, None, None], today=today)) == {"day1"}
    assert set(wishes_errors([date(2026, 12, 2), date(9999, 1, 1)], today=today)) == {"day1", "day2"}
    assert set(wishes_errors([date(2027, 1, 5), date(2027, 1, 5)], today=today)) == {"day2"}
    assert wishes_errors([date(2027, 1, 5), None, date(2027, 1, 6)], today=today) == {}


# --- the event --------------------------------------------------------------------------------------------------------


def test_a_draft_is_seen_by_its_centre_alone_and_opened_by_those_who_decide(town):
    event = appointments.write_event(actor=town.counsellor, values=VALUES, now=NOW)
    with pytest.raises(NotFound):
        public_event(event.id)
    with actor_transaction(town.outsider), pytest.raises(NotFound):
        get_event(actor=town.outsider, event_id=event.id)
    with pytest.raises(NotAllowed):
        appointments.open_event(actor=town.counsellor, event_id=event.id, now=NOW)
    with pytest.raises(NotFound):
        appointments.open_event(actor=town.outside_official, event_id=event.id, now=NOW)
    appointments.open_event(actor=town.official, event_id=event.id, now=NOW)
    found = public_event(event.id)
    assert found.centre == "青葉市消費生活センター" and found.open_at(NOW) and found.event.access_words == ["手話通訳", "車いすで入れます"]
    topics = OutboxEvent.objects.filter(topic="appointments.education_event_changed")
    with system_transaction():
        assert [row.payload["state"] for row in topics.order_by("position")] == ["draft", "open"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "), ("title", "あ" * 81), ("summary", ""), ("audience", "all"),
        ("place", ""), ("capacity", 0), ("capacity", 2001), ("starts_at", NOW - timedelta(days=1)),
        ("ends_at", START), ("sign_up_until", START + timedelta(minutes=1)),
        ("starts_at", datetime(9999, 1, 1, tzinfo=JST)),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(town, field, value):
    with pytest.raises(Invalid) as caught:
        appointments.write_event(actor=town.counsellor, values=replace(VALUES, **{field: value}), now=NOW)
    assert field in caught.value.fields and all(len(one) <= 40 for texts in caught.value.fields.values() for one in texts)


def test_nobody_outside_a_centre_writes_an_event(town):
    for actor in (PUBLIC, town.ncac, town.admin):
        with pytest.raises(NotAllowed):
            appointments.write_event(actor=actor, values=VALUES, now=NOW)


def test_a_change_is_made_once_and_after_opening_by_those_who_decide(town):
    event = opened(town)
    given = {"event_id": event.id, "version": event.version, "values": replace(VALUES, title="新しい名前"), "now": NOW}
    with pytest.raises(NotAllowed):
        appointments.change_event(actor=town.counsellor, **given)
    appointments.change_event(actor=town.supervisor, **given)
    with pytest.raises(VersionConflict):
        appointments.change_event(actor=town.supervisor, **given)


def test_the_public_finds_what_comes_by_place_audience_and_month(town):
    event = opened(town)
    def found(**more):
        return [one.event.id for one in public_events(now=more.pop("now", NOW), **more)]

    assert found() == found(prefecture_code="04") == found(audience="elderly") == [event.id]
    assert found(prefecture_code="12") == found(audience="young") == found(past=True) == []
    january = (datetime(2027, 1, 1, tzinfo=JST), datetime(2027, 2, 1, tzinfo=JST))
    assert found(months=january) == [event.id] and found(months=(NOW, january[0])) == []
    later = START + timedelta(days=1)
    assert found(now=later) == [] and found(now=later, past=True) == [event.id]


# --- seats ------------------------------------------------------------------------------------------------------------


def test_seats_are_given_in_order_and_those_who_wait_move_up(town):
    event = opened(town)
    first, second = join(event, 1, 2), join(event, 2, 2)
    assert states(event) == ["confirmed", "waiting"] and place_in_queue(second) == 1
    assert join(event, 3, 1).state == "waiting"
    appointments.cancel_sign_up(secret_hash=first.secret_hash, now=NOW)
    assert states(event) == ["cancelled", "confirmed", "confirmed"]
    assert appointments.cancel_sign_up(secret_hash=first.secret_hash, now=NOW).state == "cancelled"
    with system_transaction():
        told = list(SignUp.objects.filter(event=event, to_tell=True).values_list("id", flat=True))
    assert second.id in told and len(told) == 2
    with actor_transaction(town.counsellor):
        appointments.mark_told(actor=town.counsellor, sign_up_id=second.id)
        (line,) = event_lines(actor=town.counsellor, now=NOW)
    assert line.to_tell == 1 and line.seats.taken == 3


def test_a_larger_room_lets_people_move_up_and_a_smaller_one_sends_nobody_away(town):
    event = opened(town)
    join(event, 1, 3), join(event, 2, 2)
    with pytest.raises(Invalid):
        appointments.change_event(
            actor=town.supervisor, event_id=event.id, version=event.version, values=replace(VALUES, capacity=2), now=NOW
        )
    appointments.change_event(
        actor=town.supervisor, event_id=event.id, version=event.version, values=replace(VALUES, capacity=5), now=NOW
    )
    assert states(event) == ["confirmed", "confirmed"]


def test_the_same_form_twice_is_one_sign_up(town):
    event = opened(town)
    assert join(event, 1).id == join(event, 1).id and states(event) == ["confirmed"]


def test_a_list_that_is_full_says_so_and_so_does_a_group_larger_than_the_room(town, monkeypatch):
    monkeypatch.setattr("caasis.appointments.rules.education.MOST_WAITING", 1)
    event = opened(town)
    with pytest.raises(WrongState):
        join(event, 9, 4)
    join(event, 1, 3), join(event, 2, 1)
    with pytest.raises(WrongState):
        join(event, 3, 1)
    assert states(event) == ["confirmed", "waiting"]


def test_nobody_signs_up_after_the_last_day_or_for_what_is_closed_cancelled_or_a_draft(town):
    event = opened(town)
    with pytest.raises(WrongState):
        join(event, 1, now=VALUES.sign_up_until)
    appointments.close_event(actor=town.supervisor, event_id=event.id)
    with pytest.raises(WrongState):
        join(event, 1)
    draft = appointments.write_event(actor=town.counsellor, values=VALUES, now=NOW)
    with pytest.raises(NotFound):
        join(draft, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "あ" * 61), ("phone", "110"), ("phone", "0120-000-000"), ("phone", "1" * 10**6), ("people", 0), ("people", 11), ("needs", "あ" * 401)],
)
def test_a_sign_up_that_cannot_be_is_refused_at_its_field(town, field, value):
    event = opened(town)
    with pytest.raises(Invalid) as caught:
        join(event, 1, **{field: value})
    assert list(caught.value.fields) == [field] and states(event) == []


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_ten_at_once_never_get_more_seats_than_there_are(town):
    event = opened(town, capacity=4)
    barrier, errors = threading.Barrier(10), []

    def one(number: int) -> None:
        try:
            barrier.wait(20)
            join(event, number)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert states(event) == ["confirmed"] * 4 + ["waiting"] * 6
    with system_transaction():
        assert seats_of([event])[event.id].taken == 4


def test_whoever_is_cancelled_with_the_event_is_to_be_called(town):
    event = opened(town)
    mine = join(event, 1)
    appointments.cancel_event(actor=town.supervisor, event_id=event.id, now=NOW)
    assert sign_up_of_link(secret(1)).to_tell
    with pytest.raises(WrongState):
        appointments.cancel_sign_up(secret_hash=mine.secret_hash, now=NOW)
    with actor_transaction(town.counsellor):
        assert [line.to_tell for line in event_lines(actor=town.counsellor, now=NOW)] == [1]
        assert event_lines(actor=town.outsider, now=NOW) == []


def test_another_place_is_told_to_those_who_come(town):
    event = opened(town)
    join(event, 1)
    appointments.change_event(
        actor=town.supervisor, event_id=event.id, version=event.version, values=replace(VALUES, place="別の会館"), now=NOW
    )
    assert sign_up_of_link(secret(1)).to_tell


def test_what_was_held_counts_who_came_and_is_over(town):
    event = opened(town)
    join(event, 1)
    with pytest.raises(WrongState):
        appointments.hold_event(actor=town.counsellor, event_id=event.id, came=2, now=NOW)
    done = appointments.hold_event(actor=town.counsellor, event_id=event.id, came=2, now=START)
    assert (done.state, done.came) == (EventState.HELD, 2)
    with pytest.raises(WrongState):
        appointments.cancel_event(actor=town.supervisor, event_id=event.id, now=START)


# --- names and numbers ------------------------------------------------------------------------------------------------


def test_a_link_leads_to_one_sign_up_and_a_wrong_one_nowhere(town):
    event = opened(town)
    mine = join(event, 1)
    assert sign_up_of_link(secret(1)).id == mine.id
    assert secret(1) not in mine.secret_hash and mine.secret_hash == hash_of_secret(secret(1))
    for wrong in (secret(2), "", "x" * 33, mine.secret_hash, "\x00" * 32):
        with pytest.raises(NotFound):
            sign_up_of_link(wrong)


def test_names_are_masked_until_a_purpose_is_given_and_then_logged(town):
    event = opened(town)
    join(event, 1)
    with actor_transaction(town.counsellor):
        (masked,) = sign_up_lines(event, actor=town.counsellor)
        assert "花子" not in masked.name and "4321" not in masked.phone[:-4] and masked.needs == ""
        (whole,) = sign_up_lines(event, actor=town.counsellor, purpose=Purpose.CONSUMER_REQUEST)
        assert (whole.name, whole.phone, whole.needs) == ("見本 花子", "022-000-4321", "耳が聞こえにくい")
    with actor_transaction(town.outsider):
        assert sign_up_lines(event, actor=town.outsider) == []
    with system_transaction():
        log = AccessRecord.objects.filter(object_kind="sign_up", action="open_personal_data").get()
        assert log.purpose == Purpose.CONSUMER_REQUEST and "needs" in log.fields
        assert not any("花子" in str(row.payload) or "4321" in str(row.payload) for row in OutboxEvent.objects.all())


def test_staff_strike_somebody_off_and_the_outsider_finds_nobody(town):
    event = opened(town)
    mine = join(event, 1, 3)
    join(event, 2)
    for service in (appointments.strike_off, appointments.mark_told):
        with pytest.raises(NotFound):
            service(actor=town.outsider, sign_up_id=mine.id)
        with pytest.raises(NotAllowed):
            service(actor=PUBLIC, sign_up_id=mine.id)
    appointments.strike_off(actor=town.counsellor, sign_up_id=mine.id, now=NOW)
    assert states(event) == ["cancelled", "confirmed"]


def test_who_was_erased_gives_the_seat_back_and_has_no_link(town):
    event = opened(town, starts_at=timezone.now() + timedelta(days=20), ends_at=timezone.now() + timedelta(days=20, hours=1),
                   sign_up_until=timezone.now() + timedelta(days=19))  # fmt: skip
    mine = join(event, 1, 3, now=timezone.now())
    join(event, 2, now=timezone.now())
    erase_record(actor=SYSTEM, key_id=mine.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        forget_promise(Delivered(1, "privacy.record_erased", mine.record_key_id, town.centre_a.id, None, {}))
    assert states(event) == ["cancelled", "confirmed"]
    with pytest.raises(NotFound):
        sign_up_of_link(secret(1))


def test_names_are_forgotten_some_time_after_the_event_whatever_became_of_it(town):
    event = opened(town)
    mine, asked = join(event, 1), appointments.request_lecture(values=ASKED, secret=secret(7), now=NOW)
    appointments.decline_lecture(actor=town.counsellor, lecture_id=asked.id, now=NOW)
    end = VALUES.ends_at + KEEP_FOR
    with system_transaction():
        assert list(expired_sign_up_keys(end - timedelta(hours=1), 10)) == []
        assert list(expired_sign_up_keys(end + timedelta(hours=1), 10)) == [mine.record_key_id]
        assert list(expired_lecture_keys(NOW + KEEP_FOR - timedelta(hours=1), 10)) == []
        assert list(expired_lecture_keys(NOW + KEEP_FOR + timedelta(hours=1), 10)) == [asked.record_key_id]


# --- lectures that are asked for --------------------------------------------------------------------------------------


def test_a_lecture_is_asked_for_once_of_the_centre_of_its_place(town):
    asked = appointments.request_lecture(values=ASKED, secret=secret(7), now=NOW)
    assert appointments.request_lecture(values=ASKED, secret=secret(7), now=NOW).id == asked.id
    assert asked.centre_id == town.centre_a.id and asked.state == LectureState.NEW
    with actor_transaction(town.outsider), pytest.raises(NotFound):
        get_lecture(actor=town.outsider, lecture_id=asked.id)
    with actor_transaction(town.counsellor):
        row = get_lecture(actor=town.counsellor, lecture_id=asked.id)
        texts = lecture_texts(row, actor=town.counsellor, purpose=Purpose.CONSUMER_REQUEST)
    assert texts == {"name": "見本 次郎", "phone": "022-000-1234", "note": "高齢の人が多いです。"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation", ""), ("name", ""), ("phone", "abc"), ("postcode", "000-0000"), ("place", ""), ("people", 0),
        ("days", []), ("theme", "x"), ("audience", "x"), ("part_of_day", "x"), ("note", "あ" * 1001),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused_at_its_field(town, field, value):
    with pytest.raises(Invalid) as caught:
        appointments.request_lecture(values=replace(ASKED, **{field: value}), secret=secret(7), now=NOW)
    assert list(caught.value.fields) == ["day1" if field == "days" else field]
    with system_transaction():
        assert not LectureRequest.objects.exists()


def test_a_lecture_is_accepted_and_held_by_its_centre(town):
    asked = appointments.request_lecture(values=ASKED, secret=secret(7), now=NOW)
    day = date(2027, 2, 1)
    given = {"lecture_id": asked.id, "now": NOW}
    with pytest.raises(NotFound):
        appointments.accept_lecture(actor=town.outsider, day=day, **given)
    with pytest.raises(NotAllowed):
        appointments.accept_lecture(actor=town.ncac, day=day, **given)
    with pytest.raises(WrongState):
        appointments.hold_lecture(actor=town.counsellor, came=5, **given)
    with pytest.raises(Invalid):
        appointments.accept_lecture(actor=town.counsellor, day=date(9999, 1, 1), **given)
    appointments.accept_lecture(actor=town.counsellor, day=day, **given)
    with pytest.raises(WrongState):
        appointments.hold_lecture(actor=town.counsellor, came=5, **given)
    late = datetime(2027, 2, 1, 17, tzinfo=JST)
    done = appointments.hold_lecture(actor=town.counsellor, lecture_id=asked.id, came=28, now=late)
    assert (done.state, done.came) == (LectureState.HELD, 28)
    with pytest.raises(WrongState):
        appointments.decline_lecture(actor=town.counsellor, lecture_id=asked.id, now=late)
