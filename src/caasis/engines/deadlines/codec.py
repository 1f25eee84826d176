"""Facts and assessments as JSON values: ISO dates, the vocabulary of this engine, nothing else."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any, get_args, get_type_hints

from caasis.engines.deadlines.assessment import Assessment
from caasis.engines.deadlines.facts import Facts
from caasis.engines.deadlines.presentation import status_words

_USED = ("none", "some", "all")
_MOST_YEN = 10**13
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Days outside of these are slips of the hand; the calendar's holidays are known between them.
FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2150, 12, 31)


class FactsError(ValueError):
    """JSON that is no `Facts`. `problems` maps a field name to one Japanese sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in self.problems.items()))


def facts_from_json(value: object) -> Facts:
    """Return the facts that a decoded JSON object states. Raises FactsError naming every field that is wrong.

    Keys are the field names of `Facts`; a missing key and null both mean "not known". Dates are YYYY-MM-DD, amounts
    whole yen, yes/no facts true or false.
    """
    if not isinstance(value, dict):
        raise FactsError({"": "JSONのオブジェクト（{ }）で書いてください。"})
    problems: dict[str, str] = {}
    known: dict[str, Any] = {}
    for name, given in value.items():
        if name not in _KINDS:
            problems[str(name)] = "この項目はありません。項目名を確かめてください。"
        elif given is not None:
            try:
                known[name] = _value(_KINDS[name], given)
            except ValueError as error:
                problems[name] = str(error)
    if problems:
        raise FactsError(problems)
    return Facts(**known)


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Return what is known, in the form that `facts_from_json` reads; unknown facts are left out."""
    pairs = ((field.name, getattr(facts, field.name)) for field in fields(facts))
    return {name: _plain(value) for name, value in pairs if value is not None and value != ()}


def assessment_to_json(assessment: Assessment) -> dict[str, Any]:
    """Return an assessment as JSON values."""
    return {
        "transaction_type": assessment.transaction_type,
        "right": assessment.right,
        "kind": assessment.kind.value,
        "label": assessment.label,
        "status": assessment.status.value,
        "status_label": status_words(assessment),
        "article": assessment.article,
        "counts": assessment.counts.value,
        "deadline": _plain(assessment.deadline),
        "days_left": assessment.days_left,
        "day_one": _plain(assessment.day_one),
        "safest_day": _plain(assessment.safest_day),
        "reasons": list(assessment.reasons),
        "unknown": [
            {"code": unknown.code, "question": unknown.question, "decides": unknown.decides}
            for unknown in assessment.unknown
        ],
        "next_question": assessment.next_question,
        "other_grounds": [
            {"code": ground.code, "article": ground.article, "text": ground.text, "verified": ground.verified}
            for ground in assessment.other_grounds
        ],
        "electronic_notice": assessment.electronic_notice,
        "judgement": assessment.judgement,
        "certain": assessment.certain,
        "verified": assessment.verified,
        "as_of": _plain(assessment.as_of),
    }


def _kind(hint: Any) -> Any:
    """`date | None` → date, `tuple[str, ...]` → tuple."""
    if isinstance(hint, types.UnionType):
        return get_args(hint)[0]
    return tuple


def _value(kind: Any, given: object) -> Any:
    if kind is tuple:
        if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
            raise ValueError("文字の並び（[ ]）で書いてください。")
        return tuple(given)
    if kind is date:
        return day_from_json(given)
    if kind is bool:
        if isinstance(given, bool):
            return given
        raise ValueError("trueかfalseで書いてください。")
    if kind is int:
        if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < _MOST_YEN:
            return given
        raise ValueError("金額は0以上の整数（円）で書いてください。")
    if given in _USED:
        return given
    raise ValueError("none、some、allのどれかで書いてください。")


def day_from_json(given: object) -> date:
    """Return the day that an ISO text (YYYY-MM-DD) names. Raises ValueError with a Japanese sentence."""
    try:
        # `fromisoformat` would also take weeks (2026-W47-6) and days without hyphens.
        day = date.fromisoformat(given) if isinstance(given, str) and _ISO_DAY.fullmatch(given) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError("日付は2026-11-21のように書いてください。")
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("日付の年を確かめてください。")
    return day


#: Field of `Facts` → type of its value. Read once: a stream of lines asks for it a hundred thousand times.
_KINDS = {name: _kind(hint) for name, hint in get_type_hints(Facts).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
