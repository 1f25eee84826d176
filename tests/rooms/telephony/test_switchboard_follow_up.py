"""Follow-up lists on the telephone: the agent is there first, one person for one agent, nobody against their word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caasis.appointments import services as appointments
from caasis.appointments.services import queue_due_follow_ups
from caasis.appointments.vocabulary import WorkMode
from caasis.kernel.actor import SYSTEM
from caasis.people.models import Consent
from caasis.queues.models import WorkItem
from caasis.telephony.models import Call
from caasis.telephony.vocabulary import Part, RequestKind
from tests.rooms.telephony.hall import CALLER, MORNING, Hall, assert_true
from tests.support.follow_ups import ALL_WEEK, now_of, running_list

pytestmark = pytest.mark.django_db
OTHER = "+819055550102"


@pytest.fixture
def hall(town, as_system):
    made = Hall(town)
    yield made
    assert_true(made)


def begun(hall, *numbers, mode=WorkMode.PROGRESSIVE, **more):
    """A list that runs on the hall's queue, with consents from before its morning."""
    row, entries = running_list(hall.town, *numbers, now=MORNING, queue=hall.queue, mode=mode, hours=ALL_WEEK, **more)
    return row, entries


def due(hall):
    queue_due_follow_ups(actor=SYSTEM, now=hall.now())
    hall.turn()


# --- progressive ------------------------------------------------------------------------------------------------------


def test_the_agent_is_rung_first_and_the_person_only_when_the_agent_is_there(hall):
    _, (entry,) = begun(hall, CALLER)
    due(hall)
    assert not Call.objects.exists(), "nobody is free: nobody is called"
    hall.seat("counsellor")
    call = Call.objects.get()
    assert hall.state("counsellor") == "ringing" and call.participants.filter(part=Part.CUSTOMER).count() == 0
    assert now_of(entry).state == "waiting"
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert now_of(entry).state == "calling" and now_of(entry).agent_id == hall.town.counsellor.id
    customer = hall.world.peer_answers(CALLER)
    hall.turn()
    assert hall.hears(customer) == {hall.leg(call, Part.AGENT)}
    hall.world.peer_hangs_up(customer)
    hall.turn()
    row = now_of(entry)
    assert (row.state, row.agent_id) == ("asked", hall.town.counsellor.id)
    assert WorkItem.objects.get(subject_id=entry.id).state in ("done", "cancelled")


def test_one_free_agent_has_one_call_and_two_agents_never_the_same_person(hall):
    begun(hall, CALLER, OTHER)
    due(hall)
    hall.seat("counsellor")
    assert Call.objects.count() == 1, "one to one, never ahead of an agent"
    hall.seat("counsellor2")
    assert Call.objects.count() == 2
    assert len(set(Call.objects.values_list("follow_up_for", flat=True))) == 2
    assert len(set(Call.objects.values_list("agent_id", flat=True))) == 2


def test_an_agent_who_does_not_answer_leaves_the_person_to_the_next_and_no_telephone_rang(hall):
    _, (entry,) = begun(hall, CALLER)
    due(hall)
    hall.seat("counsellor")
    hall.wait(21)
    row = now_of(entry)
    assert hall.state("counsellor") == "away:no_answer" and (row.state, row.tries_made) == ("waiting", 0)
    hall.seat("counsellor2")
    assert hall.state("counsellor2") == "ringing"


def test_nobody_answers_and_it_is_tried_again_after_the_pause(hall):
    _, (entry,) = begun(hall, CALLER, pause_minutes=60)
    due(hall)
    hall.seat("counsellor")
    hall.world.peer_answers("counsellor")
    hall.turn()
    hall.wait(51)
    row = now_of(entry)
    assert (row.state, row.result, row.tries_made, row.in_queue, row.agent_id) == ("waiting", "no_answer", 1, False, None)
    assert timedelta(minutes=59) < row.due_at - hall.now() <= timedelta(hours=1)
    due(hall)
    assert Call.objects.count() == 1


def test_a_lost_engine_gives_the_person_back_and_counts_no_try(hall):
    _, (entry,) = begun(hall, CALLER)
    due(hall)
    hall.seat("counsellor")
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert now_of(entry).state == "calling"
    hall.world.restart_engine()
    hall.turn()
    row = now_of(entry)
    assert (row.state, row.tries_made, row.agent_id, row.call_id) == ("waiting", 0, None, None)


def test_a_consent_that_was_withdrawn_while_the_agent_was_rung_is_kept(hall):
    _, (entry,) = begun(hall, CALLER)
    due(hall)
    hall.seat("counsellor")
    Consent.objects.update(withdrawn_at=hall.now())
    hall.world.peer_answers("counsellor")
    hall.turn()
    row = now_of(entry)
    assert (row.state, row.skipped_because) == ("skipped", "consent_ended")
    call = Call.objects.get()
    assert call.ended_at is not None and call.participants.filter(part=Part.CUSTOMER).count() == 0
    assert hall.state("counsellor") == "available"


