"""What the room does when a lower room tells something."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from caasis.cases.events import CaseTimelineGrew
from caasis.cases.models import CaseContact, CaseEntry
from caasis.cases.subscriptions import match_at_once
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import SYSTEM
from caasis.platform.outbox.handlers import Delivered, subscribe
from caasis.platform.outbox.publish import publish

_KINDS = {
    "channels.consumer_wrote": Entry.CONSUMER_WROTE,
    "channels.answer_written": Entry.ANSWER_SENT,
    "channels.answer_cancelled": Entry.ANSWER_CANCELLED,
}


@subscribe("cases.timeline", *_KINDS)
def note_in_timeline(event: Delivered) -> None:
    """A message of a contact stands in the timeline of each of its cases. The line's id comes from the position, so a
    second delivery writes nothing twice."""
    for link in CaseContact.objects.filter(contact_id=event.subject).select_related("case"):
        line = CaseEntry(
            id=uuid5(NAMESPACE_URL, f"cases.timeline:{event.position}:{link.case_id}"),
            case=link.case,
            at=timezone.now(),
            kind=_KINDS[event.topic].value,
            actor_id=event.actor_id,
            data={"message": event.payload.get("message", "")},
        )
        _, created = CaseEntry.objects.get_or_create(
            id=line.id, defaults={"case": line.case, "at": line.at, "kind": line.kind, "actor_id": line.actor_id, "data": line.data}
        )
        if created:
            publish(
                CaseTimelineGrew(subject=link.case_id, centre_id=link.case.handling_centre_id, kind="message"),
                actor=SYSTEM,
            )


@subscribe("cases.saved_searches", "cases.opened", "cases.card_saved", "cases.registered")
def tell_new_hits(event: Delivered) -> None:
    """Searches that want to be told at once hear of a case when it is first found; a second delivery tells nothing."""
    match_at_once(event.subject)
