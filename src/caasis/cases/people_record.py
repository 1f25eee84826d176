"""What the cases tell of one human of the own centre: past cases, the history pop, and the hint at repeated harm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from caasis.cases.models import Case, IdentityCheck, Party
from caasis.cases.selectors import consumer_of, contract_party_of, own_cases, with_parts
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Actor
from caasis.people.models import Person
from caasis.people.selectors import (
    families_of,
    family_ids,
    persons_by_mail,
    persons_by_phone,
    persons_with_same_point,
    roots_of,
)

#: 次々被害: so many cases of one human within so many months are worth a look.
REPEAT_CASES = 2
REPEAT_MONTHS = 24
MOST = 20


@dataclass(frozen=True, slots=True)
class SameNumber:
    """What a number or a mail address says by itself: how many cases there are, and the day of the last one."""

    count: int
    nearest: date
    #: The humans to whom they belong, each by the row that speaks for him.
    persons: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RepeatHint:
    """One human stands on several cases of the centre; `months` is how far back was looked."""

    count: int
    months: int
    cases: tuple[Case, ...]


def cases_of_person(*, actor: Actor, person_id: UUID) -> QuerySet[Case]:
    """Cases of the actor's centre on which this human stands in any role, the newest first."""
    return _cases_of(actor, family_ids(person_id))


def cases_of_people(*, actor: Actor, person_ids: Iterable[UUID]) -> QuerySet[Case]:
    """Cases of the actor's centre on which one of these humans stands, the newest first."""
    return _cases_of(actor, families_of(list(person_ids)))


def _cases_of(actor: Actor, person_ids: Any) -> QuerySet[Case]:
    ids = Party.objects.filter(person_id__in=person_ids).values("case_id")
    return own_cases(actor=actor).filter(id__in=ids).exclude(state=State.MERGED.value).order_by("-received_at", "-id")


def same_number(*, actor: Actor, case: Case, card: Mapping[str, Any]) -> SameNumber | None:
    """Other cases of the centre with the number or mail address that stands on the card; None where there are none.

    Neither opens nor shows anything: a number is shared in families and is no identity.
    """
    found: list[UUID] = []
    if card.get("consumer_phone"):
        found += persons_by_phone(actor=actor, phone=str(card["consumer_phone"]))
    if card.get("consumer_mail"):
        found += persons_by_mail(actor=actor, mail=str(card["consumer_mail"]))
    return _same(actor, case, found)


def same_saved_number(*, actor: Actor, case: Case) -> SameNumber | None:
    """As `same_number`, for the numbers and addresses that are saved with the consumer: by the blind index alone, so
    that nothing is opened for it."""
    own = consumer_of(case)
    if own is None or own.person is None or not actor.works_for(own.person.centre_id):
        return None
    return _same(actor, case, persons_with_same_point(actor=actor, person=own.person))


def _same(actor: Actor, case: Case, found: list[UUID]) -> SameNumber | None:
    if not found:
        return None
    own = consumer_of(case)
    mine = set(family_ids(own.person_id)) if own is not None and own.person_id else set()
    others = families_of(found)
    rows = _cases_of(actor, others).exclude(id=case.id)
    count = rows.count()
    if not count:
        return None
    nearest = rows.values_list("received_on", flat=True).first()
    assert nearest is not None
    roots = roots_of(found)
    persons = dict.fromkeys(roots[one] for one in found if one not in mine)
    return SameNumber(count, nearest, tuple(persons))


def confirmed_persons(case: Case) -> set[UUID]:
    """Humans of whom somebody said on this case, after asking name and address, that it is the consumer."""
    checks = IdentityCheck.objects.filter(case=case, withdrawn_at=None).values_list("person_id", flat=True)
    return set(roots_of(checks).values())


def known_past(*, actor: Actor, case: Case) -> list[Case]:
    """Past cases that may be shown on this case: of the consumer's own rows, and of humans confirmed to be the consumer."""
    own = consumer_of(case)
    people: set[UUID] = set()
    if own is not None and own.person_id:
        people.update(family_ids(own.person_id))
    people.update(families_of(confirmed_persons(case)))
    if not people:
        return []
    return list(with_parts(_cases_of(actor, people).filter(merged_into=None).exclude(id=case.id))[:MOST])


def repeat_hint(*, actor: Actor, case: Case, today: date, months: int = REPEAT_MONTHS) -> RepeatHint | None:
    """次々被害かもしれない: the consumer or the contract party stands on several cases of this centre.

    Only rows that somebody said to be one human count, and only the own centre's: what another centre knows is neither
    asked for nor told, whatever the number.
    """
    people: set[UUID] = set()
    for party in (consumer_of(case), contract_party_of(case)):
        if party is not None and party.person_id and party.person_id not in people:
            people.update(family_ids(party.person_id))
    people.update(families_of(confirmed_persons(case)))
    if not people:
        return None
    rows = _cases_of(actor, people).filter(received_on__gte=_months_before(today, months), kind="complaint")
    cases = list(rows[:MOST])
    if len({*(one.id for one in cases), case.id}) < REPEAT_CASES:
        return None
    return RepeatHint(rows.exclude(id=case.id).count() + 1, months, tuple(one for one in cases if one.id != case.id))


def _months_before(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def people_of(case: Case) -> list[Person]:
    """Everybody on the case of whom something personal is known, each human once, by the row that speaks for him."""
    stand = [party.person_id for party in case.parties.all() if party.person_id]
    roots = roots_of(stand)
    ids = dict.fromkeys(roots[one] for one in stand)
    by_id = Person.objects.in_bulk(list(ids))
    return [by_id[one] for one in ids if one in by_id]
