"""What was planted in the town, so that a detector can be scored against it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class PlantedSurge:
    """One kind of trouble that multiplies in some prefectures for three weeks (first and last day included)."""

    story: str
    label: str
    products: tuple[str, ...]
    prefectures: tuple[str, ...]
    starts_on: date
    ends_on: date
    factor: float
    expected_without: float
    expected_with: float
    main_business_id: str


@dataclass(frozen=True, slots=True)
class PlantedNovelty:
    """One kind of trouble that doesn't exist before ``first_day``; ``words`` occur in no text before it."""

    story: str
    label: str
    products: tuple[str, ...]
    first_day: date
    full_from: date
    words: tuple[str, ...]
    expected_cases: float


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Everything planted for one seed; days are JST, both ends included."""

    seed: int
    count: int
    months: int
    starts_on: date
    until: date
    surge: PlantedSurge
    novelty: PlantedNovelty
    demo: bool = True

    def to_json(self) -> str:
        """Return the ground truth as JSON text with sorted keys, dates as ISO 8601."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True, default=_iso) + "\n"


def _iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
