"""What the room does when a lower room tells something."""

from __future__ import annotations

from caasis.people.models import Person
from caasis.platform.outbox.handlers import Delivered, subscribe


@subscribe("people.forget", "privacy.record_erased")
def forget_watch(event: Delivered) -> None:
    """Who was erased is looked after no more: a flag would say something of a person whom nobody may know."""
    Person.objects.filter(record_key_id=event.subject, watch_over=True).update(watch_over=False, watch_review_on=None)
