"""A call from the first ring to the finished wrap-up, and every moment at which it can go another way."""

from __future__ import annotations

import pytest

from caasis.telephony.models import Call, Order, Recording
from caasis.telephony.vocabulary import CallPhase, EndCause, Part, Presentation, RequestKind
from tests.rooms.telephony.hall import CALLER, Hall, assert_true

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town, as_system):
    made = Hall(town)
    yield made
    assert_true(made)


def test_a_whole_call_from_ring_to_free_again(hall):
    hall.seat("counsellor")
    call = hall.incoming()
    assert hall.read(call).phase == CallPhase.RINGING and hall.state("counsellor") == "ringing"
    assert "prompt:hold_music" in hall.hears(hall.leg(call))
    hall.wait(4)
    hall.world.peer_answers("counsellor")
    hall.turn()
    customer, agent = hall.leg(call), hall.leg(call, Part.AGENT)
    assert hall.hears(customer) == {agent} and hall.hears(agent) == {customer}
    assert hall.state("counsellor") == "talking" and hall.read(call).phase == CallPhase.TALKING
    hall.wait(60)
    hall.world.peer_hangs_up(customer)
    hall.turn()
    assert hall.state("counsellor") == "wrap_up" and hall.outcome(call) == ["answered"]
    hall.wait(30)
    assert hall.ask("counsellor", RequestKind.WRAP_UP_DONE).state == "done"
    assert hall.state("counsellor") == "available"
    record = hall.record(call)
    part = record.parts[0]
    assert (part.talk_s, part.hold_s, part.acw_s, record.speed_of_answer_s) == (60, 0, 30, 4)
    assert hall.steps(call) == ["offered", "queued", "rang", "connected", "ended", "left", "wrapped_up"]
    assert hall.topics() == [
        "call_offered", "call_queued", "call_ringing", "call_connected", "call_changed", "call_ended",
        "request_answered",
    ]  # fmt: skip
    assert hall.refused_orders() == []
    recording = Recording.objects.get(call=call)
    assert recording.seconds == 60 and recording.file and recording.keep_until is not None
    seconds, said, heard = hall.world.recorded(recording.file)[0]
    assert (seconds, said, heard) == (60, {customer}, {agent})


def test_the_callers_number_lies_sealed_and_nowhere_else(hall):
    hall.seat("counsellor")
    call = hall.connected()
    from django.db import connection

    assert hall.read(call).caller_index is not None
    with connection.cursor() as cursor:
        for table in ("telephony_call", "telephony_order", "telephony_call_step", "platform_outbox"):
            cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE %s", [f"%{CALLER[3:]}%"])
            assert cursor.fetchone()[0] == 0, table


def test_a_caller_who_gives_up_while_waiting(hall):
    call = hall.incoming()
    hall.wait(10)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert hall.outcome(call) == ["abandoned"] and hall.record(call).centres[0].until_abandoned_s == 10


def test_a_caller_who_gives_up_while_it_rings_leaves_the_agent_free(hall):
    hall.seat("counsellor")
    call = hall.incoming()
    hall.wait(3)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert hall.outcome(call) == ["abandoned"] and hall.state("counsellor") == "available"
    with pytest.raises(KeyError):
        hall.world.peer_answers("counsellor")


def test_who_does_not_answer_is_away_and_the_caller_keeps_the_place(hall):
    hall.seat("counsellor")
    call = hall.incoming()
    hall.seat("counsellor2")
    second = hall.incoming(caller="+819055550102")
    hall.wait(21)
    assert hall.state("counsellor") == "away:no_answer"
    # The second agent took the second caller; both are away now, and the first caller is still before the second.
    hall.wait(25)
    assert hall.state("counsellor2") == "away:no_answer"
    hall.seat("supervisor")
    assert hall.read(call).phase == CallPhase.RINGING and hall.read(second).phase == CallPhase.WAITING
    assert hall.record_of_living(call).stays[0].left_at is None
    hall.world.peer_answers("supervisor")
    hall.turn()
    assert hall.read(call).phase == CallPhase.TALKING


def test_a_number_that_nobody_has_and_one_that_is_closed_are_refused(hall):
    call = hall.incoming(called="03-5555-9999")
    assert call.centre_id is None and hall.read(call).end_cause == EndCause.REJECTED
    hall.number.active = False
    hall.number.save()
    assert hall.outcome(hall.incoming()) == ["blocked"]


@pytest.mark.parametrize("presentation", [Presentation.ANONYMOUS, Presentation.PAYPHONE, Presentation.UNAVAILABLE])
def test_a_caller_without_a_number_is_served_like_everybody(hall, presentation):
    hall.seat("counsellor")
    call = hall.connected(caller="", presentation=presentation)
    assert call.presentation == presentation and call.caller_index is None and not call.caller
    assert hall.read(call).phase == CallPhase.TALKING


def test_a_call_by_way_of_188_is_known_as_such(hall):
    call = hall.incoming(diverted_from="188")
    assert hall.read(call).diverted


