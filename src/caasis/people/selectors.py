"""Reads of people, inside one centre only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.engines.japanese import normalise_text
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotFound
from caasis.people.models import Consent, ContactPoint, Person, PersonMerge
from caasis.people.vocabulary import ConsentKind
from caasis.privacy.keys import Forgotten
from caasis.privacy.services import blind_candidates, open_fields, read_sealed

#: Rows of one human are merged this often, one into another, at most: more is a ring.
DEEPEST = 100


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


def get_person(*, actor: Actor, person_id: UUID) -> Person:
    """A person of the actor's centre.

    :raises NotFound: of another centre and absent, alike.
    """
    person = Person.objects.filter(id=person_id).first()
    if person is None or not (actor.is_system or actor.works_for(person.centre_id)):
        raise NotFound("この人は見つかりません。番号か名前でさがし直してください。")
    return person


def roots_of(person_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each row the one that speaks for its human: itself, or the one that it was merged into, however often.

    One query for each level of merging, however many rows are asked for.
    """
    above = dict.fromkeys(person_ids)
    current = {one: one for one in above}
    parents: dict[UUID, UUID] = {}
    for _ in range(DEEPEST):
        asked = [one for one in set(current.values()) if one not in parents]
        merged = Person.objects.filter(id__in=asked).exclude(merged_into_id=None)
        known = dict(merged.values_list("id", "merged_into_id"))
        if not known:
            return current
        parents |= {one: known.get(one, one) for one in asked}
        current = {one: parents.get(root, root) for one, root in current.items()}
    raise RuntimeError("people are merged in a ring")


def root_id(person_id: UUID) -> UUID:
    """The row that speaks for this person; see `roots_of`."""
    return roots_of([person_id])[person_id]


def families_of(person_ids: Iterable[UUID]) -> set[UUID]:
    """All rows of the humans to whom these rows belong."""
    found = set(roots_of(person_ids).values())
    below = found
    while below:
        below = set(Person.objects.filter(merged_into_id__in=below).values_list("id", flat=True)) - found
        found = found | below
    return found


def family_ids(person_id: UUID) -> list[UUID]:
    """Ids of all rows of one human, the one that speaks for them first."""
    root = root_id(person_id)
    return [root, *sorted(families_of([root]) - {root})]


def persons_by_mail(*, actor: Actor, mail: str) -> list[UUID]:
    """Ids of persons of the actor's centre with this mail address. Addresses are shared too: never an identity."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return []
    indexes = blind_candidates(actor.centre_id, "mail", mail)
    return list(
        ContactPoint.objects.filter(centre_id=actor.centre_id, kind="mail", value_index__in=indexes)
        .values_list("person_id", flat=True)
        .distinct()
    )


def persons_with_same_point(*, actor: Actor, person: Person) -> list[UUID]:
    """Persons of the actor's centre, this one among them, who share a number or mail address with this one."""
    if actor.centre_id is None or not actor.works_for(person.centre_id):
        return []
    same = Q()
    for kind, index in person.contact_points.exclude(value_index=None).values_list("kind", "value_index"):
        same |= Q(kind=kind, value_index=index)
    if not same:
        return []
    rows = ContactPoint.objects.filter(same, centre_id=actor.centre_id)
    return list(rows.values_list("person_id", flat=True).distinct())


