"""A notice letter was made: that it was is written down, what it said is not kept."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from caasis.cases.events import CaseTimelineGrew
from caasis.cases.models import CaseEntry
from caasis.cases.rules.letters import LetterKind
from caasis.cases.services.guards import locked_case, log
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

#: The same letter as PDF and as text, or once more after a change, is one line of the timeline.
ONE_LINE = timedelta(minutes=10)


def record_letter(*, actor: Actor, case_id: UUID, kind: LetterKind, form: str) -> CaseEntry | None:
    """Write a line into the timeline and the access log. Returns the line, or None where one stands there already.

    `form` is pdf or txt. :raises NotFound: hidden or absent. :raises NotAllowed: nobody who works on the case.
    """
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        log(case, "make_letter", actor=actor, fields=(kind.value, form))
        now = timezone.now()
        recent = case.entries.filter(kind=Entry.LETTER_MADE.value, actor_id=actor.id, at__gte=now - ONE_LINE)
        if any(line.data.get("letter") == kind.value for line in recent):
            return None
        line = entry(case, Entry.LETTER_MADE, actor=actor, at=now, letter=kind.value)
        line.save(force_insert=True)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="letter"), actor=actor)
        return line
