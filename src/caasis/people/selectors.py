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


def persons_like(*, actor: Actor, person: Person) -> dict[UUID, str]:
    """Other persons of the same centre with the same number, address or name: id → what is alike, in words.

    Compared by the blind index alone: nothing is opened, and nothing of another centre is touched.
    """
    if person.centre_id != actor.centre_id or not actor.works_for(person.centre_id):
        return {}
    found: dict[UUID, str] = {}
    for point in person.contact_points.all():
        if point.value_index is None:
            continue
        words = "電話番号が同じ" if point.kind == "phone" else "メールアドレスが同じ"
        same = ContactPoint.objects.filter(centre_id=person.centre_id, kind=point.kind, value_index=point.value_index)
        for person_id in same.exclude(person_id=person.pk).values_list("person_id", flat=True):
            found.setdefault(person_id, words)
    named = [("name_index", "氏名が同じ"), ("kana_index", "ふりがなが同じ")]
    for column, words in named:
        value = getattr(person, column)
        if value is None:
            continue
        rows = Person.objects.filter(centre_id=person.centre_id, erased_at=None, **{column: value}).exclude(pk=person.pk)
        for person_id in rows.values_list("pk", flat=True)[:50]:
            found.setdefault(person_id, words)
    return found
