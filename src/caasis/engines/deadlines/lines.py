"""One line of JSON in, one line of JSON out: the form in which other programs ask the clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from caasis.engines.deadlines.clock import UnknownTransactionType, assess
from caasis.engines.deadlines.codec import FactsError, assessment_to_json, day_from_json, facts_from_json
from caasis.engines.deadlines.facts import Facts, with_sales_form
from caasis.engines.deadlines.law import Law
from caasis.engines.deadlines.vocabulary import SALES_FORMS

#: Characters of one line. A question is a few hundred long; the rest is no question.
LONGEST_LINE = 100_000
#: Codes of the list of 取引類型 that say nothing about the law.
_NO_TYPE = frozenset({"other", "unknown"})


@dataclass(frozen=True)
class Words:
    """The Japanese words of the code lists, as other names of the codes: label → code."""

    transaction_types: Mapping[str, str]
    sales_forms: Mapping[str, str]


class LineError(ValueError):
    """A line that can't be answered: a Japanese sentence for each field, "" for the line as a whole."""

    def __init__(self, problems: Mapping[str, str], line_id: object = None) -> None:
        self.problems = dict(problems)
        self.line_id = line_id
        super().__init__("; ".join(self.problems.values()))


def answer_line(text: str, law: Law, words: Words) -> dict[str, Any]:
    """Answer one line: an object with `today`, the facts by their names in `Facts`, and optionally `sales_form`, `id`.

    Returns JSON values: `id` as given, `today`, `law_version`, and `assessments`. Raises LineError.
    """
    asked = _object(text)
    line_id = asked.pop("id", None)
    problems: dict[str, str] = {}
    today = _today(asked.pop("today", None), problems)
    sales_form = _sales_form(asked.pop("sales_form", None), words, problems)
    credit = _name_types(asked, words)
    try:
        facts = facts_from_json(asked)
    except FactsError as error:
        raise LineError(problems | error.problems, line_id) from error
    if credit and facts.individual_credit is None:
        facts = replace(facts, individual_credit=True)
    problems.update(
        (name, "この取引の種類は、期限の決まりにありません。")
        for name in ("transaction_types", "assumed_types")
        if any(code not in law.transaction_types for code in getattr(facts, name))
    )
    if problems or today is None:
        raise LineError(problems, line_id)
    if sales_form:
        facts = with_sales_form(facts, sales_form)
    return ({} if line_id is None else {"id": line_id}) | {
        "today": today.isoformat(),
        "law_version": law.version,
        "assessments": _assessments(facts, law, today),
    }


def _assessments(facts: Facts, law: Law, today: date) -> list[dict[str, Any]]:
    try:
        return [assessment_to_json(item) for item in assess(facts, law, today)]
    except UnknownTransactionType as error:  # pragma: no cover - every code was checked above
        raise LineError({"transaction_types": "この取引の種類は、期限の決まりにありません。"}) from error


def _object(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_LINE:
        raise LineError({"": f"1行は{LONGEST_LINE:,}字までです。"})
    try:
        asked = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except LineError:
        raise
    except (ValueError, RecursionError) as error:
        raise LineError({"": "JSONとして読めません。かっこ、引用符、カンマを確かめてください。"}) from error
    if not isinstance(asked, dict):
        raise LineError({"": "1行に1つのJSONオブジェクト（{ }）を書いてください。"})
    return asked


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise LineError({name: "同じ項目が2回あります。1つにしてください。"})
        found[name] = value
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _today(given: object, problems: dict[str, str]) -> date | None:
    if given is None:
        problems["today"] = "今日の日付を2026-11-21のように書いてください。"
        return None
    try:
        return day_from_json(given)
    except ValueError as error:
        problems["today"] = str(error)
        return None


def _sales_form(given: object, words: Words, problems: dict[str, str]) -> str:
    if given is None:
        return ""
    code = words.sales_forms.get(given, given) if isinstance(given, str) else ""
    if code not in SALES_FORMS:
        problems["sales_form"] = "この販売購入形態はありません。コードか名前を確かめてください。"
        return ""
    return code


def _name_types(asked: dict[str, Any], words: Words) -> bool:
    """Put codes in place of Japanese names, a list in place of one. Returns whether individual credit was among them."""
    credit = False
    for name in ("transaction_types", "assumed_types"):
        given = asked.get(name)
        if isinstance(given, str):
            given = [given]
        if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
            continue
        codes = [words.transaction_types.get(item, item) for item in given]
        credit = credit or "individual_credit" in codes
        asked[name] = [code for code in dict.fromkeys(codes) if code not in _NO_TYPE and code != "individual_credit"]
    return credit


def error_line(error: LineError) -> dict[str, Any]:
    """A refused line as JSON values: `error` and `field` of the first problem, `errors` for all of them."""
    field, sentence = next(iter(error.problems.items()))
    return ({} if error.line_id is None else {"id": error.line_id}) | {
        "error": sentence,
        "field": field,
        "errors": [{"field": name, "error": text} for name, text in error.problems.items()],
    }
