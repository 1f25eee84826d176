"""Small towns for the twin's tests: all prefectures, invented municipalities, the product's own code lists."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

from caasis.twin.generate import GeneratedCase, Plan, plan_town
from caasis.twin.geography import PREFECTURE_POPULATION, Geography, Municipality

UNTIL = date(2026, 11, 20)
CODES = Path(__file__).parents[3] / "src" / "caasis" / "cases" / "codes"


@cache
def codes_of(name: str) -> frozenset[str]:
    """The codes of one of the product's lists."""
    with (CODES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["code"] for row in csv.DictReader(file))


@cache
def geography() -> Geography:
    """Ten invented municipalities in each prefecture."""
    return Geography.of(
        Municipality(f"{code}{number:03d}", f"架空{number}{'市' if number < 6 else '町'}", code, f"第{code}県")
        for code in PREFECTURE_POPULATION
        for number in range(1, 11)
    )


def plan(seed: int = 7, count: int = 12_000, months: int = 12) -> Plan:
    """A town's plan; nothing is told yet."""
    return plan_town(seed, count, months, UNTIL, geography(), codes_of("product"))


@cache
def told(seed: int = 7, count: int = 12_000) -> tuple[Plan, tuple[GeneratedCase, ...]]:
    """A town with all its cases; shared by the tests that only read."""
    town = plan(seed, count)
    return town, tuple(town.cases())


def digest(cases: Iterable[GeneratedCase]) -> str:
    """A fingerprint of everything that the cases hold."""
    seen = hashlib.sha256()
    for case in cases:
        seen.update(repr(case).encode())
    return seen.hexdigest()


if __name__ == "__main__":
    town = plan(31, 400)
    print(digest(town.cases()), hashlib.sha256(repr(town.town.consumers).encode()).hexdigest())
