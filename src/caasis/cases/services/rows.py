"""Building the rows of a new case, unsaved: the single service inserts those of one case, the bulk service those of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import Model, QuerySet

from caasis.audit.models import AccessRecord
from caasis.audit.services import access_row
from caasis.cases.code_lists import codes_version
from caasis.cases.events import CaseOpened
from caasis.cases.models import (
    Case,
    CaseBusiness,
    CaseContact,
    CaseEntry,
    ClockEvent,
    Contract,
    Harm,
    Party,
    ResponseClock,
)
from caasis.cases.rules.card import SEALED_NAMES, to_json
from caasis.cases.rules.deadlines import nearest_deadline
from caasis.cases.rules.fields import (
    BUSINESS_NAMES,
    CASE_NAMES,
    CONSUMER_NAMES,
    CONTRACT_NAMES,
    HARM_NAMES,
    LAW_NAMES,
    OTHER_NAMES,
)
from caasis.cases.rules.parts import COLUMNS, PERSON_FIELDS, Further, PartKind, empty_part
from caasis.cases.vocabulary import Entry, PartyRole, State
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan, fiscal_year
from caasis.kernel.ids import new_receipt_number, uuid7
from caasis.people.models import ContactPoint, Person
from caasis.people.services import build_person
from caasis.platform.inserting import insert_together, new_row
from caasis.platform.lawfiles import current_law
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.outbox.publish import outbox_row
from caasis.privacy.keys import new_record_key
from caasis.privacy.models import RecordKey

#: Card field of a person → the person's own field.
PERSON_NAMES = {
    "consumer_name": "name",
    "consumer_kana": "kana",
    "consumer_phone": "phone",
    "consumer_mail": "mail",
    "consumer_postcode": "postcode",
    "consumer_address": "address",
    "contact_note": "contact_note",
}


@dataclass(slots=True)
class CaseRows:
    """All rows of one case, in the order in which they can be inserted."""

    keys: list[RecordKey]
    persons: list[Person]
    points: list[ContactPoint]
    case: Case
    parties: list[Party]
    contracts: list[Contract]
    businesses: list[CaseBusiness]
    harms: list[Harm] = field(default_factory=list)
    contacts: list[CaseContact] = field(default_factory=list)
    entries: list[CaseEntry] = field(default_factory=list)
    events: list[OutboxEvent] = field(default_factory=list)
    accesses: list[AccessRecord] = field(default_factory=list)
    clocks: list[ResponseClock] = field(default_factory=list)
    clock_steps: list[ClockEvent] = field(default_factory=list)


def entry(case: Case, kind: Entry, *, actor: Actor, at: datetime, **data: Any) -> CaseEntry:
    """An unsaved line of the timeline."""
    return new_row(CaseEntry, id=uuid7(), case=case, at=at, kind=kind.value, actor_id=actor.id, data=data)


def build_case(
    *,
    actor: Actor,
    centre_id: UUID,
    card: Mapping[str, Any],
    received_at: datetime,
    at: datetime,
    receipt_number: str | None = None,
    contact_id: UUID | None = None,
    counsellor_id: UUID | None = None,
    idempotency_key: str | None = None,
    is_demo: bool = False,
    further: Sequence[Further] = (),
) -> CaseRows:
    """Rows of a case as it is opened. `card` holds typed values (see rules.card); what is absent is unknown. `further`
    are the parts that the card doesn't hold (see rules.parts)."""
    key_row, _ = new_record_key(centre_id)
    day = day_in_japan(received_at)
    case = new_row(
        Case,
        receipt_number=receipt_number or new_receipt_number(day.year),
        owning_centre_id=centre_id,
        handling_centre_id=centre_id,
        counsellor_id=counsellor_id,
        record_key_id=key_row.id,
        state=(State.ADVISING if counsellor_id else State.RECEIVED).value,
        received_at=received_at,
        received_on=day,
        fiscal_year=fiscal_year(day),
        codes_version=codes_version(),
        idempotency_key=idempotency_key,
        is_demo=is_demo,
        touched_at=at,
        **{name: card[name] for name in CASE_NAMES if name in card and card[name] is not None},
    )
    if not case.kind:
        case.kind = "complaint"
    case.route = case.route or "direct"
    rows = CaseRows([key_row], [], [], case, [], [], [])

    personal = {PERSON_NAMES[name]: card[name] for name in SEALED_NAMES if card.get(name)}
    person: Person | None = None
    if personal:
        built = build_person(centre_id=centre_id, values=personal)
        rows.keys.append(built.key)
        rows.persons.append(built.person)
        rows.points.extend(built.points)
        person = built.person
    consumer = new_row(
        Party,
        case=case,
        person=person,
        position=1,
        roles=[PartyRole.CONSUMER.value],
        prefecture_code=card.get("prefecture_code") or "",
        municipality_code=card.get("municipality_code") or "",
        **{attr: card[name] for name, attr in CONSUMER_NAMES.items() if card.get(name) not in (None, "")},
    )
    rows.parties.append(consumer)
    same = card.get("contract_party_is_consumer")
    if same is True:
        consumer.roles.append(PartyRole.CONTRACT_PARTY.value)
    elif same is False:
        rows.parties.append(_other_party(case, card))
    set_place(case, rows.parties)
    rows.contracts.append(
        new_row(
            Contract,
            case=case,
            position=1,
            law_facts=law_facts({}, card),
            **{name: card[name] for name in CONTRACT_NAMES if card.get(name) is not None},
        )
    )
    harm = {attr: card[name] for name, attr in HARM_NAMES.items() if card.get(name) not in (None, "")}
    if harm:
        rows.harms.append(new_row(Harm, case=case, **harm))
    if any(card.get(name) for name in BUSINESS_NAMES):
        rows.businesses.append(
            new_row(CaseBusiness, case=case, position=1, **{attr: card.get(name) or "" for name, attr in BUSINESS_NAMES.items()})
        )
    add_further(rows, further)
    cards = [card, *({**card, **empty_part(one.kind), **one.values} for one in further if one.kind is PartKind.CONTRACT)]
    days = (nearest_deadline(one, law=current_law(), today=day_in_japan(at)) for one in cards)
    case.deadline_on = min((one for one in days if one is not None), default=None)
    if contact_id is not None:
        rows.contacts.append(new_row(CaseContact, case=case, contact_id=contact_id))
    rows.entries.append(entry(case, Entry.OPENED, actor=actor, at=at, channel=case.channel))
    rows.events.append(outbox_row(CaseOpened(subject=case.id, centre_id=centre_id), actor))
    rows.accesses.append(
        access_row(actor=actor, action="open_case", object_kind="case", object_id=case.id, centre_id=centre_id)
    )
    return rows


