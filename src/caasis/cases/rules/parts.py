"""Parts of a record of which there may be any number: contracts, parties, businesses, harms.

The card holds the first of each; here are the fields of every one. A part is a plain dict from field names to values,
as a card is. Where a field stands on the card too, it has the card's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from caasis.cases.rules.card import IsCode, clean_fields, show_value
from caasis.cases.rules.fields import (
    BUSINESS_NAMES,
    BY_NAME,
    CONSUMER_NAMES,
    CONTRACT_NAMES,
    EMPTY,
    HARM_NAMES,
    LAW_NAMES,
    OTHER_NAMES,
    Field,
    Kind,
)


class PartKind(StrEnum):
    """What a case may have several of."""

    CONTRACT = "contract"
    PARTY = "party"
    BUSINESS = "business"
    HARM = "harm"

    @property
    def label(self) -> str:
        return {
            PartKind.CONTRACT: "契約",
            PartKind.PARTY: "関係者",
            PartKind.BUSINESS: "事業者",
            PartKind.HARM: "けが・事故",
        }[self]


#: Most parts of one kind that a case may have.
MOST = 50
_K = Kind
_PARTY = (
    Field("roles", "役割", "party", _K.CODES, "party_role"),
    Field("relation", "相談者から見た続柄・立場", "party", _K.TEXT, limit=30),
    Field("guardian_kind", "代理人・後見人の種類", "party", _K.CODE, "guardian_kind"),
    Field("person_name", "氏名", "person", _K.TEXT, sealed=True, limit=80),
    Field("person_kana", "ふりがな", "person", _K.TEXT, sealed=True, limit=120),
    Field("person_phone", "電話番号", "person", _K.TEXT, sealed=True, limit=40),
    Field("person_mail", "メールアドレス", "person", _K.TEXT, sealed=True, limit=200),
    Field("person_postcode", "郵便番号", "person", _K.TEXT, sealed=True, limit=10),
    Field("person_address", "住所", "person", _K.TEXT, sealed=True, limit=200),
    Field("person_contact_note", "連絡のしかた", "person", _K.TEXT, sealed=True, limit=200),
    Field("sex", "性別", "party", _K.CODE, "sex"),
    Field("age", "年齢", "party", _K.NUMBER, limit=130, unit="歳"),
    Field("occupation", "職業", "party", _K.CODE, "occupation"),
    Field("prefecture_code", "都道府県", "party", _K.TEXT, "prefecture", limit=2),
    Field("municipality_code", "市区町村", "party", _K.TEXT, "municipality", limit=5),
    Field("residence", "住まいとの関係", "party", _K.CODE, "residence"),
    Field("language", "言語", "party", _K.CODE, "language"),
    Field("care", "連絡・応対の配慮", "party", _K.CODES, "contact_care"),
)
_BUSINESS = (
    Field("business_role", "役割", "business", _K.CODE, "business_role"),
    *(BY_NAME[name] for name in BUSINESS_NAMES),
)
FIELDS_OF: dict[PartKind, tuple[Field, ...]] = {
    PartKind.CONTRACT: tuple(BY_NAME[name] for name in (*CONTRACT_NAMES, *LAW_NAMES)),
    PartKind.PARTY: _PARTY,
    PartKind.BUSINESS: _BUSINESS,
    PartKind.HARM: tuple(BY_NAME[name] for name in HARM_NAMES),
}
BY_PART: dict[PartKind, dict[str, Field]] = {
    kind: {field.name: field for field in fields} for kind, fields in FIELDS_OF.items()
}
#: Field of a part → column of its row. Facts for the law share one column and are not here; nor is what is sealed.
COLUMNS: dict[PartKind, dict[str, str]] = {
    PartKind.CONTRACT: {name: name for name in CONTRACT_NAMES},
    PartKind.PARTY: {field.name: field.name for field in _PARTY if not field.sealed},
    PartKind.BUSINESS: {"business_role": "role", **BUSINESS_NAMES},
    PartKind.HARM: dict(HARM_NAMES),
}
#: Sealed field of a party → what people.services call it.
PERSON_FIELDS = {field.name: field.name.removeprefix("person_") for field in _PARTY if field.sealed}
#: What the card shows of the consumer, and of a contract party who is somebody else.
ON_CARD_OF_CONSUMER = frozenset((*CONSUMER_NAMES.values(), "prefecture_code", "municipality_code"))
ON_CARD_OF_OTHER = frozenset(OTHER_NAMES.values())
#: Values that say nothing: a part that holds no other is empty.
_DEFAULTS: dict[str, Any] = {"language": "ja", "business_role": "seller"}


def clean_part(
    kind: PartKind, raw: Mapping[str, Any], *, today: date, is_code: IsCode
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Typed values of a part, and sentences for what can't be taken. Tolerant as the card is."""
    values, errors = clean_fields(raw, BY_PART[kind], today=today, is_code=is_code)
    for name, default in _DEFAULTS.items():
        if name in values and not values[name]:
            values[name] = default
    if kind is PartKind.PARTY and "roles" in values and not values["roles"]:
        errors.setdefault("roles", ["役割を1つ以上選んでください。"])
    return values, errors


