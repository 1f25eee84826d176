"""The 見守り flag, and contact points that can be used or no more."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils import timezone

from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.people.models import ContactPoint, Person
from caasis.people.services.guards import MISSING, locked_person, log
from caasis.people.services.writing import POINT_KINDS, build_point
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import set_sealed

LONGEST_REASON = 500
#: A flag that nobody looks at again says nothing.
LONGEST_DAYS = 366


def set_watch(*, actor: Actor, person_id: UUID, reason: str, review_on: date) -> Person:
    """Look after this person: why, and the day on which it is looked at again. Also changes a flag that stands.

    :raises Invalid: no reason, or a day that is past or more than a year away.
    """
    words, today = reason.strip(), day_in_japan(timezone.now())
    errors: dict[str, list[str]] = {}
    if not 2 <= len(words) <= LONGEST_REASON:
        errors["reason"] = [f"見守る理由を、{LONGEST_REASON}字までで書いてください。"]
    if not today < review_on or (review_on - today).days > LONGEST_DAYS:
        errors["review_on"] = ["見直す日は、あしたから1年以内の日にしてください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        person = locked_person(actor=actor, person_id=person_id)
        set_sealed(person, watch_reason=words)
        person.watch_over, person.watch_review_on = True, review_on
        person.watch_set_by, person.watch_set_at = actor.id, timezone.now()
        person.version += 1
        person.save()
        log(person, "set_watch", actor=actor, fields=("watch_reason",))
        return person


def end_watch(*, actor: Actor, person_id: UUID) -> Person:
    """It is no more needed. The history keeps that it was.

    :raises WrongState: nobody looks after this person.
    """
    with actor_transaction(actor):
        person = locked_person(actor=actor, person_id=person_id, living=False)
        if not person.watch_over:
            raise WrongState("この人は、見守りの対象になっていません。")
        set_sealed(person, watch_reason="")
        person.watch_over, person.watch_review_on = False, None
        person.watch_set_by, person.watch_set_at = actor.id, timezone.now()
        person.version += 1
        person.save()
        log(person, "end_watch", actor=actor)
        return person


def add_contact_point(*, actor: Actor, person_id: UUID, kind: str, value: str) -> ContactPoint:
    """Another number or mail address of a person.

    :raises Invalid: it can't be read as one, or the person has it already.
    """
    text = value.strip()
    if kind not in POINT_KINDS:
        raise Invalid(fields={"kind": ["電話かメールを選んでください。"]})
    with actor_transaction(actor):
        person = locked_person(actor=actor, person_id=person_id)
        point = build_point(person, kind, text)
        if point.value_index is None:
            sentence = "電話番号" if kind == "phone" else "メールアドレス"
            raise Invalid(fields={"value": [f"{sentence}を確かめてください。"]})
        if person.contact_points.filter(kind=kind, value_index=point.value_index).exists():
            raise Invalid(fields={"value": ["この連絡先は、もうあります。"]})
        point.save(force_insert=True)
        log(person, "add_contact_point", actor=actor, fields=(kind,))
        return point


def set_point_usable(*, actor: Actor, point_id: UUID, usable: bool) -> ContactPoint:
    """A number no longer reaches the person, or does again. It stays: by it the person is still found.

    :raises NotFound: of another centre, or absent.
    """
    with actor_transaction(actor):
        point = ContactPoint.objects.select_for_update(of=("self",)).filter(id=point_id).first()
        if point is None:
            raise NotFound(MISSING)
        person = locked_person(actor=actor, person_id=point.person_id)
        if point.usable != usable:
            point.usable = usable
            point.save(update_fields=["usable", "updated_at"])
            log(person, "set_contact_point", actor=actor, fields=(point.kind, "usable" if usable else "dead"))
        return point
