"""Metric definitions as code: the wording of the documents, the formula, the unit and a version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    COUNT = "件"
    YEN = "円"
    RATIO = "割合"
    SECONDS = "秒"
    DAYS = "日"
    PER_HOUR = "件/時間"
    ERLANG = "アーラン"
    PEOPLE = "人"
    POINTS = "点"


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One K number. `ratio_of` names numerator and denominator of a rate, which then lies between 0 and 1."""

    code: str
    name: str
    name_en: str
    definition: str
    formula: str
    unit: Unit
    version: int
    ratio_of: tuple[str, str] | None = None
    source: str = "消費生活相談デジタル・トランスフォーメーションアクションプラン2022 8. 目標とモニタリング"


class MetricRegistry:
    """All definitions, by code. A second definition under one code is refused."""

    def __init__(self) -> None:
        self._by_code: dict[str, MetricDefinition] = {}

    def add(self, definition: MetricDefinition) -> MetricDefinition:
        if definition.code in self._by_code:
            raise ValueError(f"metric {definition.code} is defined twice")
        self._by_code[definition.code] = definition
        return definition

    def get(self, code: str) -> MetricDefinition:
        return self._by_code[code]

    def all(self) -> list[MetricDefinition]:
        return [self._by_code[code] for code in sorted(self._by_code, key=lambda c: (c[0], int(c[1:])))]


def ratio(numerator: int, denominator: int) -> float | None:
    """A rate between 0 and 1, or None when nothing has happened yet."""
    if denominator == 0:
        return None
    if not 0 <= numerator <= denominator:
        raise ValueError(f"a rate needs 0 <= {numerator} <= {denominator}")
    return numerator / denominator
