"""The order of the queue, and two people at one item."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from caasis.kernel.errors import NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import actor_transaction
from caasis.queues.selectors import waiting_items
from caasis.queues.services import enqueue, finish_item, put_back_item, take_item

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def put(town, title: str, *, minutes: int = 0, **more):
    return enqueue(
        centre_id=town.centre_a.id, subject_kind="contact", subject_id=uuid7(), title=title, arrived_at=NOW + timedelta(minutes=minutes), **more
    )


def test_injury_then_money_then_the_nearest_deadline_then_arrival(town):
    put(town, "late", minutes=9)
    put(town, "early", minutes=1)
    put(town, "deadline far", deadline_on=date(2026, 12, 20), minutes=2)
    put(town, "deadline near", deadline_on=date(2026, 12, 1), minutes=8)
    put(town, "money", money_moving=True, minutes=10)
    put(town, "money and deadline", money_moving=True, deadline_on=date(2026, 12, 30), minutes=11)
    put(town, "injury", injury=True, minutes=12)
    titles = [item.title for item in waiting_items(actor=town.counsellor)]
    assert titles == ["injury", "money and deadline", "money", "deadline near", "deadline far", "early", "late"]


def test_another_centre_sees_and_takes_nothing(town):
    item = put(town, "ours")
    assert not waiting_items(actor=town.outsider).exists()
    for actor in (town.outsider, town.ncac, town.admin):
        with pytest.raises(NotFound):
            take_item(actor=actor, item_id=item.id)


def test_the_second_is_told_that_somebody_was_faster(town):
    item = put(town, "one")
    with actor_transaction(town.counsellor):
        take_item(actor=town.counsellor, item_id=item.id)
        assert take_item(actor=town.counsellor, item_id=item.id).assigned_to == town.counsellor.id
    with pytest.raises(WrongState) as error:
        take_item(actor=town.counsellor2, item_id=item.id)
    assert error.value.details["assigned_to"] == town.counsellor.id


def test_put_back_it_waits_at_its_old_place(town):
    item = put(town, "one")
    take_item(actor=town.counsellor, item_id=item.id)
    with pytest.raises(NotAllowed):
        put_back_item(actor=town.counsellor2, item_id=item.id)
    put_back_item(actor=town.counsellor, item_id=item.id)
    assert [one.id for one in waiting_items(actor=town.counsellor)] == [item.id]


def test_a_subject_comes_back_only_after_it_was_done(town):
    item = put(town, "one")
    again = enqueue(centre_id=town.centre_a.id, subject_kind="contact", subject_id=item.subject_id, title="one", arrived_at=NOW)
    assert again.id == item.id
    finish_item(subject_kind="contact", subject_id=item.subject_id)
    assert not waiting_items(actor=town.counsellor).exists()
    enqueue(centre_id=town.centre_a.id, subject_kind="contact", subject_id=item.subject_id, title="one", arrived_at=NOW)
    assert waiting_items(actor=town.counsellor).count() == 1
