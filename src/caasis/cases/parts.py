"""Reading the parts of a record: every contract, party, business and harm, not only those that the card holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from caasis.cases.code_lists import label
from caasis.cases.models import Case, CaseBusiness, Contract, Harm, Party
from caasis.cases.rules.card import BY_NAME, to_json
from caasis.cases.rules.deadlines import nearest_deadline
from caasis.cases.rules.fields import EMPTY, LAW_NAMES, Kind
from caasis.cases.rules.parts import (
    COLUMNS,
    ON_CARD_OF_CONSUMER,
    ON_CARD_OF_OTHER,
    PERSON_FIELDS,
    PartKind,
    empty_part,
    filled,
    headline,
)
from caasis.cases.selectors import consumer_of, contract_party_of, implied_purpose, is_insider, read_card
from caasis.cases.vocabulary import PartyRole
from caasis.engines.deadlines import Law
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.people.selectors import open_person

Row = Contract | Party | CaseBusiness | Harm
MODELS: dict[PartKind, type[Row]] = {
    PartKind.CONTRACT: Contract,
    PartKind.PARTY: Party,
    PartKind.BUSINESS: CaseBusiness,
    PartKind.HARM: Harm,
}
_RELATED = {
    PartKind.CONTRACT: "contracts",
    PartKind.PARTY: "parties",
    PartKind.BUSINESS: "businesses",
    PartKind.HARM: "harms",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part as lists show it. `number` counts from 1 within its kind; `on_card` says that the card holds it."""

    kind: PartKind
    row: Row
    number: int
    on_card: bool
    words: str

    @property
    def id(self) -> UUID:
        return self.row.pk

    @property
    def name(self) -> str:
        """「契約2」."""
        return f"{self.kind.label}{self.number}"

    @property
    def removable(self) -> bool:
        return not (isinstance(self.row, Party) and PartyRole.CONSUMER in self.row.roles)

    @property
    def has_person(self) -> bool:
        return isinstance(self.row, Party) and self.row.person_id is not None


def rows_of(case: Case, kind: PartKind) -> list[Row]:
    """The standing rows of one kind in their order."""
    return list(getattr(case, _RELATED[kind]).all())


def removed_rows(case: Case, kind: PartKind) -> list[Row]:
    """What was taken out and can be put back, the last first."""
    model: Any = MODELS[kind]
    return list(model.everything.filter(case=case).exclude(removed_at=None).order_by("-removed_at"))


def parts_of(case: Case) -> dict[PartKind, list[Part]]:
    """All parts of a case by kind."""
    consumer, other = consumer_of(case), contract_party_of(case)
    mains = {row.pk for row in (consumer, other) if row is not None}
    found: dict[PartKind, list[Part]] = {}
    for kind in PartKind:
        rows = rows_of(case, kind)
        found[kind] = [
            Part(
                kind,
                row,
                number,
                row.pk in mains if kind is PartKind.PARTY else number == 1,
                headline(kind, read_part(kind, row), label),
            )
            for number, row in enumerate(rows, 1)
        ]
    return found


def read_part(kind: PartKind, row: Row) -> dict[str, Any]:
    """The open values of one part: field → typed value."""
    values = {name: getattr(row, column) for name, column in COLUMNS[kind].items()}
    if kind is PartKind.CONTRACT:
        assert isinstance(row, Contract)
        for name in LAW_NAMES:
            value = row.law_facts.get(name)
            if value is not None and BY_NAME[name].kind is Kind.DAY:
                value = date.fromisoformat(value)
            values[name] = EMPTY[BY_NAME[name].kind] if value is None else value
    return values


def open_part(case: Case, row: Row, *, actor: Actor, purpose: Purpose | None) -> dict[str, str]:
    """The sealed values of a party, opened for the purpose and logged; empty texts where nobody gave any.

    :raises NotFound: outside the centre. :raises NotAllowed: without a purpose.
    """
    if not is_insider(case, actor):
        raise NotFound
    values = dict.fromkeys(PERSON_FIELDS, "")
    if not isinstance(row, Party) or row.person is None:
        return values
    opened = open_person(
        row.person,
        actor=actor,
        purpose=purpose or implied_purpose(case, actor) or actor.purpose,  # type: ignore[arg-type]
    )
    return {name: opened.get(attr, "") for name, attr in PERSON_FIELDS.items()}


