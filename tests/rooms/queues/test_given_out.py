"""What rules give out: it stands beside the list that is taken by hand, keeps its place, and shows on the wallboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.queues import services as queues
from caasis.queues.models import Queue, WorkItem
from caasis.queues.selectors import items_to_give_out, queue_board, waiting_items
from caasis.queues.services import QueueSetup
from caasis.queues.vocabulary import AgentState, ChannelKind

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def queue(town: Any) -> Queue:
    return queues.default_queue(centre_id=town.centre_a.id)


def put(queue: Queue, *, minutes: float = 0, channel: ChannelKind = ChannelKind.PHONE, **more: Any) -> WorkItem:
    return queues.enqueue(
        centre_id=queue.centre_id,
        subject_kind="call",
        subject_id=uuid7(),
        title="着信",
        arrived_at=NOW - timedelta(minutes=minutes),
        queue_id=queue.id,
        channel=channel,
        **more,
    )


def about(item: WorkItem) -> dict[str, Any]:
    return {"subject_kind": item.subject_kind, "subject_id": item.subject_id}


def test_calls_and_call_backs_do_not_stand_in_the_list_that_is_taken_by_hand(town, queue):
    put(queue), put(queue, channel=ChannelKind.CALLBACK)
    mail = put(queue, channel=ChannelKind.MAIL)
    web = queues.enqueue(centre_id=town.centre_a.id, subject_kind="contact", subject_id=uuid7(), title="Web", arrived_at=NOW)
    assert set(waiting_items(actor=town.counsellor)) == {mail, web}
    assert web.channel == "web" and web.queue is None and web.required_skills == {} and web.priority_reasons == []
    assert not items_to_give_out(actor=SYSTEM).filter(id=web.id).exists()


def test_inside_a_queue_priority_goes_first_and_arrival_decides(town, queue):
    late, early = put(queue, minutes=1), put(queue, minutes=9)
    watched = put(queue, minutes=2, priority=20, priority_reasons=["watch_over"], required_skills={"debt": 3})
    other = put(queues.default_queue(centre_id=town.centre_b.id))
    assert list(items_to_give_out(actor=SYSTEM, queue_ids=[queue.id])) == [watched, early, late]
    ages = put(queue, minutes=13)
    assert list(items_to_give_out(actor=SYSTEM, queue_ids=[queue.id])) == [ages, watched, early, late], (
        "twenty points are ten minutes: priority ages, and nobody waits for ever"
    )
    assert set(items_to_give_out(actor=SYSTEM)) == {watched, early, late, other, ages}
    assert watched.required_skills == {"debt": 3} and watched.priority_reasons == ["watch_over"]
    for actor in (town.supervisor, town.outsider, town.admin):
        assert not items_to_give_out(actor=actor).exists()
    with pytest.raises(Invalid):
        put(queue, required_skills={"debt": 9})


def test_given_to_an_agent_returned_and_given_again_it_keeps_its_place(town, queue):
    item = put(queue, minutes=5)
    for _ in range(2):
        given = queues.assign_item(**about(item), user_id=town.counsellor.id, at=NOW)
    assert (given.state, given.assigned_to, given.taken_at) == ("taken", town.counsellor.id, NOW)
    with pytest.raises(WrongState) as error:
        queues.assign_item(**about(item), user_id=town.counsellor2.id)
    assert error.value.details["assigned_to"] == town.counsellor.id
    for _ in range(2):
        back = queues.return_item(**about(item))
    assert (back.state, back.assigned_to, back.arrived_at) == ("waiting", None, item.arrived_at)
    queues.assign_item(**about(item), user_id=town.counsellor2.id)
    queues.finish_item(**about(item))
    assert queues.return_item(**about(item)).state == "done"
    with pytest.raises(NotFound):
        queues.assign_item(subject_kind="call", subject_id=uuid7(), user_id=town.counsellor.id)


def test_it_moves_to_a_partners_queue_with_the_time_at_which_it_came(town, queue):
    item, theirs = put(queue, minutes=5), queues.default_queue(centre_id=town.centre_b.id)
    for _ in range(2):
        moved = queues.move_item(**about(item), queue_id=theirs.id, priority=3)
    assert (moved.queue_id, moved.centre_id, moved.arrived_at, moved.priority) == (theirs.id, town.centre_b.id, item.arrived_at, 3)
    # Something has happened to the caller meanwhile: the same queue, another priority.
    assert queues.move_item(**about(item), queue_id=theirs.id, priority=40).priority == 40
    assert queues.move_item(**about(item), queue_id=theirs.id).priority == 40
    closed = queues.add_queue(actor=town.official, centre_id=town.centre_a.id, setup=QueueSetup(name="閉", active=False))
    for target in (closed.id, uuid7()):
        with pytest.raises(NotFound):
            queues.move_item(**about(item), queue_id=target)
    queues.cancel_item(**about(item), at=NOW)
    with pytest.raises(WrongState):
        queues.move_item(**about(item), queue_id=queue.id)
    item.refresh_from_db()
    assert (item.state, item.done_at) == ("cancelled", NOW)


def test_what_is_over_is_not_cancelled_and_comes_back_where_it_is_put(town, queue):
    item = put(queue)
    queues.finish_item(**about(item))
    queues.cancel_item(**about(item))
    item.refresh_from_db()
    assert item.state == "done"
    theirs = queues.default_queue(centre_id=town.centre_b.id)
    again = queues.enqueue(
        centre_id=town.centre_b.id, title="着信", arrived_at=NOW, queue_id=theirs.id, channel=ChannelKind.CALLBACK, priority=10, **about(item)
    )
    assert (again.id, again.state, again.queue_id, again.centre_id, again.channel, again.priority) == (
        item.id, "waiting", theirs.id, town.centre_b.id, "callback", 10,
    )  # fmt: skip


def test_what_the_release_before_writes_gets_safe_defaults(town):
    """Code of the release before runs on for a moment after the tables are changed, and names none of the new columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO queues_work_item (id, created_at, updated_at, version, centre_id, subject_kind, subject_id, title,"
            " state, injury, money_moving, arrived_at)"
            " VALUES (gen_random_uuid(), now(), now(), 1, %s, 'contact', gen_random_uuid(), 'x', 'waiting', false, false, now())",
            [town.centre_a.id],
        )
    (item,) = waiting_items(actor=town.counsellor)
    assert (item.channel, item.queue, item.required_skills, item.priority, item.priority_reasons) == ("web", None, {}, 0, [])


