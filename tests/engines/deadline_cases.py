"""Shared by the deadline tests: the shipped law and short ways to ask it."""

from __future__ import annotations

from datetime import date
from typing import Any

from caasis.engines.deadlines import Assessment, Facts, assess
from caasis.platform.lawfiles import current_law

LAW = current_law()
# 14 November 2026 is a Saturday; 21 November is day 8.
DOCUMENT_DAY = date(2026, 11, 14)
LAST_DAY = date(2026, 11, 21)


def day(month: int, number: int, year: int = 2026) -> date:
    return date(year, month, number)


def judge(transaction_type: str, today: date, right: str | None = None, **facts: Any) -> Assessment:
    """The assessment of one right (the first of the type, unless named)."""
    found = assess(Facts(transaction_types=(transaction_type,), **facts), LAW, today)
    wanted = [item for item in found if right is None or item.right == right]
    return wanted[0]


def codes(assessment: Assessment) -> list[str]:
    return [unknown.code for unknown in assessment.unknown]
