"""Reads of the queue."""

from __future__ import annotations

from django.db.models import F, QuerySet

from caasis.kernel.actor import Actor
from caasis.queues.models import WorkItem


def waiting_items(*, actor: Actor) -> QuerySet[WorkItem]:
    """What waits in the actor's centre: injury, money about to move, legal deadline, arrival."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return WorkItem.objects.none()
    return WorkItem.objects.filter(centre_id=actor.centre_id, state=WorkItem.State.WAITING).order_by(
        F("injury").desc(), F("money_moving").desc(), F("deadline_on").asc(nulls_last=True), "arrived_at"
    )
