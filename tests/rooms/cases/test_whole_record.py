"""The whole record: every field of the card is taken, kept and read back the same, alone and all together."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from caasis.cases import services
from caasis.cases.code_lists import code_lists
from caasis.cases.rules.card import FIELDS, Field, Kind
from caasis.cases.selectors import get_case, open_personal, read_card
from caasis.engines.deadlines import Facts
from caasis.kernel.actor import Purpose
from caasis.platform.transactions import actor_transaction
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db


def sample(field: Field) -> Any:
    """A value of the field that is not its default."""
    if field.name in ("prefecture_code", "municipality_code"):
        return {"prefecture_code": "13", "municipality_code": "13104"}[field.name]
    if field.kind in (Kind.CODE, Kind.CODES):
        code = next(t.code for t in code_lists()[field.code_list].terms() if t.code not in ("complaint", "direct", "ja", "phone"))
        return [code] if field.kind is Kind.CODES else code
    return {
        Kind.TEXT: "03-1234-5678" if "phone" in field.name else "架空の記入",
        Kind.LONG_TEXT: "一行目\n二行目",
        Kind.WORDS: ["点検商法", "次々販売"],
        Kind.DAY: date(2026, 4, 2),
        Kind.YEN: 38_000,
        Kind.NUMBER: 31,
        Kind.FLAG: True,
        Kind.MAYBE: True,
    }[field.kind]


def everything() -> dict[str, Any]:
    card = {field.name: sample(field) for field in FIELDS}
    return card | {"contract_party_is_consumer": False}


def read_all(town: Any, case_id: Any) -> dict[str, Any]:
    with actor_transaction(town.counsellor):
        case = get_case(actor=town.counsellor, case_id=case_id)
        return read_card(case) | open_personal(case, actor=town.counsellor, purpose=Purpose.OWN_CASE)


def test_a_case_opened_with_everything_reads_back_the_same(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card=everything())
    assert read_all(town, case.id) == everything()


def test_everything_saved_at_once_reads_back_the_same(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={})
    services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes=everything())
    assert read_all(town, case.id) == everything()


def test_one_field_saved_alone_changes_only_itself_and_can_be_emptied(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={})
    empty = read_all(town, case.id)
    version = case.version

    def save(field: Field, value: Any) -> Any:
        nonlocal version
        saved = services.save_card(actor=town.counsellor, case_id=case.id, version=version, changes={field.name: value})
        version = saved.case.version
        return saved

    for field in (f for f in FIELDS if f.owner in ("law", "harm", "contract", "party")):
        value = sample(field)
        assert save(field, value).fields == (field.name,)
        now = read_all(town, case.id)
        assert now.pop(field.name) == value, field.name
        assert now == {name: kept for name, kept in empty.items() if name != field.name}, field.name
        save(field, [] if field.kind is Kind.CODES else "")
        assert read_all(town, case.id)[field.name] in (None, "", [], False), field.name
        if empty[field.name] not in (None, "", [], False):
            save(field, empty[field.name])


def test_what_the_law_asks_for_has_the_name_of_the_engines_fact() -> None:
    facts = set(Facts.__dataclass_fields__)
    assert {field.name for field in FIELDS if field.owner == "law"} <= facts
    # What the engine knows and the card can't say must be derived from other fields.
    derived = {"assumed_types", "minor_at_contract"}
    assert facts - {field.name for field in FIELDS} == derived


def test_bulk_keeps_the_whole_record_too(town: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from caasis.cases.services.bulk import BulkCase, register_cases_in_bulk
    from caasis.cases.services.opening import clean_or_raise

    card = everything() | {name: COMPLETE[name] for name in ("kind",) if name in COMPLETE}
    one = BulkCase(
        actor=town.counsellor,
        centre_id=town.centre_a.id,
        card=clean_or_raise(card),
        received_at=timezone.now() - timedelta(days=2),
        official=town.official,
    )
    [[case]] = list(register_cases_in_bulk([one]))
    assert read_all(town, case.id) == clean_or_raise(card)
