"""A promise to call back: made once for a number, kept at its place, tried, ended, forgotten."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from caasis.appointments import services as appointments
from caasis.appointments.handlers import forget_promise
from caasis.appointments.models import Callback, CallbackTry
from caasis.appointments.retention import KEEP_FOR, expired_keys
from caasis.appointments.rules.tries import MOST_TRIES
from caasis.appointments.selectors import get_callback, open_callbacks, open_promise, open_texts
from caasis.appointments.vocabulary import AskedBy, CallbackState, CancelReason, TryResult
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import PUBLIC, SYSTEM, Purpose
from caasis.kernel.clock import JST
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.handlers import Delivered
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record
from caasis.privacy.keys import Forgotten
from caasis.privacy.retention import erase_expired
from caasis.queues import services as queues
from caasis.queues.models import WorkItem
from caasis.queues.rules.priority import LIFTS
from caasis.queues.selectors import items_to_give_out, waiting_items
from caasis.queues.services import QueueSetup
from caasis.queues.vocabulary import PriorityReason

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 12, 1, 10, 0, tzinfo=JST)
NUMBER = "090-3141-5926"


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def ask(town: Any, **more: Any) -> appointments.Promise:
    given = {"actor": SYSTEM, "centre_id": town.centre_a.id, "number": NUMBER, "asked_by": AskedBy.FLOW, "now": TEN}
    return appointments.promise_callback(**(given | more))


def item_of(callback: Callback) -> WorkItem:
    return WorkItem.objects.get(subject_kind="callback", subject_id=callback.id)


def now_of(callback: Callback) -> Callback:
    with system_transaction():
        return Callback.objects.get(id=callback.id)


def told(topic: str) -> list[dict[str, Any]]:
    with system_transaction():
        return list(OutboxEvent.objects.filter(topic=f"appointments.{topic}").order_by("id").values_list("payload", flat=True))


def call(town: Any, callback: Callback, minutes: float, result: TryResult | None) -> UUID:
    """One try, begun at some minute; with a result it ends a minute later."""
    call_id = uuid7()
    about = {"actor": SYSTEM, "callback_id": callback.id, "call_id": call_id}
    appointments.start_try(**about, agent_id=town.counsellor.id, now=at(minutes))
    if result is not None:
        appointments.finish_try(**about, result=result, now=at(minutes + 1))
    return call_id


# --- promising --------------------------------------------------------------------------------------------------------


def test_a_promise_keeps_the_place_of_the_first_call_in_the_queue(town):
    promise = ask(town, arrived_at=at(-8), priority_reasons=["watch_over"], required_skills={"debt": 3})
    item = item_of(promise.callback)
    assert not promise.repeated and promise.callback.in_queue
    assert (item.state, item.arrived_at, item.channel) == ("waiting", at(-8), "callback")
    assert item.queue == queues.default_queue(centre_id=town.centre_a.id)
    assert item.required_skills == {"debt": 3} and item.priority_reasons == ["callback", "watch_over"]
    assert item.priority == LIFTS[PriorityReason.WATCH_OVER]
    assert told("callback_promised") == [{"asked_by": "flow"}]
    with system_transaction():
        assert list(items_to_give_out(actor=SYSTEM)) == [item]
    assert not waiting_items(actor=town.counsellor).exists(), "it is not taken by hand"


def test_asked_twice_it_is_one_promise_however_the_number_is_written(town):
    first = ask(town, arrived_at=at(-30))
    again = ask(town, number="０９０３１４１５９２６", now=at(5), note="もう一度お願いした")
    assert again.repeated and again.callback.id == first.callback.id
    assert again.callback.arrived_at == at(-30)
    with system_transaction():
        assert Callback.objects.count() == WorkItem.objects.count() == 1
    assert len(told("callback_promised")) == 1
    # Another centre knows nothing of it, and another number is somebody else.
    assert not ask(town, centre_id=town.centre_b.id).repeated
    assert not ask(town, number="090-3141-5927").repeated


def test_after_its_end_a_number_may_be_promised_again(town):
    first = ask(town)
    appointments.cancel_callback(actor=town.counsellor, callback_id=first.callback.id, because=CancelReason.ASKED, now=TEN)
    second = ask(town)
    assert not second.repeated and second.callback.id != first.callback.id


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_asked_from_two_sides_at_once_it_is_one_promise(town):
    queues.default_queue(centre_id=town.centre_a.id)
    barrier, found, errors = threading.Barrier(4), [], []

    def request() -> None:
        try:
            barrier.wait(10)
            found.append(ask(town))
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=request) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == [] and len({promise.callback.id for promise in found}) == 1
    assert sorted(promise.repeated for promise in found) == [False, True, True, True]


def test_the_database_itself_keeps_a_number_to_one_open_promise(town):
    one = ask(town).callback
    other = ask(town, number="022-222-3333").callback
    with pytest.raises(IntegrityError), system_transaction(), transaction.atomic():
        Callback.objects.filter(id=other.id).update(number_index=one.number_index)
    appointments.cancel_callback(actor=SYSTEM, callback_id=one.id, because=CancelReason.MISTAKE)
    with system_transaction():
        Callback.objects.filter(id=other.id).update(number_index=one.number_index)


def test_a_booking_for_tomorrow_waits_outside_of_the_queue_until_its_window(town):
    window = {"window_from": at(24 * 60), "window_to": at(26 * 60)}
    callback = ask(town, now=at(9 * 60), **window).callback
    assert not callback.in_queue and callback.due_at == at(24 * 60) and callback.expires_at == at(26 * 60)
    assert not WorkItem.objects.exists()
    assert appointments.queue_due_callbacks(actor=SYSTEM, now=at(24 * 60 - 1)) == 0
    assert appointments.queue_due_callbacks(actor=SYSTEM, now=at(24 * 60)) == 1
    assert appointments.queue_due_callbacks(actor=SYSTEM, now=at(24 * 60)) == 0
    item = item_of(callback)
    assert (item.state, item.arrived_at, item.due_at) == ("waiting", at(9 * 60), at(26 * 60))
    assert now_of(callback).in_queue


def test_who_asks_at_night_is_called_in_the_morning_unless_the_night_was_asked_for(town):
    night = at(13 * 60)
    late = ask(town, now=night).callback
    assert not late.in_queue and late.due_at == at(23 * 60)
    awake = ask(town, number="022-222-3333", now=night, any_hour=True).callback
    assert awake.in_queue and awake.due_at == night


def test_what_can_not_be_promised_is_told_by_field_and_leaves_nothing(town):
    with pytest.raises(Invalid) as error:
        ask(town, number="188", name="あ" * 61, note="あ" * 301, window_from=at(60), window_to=at(60),
            required_skills={"debt": 9}, priority_reasons=["vip"])  # fmt: skip
    assert set(error.value.fields) == {"number", "name", "note", "window", "required_skills", "priority_reasons"}
    for more in ({"window_to": at(-1)}, {"window_from": at(11 * 60), "window_to": at(12 * 60)}):
        with pytest.raises(Invalid) as error:
            ask(town, **more)
        assert list(error.value.fields) == ["window"]
    with pytest.raises(NotFound):
        ask(town, queue_id=queues.default_queue(centre_id=town.centre_b.id).id)
    with system_transaction():
        assert not Callback.objects.exists() and not WorkItem.objects.exists()


def test_a_queue_that_offers_none_gives_none_to_a_machine_but_a_person_may_promise(town):
    setup = QueueSetup(name="折り返しなし", offers_callback=False)
    queue = queues.add_queue(actor=town.official, centre_id=town.centre_a.id, setup=setup)
    for asked_by in (AskedBy.FLOW, AskedBy.WEB):
        with pytest.raises(WrongState):
            ask(town, queue_id=queue.id, asked_by=asked_by)
    promise = ask(town, actor=town.counsellor, queue_id=queue.id, asked_by=AskedBy.STAFF, name="見本 花子", note="夕方は家族に内密")
    assert promise.callback.asked_by_id == town.counsellor.id
    assert not ask(town, number="022-222-3333", queue_id=queue.id, asked_by=AskedBy.LINE_LOST).repeated


def test_only_the_centre_and_the_system_promise(town):
    for actor in (town.outsider, town.outside_official, town.ncac, town.analyst, town.admin, PUBLIC):
        with pytest.raises(NotAllowed):
            ask(town, actor=actor)


# --- trying -----------------------------------------------------------------------------------------------------------


def test_reached_at_the_first_try(town):
    callback = ask(town, arrived_at=at(-5)).callback
    call_id = call(town, callback, 10, None)
    calling = now_of(callback)
    assert (calling.state, calling.agent_id, calling.call_id) == ("calling", town.counsellor.id, call_id)
    assert (item_of(callback).state, item_of(callback).assigned_to) == ("taken", town.counsellor.id)
    for _ in range(2):
        appointments.finish_try(actor=SYSTEM, callback_id=callback.id, call_id=call_id, result=TryResult.REACHED, now=at(15))
    done = now_of(callback)
    assert (done.state, done.done_at, done.tries_made, done.agent_id, done.call_id) == ("reached", at(15), 1, None, None)
    assert item_of(callback).state == "done"
    assert told("callback_tried") == [{"result": "reached"}] and told("callback_done") == [{"outcome": "reached"}]
    with system_transaction():
        tried = CallbackTry.objects.get()
    assert (tried.result, tried.started_at, tried.ended_at) == ("reached", at(10), at(15))


def test_not_reached_three_times_each_at_the_old_place(town):
    callback = ask(town, arrived_at=at(-5)).callback
    for number in range(MOST_TRIES):
        begin = number * 40
        appointments.queue_due_callbacks(actor=SYSTEM, now=at(begin))
        assert item_of(callback).state == "waiting" and item_of(callback).arrived_at == at(-5)
        call(town, callback, begin, TryResult.NO_ANSWER)
        if number < MOST_TRIES - 1:
            waiting = now_of(callback)
            assert (waiting.state, waiting.due_at, waiting.in_queue) == ("waiting", at(begin + 31), False)
            assert item_of(callback).state == "cancelled"
            assert appointments.queue_due_callbacks(actor=SYSTEM, now=at(begin + 30)) == 0
    assert (now_of(callback).state, now_of(callback).tries_made) == ("not_reached", 3)
    assert [one["result"] for one in told("callback_tried")] == ["no_answer"] * 3
    assert told("callback_done") == [{"outcome": "not_reached"}]
    assert not ask(town, now=at(200)).repeated


@pytest.mark.parametrize(
    ("result", "state", "because"),
    [(TryResult.WRONG_NUMBER, "not_reached", ""), (TryResult.REFUSED, "cancelled", "asked")],
)
def test_results_that_end_it(town, result, state, because):
    callback = ask(town).callback
    call(town, callback, 1, result)
    assert (now_of(callback).state, now_of(callback).cancelled_because) == (state, because)
    assert item_of(callback).state == "cancelled"


def test_a_call_that_could_not_be_made_is_no_try(town):
    callback = ask(town).callback
    for number in range(MOST_TRIES + 1):
        call(town, callback, number * 40, TryResult.FAILED)
    assert (now_of(callback).state, now_of(callback).tries_made) == ("waiting", 0)


def test_two_who_call_at_once_and_what_was_told_twice(town):
    callback = ask(town).callback
    call_id = call(town, callback, 1, None)
    start = {"callback_id": callback.id, "now": at(2)}
    assert appointments.start_try(actor=SYSTEM, agent_id=town.counsellor.id, call_id=call_id, **start).state == "calling"
    with pytest.raises(WrongState) as error:
        appointments.start_try(actor=town.counsellor2, agent_id=town.counsellor2.id, call_id=uuid7(), **start)
    assert error.value.details["agent_id"] == town.counsellor.id
    with pytest.raises(NotFound):
        appointments.finish_try(actor=SYSTEM, callback_id=callback.id, call_id=uuid7(), result=TryResult.REACHED)
    appointments.finish_try(actor=SYSTEM, callback_id=callback.id, call_id=call_id, result=TryResult.REACHED)
    with pytest.raises(WrongState, match="終わって"):
        appointments.start_try(actor=SYSTEM, agent_id=town.counsellor.id, call_id=uuid7(), **start)


def test_nobody_is_called_outside_of_hours_or_window(town):
    callback = ask(town).callback
    window = ask(town, number="022-222-3333", window_from=at(60), window_to=at(120)).callback
    awake = ask(town, number="022-222-4444", any_hour=True).callback
    for promised, minutes in ((callback, 10 * 60), (callback, 22 * 60 + 59), (window, 59), (window, 120)):
        with pytest.raises(WrongState, match="かけない時間"):
            call(town, promised, minutes, None)
    for promised, minutes in ((callback, 10 * 60 - 1), (window, 60), (awake, 12 * 60)):
        call(town, promised, minutes, None)
        assert now_of(promised).state == "calling"


def test_who_may_call(town):
    callback = ask(town).callback
    about = {"callback_id": callback.id, "call_id": uuid7(), "now": at(1)}
    with pytest.raises(NotAllowed):
        appointments.start_try(actor=town.supervisor, agent_id=town.counsellor.id, **about)
    for actor in (town.outsider, town.ncac, town.admin):
        with pytest.raises(NotFound):
            appointments.start_try(actor=actor, agent_id=actor.id, **about)
    assert appointments.start_try(actor=town.counsellor, agent_id=town.counsellor.id, **about).state == "calling"
    for actor in (town.outsider, town.ncac, town.admin):
        with pytest.raises(NotFound):
            appointments.finish_try(actor=actor, callback_id=callback.id, call_id=about["call_id"], result=TryResult.BUSY)


# --- ends -------------------------------------------------------------------------------------------------------------


def test_a_promise_is_given_up_by_hand_but_not_during_the_call(town):
    callback = ask(town).callback
    about = {"callback_id": callback.id, "because": CancelReason.ANSWERED}
    for actor in (town.outsider, town.ncac, town.admin):
        with pytest.raises(NotFound):
            appointments.cancel_callback(actor=actor, **about)
    call_id = call(town, callback, 1, None)
    with pytest.raises(WrongState, match="電話をかけて"):
        appointments.cancel_callback(actor=town.counsellor, **about)
    appointments.finish_try(actor=SYSTEM, callback_id=callback.id, call_id=call_id, result=TryResult.BUSY, now=at(2))
    for _ in range(2):
        appointments.cancel_callback(actor=town.counsellor, now=at(3), **about)
    done = now_of(callback)
    assert (done.state, done.cancelled_because, done.done_at) == ("cancelled", "answered", at(3))
    assert told("callback_done") == [{"outcome": "cancelled"}]
    reached = ask(town, number="022-222-3333").callback
    call(town, reached, 5, TryResult.REACHED)
    with pytest.raises(WrongState, match="終わって"):
        appointments.cancel_callback(actor=SYSTEM, callback_id=reached.id, because=CancelReason.ASKED)


def test_a_promise_whose_time_is_over_ends_and_says_whether_anybody_tried(town):
    untried = ask(town, window_to=at(120)).callback
    tried = ask(town, number="022-222-3333", window_to=at(120)).callback
    call(town, tried, 10, TryResult.BUSY)
    later = ask(town, number="022-222-4444").callback
    missed = ask(town, number="022-222-5555", window_from=at(60), window_to=at(120)).callback
    assert appointments.expire_callbacks(actor=SYSTEM, now=at(119)) == 0
    # Whoever looks too late puts nothing into the queue that may no longer be called.
    assert appointments.queue_due_callbacks(actor=SYSTEM, now=at(120)) == 0
    assert appointments.expire_callbacks(actor=SYSTEM, now=at(120)) == 3
    assert [now_of(one).state for one in (untried, tried, later)] == ["expired", "not_reached", "waiting"]
    assert now_of(missed).state == "expired" and not WorkItem.objects.filter(subject_id=missed.id).exists()
    assert item_of(untried).state == "cancelled"
    assert appointments.expire_callbacks(actor=SYSTEM, now=at(7 * 24 * 60)) == 1
    # What has expired is not put into the queue again.
    assert appointments.queue_due_callbacks(actor=SYSTEM, now=at(8 * 24 * 60)) == 0


def test_a_try_that_ends_when_the_week_is_over_is_not_made_again(town):
    callback = ask(town).callback
    last = 7 * 24 * 60 - 20
    call(town, callback, last, TryResult.NO_ANSWER)
    assert now_of(callback).state == "not_reached"


def test_after_a_crash_a_try_whose_call_is_gone_is_made_again(town):
    lost, lives = ask(town).callback, ask(town, number="022-222-3333").callback
    call(town, lost, 1, None)
    living = call(town, lives, 1, None)
    assert appointments.end_lost_tries(actor=SYSTEM, living=[living], now=at(5)) == 1
    assert appointments.end_lost_tries(actor=SYSTEM, living=[living], now=at(6)) == 0
    assert (now_of(lost).state, now_of(lost).tries_made, now_of(lives).state) == ("waiting", 0, "calling")
    appointments.queue_due_callbacks(actor=SYSTEM, now=at(40))
    assert item_of(lost).state == "waiting"


def test_what_comes_by_itself_is_the_systems(town):
    for actor in (town.official, town.admin, PUBLIC):
        for verb in (appointments.queue_due_callbacks, appointments.expire_callbacks):
            with pytest.raises(NotAllowed):
                verb(actor=actor, now=TEN)
        with pytest.raises(NotAllowed):
            appointments.end_lost_tries(actor=actor, living=[], now=TEN)
        with pytest.raises(NotAllowed):
            appointments.forget_callback(actor=actor, key_id=uuid7(), now=TEN)


def test_the_job_looks_after_promises(town, monkeypatch):
    from caasis.appointments import jobs

    over = [ask(town, number=f"022-222-300{n}", window_to=at(120)).callback for n in range(3)]
    due = [ask(town, number=f"022-222-400{n}", now=at(13 * 60)).callback for n in range(3)]
    # More than one batch: all of them are dealt with in one run.
    for module in (jobs, appointments):
        monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(jobs.timezone, "now", lambda: at(23 * 60))
    jobs.look_after_promises()
    assert all(now_of(one).state == "expired" for one in over) and all(now_of(one).in_queue for one in due)


# --- who sees what, and forgetting ------------------------------------------------------------------------------------


def test_a_list_shows_masked_forms_and_opening_is_logged(town):
    callback = ask(town, actor=town.counsellor, asked_by=AskedBy.STAFF, name="見本 花子", note="リフォームの件").callback
    with actor_transaction(town.counsellor2):
        (line,) = open_callbacks(actor=town.counsellor2)
        assert (line.callback.id, line.number, line.name) == (callback.id, "末尾26", "見○○")
        found = get_callback(actor=town.counsellor2, callback_id=callback.id)
        opened = open_texts(found, actor=town.counsellor2, purpose=Purpose.OWN_HANDLING)
    assert opened == {"number": NUMBER, "name": "見本 花子", "note": "リフォームの件"}
    with system_transaction():
        row = AccessRecord.objects.get(action="open_personal_data", object_id=callback.id)
        assert (row.actor_id, row.fields, row.object_kind) == (town.counsellor2.id, "name,note,number", "callback")
        assert AccessRecord.objects.filter(action="promise_callback", object_id=callback.id).exists()
        # The switchboard opens the number to call it.
        assert open_texts(Callback.objects.get(), actor=SYSTEM)["number"] == NUMBER


def test_another_centre_and_the_nation_see_nothing(town):
    callback = ask(town).callback
    call(town, callback, 1, TryResult.BUSY)
    for actor in (town.outsider, town.outside_official, town.ncac, town.analyst, town.admin):
        with actor_transaction(actor), connection.cursor() as cursor:
            assert open_callbacks(actor=actor) == []
            assert open_promise(actor=actor, centre_id=town.centre_a.id, number=NUMBER) is None
            with pytest.raises(NotFound):
                get_callback(actor=actor, callback_id=callback.id)
            for table in ("appointments_callback", "appointments_callback_try"):
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone()[0] == 0, (table, actor.roles)
            with pytest.raises(NotAllowed):
                open_texts(callback, actor=actor, purpose=Purpose.OWN_HANDLING)
    with actor_transaction(town.counsellor):
        assert open_promise(actor=town.counsellor, centre_id=town.centre_a.id, number="09031415926") is not None
        assert open_promise(actor=town.counsellor, centre_id=town.centre_b.id, number=NUMBER) is None
        assert Callback.objects.count() == CallbackTry.objects.count() == 1


def test_no_clear_text_is_in_any_row(town):
    callback = ask(town, actor=town.counsellor, asked_by=AskedBy.STAFF, name="見本 花子", note="リフォームの件").callback
    call(town, callback, 1, TryResult.BUSY)
    tables = ("appointments_callback", "appointments_callback_try", "queues_work_item", "platform_outbox", "audit_access")
    with system_transaction(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            text = cursor.fetchone()[0]
            for word in ("花子", "リフォーム", "31415926", "3141-5926"):
                assert word not in text and word.encode().hex() not in text, (table, word)


@pytest.mark.parametrize("calling", [False, True])
def test_who_is_erased_is_called_by_nobody(town, calling):
    callback = ask(town, actor=town.counsellor, asked_by=AskedBy.STAFF, name="見本 花子").callback
    call_id = call(town, callback, 1, None) if calling else None
    erase_record(actor=town.official, key_id=callback.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        for _ in range(2):
            forget_promise(Delivered(1, "privacy.record_erased", callback.record_key_id, town.centre_a.id, None, {}))
    gone = now_of(callback)
    assert (gone.state, gone.cancelled_because) == ("cancelled", "forgotten")
    assert gone.number_index is None and not gone.number and not gone.name and gone.erased_at is not None
    assert item_of(callback).state == "cancelled" and told("callback_done") == [{"outcome": "cancelled"}]
    with system_transaction(), pytest.raises(Forgotten):
        gone.number = callback.number
        open_texts(gone, actor=SYSTEM)
    if call_id is not None:
        appointments.finish_try(actor=SYSTEM, callback_id=callback.id, call_id=call_id, result=TryResult.BUSY, now=at(2))
        assert now_of(callback).state == "cancelled"
    assert not ask(town, now=at(3)).repeated


def test_numbers_are_forgotten_some_time_after_the_end(town):
    done, waits = ask(town).callback, ask(town, number="022-222-3333").callback
    call(town, done, 1, TryResult.REACHED)
    with system_transaction():
        assert expired_keys(at(2) + KEEP_FOR, 9) == []
        assert expired_keys(at(3) + KEEP_FOR, 9) == [done.record_key_id]
    assert erase_expired(at(3) + KEEP_FOR) >= 1
    with system_transaction():
        assert expired_keys(at(3) + KEEP_FOR, 9) == []
    assert not now_of(done).number and now_of(done).state == CallbackState.REACHED
    assert now_of(waits).number


def test_a_list_costs_the_same_for_many(town, django_assert_num_queries):
    for number in range(5):
        ask(town, number=f"022-222-000{number}")
    with actor_transaction(town.counsellor):
        with django_assert_num_queries(2):
            lines = open_callbacks(actor=town.counsellor)
        assert {line.number for line in lines} == {f"末尾0{number}" for number in range(5)}