# --- the wallboard ----------------------------------------------------------------------------------------------------


def test_the_wallboard_counts_who_waits_and_who_is_there(town, queue, django_assert_num_queries):
    other = queues.add_queue(actor=town.supervisor, centre_id=town.centre_a.id, setup=QueueSetup(name="外国語", target_seconds=30))
    put(queue, minutes=2), put(queue, minutes=7), put(queue, minutes=60, channel=ChannelKind.CALLBACK)
    queues.assign_item(**about(put(queue, minutes=90)), user_id=town.counsellor.id)
    put(queues.default_queue(centre_id=town.centre_b.id), minutes=500)
    queues.enqueue(centre_id=town.centre_a.id, subject_kind="contact", subject_id=uuid7(), title="Web", arrived_at=NOW - timedelta(hours=3))
    queues.sign_in(actor=town.counsellor)
    queues.sign_in(actor=town.counsellor2, state=AgentState.BREAK)
    queues.sign_in(actor=town.outsider)
    with actor_transaction(town.counsellor), django_assert_num_queries(3):
        board = queue_board(actor=town.counsellor, now=NOW)
    lines = {line.name: line for line in board.lines}
    assert list(lines) == [queue.name, "外国語", "手で引き受けるもの"]
    phone = lines[queue.name]
    assert (phone.waiting, phone.longest_wait_s, phone.live, phone.longest_live_wait_s) == (3, 3600, 2, 420)
    assert (lines["外国語"].waiting, lines["外国語"].longest_wait_s, lines["外国語"].target_seconds) == (0, None, 30)
    assert (lines["手で引き受けるもの"].waiting, lines["手で引き受けるもの"].live) == (1, 0)
    assert (board.live, board.longest_live_wait_s) == (2, 420)
    assert board.agents == dict.fromkeys(AgentState, 0) | {AgentState.AVAILABLE: 1, AgentState.BREAK: 1}
    assert {line.queue_id for line in board.lines} == {queue.id, other.id, None}


def test_an_empty_wallboard_and_who_sees_none(town, queue):
    with actor_transaction(town.official):
        board = queue_board(actor=town.official)
    assert board.live == 0 and board.longest_live_wait_s is None and sum(board.agents.values()) == 0
    with actor_transaction(town.outsider):
        assert queue.id not in {line.queue_id for line in queue_board(actor=town.outsider).lines}
    for actor in (town.ncac, town.analyst, town.admin):
        with pytest.raises(NotAllowed):
            queue_board(actor=actor)


def test_a_queue_that_was_closed_is_shown_while_somebody_waits_in_it(town):
    closing = queues.add_queue(actor=town.official, centre_id=town.centre_a.id, setup=QueueSetup(name="夜"))
    item = put(closing)
    queues.change_queue(actor=town.official, queue_id=closing.id, version=1, setup=QueueSetup(name="夜", active=False))
    with system_transaction():
        assert "夜" in [line.name for line in queue_board(actor=town.official).lines]
        queues.cancel_item(**about(item))
        assert "夜" not in [line.name for line in queue_board(actor=town.official).lines]
