"""That a person looked at a request for 決裁: their next look begins there."""

from __future__ import annotations

from django.utils import timezone

from caasis.cases.models import Approval, ApprovalLook
from caasis.kernel.actor import Actor
from caasis.platform.transactions import actor_transaction


def note_look(*, actor: Actor, approval: Approval) -> None:
    """Keep that the actor has this request on the screen. A second look changes nothing."""
    if actor.id is None or not actor.works_for(approval.centre_id):
        return
    with actor_transaction(actor):
        ApprovalLook.objects.bulk_create(
            [ApprovalLook(approval=approval, centre_id=approval.centre_id, user_id=actor.id, seen_at=timezone.now())],
            ignore_conflicts=True,
        )
