"""Putting work into the queue and taking it out."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotAllowed, NotFound, WrongState
from caasis.queues.models import WorkItem


def enqueue(
    *,
    centre_id: UUID,
    subject_kind: str,
    subject_id: UUID,
    title: str,
    arrived_at: datetime,
    injury: bool = False,
    money_moving: bool = False,
    deadline_on: date | None = None,
    due_at: datetime | None = None,
) -> WorkItem:
    """Put a subject into its centre's queue; a subject that is there already comes back to the waiting state."""
    item, created = WorkItem.objects.get_or_create(
        subject_kind=subject_kind,
        subject_id=subject_id,
        defaults={
            "centre_id": centre_id,
            "title": title,
            "arrived_at": arrived_at,
            "injury": injury,
            "money_moving": money_moving,
            "deadline_on": deadline_on,
            "due_at": due_at,
        },
    )
    if not created and item.state in (WorkItem.State.DONE, WorkItem.State.CANCELLED):
        item.state = WorkItem.State.WAITING
        item.arrived_at = arrived_at
        item.assigned_to = None
        item.save(update_fields=["state", "arrived_at", "assigned_to", "updated_at"])
    return item


def take_item(*, actor: Actor, item_id: UUID) -> WorkItem:
    """Take a waiting item. Two who take it at once: the second is told who has it."""
    item = WorkItem.objects.select_for_update().filter(id=item_id).first()
    if item is None or not actor.works_for(item.centre_id):
        raise NotFound
    if item.state == WorkItem.State.TAKEN and item.assigned_to == actor.id:
        return item
    if item.state != WorkItem.State.WAITING:
        raise WrongState("ほかの相談員が先に引き受けました。", assigned_to=item.assigned_to)
    item.state = WorkItem.State.TAKEN
    item.assigned_to = actor.id
    item.taken_at = timezone.now()
    item.version += 1
    item.save(update_fields=["state", "assigned_to", "taken_at", "version", "updated_at"])
    return item


def put_back_item(*, actor: Actor, item_id: UUID) -> WorkItem:
    """Undo of taking: the item waits again at its old place."""
    item = WorkItem.objects.select_for_update().filter(id=item_id).first()
    if item is None or not actor.works_for(item.centre_id):
        raise NotFound
    if item.assigned_to != actor.id:
        raise NotAllowed("引き受けた本人だけが戻せます。")
    item.state = WorkItem.State.WAITING
    item.assigned_to = None
    item.version += 1
    item.save(update_fields=["state", "assigned_to", "version", "updated_at"])
    return item


def finish_item(*, subject_kind: str, subject_id: UUID) -> None:
    """The subject is dealt with."""
    WorkItem.objects.filter(subject_kind=subject_kind, subject_id=subject_id).exclude(
        state=WorkItem.State.DONE
    ).update(state=WorkItem.State.DONE, done_at=timezone.now())