def test_a_browser_that_is_connected_rings_on_the_screen(hall):
    hall.seat_at_browser("counsellor")
    station = hall.station("counsellor")
    call = hall.incoming()
    assert hall.state("counsellor") == "ringing"
    assert Order.objects.filter(call=call, kind="Originate").count() == 0
    assert hall.ask("counsellor", RequestKind.ANSWER, call).state == "done"
    assert hall.hears(station.leg) == {hall.leg(call)}
    assert hall.ask("counsellor", RequestKind.HANG_UP, call).state == "done"
    assert hall.read(call).phase == CallPhase.ENDED and hall.state("counsellor") == "wrap_up"
    # The browser's leg lives on for the next call.
    assert hall.hears(station.leg) == frozenset()


def test_an_agents_phone_that_falls_silent_gives_the_caller_to_somebody_else(hall):
    hall.seat("counsellor")
    call = hall.connected()
    hall.seat("counsellor2")
    hall.world.falls_silent(hall.leg(call, Part.AGENT))
    hall.wait(70)
    assert hall.read(call).phase in (CallPhase.RINGING, CallPhase.WAITING)
    assert [stay.queue for stay in hall.record_of_living(call).stays] == [str(hall.queue.id)] * 2


def test_two_callers_and_two_agents_at_once(hall):
    hall.seat("counsellor")
    hall.seat("counsellor2")
    legs = [hall.world.incoming_call(called="03-5555-0100", caller=f"+81905555010{n}") for n in range(3)]
    hall.turn()
    for name in ("counsellor", "counsellor2"):
        hall.world.peer_answers(name)
    hall.turn()
    phases = sorted(Call.objects.values_list("phase", flat=True))
    assert len(legs) == 3 and phases == ["talking", "talking", "waiting"]


def test_the_limit_of_the_wrap_up_frees_the_agent(hall):
    hall.seat("counsellor")
    call = hall.connected()
    hall.world.peer_hangs_up(hall.leg(call))
    hall.leap(301)
    assert hall.state("counsellor") == "available" and hall.record(call).parts[0].acw_s == 300


def test_an_agent_who_takes_a_break_out_of_the_wrap_up_has_wrapped_up(hall):
    from caasis.queues.services.agents import set_state
    from caasis.queues.vocabulary import AgentState

    actor = hall.seat("counsellor")
    call = hall.connected()
    hall.world.peer_hangs_up(hall.leg(call))
    hall.wait(7)
    set_state(actor=actor, state=AgentState.BREAK, at=hall.now())
    hall.wait(5)
    assert hall.state("counsellor") == "break" and hall.record(call).parts[0].acw_s == 7


def test_declining_counts_as_not_answering(hall):
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    assert hall.ask("counsellor", RequestKind.DECLINE, call).state == "done"
    assert hall.state("counsellor") == "away:no_answer" and hall.read(call).phase == CallPhase.WAITING


def test_who_is_looked_after_and_who_calls_again_goes_first(hall):
    from caasis.people.services import build_person, save_person

    rows = build_person(centre_id=hall.town.centre_a.id, values={"name": "見本 花子", "phone": "090-5555-0109"})
    rows.person.watch_over = True
    save_person(rows)
    gave_up = hall.incoming(caller="+819055550108")
    hall.world.peer_hangs_up(hall.leg(gave_up))
    hall.turn()
    plain = hall.incoming(caller="+819055550107")
    again = hall.incoming(caller="+819055550108")
    watched = hall.incoming(caller="+819055550109")
    assert hall.read(again).priority_reasons == ["repeat_caller"]
    order = []
    for name in ("counsellor", "counsellor2", "supervisor"):
        hall.seat(name)
        order += [call.id for call in Call.objects.filter(phase="ringing") if call.id not in order]
    assert order == [watched.id, again.id, plain.id]


def test_an_agent_whose_page_is_gone_is_signed_out_and_rung_no_more(hall):
    hall.seat("counsellor")
    hall.seat("counsellor2")
    hall.at_their_desks.discard("counsellor")
    # Without a desk phone either: whoever has one needs no page (test_desk_phone_alone).
    hall.world.unregister("counsellor")
    hall.wait(140)
    assert hall.state("counsellor") == "available"
    hall.wait(30)
    assert hall.state("counsellor") == "offline" and hall.state("counsellor2") == "available"
    call = hall.incoming()
    assert hall.state("counsellor2") == "ringing"
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()


def test_whoever_is_in_a_call_is_not_signed_out_before_it_is_over(hall):
    hall.seat("counsellor")
    call = hall.connected()
    hall.at_their_desks.clear()
    hall.world.unregister("counsellor")
    hall.wait(400)
    assert hall.state("counsellor") == "talking"
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert hall.outcome(call) == ["answered"]
    hall.wait(20)
    assert hall.state("counsellor") == "offline" and hall.record(call).parts[0].talk_s == 400


def test_after_a_start_pages_get_time_to_say_that_they_are_there(hall):
    from caasis.telephony.switchboard import Switchboard

    hall.seat("counsellor")
    hall.at_their_desks.clear()
    hall.world.unregister("counsellor")
    hall.world.advance(600)
    hall.board = Switchboard(hall.port, hall.now)
    hall.wait(100)
    assert hall.state("counsellor") == "available"
    hall.wait(60)
    assert hall.state("counsellor") == "offline"
