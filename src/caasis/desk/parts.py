"""The forms of contracts, parties, businesses and harms: what they show, what they post back, and their words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.crypto import salted_hmac

from caasis.cases.code_lists import label
from caasis.cases.models import Case, Contract
from caasis.cases.parts import Part, card_of_contract, parts_of, read_part, removed_rows
from caasis.cases.rules.deadlines import assess_card
from caasis.cases.rules.fields import LAW_NAMES, Field, Kind
from caasis.cases.rules.parts import BY_PART, FIELDS_OF, PartKind, clean_part, headline
from caasis.cases.services.opening import is_code
from caasis.cases.vocabulary import Entry
from caasis.desk.card import typed_as
from caasis.desk.clock import Clock, clock_of
from caasis.platform.lawfiles import current_law

#: Lines of the timeline that tell of a part.
PART_WORDS = frozenset(
    line.value
    for line in (Entry.PART_ADDED, Entry.PART_CHANGED, Entry.PART_REMOVED, Entry.PART_RESTORED, Entry.PART_MOVED)
)


def part_words(data: Mapping[str, Any]) -> str:
    """「契約：契約金額・既支払額」 for a line of the timeline."""
    code = str(data.get("part_kind", ""))
    if code not in PartKind._value2member_map_:
        return ""
    kind = PartKind(code)
    known = BY_PART[kind]
    labels = [known[name].label for name in data.get("names", []) if name in known]
    more = f" ほか{len(labels) - 4}項目" if len(labels) > 4 else ""
    return f"{kind.label}：{'・'.join(labels[:4])}{more}" if labels else kind.label


#: Headings and fields of each form; a heading with True is folded away until it is wanted.
_LAYOUT: dict[PartKind, tuple[tuple[str, bool, tuple[str, ...]], ...]] = {
    PartKind.CONTRACT: (
        (
            "何を、いくらで",
            False,
            ("product_text", "product", "sales_form", "contracted_on", "amount", "paid", "payment_method"),
        ),
        (
            "取引と書面",
            False,
            (
                "transaction_types",
                "contract_document_on",
                "application_document_on",
                "credit_document_on",
                "delivered_on",
                "overview_document_on",
                "document_faulty",
                "obstructed",
                "requested_visit",
                "notice_sent_on",
                "notice_means",
            ),
        ),
        (
            "きっかけ・支払い・内容",
            True,
            (
                "led_by",
                "contract_place",
                "service_until",
                "outstanding",
                "refunded",
                "credit_company",
                "instalments",
                "content_classes",
                "keywords",
            ),
        ),
        ("期限にかかわる事情", True, LAW_NAMES),
    ),
    PartKind.PARTY: (
        ("どういう人か", False, ("roles", "relation", "guardian_kind")),
        (
            "氏名と連絡先",
            False,
            (
                "person_name",
                "person_kana",
                "person_phone",
                "person_mail",
                "person_postcode",
                "person_address",
                "person_contact_note",
            ),
        ),
        (
            "この人について",
            False,
            ("sex", "age", "occupation", "residence", "prefecture_code", "municipality_code", "language", "care"),
        ),
    ),
    PartKind.BUSINESS: (("名前と役割", False, tuple(one.name for one in FIELDS_OF[PartKind.BUSINESS])),),
    PartKind.HARM: (("何があったか", False, tuple(one.name for one in FIELDS_OF[PartKind.HARM])),),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Some fields under a heading. `open` where something of it is filled or wrong."""

    heading: str
    folded: bool
    fields: tuple[Field, ...]
    open: bool


@dataclass(slots=True)
class PartForm:
    """One part as one person sees and types it. `new_id` is the id of a part that is not there yet."""

    kind: PartKind
    typed: dict[str, Any]
    version: int
    base: str
    opened: bool
    part: Part | None = None
    new_id: UUID | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [one.name for one in FIELDS_OF[self.kind] if self.opened or not one.sealed]

    @property
    def fields(self) -> str:
        return ",".join(self.names)

    @property
    def groups(self) -> list[Group]:
        shown = set(self.names)
        found = []
        for heading, folded, names in _LAYOUT[self.kind]:
            fields = tuple(BY_PART[self.kind][name] for name in names if name in shown)
            filled = any(self.typed.get(one.name) or one.name in self.errors for one in fields)
            if fields:
                found.append(Group(heading, folded, fields, filled))
        return found

    @property
    def masked(self) -> bool:
        """There are sealed fields which this page doesn't show."""
        return not self.opened and any(one.sealed for one in FIELDS_OF[self.kind])