_MODELS: dict[PartKind, type[Any]] = {
    PartKind.CONTRACT: Contract,
    PartKind.PARTY: Party,
    PartKind.BUSINESS: CaseBusiness,
    PartKind.HARM: Harm,
}


def add_further(rows: CaseRows, further: Sequence[Further]) -> None:
    """Put what the card doesn't hold into the rows of a new case: parts of their own, or more of a part that is there.

    :raises ValueError: an entry adds to a part that the card doesn't have.
    """
    lists: dict[PartKind, list[Any]] = {
        PartKind.CONTRACT: rows.contracts,
        PartKind.PARTY: rows.parties,
        PartKind.BUSINESS: rows.businesses,
        PartKind.HARM: rows.harms,
    }
    # What is added to a part of the card comes first, so that it never meets a further one.
    for one in sorted(further, key=lambda one: not one.of):
        there = lists[one.kind]
        if one.of:
            place = 1 if one.of == PartyRole.CONTRACT_PARTY else 0
            if len(there) <= place:
                raise ValueError(f"the card has no {one.of}")
            row = there[place]
            values = dict(one.values)
            values["roles"] = [*getattr(row, "roles", []), *values.get("roles", [])]
            fill_row(one.kind, row, values)
        else:
            row = _MODELS[one.kind](case=rows.case)
            if one.kind is not PartKind.HARM:
                row.position = max((other.position for other in there), default=0) + 1
            fill_row(one.kind, row, one.values)
            there.append(row)
        personal = {attr: one.values[name] for name, attr in PERSON_FIELDS.items() if one.values.get(name)}
        if personal and row.person is None:
            built = build_person(centre_id=rows.case.owning_centre_id, values=personal)
            rows.keys.append(built.key)
            rows.persons.append(built.person)
            rows.points.extend(built.points)
            row.person = built.person