def empty_part(kind: PartKind) -> dict[str, Any]:
    """A part of which nothing is known."""
    found: dict[str, Any] = {}
    for field in FIELDS_OF[kind]:
        value = _DEFAULTS.get(field.name, EMPTY[field.kind])
        found[field.name] = list(value) if isinstance(value, list) else value
    return found


def says_nothing(kind: PartKind, values: Mapping[str, Any]) -> bool:
    """Whether nothing was typed but what a form is opened with."""
    blank = empty_part(kind)
    ignored = {"roles", "language", "business_role"}
    return all(
        name in ignored or values.get(name) in (None, "", []) or values.get(name) == blank[name] for name in BY_PART[kind]
    )


def filled(kind: PartKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what says something, open values alone: what an export or a snapshot keeps. Days become ISO texts."""
    blank = empty_part(kind)
    return {
        field.name: value.isoformat() if isinstance(value, date) else value
        for field in FIELDS_OF[kind]
        if not field.sealed and (value := values.get(field.name)) not in (None, "", []) and value != blank[field.name]
    }


def shown_part(
    kind: PartKind, values: Mapping[str, Any], label_of: Callable[[str, str], str]
) -> list[tuple[str, str, str]]:
    """(name, label, words) of what a part holds, in the order of its form."""
    rows = []
    for field in FIELDS_OF[kind]:
        words = show_value(field, values.get(field.name), label_of)
        if words:
            rows.append((field.name, field.label, words))
    return rows


def headline(kind: PartKind, values: Mapping[str, Any], label_of: Callable[[str, str], str]) -> str:
    """A part in one line: what it is, and its most telling figures."""

    def words(*names: str) -> list[str]:
        shown = (show_value(BY_PART[kind][name], values.get(name), label_of) for name in names)
        return [text for text in shown if text]

    match kind:
        case PartKind.CONTRACT:
            what = words("product_text") or words("product")
            return "・".join([*what, *words("contracted_on", "amount")]) or "内容はまだありません"
        case PartKind.PARTY:
            return "・".join([*words("roles", "relation", "guardian_kind", "sex", "age")]) or "役割はまだありません"
        case PartKind.BUSINESS:
            return "・".join([*words("business_role", "business_name", "business_phone")])
        case PartKind.HARM:
            kinds = words("harm_kind") or words("harm_product")
            return "・".join([*kinds, *words("harm_degree", "harm_on")]) or "内容はまだありません"


def role_problem(roles: Sequence[str], held_by_others: Sequence[str]) -> str:
    """Why a party can't take these roles, in a sentence; empty when it can.

    There is one consumer and one contract party: who else signed is described as what he is.
    """
    for role, label in (("consumer", "相談者"), ("contract_party", "契約当事者")):
        if role in roles and role in held_by_others:
            return f"{label}はもういます。先に、その人の役割から外してください。"
    return ""


@dataclass(frozen=True, slots=True)
class Further:
    """One entry of what the card doesn't hold, with typed values. `of` names the part of the card that it adds to."""

    kind: PartKind
    of: str
    values: dict[str, Any]


_ADDS_TO = {
    PartKind.CONTRACT: (),
    PartKind.PARTY: ("consumer", "contract_party"),
    PartKind.BUSINESS: ("first",),
    PartKind.HARM: (),
}


def clean_further(raw: Any, *, today: date, is_code: IsCode, sealed: bool = False) -> tuple[list[Further], list[str]]:
    """Entries as an export wrote them or a program sends them ({kind: [entry, …]}), and sentences for what can't be taken.

    `sealed` says whether personal data may come along.
    """
    if not isinstance(raw, Mapping):
        return [], ["契約・関係者などの形を読めません。書き出したままの形にしてください。"]
    found: list[Further] = []
    errors: list[str] = []
    for name, entries in raw.items():
        if name not in PartKind._value2member_map_ or not isinstance(entries, list) or len(entries) > MOST:
            errors.append("契約・関係者などの形を読めません。書き出したままの形にしてください。")
            continue
        kind = PartKind(name)
        for number, entry in enumerate(entries, 1):
            place = f"{kind.label}{number}："
            if not isinstance(entry, Mapping):
                errors.append(f"{place}形を読めません。")
                continue
            of = str(entry.get("of", ""))
            fields = {key: value for key, value in entry.items() if key != "of"}
            known = BY_PART[kind]
            unknown = [key for key in fields if key not in known or (known[key].sealed and not sealed)]
            if unknown or (of and of not in _ADDS_TO[kind]):
                errors.append(f"{place}知らない項目があります。")
                continue
            values, wrong = clean_part(kind, fields, today=today, is_code=is_code)
            if kind is PartKind.PARTY and not of and not values.get("roles"):
                wrong["roles"] = ["役割を1つ以上選んでください。"]
            if kind is PartKind.PARTY and {"consumer", "contract_party"} & set(values.get("roles", [])):
                wrong["roles"] = ["相談者と契約当事者は、カードの項目で入れてください。"]
            errors += [f"{place}{sentence}" for sentences in wrong.values() for sentence in sentences]
            found.append(Further(kind, of, values))
    return found, errors