def test_a_pause_and_the_evening_stop_the_calls(hall):
    row, _ = begun(hall, CALLER, OTHER)
    due(hall)
    appointments.pause_list(actor=hall.town.supervisor, list_id=row.id)
    hall.seat("counsellor")
    due(hall)
    assert not Call.objects.exists()
    appointments.start_list(actor=hall.town.supervisor, list_id=row.id)
    hall.leap(10 * 3600)
    assert hall.now().astimezone(MORNING.tzinfo).hour == 20
    hall.at_their_desks.add("counsellor")
    due(hall)
    assert not Call.objects.exists() and not WorkItem.objects.filter(state="waiting").exists()


def test_whoever_waits_on_the_line_goes_before_whomever_we_call(hall):
    _, (entry,) = begun(hall, OTHER)
    due(hall)
    hall.leap(3600)
    incoming = hall.incoming()
    hall.seat("counsellor")
    assert hall.read(incoming).phase == "ringing" and now_of(entry).state == "waiting"


def test_while_a_result_is_owed_the_next_one_is_not_rung_for_this_agent(hall):
    begun(hall, CALLER, OTHER)
    due(hall)
    hall.seat("counsellor")
    hall.world.peer_answers("counsellor")
    hall.turn()
    first = Call.objects.get()
    customer = hall.world.peer_answers(CALLER)
    hall.turn()
    hall.world.peer_hangs_up(customer)
    hall.turn()
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    assert hall.state("counsellor") == "available" and Call.objects.count() == 1
    entry_id = hall.read(first).follow_up_for
    appointments.write_result(actor=hall.town.counsellor, entry_id=entry_id, result="settled", now=hall.now())
    hall.turn()
    assert Call.objects.count() == 2 and hall.state("counsellor") == "ringing"


# --- preview ----------------------------------------------------------------------------------------------------------


def test_a_counsellor_opens_the_next_person_and_calls_from_the_screen(hall):
    row, (entry,) = begun(hall, CALLER, mode=WorkMode.PREVIEW)
    hall.seat_at_browser("counsellor")
    due(hall)
    assert not Call.objects.exists(), "a list that is looked at first is never rung by itself"
    opened = appointments.open_next(actor=hall.town.counsellor, list_id=row.id, now=hall.now())
    assert opened.id == entry.id
    request = hall.ask("counsellor", RequestKind.CALL, target_kind="follow_up", target_id=entry.id)
    assert request.state == "done", request.answer
    call = Call.objects.get()
    assert call.follow_up_for == entry.id and now_of(entry).state == "calling"
    customer = hall.world.peer_answers(CALLER)
    hall.turn()
    assert hall.hears(customer) == {hall.leg(call, Part.AGENT)}
    hall.ask("counsellor", RequestKind.HANG_UP, call)
    assert now_of(entry).state == "asked" and now_of(entry).agent_id == hall.town.counsellor.id


def test_nobody_calls_a_person_whom_a_colleague_has_opened(hall):
    row, (entry,) = begun(hall, CALLER, mode=WorkMode.PREVIEW)
    hall.seat_at_browser("counsellor")
    hall.seat_at_browser("counsellor2")
    appointments.open_next(actor=hall.town.counsellor, list_id=row.id, now=hall.now())
    request = hall.ask("counsellor2", RequestKind.CALL, target_kind="follow_up", target_id=entry.id)
    assert request.state == "refused" and request.answer == "この人は、ほかの人に移りました。次の人を開いてください。"
    assert not Call.objects.exists()


def test_a_busy_line_in_preview_is_written_down_by_itself(hall):
    row, (entry,) = begun(hall, CALLER, mode=WorkMode.PREVIEW)
    hall.seat_at_browser("counsellor")
    appointments.open_next(actor=hall.town.counsellor, list_id=row.id, now=hall.now())
    hall.ask("counsellor", RequestKind.CALL, target_kind="follow_up", target_id=entry.id)
    hall.wait(51)
    assert (now_of(entry).state, now_of(entry).result) == ("waiting", "no_answer")


def test_the_number_of_the_list_is_shown(hall):
    from caasis.telephony.services import save_number

    second = save_number(actor=hall.town.supervisor, centre_id=hall.town.centre_a.id, number="03-5555-0199", label="調査", queue_id=hall.queue.id)
    row, (entry,) = begun(hall, CALLER, mode=WorkMode.PREVIEW, shown_number="03-5555-0199")
    hall.seat_at_browser("counsellor")
    appointments.open_next(actor=hall.town.counsellor, list_id=row.id, now=hall.now())
    hall.ask("counsellor", RequestKind.CALL, target_kind="follow_up", target_id=entry.id)
    assert Call.objects.get().number_id == second.id