def find_people(
    *, actor: Actor, phone: str = "", mail: str = "", name: str = "", kana: str = "", limit: int = 50
) -> dict[UUID, list[str]]:
    """People of the actor's centre by whole number, mail address, full name or its kana: id → what is alike, in words.

    Rows of one human come as the one that speaks for them. Nothing is opened; who looked is logged without what for.
    """
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return {}
    found: dict[UUID, list[str]] = {}

    def note(ids: Iterable[UUID], words: str) -> None:
        for person_id in ids:
            root = root_id(person_id)
            if words not in found.setdefault(root, []):
                found[root].append(words)

    if phone.strip():
        note(persons_by_phone(actor=actor, phone=phone)[:limit], "電話番号が同じ")
    if mail.strip():
        note(persons_by_mail(actor=actor, mail=mail)[:limit], "メールアドレスが同じ")
    for column, text, words in (("name_index", name, "氏名が同じ"), ("kana_index", kana, "ふりがなが同じ")):
        if text.strip():
            indexes = blind_candidates(actor.centre_id, "name", text)
            rows = Person.objects.filter(centre_id=actor.centre_id, erased_at=None, **{f"{column}__in": indexes})
            note(rows.values_list("id", flat=True)[:limit], words)
    record_access(actor=actor, action="find_people", object_kind="person", object_id=None)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def same_name(one: Person, other: Person) -> bool | None:
    """Whether two rows bear the same full name or the same kana; None where that can't be told."""
    told = [
        getattr(one, column) == getattr(other, column)
        for column in ("name_index", "kana_index")
        if getattr(one, column) and getattr(other, column)
    ]
    return any(told) if told else None


def same_address(one: Person, other: Person) -> bool | None:
    """Whether two rows hold the same address, compared without being shown; None where one holds none."""
    try:
        texts = [_address_form(read_sealed(person, "address")["address"]) for person in (one, other)]
    except Forgotten:
        return None
    if not all(texts):
        return None
    # One may be written with its prefecture and the other without.
    return texts[0].endswith(texts[1]) or texts[1].endswith(texts[0])


_NUMBER_WORDS = re.compile(r"(丁目|番地の|番地|番|号|の|[-‐‑–—−ーｰ/／])")


def _address_form(text: str) -> str:
    text = _NUMBER_WORDS.sub("-", normalise_text(text))
    return re.sub(r"-+", "-", re.sub(r"\s", "", text)).strip("-")


def consents_of(*, actor: Actor, person_id: UUID) -> list[Consent]:
    """All consents of a human, the newest first, with those that were withdrawn.

    :raises NotFound: of another centre and absent, alike.
    """
    get_person(actor=actor, person_id=person_id)
    return list(Consent.objects.filter(person_id__in=family_ids(person_id)).order_by("-given_at", "-id"))


def standing_consents(consents: Iterable[Consent], *, on: date, at: datetime | None = None) -> list[Consent]:
    """Those that hold on that day. A withdrawal ends everything of its kind and recipient that was given before it."""
    rows = list(consents)
    ended: dict[tuple[str, UUID | None], datetime] = {}
    for row in rows:
        if row.withdrawn_at is not None:
            key = (row.kind, row.recipient_centre_id)
            ended[key] = max(ended.get(key, row.withdrawn_at), row.withdrawn_at)
    return [
        row
        for row in rows
        if row.withdrawn_at is None
        and (row.until is None or row.until >= on)
        and row.given_at > ended.get((row.kind, row.recipient_centre_id), _LONG_AGO)
        and (at is None or row.given_at <= at)
    ]


_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


def consent_for(
    *, actor: Actor, person_id: UUID, kind: ConsentKind | str, recipient_centre_id: UUID | None = None, on: date | None = None
) -> Consent | None:
    """The consent on which something may be done now, or None: what a service asks before it passes anything on.

    A consent that names a centre holds for that centre alone; one that names none holds for any.

    :raises NotFound: of another centre and absent, alike.
    """
    day = on or day_in_japan(timezone.now())
    for row in standing_consents(consents_of(actor=actor, person_id=person_id), on=day, at=timezone.now()):
        if row.kind == kind and row.recipient_centre_id in (None, recipient_centre_id):
            return row
    return None


def merges_of(*, actor: Actor, person_id: UUID) -> list[PersonMerge]:
    """What was said of who is who, for a human and all his rows, the newest first; also what was taken back."""
    get_person(actor=actor, person_id=person_id)
    ids = family_ids(person_id)
    return list(
        PersonMerge.objects.filter(Q(keep_id__in=ids) | Q(other_id__in=ids))
        .select_related("keep", "other")
        .order_by("-at", "-id")
    )
