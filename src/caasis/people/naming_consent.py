"""The consumer's consent to be named to a business: recorded and withdrawn, in the table of consents."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from caasis.kernel.actor import Actor
from caasis.people.models import Consent, Person

NAMING = "name_to_business"


def record_naming_consent(*, actor: Actor, person: Person, means: str, given_at: datetime) -> UUID:
    """A row for this person; the caller has checked permission, writes the log, and keeps the id with its mediation."""
    row = Consent.objects.create(
        person=person,
        centre_id=person.centre_id,
        kind=NAMING,
        given_at=given_at,
        given_by_means=means,
        recorded_by=actor.id,
    )
    return row.id


def withdraw_naming_consent(*, consent_id: UUID, at: datetime) -> None:
    """The row stays and says until when it held."""
    Consent.objects.filter(id=consent_id, withdrawn_at=None).update(withdrawn_at=at)
