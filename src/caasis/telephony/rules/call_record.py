"""The call detail record, rebuilt from a call's log at any time: two runs over one log give the same record.

Times are seconds. `talk_s` is without hold; AHT = talk + hold + after-call work (ACW) holds for every part and therefore
for every sum of parts. Waiting (待機時間: before an answer) and hold (保留時間: during the call) are two fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from caasis.telephony.rules.call_log import WITHOUT_A_PERSON, Happened, Step


class Outcome(StrEnum):
    """What became of a call that was offered to a centre. Each offered call has exactly one for each centre."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    BLOCKED = "blocked"
    DEFLECTED = "deflected"
    SERVED_ITSELF = "served_itself"
    CALLBACK = "callback"
    OVERFLOWED = "overflowed"
    AFTER_HOURS = "after_hours"
    UNFINISHED = "unfinished"


_OUTCOME_OF = {
    Step.BLOCKED: Outcome.BLOCKED,
    Step.CALLBACK_TAKEN: Outcome.CALLBACK,
    Step.DEFLECTED: Outcome.DEFLECTED,
    Step.SERVED_ITSELF: Outcome.SERVED_ITSELF,
    Step.AFTER_HOURS: Outcome.AFTER_HOURS,
}


#: What an agent does after nobody is in the call any more.
_AFTERWARDS = frozenset({Step.LEFT, Step.RESULT, Step.WRAP_UP_LONGER, Step.WRAPPED_UP})


