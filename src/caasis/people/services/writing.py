"""Writing people: sealed values together with their blind index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from caasis.people.models import ContactPoint, Person
from caasis.platform.inserting import new_row
from caasis.privacy.keys import new_record_key, record_key_bytes, ring
from caasis.privacy.models import RecordKey
from caasis.privacy.services import blind_mail, blind_name, blind_phone, seal

#: Fields of a person as a form gives them.
PERSON_FIELDS = ("name", "kana", "postcode", "address", "contact_note")
POINT_KINDS = ("phone", "mail")


@dataclass(slots=True)
class PersonRows:
    """Unsaved rows of one new person, for single and bulk writers alike."""

    key: RecordKey
    person: Person
    points: list[ContactPoint] = field(default_factory=list)


def build_person(*, centre_id: UUID, values: Mapping[str, str]) -> PersonRows:
    """Rows of a person known to one centre. `values` takes PERSON_FIELDS, `phone` and `mail`; absent means unknown."""
    key_row, key = new_record_key(centre_id)
    keys = ring()
    person = new_row(Person, centre_id=centre_id, record_key_id=key_row.id, index_version=keys.blind)
    for name in PERSON_FIELDS:
        setattr(person, name, seal(person, name, values.get(name, ""), key=key))
    person.name_index = blind_name(centre_id, values.get("name", ""))
    person.kana_index = blind_name(centre_id, values.get("kana", ""))
    rows = PersonRows(key_row, person)
    for kind in POINT_KINDS:
        if values.get(kind):
            rows.points.append(_point(person, kind, values[kind], key, keys.blind))
    return rows


def _point(person: Person, kind: str, value: str, key: bytes, version: int) -> ContactPoint:
    point = new_row(ContactPoint, person=person, centre_id=person.centre_id, kind=kind, index_version=version)
    point.value = seal(point, "value", value, key=key)
    point.value_index = (blind_phone if kind == "phone" else blind_mail)(person.centre_id, value)
    return point


def build_point(person: Person, kind: str, value: str) -> ContactPoint:
    """An unsaved number or mail address of a person who is there already."""
    return _point(person, kind, value, record_key_bytes(person.record_key_id), ring().blind)


def save_person(rows: PersonRows) -> Person:
    rows.key.save(force_insert=True)
    rows.person.save(force_insert=True)
    ContactPoint.objects.bulk_create(rows.points)
    return rows.person


def update_person(person: Person, values: Mapping[str, str]) -> None:
    """Change what is known of a person; the caller has checked permission and writes the log."""
    key = record_key_bytes(person.record_key_id)
    keys = ring()
    for name in PERSON_FIELDS:
        if name in values:
            setattr(person, name, seal(person, name, values[name], key=key))
    if "name" in values:
        person.name_index = blind_name(person.centre_id, values["name"])
    if "kana" in values:
        person.kana_index = blind_name(person.centre_id, values["kana"])
    person.version += 1
    person.save()
    for kind in POINT_KINDS:
        if kind not in values:
            continue
        point = person.contact_points.filter(kind=kind).order_by("created_at").first()
        if point is None:
            if values[kind]:
                _point(person, kind, values[kind], key, keys.blind).save(force_insert=True)
            continue
        point.value = seal(point, "value", values[kind], key=key)
        point.value_index = (blind_phone if kind == "phone" else blind_mail)(person.centre_id, values[kind])
        point.save()
