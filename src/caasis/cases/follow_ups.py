"""Which cases could be asked afterwards, and whether their consumers agreed to be called: read in bulk, names masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from caasis.appointments.services import Candidate
from caasis.appointments.standing import Asked, standings
from caasis.appointments.vocabulary import NotCalled
from caasis.cases.models import Case, Contract, Party
from caasis.cases.selectors import consumer_of, own_cases
from caasis.cases.vocabulary import State
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Actor
from caasis.kernel.clock import JST
from caasis.people.models import ContactPoint, Person
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import mask_name
from caasis.privacy.services import read_sealed

#: So many cases are looked at for one list at once.
MOST = 200
#: A case that is over: somebody advised, and nobody works on it.
CLOSED = (State.HANDLED, State.WAITING_APPROVAL, State.APPROVED, State.REGISTERED)
#: Notes on how to reach somebody come along, so far as there is room.
LONGEST_NOTE = 300
_MOBILE = ("+8190", "+8180", "+8170", "+8160")


@dataclass(frozen=True, slots=True)
class Pick:
    """Which closed cases are looked for. Days are of Japan, both included; "" and None mean any."""

    closed_from: date | None = None
    closed_to: date | None = None
    result: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Picked:
    """A case that was found: the consumer's masked name, since when they agree, or why they may not be called."""

    case: Case
    name: str
    consent_on: datetime | None
    why_not: NotCalled | None


def find_cases(*, actor: Actor, pick: Pick) -> QuerySet[Case]:
    """Closed cases of the actor's centre, those that were closed last first."""
    rows = own_cases(actor=actor).filter(state__in=[one.value for one in CLOSED]).exclude(handled_at=None)
    if pick.closed_from is not None:
        rows = rows.filter(handled_at__gte=datetime.combine(pick.closed_from, time(0), JST))
    if pick.closed_to is not None:
        rows = rows.filter(handled_at__lt=datetime.combine(pick.closed_to + timedelta(days=1), time(0), JST))
    if pick.result:
        rows = rows.filter(result=pick.result)
    for word in pick.words.split()[:5]:
        about = Contract.objects.filter(Q(product_text__icontains=word) | Q(keywords__contains=[word]) | Q(product=word))
        rows = rows.filter(Q(title__icontains=word) | Q(id__in=about.values("case_id")))
    return rows.order_by("-handled_at", "-id")


def picked_cases(*, actor: Actor, pick: Pick, list_id: UUID, now: datetime) -> list[Picked]:
    """What a pick finds, with the answer for each case whether it can be put on this list. A fixed number of queries."""
    if actor.centre_id is None:
        return []
    rows = list(find_cases(actor=actor, pick=pick)[:MOST])
    found = _candidates(rows)
    asked = [Asked(one.case_id, one.person_id, one.number) for one in found]
    answers = standings(centre_id=actor.centre_id, asked=asked, at=now, list_id=list_id)
    return [
        Picked(case, mask_name(one.name), answer.consent.given_at if answer.consent else None, answer.why_not)
        for case, one, answer in zip(rows, found, answers, strict=True)
    ]


def candidates_of(*, actor: Actor, case_ids: Iterable[UUID]) -> list[Candidate]:
    """The consumers of these cases of the actor's centre as candidates of a list; whoever is not the centre's is left out."""
    return _candidates(list(own_cases(actor=actor).filter(id__in=list(case_ids)).order_by("-handled_at", "-id")[:MOST]))


def _candidates(rows: Sequence[Case]) -> list[Candidate]:
    """Name, number and notes, opened by the machine to be sealed again in the list or masked; they go to no screen."""
    parties: dict[UUID, list[Party]] = {}
    for party in Party.objects.filter(case__in=rows).select_related("person").order_by("position"):
        parties.setdefault(party.case_id, []).append(party)
    people: dict[UUID, Person] = {}
    for case in rows:
        case._prefetched_objects_cache = {"parties": parties.get(case.pk, [])}  # type: ignore[attr-defined]
        consumer = consumer_of(case)
        if consumer is not None and consumer.person is not None:
            people[case.pk] = consumer.person
    keys = record_keys_bytes(one.record_key_id for one in people.values())
    numbers: dict[UUID, list[str]] = {}
    points = ContactPoint.objects.filter(person__in=people.values(), kind="phone", usable=True).select_related("person")
    for point in points.order_by("created_at", "id"):
        key = keys.get(point.person.record_key_id)
        if key:
            numbers.setdefault(point.person_id, []).append(read_sealed(point, "value", key=key)["value"])
    found = []
    for case in rows:
        person = people.get(case.pk)
        key = keys.get(person.record_key_id) if person else None
        opened = read_sealed(person, "name", "contact_note", key=key) if person and key else {}
        found.append(
            Candidate(
                case_id=case.pk,
                person_id=person.pk if person else None,
                number=_number(numbers.get(person.pk, []), consumer_of(case)) if person else "",
                name=opened.get("name", ""),
                note=opened.get("contact_note", "")[:LONGEST_NOTE],
            )
        )
    return found


def _number(numbers: Sequence[str], consumer: Party | None) -> str:
    """The first number of somebody, or the first mobile one where only that is wished."""
    if consumer is not None and "mobile_only" in consumer.care:
        return next((one for one in numbers if (normalise_phone(one) or "").startswith(_MOBILE)), "")
    return next(iter(numbers), "")