class LogOutOfOrder(ValueError):
    """The log goes back in time or begins with something other than an offered or dialled call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One wait in one queue. `left_at` is None while it lasts."""

    centre: str
    queue: str
    entered_at: datetime
    left_at: datetime | None
    outcome: Outcome

    @property
    def wait_s(self) -> float | None:
        """待機時間: seconds in this queue; None while it lasts."""
        return None if self.left_at is None else (self.left_at - self.entered_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One agent's part of a call. `acw_s` is None while the wrap-up lasts or when the agent is still talking."""

    centre: str
    queue: str
    agent: str
    connected_at: datetime
    left_at: datetime | None
    talk_s: float
    hold_s: float
    holds: int
    acw_s: float | None
    gave_away: bool
    #: What the agent said that the call came to (CallResult), "" for 未入力.
    result: str = ""
    #: How often the wrap-up was prolonged.
    prolonged: int = 0

    @property
    def handling_s(self) -> float | None:
        """AHT of this part = talk + hold + ACW; None until it is wrapped up."""
        return None if self.acw_s is None else self.talk_s + self.hold_s + self.acw_s


@dataclass(frozen=True, slots=True, kw_only=True)
class AtCentre:
    """A call as one centre sees it: offered once, with one outcome."""

    centre: str
    offered_at: datetime
    outcome: Outcome
    #: Until it was answered here, or until the caller gave up; None for every other outcome.
    until_answer_s: float | None
    until_abandoned_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A whole call."""

    inbound: bool
    began_at: datetime
    ended_at: datetime | None
    centres: tuple[AtCentre, ...]
    stays: tuple[Stay, ...]
    parts: tuple[Part, ...]
    #: Dial to connect (K34): from the first moment to the first person; None when nobody was reached.
    speed_of_answer_s: float | None
    escalated: bool
    transfers: int
    rang_out: tuple[str, ...]

    @property
    def talk_s(self) -> float:
        """ATT of the call: all agents' talk, without hold."""
        return sum(part.talk_s for part in self.parts)

    @property
    def hold_s(self) -> float:
        """Time on hold, all agents."""
        return sum(part.hold_s for part in self.parts)

    @property
    def held(self) -> bool:
        """Whether the caller was ever put on hold."""
        return any(part.holds for part in self.parts)


@dataclass(slots=True)
class _OpenPart:
    centre: str
    queue: str
    connected_at: datetime
    left_at: datetime | None = None
    wrapped_at: datetime | None = None
    held_since: datetime | None = None
    hold_s: float = 0.0
    holds: int = 0
    gave_away: bool = False
    result: str = ""
    prolonged: int = 0

    def leave(self, at: datetime) -> None:
        if self.left_at is None:
            self._resume(at)
            self.left_at = at

    def hold(self, at: datetime) -> None:
        if self.held_since is None and self.left_at is None:
            self.held_since, self.holds = at, self.holds + 1

    def _resume(self, at: datetime) -> None:
        if self.held_since is not None:
            self.hold_s += (at - self.held_since).total_seconds()
            self.held_since = None

    resume = _resume

    def closed(self, agent: str, until: datetime) -> Part:
        end = self.left_at or until
        hold = self.hold_s + ((end - self.held_since).total_seconds() if self.held_since else 0.0)
        return Part(
            centre=self.centre,
            queue=self.queue,
            agent=agent,
            connected_at=self.connected_at,
            left_at=self.left_at,
            talk_s=(end - self.connected_at).total_seconds() - hold,
            hold_s=hold,
            holds=self.holds,
            acw_s=(self.wrapped_at - self.left_at).total_seconds() if self.wrapped_at and self.left_at else None,
            gave_away=self.gave_away,
            result=self.result,
            prolonged=self.prolonged,
        )


@dataclass(slots=True)
class _Reading:
    """The log as far as it was read."""

    centre: str
    queue: str = ""
    waiting_since: datetime | None = None
    stays: list[Stay] = field(default_factory=list)
    parts: list[tuple[str, _OpenPart]] = field(default_factory=list)
    offered: dict[str, datetime] = field(default_factory=dict)
    outcome: dict[str, Outcome] = field(default_factory=dict)
    answered: dict[str, datetime] = field(default_factory=dict)
    rang_out: list[str] = field(default_factory=list)
    ended_at: datetime | None = None
    reached_at: datetime | None = None
    escalated: bool = False
    transfers: int = 0

    def end_stay(self, at: datetime, outcome: Outcome) -> None:
        if self.waiting_since is not None:
            self.stays.append(
                Stay(
                    centre=self.centre,
                    queue=self.queue,
                    entered_at=self.waiting_since,
                    left_at=at,
                    outcome=outcome,
                )
            )
            self.waiting_since = None

    def decide(self, outcome: Outcome) -> None:
        """The first outcome at a centre stays, except that being answered is stronger than what a machine said."""
        if self.outcome.get(self.centre) != Outcome.ANSWERED and (
            outcome == Outcome.ANSWERED or self.centre not in self.outcome
        ):
            self.outcome[self.centre] = outcome

    def part_of(self, agent: str) -> _OpenPart | None:
        for name, part in reversed(self.parts):
            if name == agent:
                return part
        return None


def record_of(log: Sequence[Happened], *, until: datetime | None = None) -> CallRecord:
    """The record that this log gives. `until` closes what still goes on, for reading only (default: the log's end).

    The log is in the order in which it was written. Raises LogOutOfOrder.
    """
    if not log or log[0].step not in (Step.OFFERED, Step.DIALLED):
        raise LogOutOfOrder("a call begins with being offered or dialled")
    if any(later.at < earlier.at for earlier, later in pairwise(log)):
        raise LogOutOfOrder("the log goes back in time")
    inbound = log[0].step == Step.OFFERED
    reading = _Reading(centre=log[0].centre)
    for line in log:
        _read(reading, line)
    if reading.ended_at is not None:
        reading.end_stay(reading.ended_at, Outcome.ABANDONED)
        if inbound:
            reading.decide(Outcome.ABANDONED)
    end = until or log[-1].at
    if reading.waiting_since is not None:
        reading.stays.append(
            Stay(
                centre=reading.centre,
                queue=reading.queue,
                entered_at=reading.waiting_since,
                left_at=None,
                outcome=Outcome.UNFINISHED,
            )
        )
    return CallRecord(
        inbound=inbound,
        began_at=log[0].at,
        ended_at=reading.ended_at,
        centres=tuple(_at_centres(reading)) if inbound else (),
        stays=tuple(reading.stays),
        parts=tuple(part.closed(agent, end) for agent, part in reading.parts),
        speed_of_answer_s=(reading.reached_at - log[0].at).total_seconds() if reading.reached_at else None,
        escalated=reading.escalated,
        transfers=reading.transfers,
        rang_out=tuple(reading.rang_out),
    )


def _read(reading: _Reading, line: Happened) -> None:
    if reading.ended_at is not None and line.step not in _AFTERWARDS:
        # Nothing happens to a call that nobody is in any more; what is told late is kept in the log alone.
        return
    part = reading.part_of(line.agent) if line.agent else None
    match line.step:
        case Step.OFFERED:
            reading.offered.setdefault(line.centre, line.at)
        case Step.QUEUED:
            reading.end_stay(line.at, Outcome.OVERFLOWED)
            # Whoever goes on to wait for a person was not served by the machine after all.
            if reading.outcome.get(reading.centre) in (Outcome.SERVED_ITSELF, Outcome.DEFLECTED):
                del reading.outcome[reading.centre]
            reading.queue, reading.waiting_since = line.queue, line.at
        case Step.OVERFLOWED:
            reading.end_stay(line.at, Outcome.OVERFLOWED)
            if line.centre != reading.centre:
                reading.decide(Outcome.OVERFLOWED)
                reading.centre = line.centre
                reading.offered.setdefault(line.centre, line.at)
            reading.queue, reading.waiting_since = line.queue, line.at
        case Step.RANG_OUT:
            reading.rang_out.append(line.agent)
        case Step.CONNECTED:
            reading.end_stay(line.at, Outcome.ANSWERED)
            reading.decide(Outcome.ANSWERED)
            reading.answered.setdefault(reading.centre, line.at)
            reading.reached_at = reading.reached_at or line.at
            if line.agent:
                reading.parts.append((line.agent, _OpenPart(reading.centre, reading.queue, line.at)))
        case Step.HELD if part:
            part.hold(line.at)
        case Step.RESUMED if part:
            part.resume(line.at)
        case Step.ESCALATED:
            reading.escalated = True
        case Step.TRANSFERRED:
            reading.transfers += 1
            if part:
                part.gave_away = True
        case Step.LEFT if part:
            part.leave(line.at)
        case Step.RESULT if part:
            part.result = line.detail
        case Step.WRAP_UP_LONGER if part:
            part.prolonged += 1
        case Step.WRAPPED_UP if part:
            part.leave(line.at)
            part.wrapped_at = part.wrapped_at or line.at
        case Step.ENDED:
            reading.ended_at = reading.ended_at or line.at
            for _, open_part in reading.parts:
                open_part.leave(line.at)
        case step if step in WITHOUT_A_PERSON:
            outcome = _OUTCOME_OF[step]
            reading.end_stay(line.at, outcome)
            reading.decide(outcome)
        case _:
            pass


def _at_centres(reading: _Reading) -> Iterable[AtCentre]:
    for centre, offered_at in reading.offered.items():
        outcome = reading.outcome.get(centre, Outcome.UNFINISHED)
        answered, abandoned = reading.answered.get(centre), reading.ended_at
        yield AtCentre(
            centre=centre,
            offered_at=offered_at,
            outcome=outcome,
            until_answer_s=(answered - offered_at).total_seconds() if answered else None,
            until_abandoned_s=(
                (abandoned - offered_at).total_seconds() if abandoned and outcome == Outcome.ABANDONED else None
            ),
        )
