"""The machine's checks of a card: what must be there before 決裁, and what a person should look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from caasis.cases.rules.card import SUMMARY_LIMIT


class Verdict(StrEnum):
    """`missing` stops the request for approval; `flagged` must be confirmed by the approver; `passed` is fine."""

    PASSED = "passed"
    FLAGGED = "flagged"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One check's result: a heading, a sentence, and the field to go to."""

    code: str
    label: str
    verdict: Verdict
    message: str
    field: str = ""

    def to_json(self) -> dict[str, str]:
        return {
            "code": self.code,
            "label": self.label,
            "verdict": str(self.verdict),
            "message": self.message,
            "field": self.field,
        }


#: Fields that a registered case needs, whatever it is about.
_ALWAYS = (("title", "件名"), ("kind", "相談の種類"), ("summary", "相談概要"), ("handling", "処理概要"), ("result", "処理結果"))
#: A complaint needs these too; 「不明」 is a valid code for each.
_COMPLAINT = (("product", "商品・役務"), ("sales_form", "販売購入形態"))


def missing_fields(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(field, label) of what is still needed for registration. Name, address and phone are never among them."""
    needed = list(_ALWAYS)
    if card.get("kind") in ("", None, "complaint"):
        needed += _COMPLAINT
    missing = [(name, label) for name, label in needed if not card.get(name)]
    if card.get("kind") == "complaint" and card.get("contract_party_is_consumer") is None:
        missing.append(("contract_party_is_consumer", "契約当事者"))
    return missing


def check_card(
    card: Mapping[str, Any],
    *,
    today: date,
    personal: Mapping[str, list[str]],
    further: Sequence[Mapping[str, Any]] = (),
) -> list[Check]:
    """All checks, in the order in which an approver reads them.

    `further` are the cards of the second contract and those after it: what is asked of a contract is asked of each.

    `personal` maps a text field to what looks like a consumer's personal data in it (found by the masking engine).
    """
    checks: list[Check] = []
    contracts = [card, *further]

    def each(problem: Callable[[Mapping[str, Any]], str]) -> str:
        """The sentences of all contracts; those after the first say which they mean."""
        found = [(number, problem(one)) for number, one in enumerate(contracts, 1)]
        return "".join(f"契約{number}：{words}" if number > 1 else words for number, words in found if words)

    def add(code: str, label: str, bad: str, field: str, verdict: Verdict = Verdict.FLAGGED, good: str = "") -> None:
        checks.append(Check(code, label, verdict if bad else Verdict.PASSED, bad or good, field))

    missing = missing_fields(card)
    names = "・".join(label for _, label in missing)
    add(
        "required",
        "登録に必要な項目",
        f"{names}を入力してください。" if missing else "",
        missing[0][0] if missing else "title",
        Verdict.MISSING,
        "すべて入力されています。",
    )
    found = [f"{'相談概要' if field == 'summary' else '処理概要' if field == 'handling' else '件名'}に{what}" for field, whats in personal.items() for what in whats]
    add(
        "personal_data",
        "個人情報なし",
        f"{'、'.join(found)}があります。伏せてください。" if found else "",
        next(iter(personal), "summary"),
        Verdict.MISSING,
        "件名・概要・処理に氏名や電話番号はありません。",
    )
    length = len(card.get("summary") or "")
    add(
        "summary_length",
        "概要の長さ",
        f"{SUMMARY_LIMIT}字までです。いま{length}字あります。" if length > SUMMARY_LIMIT else "",
        "summary",
        Verdict.MISSING,
        f"{length}字です。",
    )
    add(
        "amounts",
        "金額",
        each(_overpaid),
        "paid",
        good="契約金額と既支払額に食い違いはありません。",
    )
    add(
        "amount_size",
        "金額の桁",
        each(lambda one: _HUGE if (one.get("amount") or 0) >= 100_000_000 else ""),
        "amount",
        good="桁の大きすぎる金額はありません。",
    )
    add("date_order", "日付の順", each(lambda one: _date_problem(one, today)), "contracted_on", good="契約・書面・相談の順に並んでいます。")
    add(
        "document",
        "書面を受け取った日",
        each(_lacks_document),
        "contract_document_on",
        good="期限の計算に足りています。",
    )
    add(
        "mediation",
        "あっせんの結果",
        "あっせんの結果なのに、相手方事業者がありません。"
        if str(card.get("result", "")).startswith("mediation_") and not card.get("business_name")
        else "",
        "business_name",
        good="結果と相手方が合っています。",
    )
    add(
        "ages",
        "年齢",
        "契約当事者が18歳未満です。未成年者取消（民法5条）を確かめてください。" if _minor(card) else "",
        "consumer_age",
        good="未成年の契約ではありません。",
    )
    add(
        "harm",
        "けが・事故",
        "けが・事故の内容が、概要に書かれているか確かめてください。" if card.get("injury") else "",
        "injury",
        good="けが・事故はありません。",
    )
    add(
        "kind_and_result",
        "種類と結果",
        "問合せに、あっせんの結果が付いています。"
        if card.get("kind") in ("inquiry", "information", "request") and str(card.get("result", "")).startswith("mediation_")
        else "",
        "result",
        good="種類と結果が合っています。",
    )
    return checks


_HUGE = "契約金額が1億円以上です。桁を確かめてください。"
_WITH_DOCUMENT = ("door_to_door", "telephone", "purchase", "multilevel")


def _overpaid(card: Mapping[str, Any]) -> str:
    amount, paid = card.get("amount"), card.get("paid")
    over = amount is not None and paid is not None and paid > amount
    return "既支払額が契約金額より多くなっています。" if over else ""


def _lacks_document(card: Mapping[str, Any]) -> str:
    has_one = card.get("contract_document_on") or card.get("application_document_on")
    lacks = card.get("sales_form") in _WITH_DOCUMENT and not has_one and card.get("document_faulty") is not True
    return "書面の日付がないと、期限を計算できません。" if lacks else ""


def _date_problem(card: Mapping[str, Any], today: date) -> str:
    contracted = card.get("contracted_on")
    labels = (
        ("contracted_on", "契約日"),
        ("contract_document_on", "書面を受け取った日"),
        ("application_document_on", "申込書面を受け取った日"),
    )
    for name, label in labels:
        day = card.get(name)
        if day and day > today:
            return f"{label}がきょうより後になっています。"
    delivered = card.get("notice_sent_on")
    if contracted and delivered and delivered < contracted:
        return "解約通知を出した日が、契約日より前になっています。"
    return ""


def _minor(card: Mapping[str, Any]) -> bool:
    age = card.get("consumer_age") if card.get("contract_party_is_consumer") else card.get("party_age")
    return age is not None and age < 18


def open_flags(checks: list[Check]) -> list[str]:
    """Codes of the checks that an approver must confirm one by one."""
    return [check.code for check in checks if check.verdict == Verdict.FLAGGED]


def stops(checks: list[Check]) -> list[Check]:
    """What must be mended before the request for approval."""
    return [check for check in checks if check.verdict == Verdict.MISSING]


AGE_BANDS = ((20, "under20"), (30, "20s"), (40, "30s"), (50, "40s"), (60, "50s"), (70, "60s"), (80, "70s"))


def age_band(age: int | None) -> str:
    """年代 as the statistics use it."""
    if age is None:
        return "unknown"
    return next((band for limit, band in AGE_BANDS if age < limit), "80plus")
