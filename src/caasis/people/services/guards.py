"""Permission and locks shared by the verbs."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from caasis.audit.services import record_access
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import NotAllowed, NotFound, WrongState
from caasis.people.models import Person

#: Who says who is who, and writes down what a person agreed to.
WORKERS = (Role.COUNSELLOR, Role.SUPERVISOR)
MISSING = "この人は見つかりません。番号か名前でさがし直してください。"
FORGOTTEN = "この人の記録は消去されています。変えられません。"


def locked_person(*, actor: Actor, person_id: UUID, living: bool = True) -> Person:
    """The person, locked until the transaction ends, for somebody who works in the person's centre.

    :raises NotFound: of another centre, or absent: alike. :raises NotAllowed: seen, but not to be changed by this actor.
    :raises WrongState: erased, where `living` is asked for.
    """
    person = Person.objects.select_for_update(of=("self",)).filter(id=person_id).first()
    if person is None or not (actor.is_system or actor.works_for(person.centre_id)):
        raise NotFound(MISSING)
    require_worker(actor)
    if living and person.erased_at is not None:
        raise WrongState(FORGOTTEN)
    return person


def require_worker(actor: Actor) -> None:
    """:raises NotAllowed: neither a counsellor nor a supervisor."""
    if not actor.is_system and not actor.has(*WORKERS):
        raise NotAllowed("これができるのは、センターの相談員と主任です。")


def one_at_a_time(centre_id: UUID) -> None:
    """Let merges of one centre follow each other, so that two at once never make a ring."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"people.merge:{centre_id}"])


def log(person: Person, action: str, *, actor: Actor, fields: tuple[str, ...] = ()) -> None:
    record_access(
        actor=actor,
        action=action,
        object_kind="person",
        object_id=person.pk,
        centre_id=person.centre_id,
        fields=fields,
    )
