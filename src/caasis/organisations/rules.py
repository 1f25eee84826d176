"""Decisions about centres, on plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time

from caasis.kernel.actor import Actor, Role

#: A code is short and stable: it stands in receipt numbers and files.
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
#: Roles that may stand in a step of 決裁.
DECIDING = (Role.OFFICIAL, Role.SUPERVISOR)
MOST_STEPS = 3
#: 文書保存 of cases in years: not shorter than a case may be disputed, not longer than a paper archive.
FEWEST_YEARS, MOST_YEARS = 1, 30

Span = tuple[time, time]


def may_manage_centres(actor: Actor) -> bool:
    """Centres are entered and changed by the administrator."""
    return actor.is_system or actor.has(Role.ADMIN)


def hours_error(week: Mapping[int, Iterable[Span]]) -> str:
    """What is wrong with a week's spans by weekday (0 Monday … 6 Sunday), or "" when nothing is."""
    for weekday, spans in week.items():
        if weekday not in range(7):
            return "曜日を選びなおしてください。"
        end: time | None = None
        for opens, closes in sorted(spans):
            if opens >= closes:
                return "終わりの時刻は、始まりより後にしてください。"
            if end is not None and opens < end:
                return "同じ曜日の時間が重なっています。直してください。"
            end = closes
    return ""


def steps_error(steps: Iterable[str]) -> str:
    """What is wrong with the steps of 決裁, or "" when nothing is."""
    listed = list(steps)
    if not 1 <= len(listed) <= MOST_STEPS:
        return f"決裁の段階は1つから{MOST_STEPS}つまでです。"
    if any(step not in {role.value for role in DECIDING} for step in listed):
        return "決裁する役割を、一覧から選びなおしてください。"
    if len(set(listed)) != len(listed):
        return "同じ役割が2回あります。段階を選びなおしてください。"
    return ""
