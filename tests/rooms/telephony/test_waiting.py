"""Who waits is told where they stand and how long it may take (F75): the order is the one in which calls are given out."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caasis.appointments.services import promise_callback
from caasis.appointments.vocabulary import AskedBy
from caasis.platform.transactions import system_transaction
from caasis.queues.models import AgentSkill, Skill
from caasis.queues.services.agents import plan_next_state
from caasis.queues.vocabulary import AgentState
from caasis.telephony.models import Call
from caasis.telephony.services import add_flow, publish_version, save_draft, save_number
from caasis.telephony.switchboard import queueing, waiting
from caasis.telephony.switchboard.work import waiting_items, works_of
from caasis.telephony.vocabulary import CallPhase, RequestKind
from tests.rooms.telephony.flow_document import ja
from tests.rooms.telephony.hall import LINE, Hall, assert_true
from tests.rooms.telephony.test_flow_sounds import Speaker

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town, as_system, settings, tmp_path):
    settings.TELEPHONY_PROMPTS = tmp_path / "prompts"
    settings.TELEPHONY_SPEECH = f"{Speaker.__module__}.Speaker"
    Speaker.asked.clear()
    made = Hall(town)
    yield made
    assert_true(made)
    assert made.refused_orders() == []


def use_flow(hall: Hall, **queue: object) -> None:
    """Calls go straight into the queue, and hear where they stand."""
    document = {
        "name": "待つ",
        "boxes": [
            {"kind": "start", "id": "start", "next": {"next": "person"}},
            {"kind": "queue", "id": "person", "queue": str(hall.queue.id), "next": {"unavailable": "bye"},
             "say_place": ja("いま{place}番目です。"), "say_wait": ja("約{minutes}分です。"), **queue},
            {"kind": "hang_up", "id": "bye", "say": ja("おかけ直しください。"), "counts_as": "after_hours"},
            {"kind": "emergency", "id": "urgent", "key": "0", "next": {"next": "person"}},
        ],
    }  # fmt: skip
    town = hall.town
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="待つ")
    version = save_draft(actor=town.supervisor, flow_id=flow.id, document=document)
    publish_version(actor=town.supervisor, version_id=version.id)
    save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number=LINE, label="代表", flow_id=flow.id,
        queue_id=hall.queue.id, number_id=hall.number.id,
    )  # fmt: skip


def talking(hall: Hall, *names: str) -> None:
    """These agents are in a call each."""
    for place, name in enumerate(names):
        hall.seat(name)
        hall.connected(name, caller=f"+8190555502{place:02}")


def callers(hall: Hall, count: int) -> list[Call]:
    return [hall.incoming(caller=f"+8190555501{place:02}") for place in range(count)]


def standings(hall: Hall, calls: list[Call]) -> list[tuple[int | None, float | None]]:
    with system_transaction():
        return [waiting.standing(hall.read(call), hall.now()) for call in calls]


def test_place_and_wait_are_told_at_the_beginning_and_again(hall):
    use_flow(hall, tell_every_s=60)
    talking(hall, "counsellor", "counsellor2")
    calls = callers(hall, 3)
    hall.wait(4)
    assert Speaker.asked == [], "who may be answered at once is told nothing yet"
    hall.wait(2)
    # Fifteen minutes a call where nothing is known yet, two agents: 7.5, 15 and 22.5 minutes.
    assert set(Speaker.asked) == {
        "いま1番目です。", "約8分です。", "いま2番目です。", "約15分です。", "いま3番目です。", "約25分です。",
    }  # fmt: skip
    assert not any("hold_music" in source for source in hall.hears(hall.leg(calls[2])))
    hall.wait(10)
    assert hall.hears(hall.leg(calls[2])) == {"prompt:hold_music"}
    Speaker.asked.clear()
    hall.world.peer_hangs_up(hall.leg(calls[0]))
    hall.wait(40)
    assert Speaker.asked == []
    played = {call.id: call.orders.filter(kind="Play").count() for call in calls[1:]}
    hall.wait(20)
    assert all(call.orders.filter(kind="Play").count() > played[call.id] for call in calls[1:])
    assert [place for place, _ in standings(hall, calls[1:])] == [1, 2]


def test_a_call_that_is_being_rung_for_is_told_nothing(hall):
    use_flow(hall)
    hall.seat("counsellor")
    call = hall.incoming()
    hall.wait(10)
    assert hall.read(call).phase == CallPhase.RINGING and Speaker.asked == []
    assert standings(hall, [call]) == [(None, None)]


def test_who_presses_the_emergency_key_is_the_next_one(hall):
    use_flow(hall)
    talking(hall, "counsellor")
    first, second, third = callers(hall, 3)
    hall.world.press(hall.leg(third), "0")
    hall.wait(1)
    assert [place for place, _ in standings(hall, [first, second, third])] == [2, 3, 1]


def test_a_head_start_counts_as_in_routing(hall):
    talking(hall, "counsellor")
    gave_up = hall.incoming(caller="+819055550199")
    hall.world.peer_hangs_up(hall.leg(gave_up))
    hall.turn()
    first = hall.incoming(caller="+819055550101")
    again = hall.incoming(caller="+819055550199")
    assert [place for place, _ in standings(hall, [first, again])] == [2, 1]


def test_only_agents_with_the_skills_count_for_the_wait(hall):
    talking(hall, "counsellor", "counsellor2")
    town = hall.town
    with system_transaction():
        skill = Skill.objects.create(centre_id=town.centre_a.id, code="english", label="英語")
        for name, level in (("counsellor", 3), ("counsellor2", 2)):
            AgentSkill.objects.create(
                user_id=town.actors[name].id, centre_id=town.centre_a.id, skill=skill, level=level,
                valid_from=date(2026, 1, 1),
            )  # fmt: skip
    use_flow(hall, skills={"english": 3})
    first, second = callers(hall, 2)
    assert standings(hall, [first, second]) == [(1, 900.0), (2, 1800.0)]
    AgentSkill.objects.filter(user_id=town.actors["counsellor"].id).update(valid_to=date(2026, 6, 2))
    assert standings(hall, [first]) == [(1, None)], "nobody is at work who can: nothing is promised"


def test_the_wait_is_that_of_the_last_calls_of_the_queue(hall):
    talking(hall, "counsellor")
    talk = Call.objects.get()
    hall.wait(100)
    hall.world.peer_hangs_up(hall.leg(talk))
    hall.turn()
    hall.wait(20)
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    hall.connected("counsellor", caller="+819055550150")
    (waits,) = callers(hall, 1)
    assert standings(hall, [waits]) == [(1, 120.0)]


def test_agents_in_a_break_or_about_to_take_one_are_not_waited_for(hall):
    talking(hall, "counsellor", "counsellor2")
    (call,) = callers(hall, 1)
    assert standings(hall, [call]) == [(1, 450.0)]
    plan_next_state(actor=hall.town.actors["counsellor2"], state=AgentState.BREAK)
    assert standings(hall, [call]) == [(1, 900.0)]


def test_a_partners_calls_and_agents_are_their_own(hall):
    hall.seat("outsider")
    hall.board_closed()
    (call,) = callers(hall, 1)
    assert standings(hall, [call]) == [(1, None)]


def test_a_thousand_who_ask_at_once_are_answered_out_of_one_look(hall, django_assert_max_num_queries):
    talking(hall, "counsellor")
    calls = callers(hall, 6)
    with system_transaction(), waiting.one_look():
        waiting.standing(calls[0], hall.now())
        with django_assert_max_num_queries(0):
            assert [waiting.standing(call, hall.now())[0] for call in calls[1:]] == [2, 3, 4, 5, 6]


def test_a_turn_reads_no_more_where_more_wait(hall):
    talking(hall, "counsellor")
    town = hall.town

    def cost() -> tuple[int, int]:
        with system_transaction():
            with CaptureQueriesContext(connection) as nobody_free:
                assert queueing.offer_all(now=hall.now(), boot="") == 0
            items = waiting_items([town.centre_a.id])
            with CaptureQueriesContext(connection) as read:
                found = works_of(items, hall.now())
        assert len(found) == len(items)
        return len(nobody_free), len(read)

    def promise(place: int) -> None:
        promise_callback(
            actor=town.counsellor, centre_id=town.centre_a.id, number=f"+8190555503{place:02}",
            asked_by=AskedBy.STAFF, queue_id=hall.queue.id, now=hall.now(),
        )  # fmt: skip

    callers(hall, 1)
    promise(1)
    hall.turn()
    before = cost()
    for place in range(2, 6):
        promise(place)
        hall.incoming(caller=f"+8190555504{place:02}")
    assert cost() == before and before[0] <= 2 and before[1] <= 3
