"""Who may be called after a case: consents, refusals and open entries of many people, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from caasis.appointments.models import FollowUpEntry, NoCallNumber
from caasis.appointments.rules.follow_ups import Facts, why_not
from caasis.appointments.rules.numbers import number_error
from caasis.appointments.vocabulary import ENTRY_OPEN, NotCalled
from caasis.kernel.clock import day_in_japan
from caasis.people.models import Consent, Person
from caasis.people.selectors import families_of, roots_of, standing_consents
from caasis.people.vocabulary import ConsentKind
from caasis.privacy.services import blind_candidates


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody of whom it is asked whether they may be called. `person_id`: None when nobody stands on the case."""

    case_id: UUID
    person_id: UUID | None
    number: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer: why not, or the consent on which the call rests."""

    why_not: NotCalled | None
    consent: Consent | None


def standings(
    *, centre_id: UUID, asked: Sequence[Asked], at: datetime, list_id: UUID | None = None, but: UUID | None = None
) -> list[Standing]:
    """Whether these people may be called, in the order in which they were given.

    A consent counts that was given on the case, or on no case at all; one that was given on another case does not.

    :param list_id: to this list they would be added. :param but: an entry that does not count as a second one.
    """
    ids = {one.person_id for one in asked if one.person_id}
    people = dict(Person.objects.filter(id__in=ids, centre_id=centre_id).values_list("id", "erased_at"))
    family = families_of(people)
    roots = roots_of(family | set(people))
    consents: dict[UUID, list[Consent]] = defaultdict(list)
    for row in Consent.objects.filter(person_id__in=family | set(people), kind=ConsentKind.CONTACT_AGAIN.value):
        consents[roots.get(row.person_id, row.person_id)].append(row)
    indexes = [[] if number_error(one.number) else blind_candidates(centre_id, "phone", one.number) for one in asked]
    every = [index for found in indexes for index in found]
    refused = _indexes(NoCallNumber.objects.filter(centre_id=centre_id, number_index__in=every).values_list("number_index", flat=True))
    entries = FollowUpEntry.objects.exclude(id=but) if but else FollowUpEntry.objects.all()
    here = entries.filter(centre_id=centre_id, state__in=sorted(ENTRY_OPEN), number_index__in=every)
    waiting = _indexes(here.values_list("number_index", flat=True))
    listed = set(entries.filter(of_list_id=list_id).values_list("case_id", flat=True)) if list_id else set()
    answers = []
    for one, mine in zip(asked, indexes, strict=True):
        person_id = one.person_id if one.person_id in people else None
        given = [
            row
            for row in (consents[roots.get(person_id, person_id)] if person_id else [])
            if row.recipient_centre_id in (None, centre_id)
        ]
        holding = [
            row for row in standing_consents(given, on=day_in_japan(at), at=at) if row.case_id in (None, one.case_id)
        ]
        known = any(row.case_id in (None, one.case_id) for row in given)
        facts = Facts(
            person=person_id is not None,
            erased=bool(person_id and people[person_id]),
            consent=bool(holding) if known else None,
            number=one.number,
            number_refused=any(bytes(index) in refused for index in mine),
            waits_elsewhere=any(bytes(index) in waiting for index in mine),
            on_this_list=one.case_id in listed,
        )
        newest = max(holding, key=lambda row: row.given_at, default=None)
        answers.append(Standing(why_not(facts), newest))
    return answers


def _indexes(found: object) -> set[bytes]:
    return {bytes(index) for index in found if index is not None}  # type: ignore[attr-defined]
