"""Callbacks: the place is kept, an agent is rung first, nobody is called twice."""

from __future__ import annotations

import pytest

from caasis.appointments.models import Callback
from caasis.appointments.services import promise_callback
from caasis.appointments.vocabulary import AskedBy
from caasis.kernel.actor import SYSTEM
from caasis.telephony.models import Call
from caasis.telephony.vocabulary import CallPhase, Part, RequestKind
from tests.rooms.telephony.hall import CALLER, Hall, assert_true

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town, as_system):
    made = Hall(town)
    yield made
    assert_true(made)


def promise(hall, number=CALLER, asked_by=AskedBy.STAFF):
    return promise_callback(
        actor=SYSTEM, centre_id=hall.town.centre_a.id, number=number, asked_by=asked_by, queue_id=hall.queue.id,
        now=hall.now(),
    ).callback  # fmt: skip


def callback(hall):
    return Callback.objects.get()


def test_a_promise_is_kept_by_the_next_free_agent_at_its_place(hall):
    promise(hall)
    hall.seat("counsellor")
    call = Call.objects.get()
    assert call.phase == CallPhase.DIALLING and hall.state("counsellor") == "ringing"
    assert callback(hall).state == "waiting"
    # While it rings at one, no other is rung for it.
    hall.seat("counsellor2")
    assert hall.state("counsellor2") == "available" and Call.objects.count() == 1
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert callback(hall).state == "calling" and callback(hall).agent_id == hall.town.counsellor.id
    customer = hall.world.peer_answers(CALLER)
    hall.turn()
    assert hall.hears(customer) == {hall.leg(call, Part.AGENT)}
    hall.wait(10)
    hall.world.peer_hangs_up(customer)
    hall.turn()
    assert callback(hall).state == "reached" and hall.record(call).talk_s == 10


def test_an_agent_who_does_not_answer_leaves_the_promise_to_the_next(hall):
    promise(hall)
    hall.seat("counsellor")
    hall.wait(21)
    assert hall.state("counsellor") == "away:no_answer" and callback(hall).state == "waiting"
    hall.seat("counsellor2")
    assert hall.state("counsellor2") == "ringing" and callback(hall).tries_made == 0


def test_nobody_answers_and_it_is_tried_again_later(hall):
    promise(hall)
    hall.seat("counsellor")
    hall.world.peer_answers("counsellor")
    hall.turn()
    hall.wait(51)
    row = callback(hall)
    assert row.state == "waiting" and row.tries_made == 1 and not row.in_queue
    assert hall.state("counsellor") == "available"


def test_a_lost_engine_promises_a_callback_once_to_each_caller_with_a_number(hall):
    hall.seat("counsellor")
    talking = hall.connected()
    waiting = hall.incoming(caller="+819055550102")
    hall.incoming(caller="")
    again = hall.incoming(caller="+819055550102")
    hall.world.restart_engine()
    hall.turn()
    assert Callback.objects.count() == 2 and set(Callback.objects.values_list("asked_by", flat=True)) == {"line_lost"}
    assert hall.outcome(waiting) == ["callback"] == hall.outcome(again) and hall.outcome(talking) == ["answered"]
    row = Callback.objects.order_by("arrived_at", "id").first()
    assert row.arrived_at == talking.waiting_since


def test_whoever_calls_again_and_is_answered_is_not_called_back(hall):
    promise(hall)
    hall.seat("counsellor2")
    hall.wait(21)
    call = hall.incoming()
    hall.seat("counsellor")
    assert hall.state("counsellor") == "ringing"
    if Call.objects.get(id=call.id).phase != CallPhase.RINGING:
        pytest.fail("the caller who is on the line waits behind a callback of their own")
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert callback(hall).state == "cancelled" and callback(hall).cancelled_because == "answered"


def test_an_agent_keeps_a_promise_by_hand(hall):
    row = promise(hall)
    hall.seat_at_browser("counsellor")
    # The promise rang on the screen and was declined; later the agent calls by hand.
    call = Call.objects.get()
    hall.ask("counsellor", RequestKind.DECLINE, call)
    assert hall.state("counsellor") == "away:no_answer"
    asked = hall.ask("counsellor", RequestKind.CALL, target_kind="callback", target_id=row.id)
    assert asked.state == "done", asked.answer
    assert callback(hall).state == "calling"
    hall.world.peer_answers(CALLER)
    hall.turn()
    assert hall.read(asked.call).phase == CallPhase.TALKING
    nowhere = hall.ask("counsellor", RequestKind.CALL, target_kind="callback", target_id=hall.queue.id)
    assert nowhere.state == "refused"
