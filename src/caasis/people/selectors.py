"""Reads of people, inside one centre only."""

from __future__ import annotations

from uuid import UUID

from caasis.kernel.actor import Actor, Purpose
from caasis.people.models import ContactPoint, Person
from caasis.privacy.services import blind_candidates, open_fields


def open_person(person: Person, *, actor: Actor, purpose: Purpose) -> dict[str, str]:
    """Everything known of a person, opened for a purpose and logged: PERSON_FIELDS, `phone`, `mail`."""
    values = open_fields(person, actor=actor, purpose=purpose)
    for point in person.contact_points.all():
        values[point.kind] = open_fields(point, "value", actor=actor, purpose=purpose)["value"]
    return values


def persons_by_phone(*, actor: Actor, phone: str) -> list[UUID]:
    """Ids of persons of the actor's centre with this number. A number is shared in families: never an identity."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return []
    indexes = blind_candidates(actor.centre_id, "phone", phone)
    return list(
        ContactPoint.objects.filter(centre_id=actor.centre_id, kind="phone", value_index__in=indexes)
        .values_list("person_id", flat=True)
        .distinct()
    )
