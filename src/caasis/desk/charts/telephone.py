"""The telephone's figures as they are shown: indicators in words, one chart and its table by day, time, queue or agent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from uuid import UUID

from django.utils.safestring import SafeString

from caasis.accounts.selectors import names_of
from caasis.analytics.selectors import MetricValue
from caasis.analytics.telephone import TelephoneFigures
from caasis.analytics.telephone_definitions import GROUPS
from caasis.desk.charts import svg
from caasis.desk.charts.figure import Column, Figure, Kind, Table, Value
from caasis.desk.phone_board import NOTHING, in_words, percent
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import JST
from caasis.kernel.metrics import MetricDefinition, Unit
from caasis.queues.models import Queue
from caasis.telephony.rules.call_record import Outcome
from caasis.telephony.rules.figures import (
    CentreFigures,
    CountedCall,
    agent_figures,
    centre_figures,
    interval_of,
    queue_figures,
    result_counts,
)
from caasis.telephony.vocabulary import CallResult, result_words

MINUTES = 30


class By(Enum):
    """How the table is divided."""

    DAY = "day"
    TIME = "time"
    QUEUE = "queue"
    AGENT = "agent"
    RESULT = "result"

    @property
    def label(self) -> str:
        return {
            By.DAY: "日ごと", By.TIME: "30分ごと（時刻）", By.QUEUE: "列ごと", By.AGENT: "相談員ごと",
            By.RESULT: "通話の結果ごと",
        }[self]  # fmt: skip


# --- indicators -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownMetric:
    """One K number with its definition, for the page."""

    definition: MetricDefinition
    value: str
    unit: str
    made_of: str


_PART_WORDS = {
    "offered": "着信",
    "answered": "応答",
    "abandoned": "放棄",
    "blocked": "つながらず",
    "held": "保留あり",
    "escalated": "上位へ",
    "transferred": "転送",
    "callers": "かけた人",
    "callers_who_gave_up": "あきらめた人",
    "made": "発信",
}


def shown_metric(one: MetricValue) -> ShownMetric:
    """The value in the words of its unit; 「−」 where nothing can be said."""
    value, unit = _written(one)
    counted = "、".join(f"{_PART_WORDS[name]}{count:,}件" for name, count in one.parts.items() if name in _PART_WORDS)
    return ShownMetric(one.definition, value, unit, counted.replace("人0件", "人0人"))


def _written(one: MetricValue) -> tuple[str, str]:
    if one.value is None:
        return NOTHING, ""
    match one.definition.unit:
        case Unit.RATIO:
            return percent(float(one.value)), "％"
        case Unit.SECONDS:
            return in_words(float(one.value)), ""
        case Unit.COUNT:
            return f"{one.value:,}", "件"
        case Unit.ERLANG:
            return f"{one.value:,.2f}", "アーラン"
        case unit:
            return f"{one.value:,.1f}", unit.value


def metric_groups(values: Mapping[str, MetricValue]) -> list[tuple[str, list[ShownMetric]]]:
    """Headings with their indicators; what the reader may not know is left out."""
    groups = [
        (heading, [shown_metric(values[one.code]) for one in group if one.code in values]) for heading, group in GROUPS
    ]
    return [(heading, shown) for heading, shown in groups if shown]


# --- the chart and its table ------------------------------------------------------------------------------------------


_CALLS = (
    Column("着信"), Column("応答"), Column("応答率（％）", Kind.DECIMAL), Column("放棄"), Column("放棄率（％）", Kind.DECIMAL),
    Column("つながらず"), Column("折り返し"), Column("応援へ"), Column("時間外"), Column("案内で終了"), Column("途中"),
    Column("平均待ち（秒）", Kind.DECIMAL), Column("平均処理（秒）", Kind.DECIMAL),
)  # fmt: skip


def telephone_figure(
    found: TelephoneFigures, by: By, *, actor: Actor, queues: Sequence[Queue], target_s: float
) -> Figure:
    """The figure of a division. Its table is also its file."""
    match by:
        case By.QUEUE:
            return _of_queues(found.calls, queues)
        case By.AGENT:
            return _of_agents(found.calls, actor)
        case By.RESULT:
            return _of_results(found.calls, str(actor.centre_id))
        case By.DAY:
            return _of_calls(by, _by_day(found), str(actor.centre_id), target_s)
        case By.TIME:
            return _of_calls(by, _by_time(found.calls), str(actor.centre_id), target_s)


def _by_day(found: TelephoneFigures) -> dict[date | str, list[CountedCall]]:
    first, last = found.start.astimezone(JST).date(), (found.end - timedelta(microseconds=1)).astimezone(JST).date()
    grouped: dict[date | str, list[CountedCall]] = {
        first + timedelta(days=number): [] for number in range((last - first).days + 1)
    }
    for call in found.calls:
        grouped.setdefault(call.record.began_at.astimezone(JST).date(), []).append(call)
    return grouped


def _by_time(calls: Iterable[CountedCall]) -> dict[date | str, list[CountedCall]]:
    grouped: dict[datetime, list[CountedCall]] = defaultdict(list)
    for call in calls:
        # The time of day alone: days lie upon each other.
        at = interval_of(call.record.began_at, MINUTES)
        grouped[at.replace(year=2000, month=1, day=1)].append(call)
    if not grouped:
        return {}
    moments, at, last = [], min(grouped), max(grouped)
    while at <= last:
        moments.append(at)
        at += timedelta(minutes=MINUTES)
    return {f"{at.hour}:{at:%M}": grouped.get(at, []) for at in moments}


def _of_calls(by: By, grouped: Mapping[date | str, list[CountedCall]], centre: str, target_s: float) -> Figure:
    figures = {key: centre_figures(calls, centre, target_s=target_s) for key, calls in grouped.items()}
    rows = [[key, *_row(one)] for key, one in figures.items()]
    first = Column("日", Kind.DAY) if by is By.DAY else Column("時刻", Kind.TEXT)
    bars = [
        Stack(f"{key.month}/{key.day}" if isinstance(key, date) else key, one.answered, one.count(Outcome.ABANDONED),
              one.offered)
        for key, one in figures.items()
    ]  # fmt: skip
    return _figure(f"{by.label}の着信", Table(f"{by.label}の着信", [first, *_CALLS], rows), bars)


def _row(one: CentreFigures) -> list[Value]:
    return [
        one.offered, one.answered, _hundred(one.answer_rate), one.count(Outcome.ABANDONED), _hundred(one.abandon_rate),
        one.count(Outcome.BLOCKED), one.count(Outcome.CALLBACK), one.count(Outcome.OVERFLOWED),
        one.count(Outcome.AFTER_HOURS), one.count(Outcome.DEFLECTED) + one.count(Outcome.SERVED_ITSELF),
        one.count(Outcome.UNFINISHED), one.mean_wait_s, one.aht_s,
    ]  # fmt: skip


def _of_queues(calls: Sequence[CountedCall], queues: Sequence[Queue]) -> Figure:
    rows: list[list[Value]] = []
    bars: list[Stack] = []
    for queue in queues:
        one = queue_figures(calls, str(queue.id), target_s=float(queue.target_seconds))
        answered, abandoned = one.outcomes.get(Outcome.ANSWERED, 0), one.outcomes.get(Outcome.ABANDONED, 0)
        rows.append([
            queue.name, one.entered, answered, abandoned, one.outcomes.get(Outcome.OVERFLOWED, 0),
            one.outcomes.get(Outcome.CALLBACK, 0), one.mean_wait_s, one.longest_wait_s, _hundred(one.service_level),
        ])  # fmt: skip
        bars.append(Stack(queue.name, answered, abandoned, one.entered))
    columns = [
        Column("列", Kind.TEXT), Column("入った"), Column("応答"), Column("放棄"), Column("応援・別の列へ"), Column("折り返し"),
        Column("平均待ち（秒）", Kind.DECIMAL), Column("最長の待ち（秒）", Kind.DECIMAL), Column("目安内の割合（％）", Kind.DECIMAL),
    ]  # fmt: skip
    return _figure("列ごとの着信", Table("列ごとの着信", columns, rows), bars)


def _of_agents(calls: Sequence[CountedCall], actor: Actor) -> Figure:
    agents = {part.agent for call in calls for part in call.record.parts}
    agents |= {agent for call in calls for agent in call.record.rang_out if agent}
    if not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        agents &= {str(actor.id)}
    # A call that came over from a partner centre carries the partner's people too: they are that centre's to count.
    own = {
        part.agent for call in calls for part in call.record.parts if part.centre == str(actor.centre_id)
    } | {agent for call in calls for agent in call.record.rang_out}  # fmt: skip
    agents &= own
    names = names_of({UUID(agent) for agent in agents}) if agents else {}
    rows: list[list[Value]] = []
    bars: list[Stack] = []
    for agent in sorted(agents, key=lambda each: names.get(UUID(each), "")):
        one, name = agent_figures(calls, agent), names.get(UUID(agent), "")
        rows.append([name, one.parts, one.handled, one.att_s, one.hold_s, one.acw_s, one.aht_s, one.rang_out,
                     one.prolonged, one.without_result])  # fmt: skip
        bars.append(Stack(name, one.parts, 0, one.parts))
    columns = [
        Column("相談員", Kind.TEXT), Column("応対"), Column("後処理まで"), Column("平均通話（秒）", Kind.DECIMAL),
        Column("平均保留（秒）", Kind.DECIMAL), Column("平均後処理（秒）", Kind.DECIMAL), Column("平均処理（秒）", Kind.DECIMAL),
        Column("呼び出しに出なかった"), Column("後処理をのばした"), Column("結果が未入力"),
    ]  # fmt: skip
    return _figure("相談員ごとの応対", Table("相談員ごとの応対", columns, rows), bars)


def _of_results(calls: Sequence[CountedCall], centre: str) -> Figure:
    counts = result_counts(calls, centre)
    total = sum(counts.values())
    known = [one.value for one in CallResult]
    codes = [*known, *sorted(set(counts) - {"", *known}), ""]
    rows: list[list[Value]] = [
        [result_words(code), counts[code], _hundred(counts[code] / total) if total else None] for code in codes
    ]
    columns = [Column("通話の結果", Kind.TEXT), Column("応対"), Column("割合（％）", Kind.DECIMAL)]
    bars = [Stack(result_words(code), counts[code], 0, counts[code]) for code in codes]
    return _figure("通話の結果ごとの応対", Table("通話の結果ごとの応対", columns, rows), bars)


def _hundred(rate: float | None) -> float | None:
    return None if rate is None else rate * 100


@dataclass(frozen=True, slots=True)
class Stack:
    """One bar: answered at the bottom, abandoned upon it, and the rest of what was offered."""

    label: str
    answered: int
    abandoned: int
    offered: int


def _figure(title: str, table: Table, stacks: Sequence[Stack]) -> Figure:
    total = sum(one.offered for one in stacks)
    shown = bool(total)
    return Figure(
        key="telephone",
        title=title,
        take=_take(stacks, total),
        wide=_draw(stacks, 1300, 260, "u-wide") if shown else None,
        narrow=_draw(stacks, 300, 220, "u-narrow") if shown else None,
        notes=["濃い棒＝応答　橙色の枠＝放棄　薄い棒＝そのほか（折り返し、時間外など）。"] if shown else [],
        table=table,
    )


def _take(stacks: Sequence[Stack], total: int) -> str:
    if not total:
        return "この期間の電話は、まだありません。"
    most = max(stacks, key=lambda one: one.offered)
    return f"合計{total:,}件で、もっとも多いのは{most.label}の{most.offered:,}件です。"


def _draw(stacks: Sequence[Stack], width: int, height: int, css: str) -> SafeString:
    left, top, base = 44.0, 24.0, height - 30.0
    marks = svg.ticks(max(one.offered for one in stacks), 4)
    slot = (width - left - 8) / len(stacks)
    bar = min(56.0, slot * 0.7)

    def y(value: float) -> float:
        return base - (base - top) * value / marks[-1]

    content = [svg.line(left, y(mark), width - 8, y(mark), "ax" if mark else "ax0") for mark in marks]
    content += [svg.text(left - 8, y(mark) + 5, f"{mark:,}", "e t2") for mark in marks]
    # Labels never touch: as many as have room for four characters and a half each.
    every = max(1, -(-(5 * 13) // max(1, int(slot))))
    for place, one in enumerate(stacks):
        middle = left + slot * (place + 0.5)
        content += _bar(one, middle - bar / 2, bar, y)
        if place % every == 0:
            content.append(svg.text(middle, height - 8, one.label[:6], "m t2"))
        if slot > 26 and one.offered:
            content.append(svg.text(middle, y(one.offered) - 6, f"{one.offered:,}", "m"))
    return svg.drawing(width, height, content, css=css, label="着信の棒グラフ（くわしくは下の表）")


def _bar(one: Stack, x: float, width: float, y: Callable[[float], float]) -> list[str]:
    steps = (("f-now", 0, one.answered), ("f-band l-thr", one.answered, one.answered + one.abandoned),
             ("f-soft", one.answered + one.abandoned, one.offered))  # fmt: skip
    return [
        svg.element("rect", x=x, y=y(above), width=width, height=y(below) - y(above), class_=css)
        for css, below, above in steps
        if above > below
    ]
