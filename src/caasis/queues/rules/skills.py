"""Skills: what is asked for, and what an agent has on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True, slots=True)
class Held:
    """A level in a skill from a day to a day, both inclusive; `valid_to` None is without end."""

    code: str
    level: int
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def levels_on(held: Iterable[Held], day: date) -> dict[str, int]:
    """Skill → level on a day; the higher one where two rows hold."""
    levels: dict[str, int] = {}
    for one in held:
        if one.holds_on(day):
            levels[one.code] = max(one.level, levels.get(one.code, 0))
    return levels


def required_error(required: Mapping[Any, Any]) -> str:
    """What is wrong with required skills (code → least level), as a sentence; "" when nothing is."""
    for code, level in required.items():
        if not isinstance(code, str) or not code:
            return "スキルを選んでください。"
        if isinstance(level, bool) or not isinstance(level, int) or not LOWEST <= level <= HIGHEST:
            return f"スキルの段階は{LOWEST}から{HIGHEST}までです。"
    return ""


def serves(levels: Mapping[str, int], required: Mapping[str, int]) -> bool:
    """Whether somebody with these levels has at least what is required."""
    return all(levels.get(code, 0) >= least for code, least in required.items())
