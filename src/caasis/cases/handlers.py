"""What the room does when a lower room tells something."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from caasis.cases.events import CaseTimelineGrew
from caasis.cases.jobs import read_files
from caasis.cases.models import Case, CaseContact, CaseEntry
from caasis.cases.rules.team_words import ClockKind, WaitingFor
from caasis.cases.services.clocks import ANSWERS, begin_clocks, resume_clocks, revive_clocks, stop_clocks
from caasis.cases.services.collecting import unread_files
from caasis.cases.subscriptions import any_at_once, match_at_once
from caasis.cases.vocabulary import EDITABLE, Entry, State
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
            _move_clocks(link.case, line)
            # Whoever has the surviving case of a merge on the screen reads the line there.
            for case_id in filter(None, (link.case_id, link.case.merged_into_id)):
                publish(
                    CaseTimelineGrew(subject=case_id, centre_id=link.case.handling_centre_id, kind="message"), actor=SYSTEM
                )


def _move_clocks(case: Case, line: CaseEntry) -> None:
    """An answer stops what the consumer waits for; what the consumer writes starts it, and ends waiting for the
    consumer."""
    if line.kind == Entry.ANSWER_SENT:
        stop_clocks(case, ANSWERS, at=line.at, reason="answered")
    elif line.kind == Entry.ANSWER_CANCELLED:
        revive_clocks(case, ANSWERS, at=line.at, reason="answer_cancelled")
    elif State(case.state) in EDITABLE:
        if case.clocks.filter(stopped_at=None, paused_for=WaitingFor.CONSUMER.value).exists():
            resume_clocks(case, at=line.at, reason="consumer_wrote")
        if not case.clocks.filter(stopped_at=None, kind__in=[kind.value for kind in ANSWERS]).exists():
            begin_clocks(case, ClockKind.NEXT, at=line.at)


@subscribe("cases.files", "channels.consumer_wrote")
def read_what_came(event: Delivered) -> None:
    """Files that the consumer sends to an open case are read. A job too many finds nothing to do."""
    for case_id in CaseContact.objects.filter(contact_id=event.subject).values_list("case_id", flat=True):
        if unread_files(case_id):
            read_files.defer(case_id=case_id)


@subscribe("cases.saved_searches", "cases.opened", "cases.card_saved", "cases.registered", wanted=any_at_once)
def tell_new_hits(event: Delivered) -> None:
    """Searches that want to be told at once hear of a case when it is first found; a second delivery tells nothing."""
    match_at_once(event.subject)
