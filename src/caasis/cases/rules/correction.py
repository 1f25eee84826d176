"""補正: which fields the national centre may correct, and who may do what with a correction next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from caasis.cases.rules.card import BY_NAME

#: Coded fields of what was registered. Never personal data, never the texts (those get a comment), never amounts and
#: days, which only the centre knows from the papers.
CORRECTABLE: tuple[str, ...] = (
    "kind",
    "result",
    "product",
    "sales_form",
    "transaction_types",
    "content_classes",
    "keywords",
    "payment_method",
    "led_by",
    "consumer_age",
    "consumer_sex",
    "consumer_occupation",
    "party_age",
    "party_sex",
    "party_occupation",
    "harm_kind",
    "harm_degree",
)
assert not [name for name in CORRECTABLE if BY_NAME[name].sealed]
#: A registered case can't be without these: they may be corrected, not emptied.
NEVER_EMPTY = frozenset({"kind", "result", "product", "sales_form"})

#: So many days the centre has to dispute, the day of the correction not counted.
DISPUTE_DAYS = 14
SHORTEST_REASON, LONGEST_REASON = 5, 1000


class CorrectionState(StrEnum):
    """Life of a correction. It counts in the statistics in each state but `withdrawn`."""

    APPLIED = "applied"
    ACCEPTED = "accepted"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    CorrectionState.APPLIED: "補正ずみ（異議を言える）",
    CorrectionState.ACCEPTED: "確定",
    CorrectionState.DISPUTED: "異議あり",
    CorrectionState.UPHELD: "異議のあと維持",
    CorrectionState.WITHDRAWN: "取り下げ",
}

#: From which states each verb leads where. `seen` accepts in words, `expire` by silence.
VERBS: dict[str, tuple[frozenset[CorrectionState], CorrectionState]] = {
    "seen": (frozenset({CorrectionState.APPLIED}), CorrectionState.ACCEPTED),
    "expire": (frozenset({CorrectionState.APPLIED}), CorrectionState.ACCEPTED),
    "dispute": (frozenset({CorrectionState.APPLIED}), CorrectionState.DISPUTED),
    "uphold": (frozenset({CorrectionState.DISPUTED}), CorrectionState.UPHELD),
    "withdraw": (frozenset({CorrectionState.APPLIED, CorrectionState.DISPUTED}), CorrectionState.WITHDRAWN),
}

STEP_LABELS = {
    "made": "補正しました",
    "seen": "センターが確かめました",
    "expire": "期限までに異議がなく、確定しました",
    "dispute": "センターが異議を伝えました",
    "uphold": "補正を維持しました",
    "withdraw": "補正を取り下げ、元に戻しました",
}


def dispute_until(made_on: date) -> date:
    """The last day on which the centre may dispute."""
    return made_on + timedelta(days=DISPUTE_DAYS)


def reason_error(text: str, what: str = "補正の理由") -> str:
    """What is wrong with the words of a correction, a dispute or its answer; "" when nothing is."""
    length = len(text.strip())
    if length < SHORTEST_REASON:
        return f"{what}を書いてください（{SHORTEST_REASON}字以上）。"
    if length > LONGEST_REASON:
        return f"{what}は{LONGEST_REASON:,}字までです。短くしてください。"
    return ""


def correction_errors(changes: Mapping[str, Any]) -> dict[str, list[str]]:
    """What may not be corrected so, by field."""
    errors: dict[str, list[str]] = {}
    for name, value in changes.items():
        if name not in CORRECTABLE:
            errors[name] = ["この項目は補正できません。理由の欄で伝えてください。"]
        elif name in NEVER_EMPTY and value in (None, "", []):
            errors[name] = [f"{BY_NAME[name].label}を選んでください。空にはできません。"]
    return errors


def to_put_back(
    before: Mapping[str, Any], after: Mapping[str, Any], current: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The fields that go back to what they were, and the names of those that somebody has changed since: they stay."""
    back = {name: before.get(name) for name, value in after.items() if current.get(name) == value}
    return back, [name for name in after if name not in back]


def fields_of(names: Sequence[str]) -> str:
    """Labels of fields, for a sentence."""
    return "・".join(BY_NAME[name].label for name in names if name in BY_NAME)
