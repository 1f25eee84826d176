"""The contact centre's figures from call records alone: K9, K16–K18, K20, K23–K30, K33, K34, K37–K44, K53–K55, K62.

Identities, which hold for every selection of calls: offered = answered + abandoned + blocked + deflected or self-served +
callback + overflowed + after hours + unfinished; AHT = ATT + hold + ACW; every rate lies between 0 and 1, and is None
where nothing was counted. A mean is None over nothing.

K9 counts callers who gave up, per caller and day; K41 counts calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from caasis.kernel.clock import JST
from caasis.kernel.metrics import ratio
from caasis.telephony.rules.call_record import AtCentre, CallRecord, Outcome, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedCall:
    """A call as figures need it. `caller` is any key of one caller (a blind index), "" for one who is not known."""

    call: str
    record: CallRecord
    caller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreFigures:
    """A centre's inbound calls of some time; times are seconds."""

    offered: int
    outcomes: dict[Outcome, int]
    #: Parts that are wrapped up: only these have a handling time.
    handled: int
    talk_s: float
    hold_s: float
    acw_s: float
    answered_calls: int
    held_calls: int
    escalated_calls: int
    transferred_calls: int
    wait_of_answered_s: float
    time_to_abandon_s: float
    speed_of_answer_s: float
    in_target: int
    callers: int
    callers_who_gave_up: int

    def count(self, outcome: Outcome) -> int:
        """How many of the offered calls ended so."""
        return self.outcomes.get(outcome, 0)

    @property
    def answered(self) -> int:
        """K24 応答件数."""
        return self.count(Outcome.ANSWERED)

    @property
    def answer_rate(self) -> float | None:
        """K25 応答率 = answered ÷ offered."""
        return ratio(self.answered, self.offered)

    @property
    def abandon_rate(self) -> float | None:
        """K41 = abandoned ÷ offered, in calls."""
        return ratio(self.count(Outcome.ABANDONED), self.offered)

    @property
    def giving_up_rate(self) -> float | None:
        """K9 放棄率: callers who gave up ÷ callers, per caller and day."""
        return ratio(self.callers_who_gave_up, self.callers)

    @property
    def blocked_rate(self) -> float | None:
        """K30 呼損率 = blocked ÷ offered."""
        return ratio(self.count(Outcome.BLOCKED), self.offered)

    @property
    def hold_rate(self) -> float | None:
        """K44 = calls held ÷ answered calls."""
        return ratio(self.held_calls, self.answered_calls)

    @property
    def escalation_rate(self) -> float | None:
        """K23 = escalated ÷ answered."""
        return ratio(self.escalated_calls, self.answered_calls)

    @property
    def transfer_rate(self) -> float | None:
        """K33 = transferred ÷ answered."""
        return ratio(self.transferred_calls, self.answered_calls)

    @property
    def service_level(self) -> float | None:
        """Share of offered calls that were answered within the target."""
        return ratio(self.in_target, self.offered)

    @property
    def att_s(self) -> float | None:
        """K38 (K16) mean talk time of a wrapped-up part."""
        return _mean(self.talk_s, self.handled)

    @property
    def mean_hold_s(self) -> float | None:
        """K43 (K17) mean hold time of a wrapped-up part."""
        return _mean(self.hold_s, self.handled)

    @property
    def mean_acw_s(self) -> float | None:
        """K20 mean after-call work."""
        return _mean(self.acw_s, self.handled)

    @property
    def aht_s(self) -> float | None:
        """K37 AHT = talk + hold + ACW."""
        return _mean(self.talk_s + self.hold_s + self.acw_s, self.handled)

    @property
    def handling_per_call_s(self) -> float | None:
        """K55: handling time ÷ answered calls; a call handled by two people counts both."""
        return _mean(self.talk_s + self.hold_s + self.acw_s, self.answered_calls)

    @property
    def mean_wait_s(self) -> float | None:
        """K39 and K62: wait before an answer, of those who were answered."""
        return _mean(self.wait_of_answered_s, self.answered)

    @property
    def mean_speed_of_answer_s(self) -> float | None:
        """K34: from dialling to the first person."""
        return _mean(self.speed_of_answer_s, self.answered)

    @property
    def mean_time_to_abandon_s(self) -> float | None:
        """K42: how long those waited who gave up."""
        return _mean(self.time_to_abandon_s, self.count(Outcome.ABANDONED))


def centre_figures(calls: Sequence[CountedCall], centre: str, *, target_s: float = 20.0) -> CentreFigures:
    """A centre's figures over these calls; calls that were never offered to it count for nothing."""
    mine = [
        (call, seen) for call in calls for seen in call.record.centres if seen.centre == centre and call.record.inbound
    ]
    parts = [part for call, _ in mine for part in call.record.parts if part.centre == centre]
    handled = [part for part in parts if part.acw_s is not None]
    answered = [(call, seen) for call, seen in mine if seen.outcome == Outcome.ANSWERED]
    gave_up, callers = _callers(mine)
    return CentreFigures(
        offered=len(mine),
        outcomes=dict(Counter(seen.outcome for _, seen in mine)),
        handled=len(handled),
        talk_s=sum(part.talk_s for part in handled),
        hold_s=sum(part.hold_s for part in handled),
        acw_s=sum(part.acw_s or 0.0 for part in handled),
        answered_calls=len(answered),
        held_calls=sum(any(p.holds and p.centre == centre for p in call.record.parts) for call, _ in answered),
        escalated_calls=sum(call.record.escalated for call, _ in answered),
        transferred_calls=sum(
            any(p.gave_away and p.centre == centre for p in call.record.parts) for call, _ in answered
        ),
        wait_of_answered_s=sum(_waited(call.record, centre) for call, _ in answered),
        time_to_abandon_s=sum(seen.until_abandoned_s or 0.0 for _, seen in mine),
        speed_of_answer_s=sum(seen.until_answer_s or 0.0 for _, seen in answered),
        in_target=sum(_waited(call.record, centre) <= target_s for call, _ in answered),
        callers=callers,
        callers_who_gave_up=gave_up,
    )


