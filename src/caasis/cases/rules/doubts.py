"""Doubts: what a machine finds odd in a registered card, for the national centre to look at first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from caasis.cases.rules.card import BY_NAME, Kind
from caasis.cases.rules.checks import Verdict, check_card
from caasis.cases.rules.correction import CORRECTABLE

IsCode = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Doubt:
    """One finding: a code for filters, a sentence, and the field in which it would be mended."""

    code: str
    sentence: str
    field: str


#: 販売購入形態 that follows from a 取引類型; where both are given and differ, one is wrong.
_FORM_OF_TYPE = {
    "door_to_door": "door_to_door",
    "mail_order": "mail_order",
    "telephone_solicitation": "telephone",
    "multilevel": "multilevel",
    "door_to_door_purchase": "purchase",
    "negative_option": "negative_option",
    "shop": "shop",
}
#: Checks of the card that a coded field can mend; the rest is the centre's.
_MENDED_BY_CODES = {"required", "mediation", "kind_and_result"}
OLDEST = 110


def doubts(card: Mapping[str, Any], *, today: date, is_code: IsCode) -> list[Doubt]:
    """Everything odd, the clearest first. By the rules of today, which may be newer than the registration."""
    found = [*_outdated_codes(card, is_code), *_contradictions(card)]
    for check in check_card(card, today=today, personal={}):
        if check.verdict is not Verdict.PASSED and check.code in _MENDED_BY_CODES and check.field in CORRECTABLE:
            found.append(Doubt(check.code, check.message, check.field))
    found += _gaps(card)
    return found


def _outdated_codes(card: Mapping[str, Any], is_code: IsCode) -> list[Doubt]:
    found = []
    for name in CORRECTABLE:
        field = BY_NAME[name]
        if field.kind not in (Kind.CODE, Kind.CODES):
            continue
        value = card.get(name)
        codes = value if isinstance(value, list) else [value]
        if any(code and not is_code(field.code_list, code) for code in codes):
            found.append(Doubt("old_code", f"{field.label}が、いまの一覧にない符号です。", name))
    return found


def _contradictions(card: Mapping[str, Any]) -> list[Doubt]:
    found = []
    form = card.get("sales_form")
    forms = {_FORM_OF_TYPE[one] for one in card.get("transaction_types") or () if one in _FORM_OF_TYPE}
    if form and forms and form not in forms:
        unknown = form == "unknown"
        sentence = "販売購入形態が不明ですが、取引類型から分かります。" if unknown else "販売購入形態と取引類型が合っていません。"
        found.append(Doubt("form_and_type", sentence, "sales_form"))
    for name in ("consumer_age", "party_age"):
        if (card.get(name) or 0) > OLDEST:
            found.append(Doubt("age", f"{BY_NAME[name].label}が{OLDEST}歳を超えています。", name))
    if card.get("kind") == "inquiry" and card.get("amount"):
        found.append(Doubt("inquiry_with_amount", "問合せに契約金額があります。苦情かもしれません。", "kind"))
    return found


def _gaps(card: Mapping[str, Any]) -> list[Doubt]:
    if card.get("kind") != "complaint":
        return []
    found = []
    if card.get("sales_form") == "unknown" and "sales_form" not in {one.field for one in _contradictions(card)}:
        found.append(Doubt("form_unknown", "販売購入形態が「不明」です。", "sales_form"))
    if not card.get("content_classes"):
        found.append(Doubt("no_content_class", "内容別分類がありません。", "content_classes"))
    return found


#: For the filter of the list.
DOUBT_LABELS = {
    "old_code": "古い符号",
    "form_and_type": "販売購入形態と取引類型",
    "age": "年齢",
    "inquiry_with_amount": "金額のある問合せ",
    "required": "項目の不足",
    "mediation": "あっせんの結果",
    "kind_and_result": "種類と結果",
    "form_unknown": "販売購入形態が不明",
    "no_content_class": "内容別分類がない",
}
