"""Flows: drafts and publishing, and what a caller meets on the way through one."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from caasis.appointments.models import Callback
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.organisations.models import SpecialDay
from caasis.organisations.schedules import schedules_of
from caasis.telephony.models import FlowVersion, Recording
from caasis.telephony.selectors import flows_of_centre, get_flow_version
from caasis.telephony.services import add_flow, publish_version, save_draft, save_number, set_message
from caasis.telephony.switchboard.around import opening
from caasis.telephony.vocabulary import CallPhase, Presentation
from tests.rooms.telephony.flow_document import flow_of, ja
from tests.rooms.telephony.hall import LINE, Hall, assert_true

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town, as_system):
    made = Hall(town)
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    version = save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of(str(made.queue.id)))
    publish_version(actor=town.supervisor, version_id=version.id)
    save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number=LINE, label="代表", flow_id=flow.id,
        queue_id=made.queue.id, number_id=made.number.id,
    )  # fmt: skip
    yield made
    assert_true(made)
    assert made.refused_orders() == []


def press(hall, call, keys):
    hall.world.press(hall.leg(call), keys)
    hall.turn()


def to_menu(hall, **more):
    """A call whose notice was told and whose menu is being said."""
    call = hall.incoming(**more)
    hall.wait(6)
    return call


# --- drafts and publishing --------------------------------------------------------------------------------------------


def test_a_draft_is_changed_until_it_is_published_and_never_after(town):
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    with pytest.raises(Invalid):
        add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    first = save_draft(actor=town.supervisor, flow_id=flow.id, document={"boxes": []})
    same = save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main"), note="はじめ")
    assert same.id == first.id and same.number == 1
    publish_version(actor=town.official, version_id=first.id)
    with pytest.raises(WrongState):
        publish_version(actor=town.official, version_id=first.id)
    second = save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main", name="受付（新）"))
    assert second.id != first.id and second.number == 2
    assert publish_version(actor=town.supervisor, version_id=second.id).flow.published_id == second.id
    # Undone by publishing the one before.
    assert publish_version(actor=town.supervisor, version_id=first.id).flow.published_id == first.id
    assert FlowVersion.objects.get(id=first.id).published_by == town.official.id


def test_what_is_no_flow_is_kept_as_a_draft_and_not_published(town):
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    draft = save_draft(actor=town.supervisor, flow_id=flow.id, document={"name": "受付", "boxes": [{"kind": "teapot"}]})
    with pytest.raises(Invalid) as error:
        publish_version(actor=town.supervisor, version_id=draft.id)
    assert error.value.details["problems"] and "公開できません" in error.value.message
    for wrong in ([], {"name": "x"}, {"boxes": 3}):
        with pytest.raises(Invalid):
            save_draft(actor=town.supervisor, flow_id=flow.id, document=wrong)


def test_only_who_manages_the_centre_works_on_its_flows(town):
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    draft = save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main"))
    assert list(flows_of_centre(actor=town.counsellor)) == [flow]
    assert get_flow_version(actor=town.counsellor, version_id=draft.id).id == draft.id
    with pytest.raises(NotAllowed):
        publish_version(actor=town.counsellor, version_id=draft.id)
    for name in ("outsider", "outside_official", "ncac", "analyst"):
        actor = town.actors[name]
        assert not flows_of_centre(actor=actor).exists()
        for write in (
            lambda actor=actor: add_flow(actor=actor, centre_id=town.centre_a.id, name="x"),
            lambda actor=actor: save_draft(actor=actor, flow_id=flow.id, document=flow_of("main")),
            lambda actor=actor: publish_version(actor=actor, version_id=draft.id),
            lambda actor=actor: set_message(actor=actor, centre_id=town.centre_a.id, name="storm", on=True),
            lambda actor=actor: get_flow_version(actor=actor, version_id=draft.id),
        ):
            with pytest.raises(NotFound):
                write()


# --- on the way through -----------------------------------------------------------------------------------------------


def test_through_the_menu_to_a_person_recorded_after_the_notice(hall):
    hall.seat("counsellor")
    call = to_menu(hall)
    assert hall.read(call).phase == CallPhase.FLOW and not Recording.objects.exists()
    press(hall, call, "1")
    assert hall.read(call).phase == CallPhase.RINGING and "prompt:hold_music" in hall.hears(hall.leg(call))
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert Recording.objects.filter(call=call).count() == 1
    assert [note[1] for note in hall.read(call).flow_notes if note[1] == "chose"] == ["chose"]
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert hall.outcome(call) == ["answered"]


def test_who_refuses_the_recording_is_served_unrecorded(hall):
    hall.seat("counsellor")
    call = hall.incoming()
    hall.wait(2)
    press(hall, call, "9")
    hall.wait(4)
    press(hall, call, "1")
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert hall.read(call).phase == CallPhase.TALKING and hall.read(call).recording_refused
    assert not Recording.objects.exists()


def test_no_key_leads_to_a_person(hall):
    hall.seat("counsellor")
    call = hall.incoming()
    hall.wait(30)
    assert hall.read(call).phase == CallPhase.RINGING


def test_the_emergency_key_goes_before_everybody(hall):
    hall.seat("counsellor")
    hall.board_closed()
    first = to_menu(hall, caller="+819055550102")
    press(hall, first, "1")
    urgent = hall.incoming(caller="+819055550103")
    hall.wait(1)
    press(hall, urgent, "0")
    hall.wait(3)
    assert hall.read(urgent).emergency
    hall.board_open("counsellor")
    assert hall.read(urgent).phase == CallPhase.RINGING and hall.read(first).phase == CallPhase.WAITING


def test_a_callback_instead_of_waiting_keeps_the_place_and_is_one(hall):
    for _ in range(2):
        call = to_menu(hall)
        began = hall.read(call).began_at
        press(hall, call, "2")
        hall.wait(2)
        press(hall, call, "1")
        hall.wait(5)
        assert hall.outcome(call) == ["callback"]
    row = Callback.objects.get()
    assert row.asked_by == "flow" and row.arrived_at <= began


def test_who_waits_long_is_offered_a_callback_and_may_go_on_waiting(hall):
    hall.seat("counsellor")
    hall.board_closed()
    call = to_menu(hall)
    press(hall, call, "1")
    hall.wait(3)
    assert hall.read(call).phase == CallPhase.WAITING and "prompt:hold_music" in hall.hears(hall.leg(call))
    hall.wait(60)
    assert "prompt:hold_music" not in hall.hears(hall.leg(call))
    hall.wait(12)
    assert "prompt:hold_music" in hall.hears(hall.leg(call)) and hall.read(call).phase == CallPhase.WAITING
    hall.board_open("counsellor")
    assert hall.state("counsellor") == "ringing"
    assert len(hall.record_of_living(call).stays) == 1


def test_nobody_there_offers_to_call_back(hall):
    call = to_menu(hall)
    press(hall, call, "1")
    hall.wait(2)
    press(hall, call, "1")
    hall.wait(5)
    assert hall.outcome(call) == ["callback"] and Callback.objects.count() == 1


def test_a_caller_without_a_number_cannot_be_called_back_and_is_not_left_alone(hall):
    call = to_menu(hall, caller="", presentation=Presentation.ANONYMOUS)
    press(hall, call, "2")
    hall.wait(20)
    assert hall.outcome(call) in (["after_hours"], ["abandoned"]) and not Callback.objects.exists()


def test_an_announcement_serves_the_caller(hall):
    call = to_menu(hall)
    press(hall, call, "3")
    hall.wait(5)
    assert hall.outcome(call) == ["served_itself"]


def test_a_caller_who_gives_up_in_the_flow(hall):
    call = to_menu(hall)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert hall.outcome(call) == ["abandoned"]


def test_outside_of_the_hours(hall):
    hall.world.advance(10 * 3600)
    hall.turn()
    call = hall.incoming()
    hall.wait(5)
    assert hall.outcome(call) == ["after_hours"]


def test_the_message_of_the_day_is_told_while_it_is_on(hall):
    set_message(
        actor=hall.town.official, centre_id=hall.town.centre_a.id, name="storm", on=True, words=ja("停電しています。")
    )
    call = hall.incoming()
    assert any(note[1] == "message_told" for note in hall.read(call).flow_notes)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    set_message(actor=hall.town.official, centre_id=hall.town.centre_a.id, name="storm", on=False)
    call = hall.incoming()
    assert not any(note[1] == "message_told" for note in hall.read(call).flow_notes)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()


def test_what_was_keyed_in_lies_sealed(hall):
    from django.db import connection

    call = to_menu(hall)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM telephony_call WHERE flow_state::text LIKE %s", ["%menu%"])
        assert cursor.fetchone()[0] == 0
    assert hall.read(call).flow_state


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-06-03T10:00+09:00", "open"),
        ("2026-06-03T12:30+09:00", "lunch"),
        ("2026-06-03T20:00+09:00", "closed"),
        ("2026-06-06T10:00+09:00", "closed"),
        ("2026-05-05T10:00+09:00", "holiday"),
        ("2026-06-04T10:00+09:00", "holiday"),
    ],
)
def test_what_the_hours_say_of_a_moment(town, at, expected):
    SpecialDay.objects.create(centre=town.centre_a, day=date(2026, 6, 4), note="休館日")
    schedule = schedules_of([town.centre_a.id])[town.centre_a.id]
    assert opening(schedule, datetime.fromisoformat(at)) == expected


def test_who_is_connected_before_the_notice_is_not_recorded(hall):
    hall.seat("counsellor")
    call = hall.incoming()
    press(hall, call, "0")
    hall.wait(1)
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert hall.read(call).phase == CallPhase.TALKING and not Recording.objects.exists()
