"""Cases that may be the same trouble entered twice: the same contact point or name, the same trader, the same week.

Inside one centre only: whether somebody has consulted elsewhere is told to nobody. A number is shared in families, so
what is found is a hint, never an identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from caasis.cases.models import Case, CaseBusiness
from caasis.cases.selectors import consumer_of, own_cases, with_parts
from caasis.engines.identity import read_name
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Actor
from caasis.people.models import Person
from caasis.people.selectors import persons_by_phone, persons_like

#: Days before and after in which the same trouble is likely told again.
WEEK = 7
MOST = 5


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A case that may be the same, and what is alike, in words."""

    case: Case
    reasons: tuple[str, ...]


def possible_duplicates(*, actor: Actor, case: Case, card: Mapping[str, Any]) -> list[Duplicate]:
    """Cases of the actor's centre that may be the same as `case`, the likeliest first.

    `card` holds the typed values as they stand on the screen; what is masked there is compared by the blind index.
    """
    people = _people(actor, case, card)
    if not people:
        return []
    near = own_cases(actor=actor).filter(
        received_on__range=(case.received_on - timedelta(days=WEEK), case.received_on + timedelta(days=WEEK)),
        parties__person_id__in=people,
        merged_into=None,
    )
    found = []
    for other in with_parts(near.exclude(id=case.id).distinct()).order_by("-received_at")[:50]:
        why = [people[party.person_id] for party in other.parties.all() if party.person_id in people][:1]
        trader = _same_trader(case, card, list(other.businesses.all()))
        if trader:
            found.append(Duplicate(other, (*why, trader)))
    return sorted(found, key=lambda one: -len(one.reasons))[:MOST]


def _people(actor: Actor, case: Case, card: Mapping[str, Any]) -> dict[UUID, str]:
    """Persons of the centre who may be this consumer: id → what is alike."""
    found: dict[UUID, str] = {}
    consumer = consumer_of(case)
    own: Person | None = consumer.person if consumer else None
    if own is not None:
        found |= persons_like(actor=actor, person=own)
    if card.get("consumer_phone"):
        for person_id in persons_by_phone(actor=actor, phone=str(card["consumer_phone"])):
            found.setdefault(person_id, "電話番号が同じ")
    if own is not None:
        found.pop(own.pk, None)
    return found


def _same_trader(case: Case, card: Mapping[str, Any], others: list[CaseBusiness]) -> str:
    mine = list(case.businesses.all())
    confirmed = {one.business_id for one in mine if one.business_id}
    names = {key for text in [str(card.get("business_name") or ""), *(one.name_as_heard for one in mine)] if (key := _key(text))}
    numbers = [str(card.get("business_phone") or ""), *(one.phone for one in mine)]
    phones = {number for text in numbers if (number := normalise_phone(text))}
    for other in others:
        if other.business_id and other.business_id in confirmed:
            return "事業者が同じ"
        if other.name_as_heard and _key(other.name_as_heard) in names:
            return "事業者の名が同じ"
        if other.phone and normalise_phone(other.phone) in phones:
            return "事業者の電話が同じ"
    return ""


def _key(text: str) -> str:
    return read_name(text, guess_reading=False).core if text.strip() else ""
