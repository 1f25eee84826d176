"""Follows the registration of cases, and corrections of what was registered."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from caasis.analytics.events import FactsChanged
from caasis.analytics.facts import store_facts
from caasis.analytics.reading import record_readings
from caasis.analytics.rules.readers import Readings
from caasis.cases.models import Case
from caasis.cases.vocabulary import State
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.platform.outbox.handlers import Delivered, subscribe
from caasis.platform.outbox.publish import publish_all


def count_registered_cases(events: Sequence[Delivered]) -> None:
    """One row a case: a second registration after a reopening, or a correction (補正), refreshes it and counts nothing
    twice."""
    corrected = {event.subject for event in events if event.topic == "cases.corrected"}
    # Reopened meanwhile: what is half typed isn't counted, and the next registration refreshes the row.
    counted = set(Case.objects.filter(id__in=corrected, state=State.REGISTERED.value).values_list("id", flat=True))
    told = {
        event.subject: FactsChanged(subject=event.subject, centre_id=event.centre_id)
        for event in events
        if event.topic != "cases.corrected" or event.subject in counted
    }
    store_facts(told)
    publish_all(told.values(), actor=SYSTEM)


@subscribe("analytics.facts", "cases.registered", "cases.corrected", together=count_registered_cases)
def count_registered_case(event: Delivered) -> None:
    """The same for one."""
    count_registered_cases([event])


@subscribe("analytics.votes", "knowledge.article_voted")
def count_vote(event: Delivered) -> None:
    """Votes by day (K2). Written in one transaction with the cursor, so that each counts once."""
    readings = Readings(day_in_japan(timezone.now()))
    readings.counts["useful" if event.payload["useful"] else "not_useful", str(event.payload["number"])] += 1
    record_readings(readings)