def fill_row(kind: PartKind, row: Any, values: Mapping[str, Any]) -> None:
    """Set the columns of a row from typed values of a part; what is sealed is left to the caller."""
    for name, column in COLUMNS[kind].items():
        if name in values:
            value = values[name]
            setattr(row, column, "" if value is None and isinstance(getattr(row, column), str) else value)
    if kind is PartKind.CONTRACT:
        row.law_facts = law_facts(row.law_facts, {name: values[name] for name in LAW_NAMES if name in values})


def law_facts(before: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """The contract's facts for the law after a card was typed: JSON values, and only what is known."""
    given = to_json({name: card[name] for name in LAW_NAMES if name in card})
    return {name: value for name, value in {**before, **given}.items() if value not in (None, "")}


def _other_party(case: Case, card: Mapping[str, Any]) -> Party:
    return new_row(
        Party,
        case=case,
        position=2,
        roles=[PartyRole.CONTRACT_PARTY.value],
        **{attr: card[name] for name, attr in OTHER_NAMES.items() if card.get(name) not in (None, "")},
    )


def set_place(case: Case, parties: list[Party]) -> None:
    """The case counts where its consumer lives."""
    consumer = parties[0]
    case.prefecture_code = consumer.prefecture_code
    case.municipality_code = consumer.municipality_code


def insert_cases(rows: Sequence[CaseRows], *others: Iterable[Model]) -> None:
    """Insert the rows of cases, and those of `others` (lists of one model each) that belong to them."""
    insert_together(
        # Keys and persons first, because the rest refers to them.
        [key for r in rows for key in r.keys],
        [person for r in rows for person in r.persons],
        [point for r in rows for point in r.points],
        [r.case for r in rows],
        [party for r in rows for party in r.parties],
        [contract for r in rows for contract in r.contracts],
        [business for r in rows for business in r.businesses],
        [harm for r in rows for harm in r.harms],
        [contact for r in rows for contact in r.contacts],
        [line for r in rows for line in r.entries],
        [clock for r in rows for clock in r.clocks],
        [step for r in rows for step in r.clock_steps],
        *others,
        [access for r in rows for access in r.accesses],
        [event for r in rows for event in r.events],
    )


def save_rows(rows: CaseRows) -> Case:
    """Insert the rows of one case. The case that comes back knows its parts, so that nobody reads them again."""
    insert_cases([rows])
    return with_known_parts(rows)


def with_known_parts(rows: CaseRows) -> Case:
    """The case, which knows its parts as if they had been prefetched."""
    case = rows.case
    case._prefetched_objects_cache = {  # type: ignore[attr-defined]
        "parties": _fetched(case, Party, rows.parties),
        "contracts": _fetched(case, Contract, rows.contracts),
        "businesses": _fetched(case, CaseBusiness, rows.businesses),
        "harms": _fetched(case, Harm, rows.harms),
    }
    return case


def _fetched(case: Case, model: type[Model], parts: Sequence[Model]) -> QuerySet[Any]:
    """What a related manager holds after a prefetch; its condition is only worked out if somebody asks further."""
    found: Any = QuerySet(model)
    found._deferred_filter = (False, (), {"case": case})
    found._result_cache = list(parts)
    found._prefetch_done = True
    return cast("QuerySet[Any]", found)
