"""Follows the registration of cases."""

from __future__ import annotations

from caasis.analytics.events import FactsChanged
from caasis.analytics.facts import store_facts
from caasis.kernel.actor import SYSTEM
from caasis.platform.outbox.handlers import Delivered, subscribe
from caasis.platform.outbox.publish import publish


@subscribe("analytics.facts", "cases.registered")
def count_registered_case(event: Delivered) -> None:
    """One row a case: a second registration after a reopening refreshes it and counts nothing twice."""
    store_facts([event.subject])
    publish(FactsChanged(subject=event.subject, centre_id=event.centre_id), actor=SYSTEM)
