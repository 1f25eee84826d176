"""Dead letters: what a handler refused after all tries, for the operator to try again or to give up."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from caasis.platform.outbox.models import DeadLetter


def open_letters() -> QuerySet[DeadLetter]:
    """Letters that nobody has settled, the oldest first."""
    return DeadLetter.objects.filter(resolved_at=None).order_by("created_at")


def give_up(letter_id: UUID) -> bool:
    """Settle a letter without delivering it. False when it is settled already, or none. The row stays."""
    letter = open_letters().select_for_update().filter(id=letter_id).first()
    if letter is None:
        return False
    letter.resolved_at = timezone.now()
    letter.save(update_fields=["resolved_at"])
    return True
