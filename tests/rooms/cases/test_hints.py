"""気づいた点: what the rules remark on a card, and that each mend mends it."""

from __future__ import annotations

import ast
import inspect
from datetime import date
from typing import Any

import pytest

from caasis.cases.rules import hints
from caasis.cases.rules.card import BY_NAME, clean_card
from caasis.cases.rules.hints import Hint, Looking, hints_for
from caasis.engines.masking import find_personal

TODAY = date(2026, 11, 21)

PLAIN: dict[str, Any] = {
    "summary": "通販で靴を買ったが、届かない。",
    "sales_form": "mail_order",
    "amount": 8_000,
    "paid": 8_000,
    "contract_party_is_consumer": True,
    "consumer_age": 40,
    "contracted_on": date(2026, 11, 1),
}


def look(card: dict[str, Any]) -> list[Hint]:
    spans = {
        name: found
        for name in ("title", "summary", "handling")
        if (found := find_personal(card.get(name) or "", allowed=[str(card.get("business_phone") or "-")]))
    }
    return hints_for(Looking(card, TODAY, spans))


def codes(card: dict[str, Any]) -> list[str]:
    return [hint.code for hint in look(card)]


def test_a_card_in_order_is_left_alone() -> None:
    assert codes(PLAIN) == []
    assert codes({}) == []


CASES: list[tuple[str, dict[str, Any]]] = [
    ("document_date", {"sales_form": "door_to_door"}),
    ("document_contradiction", {"contract_document_received": False, "contract_document_on": date(2026, 11, 2)}),
    ("paid_above_amount", {"paid": 9_000}),
    ("refunded_above_paid", {"refunded": 9_000}),
    ("amount_in_summary", {"amount": None, "paid": None, "summary": "屋根工事を148万円で契約した。"}),
    ("amount_unit", {"amount": 148, "paid": None, "summary": "屋根工事を148万円で契約した。"}),
    ("outstanding", {"paid": 3_000, "instalments": 10}),
    ("future_day", {"contracted_on": date(2026, 12, 3)}),
    ("document_before_contract", {"contract_document_on": date(2026, 10, 20)}),
    ("notice_before_contract", {"notice_sent_on": date(2026, 10, 1), "notice_means": "registered"}),
    ("notice_means", {"notice_sent_on": date(2026, 11, 5)}),
    ("harm_degree", {"injury": True}),
    ("injury_words", {"summary": "靴がこわれ、転んで骨折した。"}),
    ("serious_accident", {"harm_days": 30}),
    ("serious_accident", {"harm_degree": "death"}),
    ("money_words", {"summary": "今日中に振り込むよう言われた。"}),
    ("relation", {"contract_party_is_consumer": False}),
    ("other_party", {"contract_party_is_consumer": None, "party_age": 80}),
    ("minor", {"consumer_age": 17}),
    ("summary_length", {"summary": "書いた。" * 130}),
    ("mediation_business", {"result": "mediation_settled"}),
    ("personal_data", {"summary": "電話は090-1234-5678です。"}),
]


@pytest.mark.parametrize(("code", "difference"), CASES)
def test_each_rule_remarks_and_each_mend_mends(code: str, difference: dict[str, Any]) -> None:
    card = PLAIN | difference
    hint = next(hint for hint in look(card) if hint.code == code)
    assert hint.field in BY_NAME
    assert len(hint.message) <= 60 and hint.message.endswith("。")
    for mend in hint.mends:
        values, errors = clean_card(mend.changes, today=TODAY, is_code=lambda _list, _code: True)
        assert not errors, mend
        assert code not in codes(card | values), f"「{mend.label}」のあとも残る"


def test_every_rule_has_a_case() -> None:
    """A code in the file that no case above provokes is a rule that nobody has seen work."""
    written = {
        node.args[0].value
        for node in ast.walk(ast.parse(inspect.getsource(hints)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Hint"
        and isinstance(node.args[0], ast.Constant)
    }
    assert written == {code for code, _ in CASES}


@pytest.mark.parametrize("text", ["けがはしていない。", "けが人はいません。", "幸い、けがはなかった。", "怪我はない。"])
def test_no_injury_is_not_taken_for_one(text: str) -> None:
    assert "injury_words" not in codes(PLAIN | {"summary": text})


@pytest.mark.parametrize("text", ["先月、8万円を振り込んだ。", "振込先を知らない。", "昨日支払った。"])
def test_money_that_has_moved_is_not_moving(text: str) -> None:
    assert "money_words" not in codes(PLAIN | {"summary": text})


def test_the_traders_phone_moves_to_the_business_and_is_kept() -> None:
    card = PLAIN | {"summary": "業者の電話は03-1234-5678。担当は来ない。"}
    hint = next(hint for hint in look(card) if hint.code == "personal_data")
    assert hint.urgent
    move = next(mend for mend in hint.mends if "business_phone" in mend.changes)
    assert move.changes == {"summary": "業者の電話は（事業者の電話）。担当は来ない。", "business_phone": "03-1234-5678"}
    assert "personal_data" not in codes(card | {"business_phone": "03-1234-5678"}), "evidence under the business is left"


def test_a_long_summary_is_cut_between_sentences_and_nothing_is_lost() -> None:
    sentence = "業者が来て屋根がずれていると言い、工事をすすめた。"
    card = PLAIN | {"summary": sentence * 30, "handling": "助言した。"}
    hint = next(hint for hint in look(card) if hint.code == "summary_length")
    changes = hint.mends[0].changes
    assert len(changes["summary"]) <= 500 and changes["summary"].endswith("。")
    kept = changes["handling"].removeprefix("助言した。\n（概要の続き）")
    assert changes["summary"] + kept == sentence * 30


def test_urgent_remarks_come_first() -> None:
    found = look(PLAIN | {"paid": 9_000, "summary": "骨折した。電話は090-1234-5678です。"})
    assert [hint.urgent for hint in found] == sorted((hint.urgent for hint in found), reverse=True)
