"""Follows the registration of cases, and corrections of what was registered."""

from __future__ import annotations

from caasis.analytics.events import FactsChanged
from caasis.analytics.facts import store_facts
from caasis.cases.models import Case
from caasis.cases.vocabulary import State
from caasis.kernel.actor import SYSTEM
from caasis.platform.outbox.handlers import Delivered, subscribe
from caasis.platform.outbox.publish import publish


@subscribe("analytics.facts", "cases.registered", "cases.corrected")
def count_registered_case(event: Delivered) -> None:
    """One row a case: a second registration after a reopening, or a correction (補正), refreshes it and counts nothing
    twice."""
    if event.topic == "cases.corrected" and not Case.objects.filter(id=event.subject, state=State.REGISTERED.value).exists():
        # Reopened meanwhile: what is half typed isn't counted, and the next registration refreshes the row.
        return
    store_facts([event.subject])
    publish(FactsChanged(subject=event.subject, centre_id=event.centre_id), actor=SYSTEM)
