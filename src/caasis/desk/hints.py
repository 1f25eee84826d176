"""気づいた点 on the screen: the rules' hints, with their mends as values that inputs show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from caasis.cases.models import Case
from caasis.cases.rules.card import BY_NAME
from caasis.cases.rules.hints import Hint, Looking, hints_for
from caasis.cases.services.approving import personal_spans
from caasis.desk.card import as_typed
from caasis.kernel.clock import day_in_japan


@dataclass(frozen=True, slots=True)
class ShownMend:
    """One button: its words, its place among the hint's mends, and for scripts the values as typed (JSON)."""

    label: str
    key: str
    values: str


@dataclass(frozen=True, slots=True)
class ShownHint:
    field: str
    label: str
    message: str
    urgent: bool
    mends: tuple[ShownMend, ...]
    code: str = ""


def shown_hints(case: Case, card: Mapping[str, Any]) -> list[ShownHint]:
    """The hints for a card as it stands on the screen; `card` holds typed values."""
    return [
        ShownHint(
            field=hint.field,
            label=BY_NAME[hint.field].label,
            message=hint.message,
            urgent=hint.urgent,
            code=hint.code,
            mends=tuple(
                ShownMend(mend.label, f"{hint.code}.{hint.field}.{place}", json.dumps(_typed(mend.changes), ensure_ascii=False))
                for place, mend in enumerate(hint.mends)
            ),
        )
        for hint in _hints(case, card)
    ]


def mended(case: Case, card: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What a mend's button puts into the card, as typed; nothing when the hint no longer holds."""
    for hint in _hints(case, card):
        for place, mend in enumerate(hint.mends):
            if key == f"{hint.code}.{hint.field}.{place}":
                return _typed(mend.changes)
    return {}


def _hints(case: Case, card: Mapping[str, Any]) -> list[Hint]:
    return hints_for(Looking(card, day_in_japan(timezone.now()), personal_spans(case, card)))


def _typed(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: as_typed(name, value) for name, value in changes.items()}