def card_of_contract(case: Case, contract: Contract, card: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The card as it reads with another contract in place of the first: for its own clock and its own letters.

    Which business it was made with is known only where the case has one seller; otherwise it stays open.
    """
    card = dict(card if card is not None else read_card(case))
    first = next(iter(case.contracts.all()), None)
    if first is not None and first.pk == contract.pk:
        return card
    card |= read_part(PartKind.CONTRACT, contract)
    sellers = [row for row in case.businesses.all() if row.role == "seller"]
    only = sellers[0] if len(sellers) == 1 else None
    card |= {
        "business_name": only.name_as_heard if only else "",
        "business_phone": only.phone if only else "",
        "business_url": only.url if only else "",
    }
    return card


def nearest_of_all(case: Case, card: Mapping[str, Any], *, law: Law, today: date) -> date | None:
    """The earliest day over every contract of a case; `card` is the newest reading of the first."""
    return nearest_of_cards(
        [card, *(card_of_contract(case, row, card) for row in list(case.contracts.all())[1:])], law=law, today=today
    )


def nearest_of_cards(cards: list[Mapping[str, Any]], *, law: Law, today: date) -> date | None:
    days = [nearest_deadline(one, law=law, today=today) for one in cards]
    return min((day for day in days if day is not None), default=None)


def further_parts(case: Case) -> dict[str, list[dict[str, Any]]]:
    """What the card doesn't hold, as JSON, without personal data: for snapshots of 決裁, exports and the API.

    An entry with `of` adds to a part that the card holds (consumer, contract_party, first); the others are parts of
    their own. Kinds without any are left out.
    """
    return further_of_rows(
        consumer=consumer_of(case),
        other=contract_party_of(case),
        rows={kind: rows_of(case, kind) for kind in PartKind},
    )


def further_of_rows(
    *, consumer: Party | None, other: Party | None, rows: Mapping[PartKind, list[Row]]
) -> dict[str, list[dict[str, Any]]]:
    """The same for rows that may not be saved yet."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in PartKind:
        entries = []
        for number, row in enumerate(rows[kind]):
            entry = filled(kind, read_part(kind, row))
            if kind is PartKind.PARTY:
                of = ""
                if consumer is not None and row.pk == consumer.pk:
                    of = "consumer"
                elif other is not None and row.pk == other.pk:
                    of = "contract_party"
            else:
                of = "" if number else "first"
            if of:
                entry = _beside_card(kind, of, entry)
                if not entry:
                    continue
                entry = {"of": of, **entry}
            entries.append(entry)
        if entries:
            found[kind.value] = entries
    return found


def _beside_card(kind: PartKind, of: str, entry: dict[str, Any]) -> dict[str, Any]:
    if kind is PartKind.PARTY:
        on_card = ON_CARD_OF_CONSUMER if of == "consumer" else ON_CARD_OF_OTHER
        own = {PartyRole.CONSUMER.value, PartyRole.CONTRACT_PARTY.value}
        roles = [role for role in entry.pop("roles", []) if role not in own]
        rest = {name: value for name, value in entry.items() if name not in on_card}
        return {"roles": roles, **rest} if roles else rest
    if kind is PartKind.BUSINESS:
        return {name: value for name, value in entry.items() if name == "business_role"}
    return {}


def contracts_of_snapshot(card: Mapping[str, Any], further: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Cards of the further contracts, for checks: the card with each of them in its place."""
    blank = empty_part(PartKind.CONTRACT)
    found = []
    for entry in further.get(PartKind.CONTRACT.value, []):
        values = {
            name: date.fromisoformat(value) if BY_NAME[name].kind is Kind.DAY else value for name, value in entry.items()
        }
        found.append({**card, **blank, **values})
    return found


def snapshot_of(card: Mapping[str, Any], further: Mapping[str, Any]) -> dict[str, Any]:
    """What a request for 決裁 keeps: the card as JSON, and beside it the parts that it doesn't hold."""
    return {**to_json(card), **({"parts": dict(further)} if further else {})}
