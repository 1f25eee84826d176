"""Putting work into the queue and taking it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.queues.models import Queue, WorkItem
from caasis.queues.rules.skills import required_error
from caasis.queues.vocabulary import ChannelKind

FASTER = "ほかの相談員が先に引き受けました。"
_OVER = (WorkItem.State.DONE, WorkItem.State.CANCELLED)


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
    queue_id: UUID | None = None,
    channel: ChannelKind = ChannelKind.WEB,
    required_skills: Mapping[str, int] | None = None,
    priority: int = 0,
    priority_reasons: Sequence[str] = (),
) -> WorkItem:
    """Put a subject into its centre's queue; a subject that is there already comes back to the waiting state.

    `queue_id` names the queue of what rules give out. `priority` is that of `rules.priority`.

    :raises Invalid: required skills (code → least level) that are none.
    """
    if sentence := required_error(required_skills or {}):
        raise Invalid(fields={"required_skills": [sentence]})
    given_out = {
        "queue_id": queue_id,
        "channel": channel.value,
        "required_skills": dict(required_skills or {}),
        "priority": priority,
        "priority_reasons": list(priority_reasons),
    }
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
            **given_out,
        },
    )
    if not created and item.state in _OVER:
        item.state = WorkItem.State.WAITING
        item.arrived_at = arrived_at
        item.assigned_to = None
        changed = ["state", "arrived_at", "assigned_to", "updated_at"]
        if queue_id is not None:
            item.centre_id = centre_id
            for name, value in given_out.items():
                setattr(item, name, value)
            changed += ["centre_id", *given_out]
        item.save(update_fields=changed)
    return item


def take_item(*, actor: Actor, item_id: UUID) -> WorkItem:
    """Take a waiting item. Two who take it at once: the second is told who has it."""
    item = WorkItem.objects.select_for_update().filter(id=item_id).first()
    if item is None or not actor.works_for(item.centre_id):
        raise NotFound
    if item.state == WorkItem.State.TAKEN and item.assigned_to == actor.id:
        return item
    if item.state != WorkItem.State.WAITING:
        raise WrongState(FASTER, assigned_to=item.assigned_to)
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
    WorkItem.objects.filter(subject_kind=subject_kind, subject_id=subject_id).exclude(state=WorkItem.State.DONE).update(
        state=WorkItem.State.DONE, done_at=timezone.now()
    )


# --- what rules give out: called by the room above in the transaction in which it decides ------------------------------


def assign_item(*, subject_kind: str, subject_id: UUID, user_id: UUID, at: datetime | None = None) -> WorkItem:
    """Give a waiting item to an agent. Told twice, it is done once.

    :raises NotFound: it is in no queue. :raises WrongState: somebody else has it, or it is over.
    """
    item = _locked(subject_kind, subject_id)
    if item.state == WorkItem.State.TAKEN and item.assigned_to == user_id:
        return item
    if item.state != WorkItem.State.WAITING:
        raise WrongState(FASTER, assigned_to=item.assigned_to)
    item.state, item.assigned_to, item.taken_at = WorkItem.State.TAKEN, user_id, at or timezone.now()
    return _saved(item, "state", "assigned_to", "taken_at")


def return_item(*, subject_kind: str, subject_id: UUID) -> WorkItem:
    """The agent did not answer: the item waits again at its old place. What waits or is over stays as it is.

    :raises NotFound: it is in no queue.
    """
    item = _locked(subject_kind, subject_id)
    if item.state != WorkItem.State.TAKEN:
        return item
    item.state, item.assigned_to, item.taken_at = WorkItem.State.WAITING, None, None
    return _saved(item, "state", "assigned_to", "taken_at")


def move_item(*, subject_kind: str, subject_id: UUID, queue_id: UUID, priority: int | None = None) -> WorkItem:
    """Let a waiting item wait in another queue, perhaps a partner's, or with another priority in its own.

    It keeps the time at which it arrived. Told twice, it is done once.

    :raises NotFound: it, or the queue, is not there. :raises WrongState: it waits no more.
    """
    item = _locked(subject_kind, subject_id)
    queue = Queue.objects.filter(id=queue_id, active=True).first()
    if queue is None:
        raise NotFound("この列は見つかりません。")
    if item.state != WorkItem.State.WAITING:
        raise WrongState(FASTER, assigned_to=item.assigned_to)
    if item.queue_id == queue.id and priority in (None, item.priority):
        return item
    item.queue, item.centre_id = queue, queue.centre_id
    if priority is not None:
        item.priority = priority
    return _saved(item, "queue", "centre_id", "priority")


def cancel_item(*, subject_kind: str, subject_id: UUID, at: datetime | None = None) -> None:
    """Whoever waited waits no more: hung up, or withdrew. What is over stays as it is."""
    WorkItem.objects.filter(subject_kind=subject_kind, subject_id=subject_id).exclude(state__in=_OVER).update(
        state=WorkItem.State.CANCELLED, done_at=at or timezone.now()
    )


def _locked(subject_kind: str, subject_id: UUID) -> WorkItem:
    item = WorkItem.objects.select_for_update().filter(subject_kind=subject_kind, subject_id=subject_id).first()
    if item is None:
        raise NotFound("列に見つかりません。")
    return item


def _saved(item: WorkItem, *changed: str) -> WorkItem:
    item.version += 1
    item.save(update_fields=[*changed, "version", "updated_at"])
    return item
