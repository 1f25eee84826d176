"""The wrap-up: what the call came to, and a little more time for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid
from caasis.platform.transactions import system_transaction
from caasis.queues.models import AgentStatus, Queue
from caasis.telephony.models import Call
from caasis.telephony.rules.figures import agent_figures, result_counts
from caasis.telephony.selectors import calls_of_centre, calls_with_result, counted_calls
from caasis.telephony.services import ask, export_calls
from caasis.telephony.vocabulary import RequestKind
from tests.rooms.telephony.hall import Hall, assert_true

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town, as_system):
    made = Hall(town)
    yield made
    assert_true(made)


def wrapping_up(hall):
    hall.seat("counsellor")
    call = hall.connected()
    hall.wait(30)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert hall.state("counsellor") == "wrap_up"
    return call


def left(hall):
    with system_transaction():
        until = AgentStatus.objects.get(user_id=hall.town.counsellor.id).wrap_up_until
    return round((until - hall.now()).total_seconds())


def test_the_result_given_in_the_wrap_up_stands_in_the_record_and_in_the_file(hall):
    call = wrapping_up(hall)
    assert hall.ask("counsellor", RequestKind.RESULT, option="referred").state == "done"
    assert hall.record(call).parts[0].result == "referred" and hall.read(call).result == "referred"
    assert hall.ask("counsellor", RequestKind.WRAP_UP_DONE).state == "done"
    assert hall.record(call).parts[0].result == "referred"
    actor, day = hall.town.supervisor, timedelta(days=1)
    text = export_calls(actor=actor, start=hall.now() - day, end=hall.now() + day, purpose=Purpose.IMPORT_EXPORT)
    assert text.splitlines()[1].split(",")[-2:] == ["他機関を案内", "0"]


def test_a_result_can_be_changed_and_taken_back_while_the_wrap_up_lasts(hall):
    call = wrapping_up(hall)
    hall.ask("counsellor", RequestKind.RESULT, option="consulted")
    hall.ask("counsellor", RequestKind.RESULT, option="wrong_number")
    assert hall.record(call).parts[0].result == "wrong_number"
    hall.ask("counsellor", RequestKind.RESULT, option="")
    assert hall.record(call).parts[0].result == "" == hall.read(call).result


def test_nobody_gives_a_result_without_a_wrap_up_of_their_own(hall):
    call = wrapping_up(hall)
    hall.seat("counsellor2")
    refused = hall.ask("counsellor2", RequestKind.RESULT, option="consulted")
    assert refused.state == "refused" and refused.answer == "後処理中の通話はありません。"
    hall.seat("outsider")
    assert hall.ask("outsider", RequestKind.RESULT, call, option="consulted").state == "refused"
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    assert hall.ask("counsellor", RequestKind.RESULT, option="consulted").state == "refused"
    assert hall.read(call).result == ""


def test_a_code_that_is_none_is_refused(hall):
    wrapping_up(hall)
    with pytest.raises(Invalid):
        ask(actor=hall.town.counsellor, kind=RequestKind.RESULT, option="nothing_known")


def test_the_figures_count_each_result_and_those_without(hall):
    call = wrapping_up(hall)
    hall.ask("counsellor", RequestKind.RESULT, option="informed")
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    silent = hall.connected(caller="+819055550102")
    hall.world.peer_hangs_up(hall.leg(silent))
    hall.turn()
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    day = timedelta(days=1)
    calls = counted_calls(actor=hall.town.supervisor, start=hall.now() - day, end=hall.now() + day)
    assert result_counts(calls, str(hall.town.centre_a.id)) == {"informed": 1, "": 1}
    assert result_counts(calls, str(hall.town.centre_b.id)) == {}
    one = agent_figures(calls, str(hall.town.counsellor.id))
    assert (one.parts, one.without_result, one.prolonged) == (2, 1, 0)
    found = calls_with_result(calls_of_centre(actor=hall.town.counsellor), "informed")
    assert [row.id for row in found] == [call.id]
    assert [row.id for row in calls_with_result(calls_of_centre(actor=hall.town.counsellor), "")] == [silent.id]
    assert not calls_with_result(calls_of_centre(actor=hall.town.outsider), "informed").exists()


def test_the_wrap_up_is_prolonged_by_two_minutes_as_often_as_the_queue_allows(hall):
    call = wrapping_up(hall)
    before = left(hall)
    assert hall.ask("counsellor", RequestKind.WRAP_UP_LONGER).state == "done"
    assert left(hall) == before + 120
    assert hall.ask("counsellor", RequestKind.WRAP_UP_LONGER).state == "done"
    refused = hall.ask("counsellor", RequestKind.WRAP_UP_LONGER)
    assert refused.state == "refused" and refused.answer == "後処理をのばせるのは2回までです。"
    assert left(hall) == before + 240 and hall.record(call).parts[0].prolonged == 2
    assert hall.steps(call).count("wrap_up_longer") == 2
    hall.leap(before + 239)
    assert hall.state("counsellor") == "wrap_up"
    hall.leap(2)
    assert hall.state("counsellor") == "available"
    assert hall.record(call).parts[0].acw_s == before + 240


def test_a_queue_can_forbid_it(hall):
    Queue.objects.filter(id=hall.queue.id).update(wrap_up_extensions=0)
    wrapping_up(hall)
    assert hall.ask("counsellor", RequestKind.WRAP_UP_LONGER).answer == "この列では、後処理をのばせません。"


def test_a_wrap_up_without_limit_needs_no_more_time(hall):
    Queue.objects.filter(id=hall.queue.id).update(wrap_up_seconds=None)
    wrapping_up(hall)
    assert hall.ask("counsellor", RequestKind.WRAP_UP_LONGER).answer == "この後処理には、時間の限りがありません。"


def test_a_record_from_before_there_were_results_is_read_as_without_one(hall):
    call = wrapping_up(hall)
    with system_transaction():
        row = Call.objects.get(id=call.id)
        for part in row.record["parts"]:
            del part["result"], part["prolonged"]
        row.save()
    assert hall.record(call).parts[0].result == ""