def result_counts(calls: Iterable[CountedCall], centre: str) -> Counter[str]:
    """How often each result (CallResult; "" is 未入力) was given by agents of the centre: parts that are over, not calls."""
    return Counter(
        part.result
        for call in calls
        for part in call.record.parts
        if part.centre == centre and part.left_at is not None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """One queue: stays, not calls. entered = answered + abandoned + overflowed + … (the outcomes of the stays)."""

    entered: int
    outcomes: dict[Outcome, int]
    mean_wait_s: float | None
    longest_wait_s: float | None
    in_target: int

    @property
    def service_level(self) -> float | None:
        """Share of those who entered and were answered within the target."""
        return ratio(self.in_target, self.entered)


def queue_figures(calls: Iterable[CountedCall], queue: str, *, target_s: float = 20.0) -> QueueFigures:
    """A queue's figures over these calls."""
    stays = [stay for call in calls for stay in call.record.stays if stay.queue == queue]
    waits = [stay.wait_s for stay in stays if stay.outcome == Outcome.ANSWERED and stay.wait_s is not None]
    every = [stay.wait_s for stay in stays if stay.wait_s is not None]
    return QueueFigures(
        entered=len(stays),
        outcomes=dict(Counter(stay.outcome for stay in stays)),
        mean_wait_s=_mean(sum(waits), len(waits)),
        longest_wait_s=max(every, default=None),
        in_target=sum(wait <= target_s for wait in waits),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFigures:
    """One agent's parts: how many, and the mean times in seconds."""

    parts: int
    handled: int
    att_s: float | None
    hold_s: float | None
    acw_s: float | None
    aht_s: float | None
    rang_out: int
    #: How often wrap-ups were prolonged, and how many parts that are over have no result.
    prolonged: int = 0
    without_result: int = 0


def agent_figures(calls: Iterable[CountedCall], agent: str) -> AgentFigures:
    """An agent's figures over these calls."""
    parts: list[Part] = []
    rang_out = 0
    for call in calls:
        parts += [part for part in call.record.parts if part.agent == agent]
        rang_out += call.record.rang_out.count(agent)
    handled = [part for part in parts if part.acw_s is not None]
    talk, hold = sum(part.talk_s for part in handled), sum(part.hold_s for part in handled)
    acw = sum(part.acw_s or 0.0 for part in handled)
    count = len(handled)
    return AgentFigures(
        parts=len(parts),
        handled=count,
        att_s=_mean(talk, count),
        hold_s=_mean(hold, count),
        acw_s=_mean(acw, count),
        aht_s=_mean(talk + hold + acw, count),
        rang_out=rang_out,
        prolonged=sum(part.prolonged for part in parts),
        without_result=sum(not part.result for part in parts if part.left_at is not None),
    )


def traffic_erlang(calls: Iterable[CountedCall], start: datetime, end: datetime) -> float:
    """K29 呼量 in Erlang: seconds that calls held a line within [start, end) ÷ seconds of the interval.

    Raises ValueError for an interval that is empty.
    """
    if end <= start:
        raise ValueError("the interval is empty")
    seconds = 0.0
    for call in calls:
        record = call.record
        first, last = max(record.began_at, start), min(record.ended_at or end, end)
        seconds += max(0.0, (last - first).total_seconds())
    return seconds / (end - start).total_seconds()


def line_occupancy(traffic: float, lines: int) -> float | None:
    """K28 回線使用率 = traffic ÷ lines, 1 at most; None without lines."""
    return min(1.0, traffic / lines) if lines > 0 else None


def interval_of(at: datetime, minutes: int = 30) -> datetime:
    """The beginning of the interval in which a moment lies, in Japan's time. `minutes` divides an hour."""
    local = at.astimezone(JST)
    return local - timedelta(minutes=local.minute % minutes, seconds=local.second, microseconds=local.microsecond)


def _waited(record: CallRecord, centre: str) -> float:
    """Seconds in the centre's queues until the first answer there; a call that was answered without a queue waited 0."""
    total = 0.0
    for stay in record.stays:
        if stay.centre == centre:
            total += stay.wait_s or 0.0
            if stay.outcome == Outcome.ANSWERED:
                break
    return total


def _callers(mine: Sequence[tuple[CountedCall, AtCentre]]) -> tuple[int, int]:
    """Callers who gave up and all callers, per caller and day. One who was served in any way that day did not give up."""
    days: dict[tuple[date, str], set[Outcome]] = {}
    for call, seen in mine:
        key = call.caller or f"unknown {call.call}"
        day = call.record.began_at.astimezone(JST).date()
        days.setdefault((day, key), set()).add(seen.outcome)
    gave_up = sum(outcomes == {Outcome.ABANDONED} for outcomes in days.values())
    return gave_up, len(days)


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None
