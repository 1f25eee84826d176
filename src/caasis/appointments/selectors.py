"""Reads of promises, inside the centre only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from caasis.appointments.models import Callback
from caasis.appointments.vocabulary import OPEN
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import mask_name, mask_phone
from caasis.privacy.services import blind_candidates, open_fields, read_sealed


def visible_callbacks(*, actor: Actor) -> QuerySet[Callback]:
    """Those of the actor's centre; all for the system, none for anybody else."""
    if actor.is_system:
        return Callback.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Callback.objects.none()
    return Callback.objects.filter(centre_id=actor.centre_id)


def get_callback(*, actor: Actor, callback_id: UUID, for_update: bool = False) -> Callback:
    """One promise.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_callbacks(actor=actor).filter(id=callback_id)
    if for_update:
        rows = rows.select_for_update(of=("self",))
    callback = rows.first()
    if callback is None:
        raise NotFound("この折り返しの約束は見つかりません。一覧を開き直してください。")
    return callback


def open_promise(*, actor: Actor, centre_id: UUID, number: str) -> Callback | None:
    """The open promise of a centre for a number, found by the blind index alone; None when there is none."""
    indexes = blind_candidates(centre_id, "phone", number)
    rows = visible_callbacks(actor=actor).filter(centre_id=centre_id, state__in=sorted(OPEN), number_index__in=indexes)
    return rows.first()


@dataclass(frozen=True, slots=True)
class CallbackLine:
    """A line of the centre's list: number and name masked."""

    callback: Callback
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class OpenPromises:
    """How many people are still to be called back, and since when the first of them waits; None where nobody does."""

    count: int
    oldest_at: datetime | None


def open_promises(*, actor: Actor) -> OpenPromises:
    """Open promises of the actor's centre, counted. One query."""
    found = visible_callbacks(actor=actor).filter(state__in=sorted(OPEN)).aggregate(n=Count("id"), at=Min("arrived_at"))
    return OpenPromises(found["n"], found["at"])


def open_callbacks(*, actor: Actor, limit: int = 200) -> list[CallbackLine]:
    """Open promises of the actor's centre, what is due first at the top. Two queries, however many.

    A masked form names nobody, so it is not logged as an opening.
    """
    ordered = visible_callbacks(actor=actor).filter(state__in=sorted(OPEN)).order_by("due_at", "arrived_at", "id")
    rows = list(ordered[:limit])
    keys = record_keys_bytes(row.record_key_id for row in rows)
    lines = []
    for row in rows:
        key = keys.get(row.record_key_id)
        opened = read_sealed(row, "number", "name", key=key) if key else {"number": "", "name": ""}
        lines.append(CallbackLine(row, mask_phone(opened["number"]), mask_name(opened["name"])))
    return lines


def open_texts(callback: Callback, *, actor: Actor, purpose: Purpose | None = None) -> dict[str, str]:
    """Number, name and note, opened for a purpose and logged.

    :raises NotAllowed: outside the centre, or without a purpose. :raises caasis.privacy.keys.Forgotten: erased.
    """
    return open_fields(callback, "number", "name", "note", actor=actor, purpose=purpose)
