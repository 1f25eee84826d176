"""What the screens of 補正 show: corrections with their differences, their steps and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from caasis.accounts.selectors import names_of
from caasis.cases.approval_record import today
from caasis.cases.correction_record import differences_of
from caasis.cases.models import Correction, CorrectionStep
from caasis.cases.rules.card import BY_NAME, Kind
from caasis.cases.rules.correction import STEP_LABELS, CorrectionState, fields_of
from caasis.cases.rules.differences import Difference

#: State → modifier of the chip.
_TONES = {
    CorrectionState.APPLIED: "other",
    CorrectionState.ACCEPTED: "ok",
    CorrectionState.DISPUTED: "due",
    CorrectionState.UPHELD: "ok",
    CorrectionState.WITHDRAWN: "st",
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step in words. `kept` names the fields that could not be put back."""

    step: CorrectionStep
    label: str
    who: str
    kept: str


@dataclass(frozen=True, slots=True)
class ShownCorrection:
    """One correction as both sides see it. `days_left` counts to the last day of disputing, below 0 when over."""

    correction: Correction
    label: str
    tone: str
    rows: Sequence[Difference]
    steps: Sequence[ShownStep]
    fields: str
    days_left: int


def shown_corrections(corrections: Sequence[Correction]) -> list[ShownCorrection]:
    """Corrections with their steps and the names of who took them, in two queries."""
    steps = {one.id: list(one.steps.all()) for one in corrections}
    names = names_of({step.actor_id for listed in steps.values() for step in listed if step.actor_id})
    day = today()
    return [
        ShownCorrection(
            correction=one,
            label=CorrectionState(one.state).label,
            tone=_TONES[CorrectionState(one.state)],
            rows=differences_of(one),
            steps=[
                ShownStep(
                    step,
                    STEP_LABELS.get(step.kind, step.kind),
                    names.get(step.actor_id, "") if step.actor_id else "",
                    fields_of(step.kept),
                )
                for step in steps[one.id]
            ],
            fields=fields_of(list(one.after)),
            days_left=(one.dispute_until - day).days,
        )
        for one in corrections
    ]


def shown(correction: Correction) -> ShownCorrection:
    return shown_corrections([correction])[0]


def typed_values(data: Any, names: Sequence[str]) -> dict[str, Any]:
    """What a form of coded fields sent: lists for fields of several codes, texts for the rest, only of `names`."""
    found: dict[str, Any] = {}
    for name in names:
        if BY_NAME[name].kind is Kind.CODES:
            found[name] = [value[:60] for value in data.getlist(name)][:40]
        elif name in data:
            found[name] = data[name][:400].replace("\x00", "")
        # A field that the form didn't bring stays as it is.
    return found