def typed_part(kind: PartKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a part as inputs show them."""
    known = BY_PART[kind]
    return {name: typed_as(known[name].kind, value) for name, value in values.items() if name in known}


def digest(part_id: UUID, one: Field, value: Any) -> str:
    """Ten hex digits that say whether a value is still the one that the page was opened with."""
    if value in (None, "", []):
        value = ""
    if isinstance(value, date):
        value = value.isoformat()
    text = json.dumps([one.name, value], ensure_ascii=False, sort_keys=True)
    return salted_hmac(f"desk.part.{part_id}", text).hexdigest()[:10]


def digests(kind: PartKind, part_id: UUID, values: Mapping[str, Any]) -> str:
    known = BY_PART[kind]
    return ",".join(f"{name}:{digest(part_id, known[name], value)}" for name, value in values.items() if name in known)


@dataclass(slots=True)
class PostedPart:
    """What the form of a part sends."""

    kind: PartKind
    version: int
    raw: dict[str, Any]
    base: dict[str, str]

    @property
    def opened(self) -> bool:
        return any(BY_PART[self.kind][name].sealed for name in self.raw)

    def cleaned(self, today: date) -> tuple[dict[str, Any], dict[str, list[str]]]:
        return clean_part(self.kind, self.raw, today=today, is_code=is_code)

    def changes(self, part_id: UUID, today: date) -> dict[str, Any]:
        """Raw values of the fields that this person changed, and those that can't be read."""
        values, errors = self.cleaned(today)
        known = BY_PART[self.kind]
        return {
            name: value
            for name, value in self.raw.items()
            if name in errors or digest(part_id, known[name], values[name]) != self.base.get(name, "")
        }


def read_part_form(kind: PartKind, data: QueryDict) -> PostedPart:
    """What was posted. Only fields that the page showed count: an unticked box is empty, a masked field is untouched."""
    known = BY_PART[kind]
    shown = [name for name in data.get("fields", "").split(",") if name in known]
    pairs = (pair.partition(":") for pair in data.get("base", "").split(",") if ":" in pair)
    version = data.get("version", "")
    return PostedPart(
        kind=kind,
        version=int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 1,
        raw={name: data.getlist(name) if known[name].kind is Kind.CODES else data.get(name, "") for name in shown},
        base={name: value for name, _, value in pairs},
    )


@dataclass(frozen=True, slots=True)
class ListedPart:
    """One line of the list: the part, its clock (contracts only), and what may be done with it."""

    part: Part
    clock: Clock | None
    first: bool


@dataclass(frozen=True, slots=True)
class ListedKind:
    """All parts of one kind, and what was taken out of it as (id, words)."""

    kind: PartKind
    parts: list[ListedPart]
    removed: list[tuple[UUID, str]]


def listed(case: Case, *, today: date, with_removed: bool = False) -> list[ListedKind]:
    """The parts of a case for its list; with what was taken out, where it can be put back."""
    found = []
    for kind, parts in parts_of(case).items():
        rows = [ListedPart(part, clock_of_part(case, part, today=today), part.number == 1) for part in parts]
        removed = removed_rows(case, kind) if with_removed else []
        found.append(ListedKind(kind, rows, [(row.pk, headline(kind, read_part(kind, row), label)) for row in removed]))
    return found


def clock_of_part(case: Case, part: Part, *, today: date) -> Clock | None:
    """The deadline clock of a contract; None for whatever is none."""
    if not isinstance(part.row, Contract):
        return None
    return clock_of(assess_card(card_of_contract(case, part.row), law=current_law(), today=today), today=today)
