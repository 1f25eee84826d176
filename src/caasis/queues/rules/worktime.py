"""Agents' time from the log of their states alone: logged-in hours, K27, K51 and K53. Pure.

Identities, for every log and every span: the times of all states, OFFLINE among them, add up to the span; those of the
others to the logged-in time; the times of two spans that meet add up to those of both; 0 ≤ K27 ≤ 1, and None where nobody
was logged in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from caasis.engines.routing.states import COUNTS
from caasis.queues.vocabulary import AgentState

NOTHING = timedelta()


class LogOutOfOrder(ValueError):
    """The log goes back in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An agent is in this state from `at` (aware) on."""

    at: datetime
    state: AgentState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """An agent was in one state from `start` to `end`, which is exclusive."""

    state: AgentState
    reason: str
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def stretches(log: Sequence[Change], start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """What an agent did from `start` to `end`, without a gap. Before the log begins, the agent is offline.

    :param log: in the order in which it was written; what lies before `start` tells the state at `start`.
    Raises LogOutOfOrder, and ValueError when `end` is before `start`.
    """
    if end < start:
        raise ValueError("the span ends before it begins")
    if any(later.at < earlier.at for earlier, later in pairwise(log)):
        raise LogOutOfOrder("the log goes back in time")
    return tuple(_clipped(log, start, end))


def _clipped(log: Sequence[Change], start: datetime, end: datetime) -> Iterator[Stretch]:
    state, reason, since = AgentState.OFFLINE, "", start
    for change in log:
        at = min(max(change.at, start), end)
        if at > since:
            yield Stretch(state=state, reason=reason, start=since, end=at)
        state, reason, since = change.state, change.reason, at
    if end > since:
        yield Stretch(state=state, reason=reason, start=since, end=end)


@dataclass(frozen=True, slots=True)
class WorkTime:
    """How long somebody, or several people together, was in which state for which reason."""

    times: Mapping[tuple[AgentState, str], timedelta] = field(default_factory=dict)

    def __add__(self, other: WorkTime) -> WorkTime:
        times = dict(self.times)
        for key, length in other.times.items():
            times[key] = times.get(key, NOTHING) + length
        return WorkTime(times)

    def of(self, *states: AgentState) -> timedelta:
        """The time in these states, for whatever reason."""
        return sum((length for (state, _), length in self.times.items() if state in states), NOTHING)

    @property
    def logged_in(self) -> timedelta:
        """The time between signing in and signing out."""
        return self.of(*(state for state, counts in COUNTS.items() if counts.logged_in))

    @property
    def breaks(self) -> timedelta:
        return self.of(AgentState.BREAK)

    def work(self, work_reasons: Collection[str]) -> timedelta:
        """Logged-in time without breaks and without being away for another reason than `work_reasons`."""
        away = (
            length
            for (state, reason), length in self.times.items()
            if state is AgentState.AWAY and reason in work_reasons
        )
        return self.of(*(state for state, counts in COUNTS.items() if counts.working)) + sum(away, NOTHING)

    def utilisation(self, work_reasons: Collection[str]) -> float | None:
        """K27 稼働率 = work ÷ logged-in time: 「業務に取り組んでいる時間の割合。休憩などの作業外時間を除く」."""
        return self.work(work_reasons) / self.logged_in if self.logged_in else None


def work_time(log: Sequence[Change], start: datetime, end: datetime) -> WorkTime:
    """The times of one agent's log within a span. Raises as `stretches`."""
    times: dict[tuple[AgentState, str], timedelta] = {}
    for stretch in stretches(log, start, end):
        key = (stretch.state, stretch.reason)
        times[key] = times.get(key, NOTHING) + stretch.length
    return WorkTime(times)


def together(times: Iterable[WorkTime]) -> WorkTime:
    """The times of several people, added up."""
    return sum(times, WorkTime())


def full_time_equivalents(logged_in: timedelta, full_time: timedelta) -> float:
    """K51 FTE = logged-in time ÷ the time that one full-time person works in the same span.

    Raises ValueError for a full time that is not above nothing.
    """
    if full_time <= NOTHING:
        raise ValueError("a full-time person works more than nothing")
    return logged_in / full_time


def operators_per_supervisor(operators: timedelta, supervisors: timedelta) -> float | None:
    """K53 SOC (span of control): logged-in time of the operators ÷ that of the supervisors.

    That is the mean number of operators present ÷ the mean number of supervisors present. None without a supervisor.
    """
    return operators / supervisors if supervisors else None
