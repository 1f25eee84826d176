"""The telephone's K numbers of a centre: evaluated from the same records and logs as the wallboard, once for every face."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from caasis.analytics import telephone_definitions as of
from caasis.analytics.selectors import MetricValue
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import JST
from caasis.kernel.errors import NotAllowed
from caasis.kernel.metrics import MetricDefinition
from caasis.organisations.schedules import working_schedule
from caasis.queues.rules.worktime import full_time_equivalents
from caasis.queues.selectors import TeamFigures, team_figures
from caasis.telephony.board_selectors import expected_wait_now
from caasis.telephony.rules.call_record import Outcome
from caasis.telephony.rules.figures import CentreFigures, CountedCall, centre_figures, traffic_erlang
from caasis.telephony.selectors import counted_calls, waiting_now

#: One working day of a full-time person: 38時間45分 a week, as for national and most local officials (要確認 by centre).
FULL_DAY = timedelta(hours=7, minutes=45)


@dataclass(frozen=True, slots=True)
class TelephoneFigures:
    """A centre's telephone from `start` to `end`. `values` by code; K27, K51 and K53 are there for leaders only."""

    start: datetime
    end: datetime
    calls: list[CountedCall]
    centre: CentreFigures
    values: Mapping[str, MetricValue]


def telephone_figures(
    *, actor: Actor, start: datetime, end: datetime, now: datetime, target_s: float = 20.0
) -> TelephoneFigures:
    """Every K number of the telephone over the calls that began within [start, end); what is to come counts for nothing.

    :raises NotAllowed: not staff of a centre. :raises ValueError: an empty time, or one that lies in the future.
    """
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotAllowed("電話の数字を見られるのは、センターの相談員と職員です。")
    end = min(end, now)
    calls = counted_calls(actor=actor, start=start, end=end)
    centre = centre_figures(calls, str(actor.centre_id), target_s=target_s)
    values = call_values(centre)
    values["K29"] = MetricValue(of.K29, traffic_erlang(calls, start, end), {})
    if actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        team = team_figures(actor=actor, start=start, end=end)
        values |= _team_values(team, _made(calls), _full_time(actor, start, end))
    return TelephoneFigures(start, end, calls, centre, values)


def call_values(centre: CentreFigures) -> dict[str, MetricValue]:
    """The K numbers that follow from calls alone."""
    numbers = {
        "offered": centre.offered,
        "answered": centre.answered,
        "abandoned": centre.count(Outcome.ABANDONED),
        "blocked": centre.count(Outcome.BLOCKED),
        "held": centre.held_calls,
        "escalated": centre.escalated_calls,
        "transferred": centre.transferred_calls,
        "callers": centre.callers,
        "callers_who_gave_up": centre.callers_who_gave_up,
    }
    return {
        one.code: MetricValue(one, read(centre), {name: numbers[name] for name in one.ratio_of or ()})
        for one, read in _FROM_CALLS
    }


_FROM_CALLS: tuple[tuple[MetricDefinition, Callable[[CentreFigures], float | int | None]], ...] = (
    (of.K9, lambda one: one.giving_up_rate),
    (of.K16, lambda one: one.att_s),
    (of.K17, lambda one: one.mean_hold_s),
    (of.K18, lambda one: one.aht_s),
    (of.K20, lambda one: one.mean_acw_s),
    (of.K23, lambda one: one.escalation_rate),
    (of.K24, lambda one: one.answered),
    (of.K25, lambda one: one.answer_rate),
    (of.K30, lambda one: one.blocked_rate),
    (of.K33, lambda one: one.transfer_rate),
    (of.K34, lambda one: one.mean_speed_of_answer_s),
    (of.K37, lambda one: one.aht_s),
    (of.K38, lambda one: one.att_s),
    (of.K39, lambda one: one.mean_wait_s),
    (of.K40, lambda one: one.count(Outcome.ABANDONED)),
    (of.K41, lambda one: one.abandon_rate),
    (of.K42, lambda one: one.mean_time_to_abandon_s),
    (of.K43, lambda one: one.mean_hold_s),
    (of.K44, lambda one: one.hold_rate),
    (of.K54, lambda one: one.count(Outcome.BLOCKED)),
    # While nothing is wrapped up, no handling time is known: that is not the same as none.
    (of.K55, lambda one: one.handling_per_call_s if one.handled else None),
    (of.K62, lambda one: one.mean_wait_s),
)


def _team_values(team: TeamFigures, made: int, full_time: timedelta) -> dict[str, MetricValue]:
    hours = team.logged_in / timedelta(hours=1)
    seconds = round(team.logged_in.total_seconds())
    work = round((team.utilisation or 0.0) * seconds)
    fte = full_time_equivalents(team.logged_in, full_time) if full_time else None
    return {
        "K26": MetricValue(of.K26, made / hours if hours else None, {"made": made}),
        "K27": MetricValue(of.K27, team.utilisation, {"work_seconds": work, "logged_in_seconds": seconds}),
        "K51": MetricValue(of.K51, fte, {"logged_in_seconds": seconds}),
        "K53": MetricValue(of.K53, team.operators_per_supervisor, {}),
    }


def _made(calls: Iterable[CountedCall]) -> int:
    return sum(not call.record.inbound for call in calls)


def _full_time(actor: Actor, start: datetime, end: datetime) -> timedelta:
    """What one full-time person works from `start` to `end`: a full day for each day on which the centre opens."""
    assert actor.centre_id is not None
    schedule = working_schedule(actor.centre_id)
    first, last = start.astimezone(JST).date(), (end - timedelta(microseconds=1)).astimezone(JST).date()
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return FULL_DAY * sum(bool(schedule.plan(day).hours) for day in days)


def telephone_now(*, actor: Actor, now: datetime) -> dict[str, MetricValue]:
    """K45 and K46 at this moment. K46 is that of the queue in which one would wait the longest."""
    waiting = sum(one.waiting for one in waiting_now(actor=actor, now=now).values())
    expected = [seconds for seconds in expected_wait_now(actor=actor, now=now).values() if seconds is not None]
    return {
        "K45": MetricValue(of.K45, waiting, {}),
        "K46": MetricValue(of.K46, max(expected, default=None), {}),
    }


# --- identities -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """One equation that must hold: both sides, and whether they agree."""

    words: str
    left: float
    right: float

    @property
    def holds(self) -> bool:
        return abs(self.left - self.right) < 1e-6


def identities(centre: CentreFigures) -> list[Identity]:
    """The identities of the plan, with what was counted."""
    parts = sum(centre.outcomes.values())
    found = [
        Identity("着信 ＝ 応答＋放棄＋つながらず＋案内で終了＋折り返し＋応援へ＋時間外＋途中", centre.offered, parts)
    ]
    if centre.aht_s is not None:
        sum_of = (centre.att_s or 0.0) + (centre.mean_hold_s or 0.0) + (centre.mean_acw_s or 0.0)
        found.append(Identity("平均処理時間（K37）＝ 通話（K38）＋保留（K43）＋後処理（K20）", centre.aht_s, sum_of))
    return found
