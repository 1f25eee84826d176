"""Response clocks (F55): open minutes that a consumer has waited, pauses left out. Pure: the schedule is an argument.

A clock runs while the centre is open and nobody else is waited for. What is stored are its steps; `replay` computes from
them alone what the clock's row says, so that a figure of K65 can be rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from caasis.cases.rules.team_policy import hours_in_words
from caasis.cases.rules.team_words import ClockKind, ClockStep, WaitingFor
from caasis.engines.schedule import NeverOpens, Schedule

#: With so many open minutes left the words turn orange, before the target is missed.
NEAR_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One stored step. `minutes` is the target for STARTED and RETARGETED."""

    at: datetime
    step: ClockStep
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the steps amount to. `used` in open minutes; `met` is None while the clock runs or stands still."""

    target: int
    used: int
    running_since: datetime | None
    stopped_at: datetime | None
    met: bool | None


def replay(steps: Iterable[Step], schedule: Schedule) -> Reading:
    """The state of a clock after its steps.

    :raises ValueError: the first step is no start.
    """
    target, used, since, stopped = 0, 0, None, None
    begun = False
    for step in steps:
        if not begun and step.step is not ClockStep.STARTED:
            raise ValueError("a clock begins with its start")
        begun = True
        match step.step:
            case ClockStep.STARTED:
                target, since = step.minutes, step.at
            case ClockStep.RETARGETED:
                target = step.minutes
            case ClockStep.PAUSED | ClockStep.STOPPED:
                if since is not None:
                    used += max(0, schedule.business_minutes_between(since, step.at))
                since = None
                if step.step is ClockStep.STOPPED:
                    stopped = step.at
            case ClockStep.RESUMED | ClockStep.REVIVED:
                since, stopped = step.at, None
            case ClockStep.BREACHED:
                pass
    return Reading(target, used, since, stopped, None if stopped is None else used <= target)


def due_moment(schedule: Schedule, *, since: datetime, target: int, used: int) -> datetime | None:
    """When a running clock reaches its target; `since` itself when it already has; None when the centre never opens."""
    try:
        return schedule.add_business_minutes(since, max(0, target - used))
    except NeverOpens:
        return None


@dataclass(frozen=True, slots=True)
class ClockWords:
    """A clock on the screen. `tone`: late, near, calm or paused."""

    label: str
    text: str
    tone: str
    #: Open minutes left, negative when the target is missed; what lists sort by within a tone.
    left: int


def clock_words(
    kind: ClockKind, *, left: int, paused_for: WaitingFor | None = None, short: bool = False
) -> ClockWords:
    """「お返事の目標まで 2時間10分（受付時間で）」; late ones say by how much; a pause says for whom."""
    goal = "処理の目標" if kind is ClockKind.CLOSE else "お返事の目標"
    if paused_for is not None:
        return ClockWords(goal, f"{paused_for.label}（時計は止まっています）" if not short else paused_for.label, "paused", left)
    if left < 0:
        amount = hours_in_words(-left)
        return ClockWords(goal, f"{amount} 超過" if short else f"{goal}を {amount} 過ぎています", "late", left)
    amount = hours_in_words(left) if left else "まもなく"
    text = f"あと {amount}" if short and left else amount if short else f"{goal}まで {amount}（受付時間で）"
    return ClockWords(goal, text, "near" if left <= NEAR_MINUTES else "calm", left)
