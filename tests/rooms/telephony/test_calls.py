"""Reads of calls: what the desk shows, who sees it, figures and the export."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from caasis.audit.models import AccessRecord
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.transactions import actor_transaction
from caasis.telephony import selectors
from caasis.telephony.models import Call, CallStep, Participant
from caasis.telephony.services import ask, export_calls
from caasis.telephony.vocabulary import RequestKind
from tests.rooms.telephony.hall import MORNING, Hall

pytestmark = pytest.mark.django_db
DAY = {"start": MORNING - timedelta(hours=1), "end": MORNING + timedelta(hours=12)}
OTHERS = ("outsider", "outside_official", "ncac", "analyst", "admin")


@pytest.fixture
def hall(town, as_system):
    return Hall(town)


@pytest.fixture
def day(hall):
    """One answered call of a minute with ten seconds of hold, and two of the same caller who gave up before."""
    for _ in range(2):
        call = hall.incoming(caller="+819055550102")
        hall.wait(10)
        hall.world.peer_hangs_up(hall.leg(call))
        hall.turn()
    hall.seat("counsellor")
    call = hall.connected()
    hall.wait(20)
    hall.ask("counsellor", RequestKind.HOLD, call)
    hall.leap(10)
    hall.ask("counsellor", RequestKind.RESUME, call)
    hall.leap(30)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.wait(5)
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    return hall.read(call)


def test_my_current_call_rings_goes_on_and_is_wrapped_up(hall):
    actor = hall.seat("counsellor")
    assert selectors.my_current_call(actor=actor) is None
    call = hall.incoming()
    mine = selectors.my_current_call(actor=actor)
    assert mine.call.id == call.id and mine.rings and not mine.wraps_up and len(mine.others) == 1
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert not selectors.my_current_call(actor=actor).rings
    assert selectors.living_agents(actor=hall.town.supervisor) == {actor.id}
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert selectors.my_current_call(actor=actor).wraps_up
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    assert selectors.my_current_call(actor=actor) is None


def test_missed_calls_until_somebody_has_spoken_with_the_caller(hall, day):
    missed = selectors.missed_calls(actor=hall.town.counsellor, since=MORNING)
    assert missed.count() == 2
    call = hall.ask("counsellor", RequestKind.CALL, number="090-5555-0102").call
    hall.world.peer_answers("+819055550102")
    hall.turn()
    assert not selectors.missed_calls(actor=hall.town.counsellor, since=MORNING).exists()
    assert hall.read(call).caller_index == selectors.calls_of_centre(actor=hall.town.counsellor).last().caller_index


def test_the_same_number_shows_how_often_and_when_and_no_more(hall, day):
    call = hall.incoming(caller="+819055550102")
    days = selectors.days_of_same_caller(actor=hall.town.counsellor, call=call)
    assert days == {MORNING.date(): 2}
    assert selectors.days_of_same_caller(actor=hall.town.outsider, call=call) == {}
    nobody = hall.incoming(caller="")
    assert selectors.days_of_same_caller(actor=hall.town.counsellor, call=nobody) == {}


def test_nobody_outside_sees_a_call(hall, day):
    for name in OTHERS:
        actor = hall.town.actors[name]
        assert not selectors.visible_calls(actor=actor).exists()
        assert not selectors.missed_calls(actor=actor, since=MORNING).exists()
        assert selectors.my_current_call(actor=actor) is None
        assert selectors.counted_calls(actor=actor, **DAY) == []
        assert selectors.waiting_now(actor=actor, now=hall.now()) == {}
        for read in (selectors.get_call, selectors.log_of_call, selectors.recordings_of_call):
            with pytest.raises(NotFound):
                read(actor=actor, call_id=day.id)
        with pytest.raises((NotFound, NotAllowed)):
            ask(actor=actor, kind=RequestKind.HOLD, call_id=day.id)


def test_the_wall_hides_calls_from_another_centres_connection(hall, day):
    for name, seen in (("counsellor", True), ("outsider", False), ("ncac", False)):
        with actor_transaction(hall.town.actors[name]):
            for model in (Call, Participant, CallStep):
                assert model.objects.exists() is seen, (name, model)


def test_figures_of_the_day(hall, day):
    actor = hall.town.supervisor
    figures = selectors.figures_of_centre(actor=actor, **DAY)
    assert (figures.offered, figures.answered, figures.callers_who_gave_up) == (3, 1, 1)
    assert (figures.att_s, figures.mean_hold_s, figures.mean_acw_s, figures.aht_s) == (50, 10, 5, 65)
    intervals = selectors.figures_by_interval(actor=actor, **DAY)
    assert sum(one.offered for one in intervals.values()) == 3
    queue = selectors.figures_of_queues(actor=actor, queue_ids=[hall.queue.id], **DAY)[hall.queue.id]
    assert queue.entered == 3 and queue.outcomes["abandoned"] == 2
    mine = selectors.figures_of_agents(actor=hall.town.counsellor, **DAY)
    assert mine[hall.town.counsellor.id].aht_s == 65
    assert selectors.figures_of_agents(actor=hall.town.counsellor2, **DAY) == {}
    assert set(selectors.figures_of_agents(actor=actor, **DAY)) == {hall.town.counsellor.id}


def test_figures_count_calls_that_go_on(hall):
    call = hall.incoming()
    hall.wait(7)
    figures = selectors.figures_of_centre(actor=hall.town.counsellor, **DAY)
    assert figures.offered == 1 and figures.outcomes == {"unfinished": 1}
    now = selectors.waiting_now(actor=hall.town.counsellor, now=hall.now())
    assert now[hall.queue.id].waiting == 1 and now[hall.queue.id].longest == timedelta(seconds=7)
    assert [row.id for row in selectors.calls_of_centre(actor=hall.town.counsellor, living=True)] == [call.id]


def lines(text):
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_the_export_holds_no_number_unless_the_purpose_allows_it(hall, day):
    plain = export_calls(actor=hall.town.supervisor, purpose=Purpose.IMPORT_EXPORT, **DAY)
    rows = lines(plain)
    assert [row["結果"] for row in rows] == ["abandoned", "abandoned", "answered"]
    assert [row["通話秒"] for row in rows] == ["", "", "50.0"] and "9055550102" not in plain
    assert AccessRecord.objects.filter(action="export_calls", fields="").count() == 1
    named = lines(export_calls(actor=hall.town.official, purpose=Purpose.CONSUMER_REQUEST, **DAY))
    assert named[0]["相手の番号"] == "'+819055550102"
    assert AccessRecord.objects.filter(action="export_calls", fields="caller").count() == 1
    assert AccessRecord.objects.filter(action="open_personal_data", object_kind="call").count() == 3


def test_who_may_not_export(hall, day):
    for name in ("counsellor", *OTHERS[2:]):
        with pytest.raises(NotAllowed):
            export_calls(actor=hall.town.actors[name], purpose=Purpose.IMPORT_EXPORT, **DAY)
    assert lines(export_calls(actor=hall.town.outside_official, purpose=Purpose.IMPORT_EXPORT, **DAY)) == []
    with pytest.raises(Invalid):
        export_calls(
            actor=hall.town.official, purpose=Purpose.IMPORT_EXPORT, start=MORNING, end=MORNING + timedelta(days=400)
        )


def test_what_the_desk_may_ask(hall):
    hall.seat("counsellor")
    call = hall.connected()
    actor = hall.town.counsellor
    with pytest.raises(NotAllowed):
        ask(actor=actor, kind=RequestKind.MONITOR, call_id=call.id, option="listen")
    with pytest.raises(NotAllowed):
        ask(actor=hall.town.official, kind=RequestKind.HOLD, call_id=call.id)
    with pytest.raises(NotFound):
        ask(actor=hall.town.outsider, kind=RequestKind.HOLD, call_id=call.id)
    for wrong in (
        {"kind": RequestKind.CALL, "number": "110"},
        {"kind": RequestKind.CALL, "number": "+1 212 555 0100"},
        {"kind": RequestKind.CALL, "number": "0990-555-010"},
        {"kind": RequestKind.KEYS, "call_id": call.id, "digits": "12x"},
        {"kind": RequestKind.TRANSFER, "call_id": call.id, "target_kind": "agent"},
        {"kind": RequestKind.CONSULT, "call_id": call.id, "target_kind": "queue", "target_id": hall.queue.id},
        {"kind": RequestKind.CONNECT_BROWSER, "offer": "hello"},
    ):
        with pytest.raises(Invalid):
            ask(actor=actor, **wrong)
    first = ask(actor=actor, kind=RequestKind.HOLD, call_id=call.id, idempotency_key="k")
    assert ask(actor=actor, kind=RequestKind.HOLD, call_id=call.id, idempotency_key="k").id == first.id
    assert selectors.my_request(actor=actor, request_id=first.id).id == first.id
    with pytest.raises(NotFound):
        selectors.my_request(actor=hall.town.supervisor, request_id=first.id)


def test_a_recording_is_kept_until_its_day_unless_it_is_held(hall, day):
    from datetime import date

    from caasis.kernel.errors import WrongState
    from caasis.platform.outbox.relay import run_once
    from caasis.privacy.keys import Forgotten, record_key_bytes
    from caasis.privacy.retention import erase_expired
    from caasis.telephony.models import Recording
    from caasis.telephony.services import set_legal_hold

    row = Recording.objects.get()
    assert row.keep_until == date(2036, 5, 31) and record_key_bytes(row.record_key_id)
    with pytest.raises(NotAllowed):
        set_legal_hold(actor=hall.town.counsellor, recording_id=row.id, on=True)
    for name in OTHERS:
        with pytest.raises(NotFound):
            set_legal_hold(actor=hall.town.actors[name], recording_id=row.id, on=True)
    set_legal_hold(actor=hall.town.official, recording_id=row.id, on=True)
    later = MORNING + timedelta(days=3654)
    erase_expired(later)
    assert record_key_bytes(row.record_key_id) and Call.objects.filter(erased_at=None).count() == 1
    set_legal_hold(actor=hall.town.official, recording_id=row.id, on=False)
    erase_expired(later)
    run_once()
    with pytest.raises(Forgotten):
        record_key_bytes(row.record_key_id)
    assert not selectors.recordings_of_call(actor=hall.town.counsellor, call_id=day.id).exists()
    with pytest.raises(WrongState):
        set_legal_hold(actor=hall.town.official, recording_id=row.id, on=True)
    # What is left of the call holds ids and codes only, and is still what its log says.
    assert hall.read(day).caller_index is None and hall.record(day).talk_s == 50


def test_a_call_that_is_erased_takes_its_recording_with_it(hall, day):
    from caasis.platform.outbox.relay import run_once
    from caasis.privacy.erasure import Reason, erase_record
    from caasis.privacy.keys import Forgotten, record_key_bytes
    from caasis.telephony.models import Recording

    erase_record(actor=hall.town.official, key_id=day.record_key_id, reason=Reason.CONSUMER_REQUEST)
    run_once()
    with pytest.raises(Forgotten):
        record_key_bytes(Recording.objects.get().record_key_id)
