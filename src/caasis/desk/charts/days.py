"""Cases day by day: bars, the seven-day mean of both periods, holidays, and from where a change came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.safestring import SafeString

from caasis.analytics.selectors import Days
from caasis.desk.charts import svg
from caasis.desk.charts.figure import Column, Figure, Kind, Table, Value
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.words import direction, listed, percent, share, signed
from caasis.engines.calendar import holiday_name
from caasis.engines.japanese import format_date_ja

MEAN_DAYS = 7
#: Beyond so many days a bar would be thinner than the gap beside it.
MOST_BARS = 190
#: Sentences name what makes up at least this share of a change, with two names at most.
MOST_OF_IT = 0.5
#: A change that chance may have made is called 「ほぼ同じ」 below this share only; a larger one is told in cases.
ALMOST_THE_SAME = 0.05


@dataclass(frozen=True, slots=True)
class _Frame:
    """Measures of one drawing."""

    width: float
    height: float
    left: float
    right: float
    top: float
    base: float
    parts: int
    css: str


_WIDE = _Frame(1300, 320, 48, 1188, 26, 290, 5, "u-wide")
_NARROW = _Frame(300, 250, 40, 292, 44, 222, 2, "u-narrow")


def mean(counts: Mapping[date, int], day: date) -> float:
    """The mean of the seven days that end with this one."""
    return sum(counts.get(day - timedelta(days=back), 0) for back in range(MEAN_DAYS)) / MEAN_DAYS


def days_figure(daily: Days, by_form: Mapping[str, Days], form_names: Mapping[str, str], scope: Scope) -> Figure:
    """The chart of days. `daily` reaches back six days further, for the first means."""
    now = {day: totals.cases for day, totals in daily.now.items()}
    then = {day: totals.cases for day, totals in daily.then.items()} if daily.then is not None else None
    words = scope.periods
    columns = [Column("日", Kind.DAY), Column("祝日", Kind.TEXT), Column(words.now), Column(f"{words.now}の7日平均", Kind.DECIMAL)]
    if then is not None:
        columns += [Column(words.then), Column(f"{words.then}の7日平均", Kind.DECIMAL)]
    rows: list[list[Value]] = []
    for day in scope.days:
        row: list[Value] = [day, holiday_name(day) or "", now.get(day, 0), mean(now, day)]
        rows.append([*row, then.get(day, 0), mean(then, day)] if then is not None else row)
    lines = f"太い線＝{words.now}の7日平均" + (f"　細い線＝{words.then}の7日平均" if then is not None else "")
    first_note = f"{lines}。" if len(scope.days) > MOST_BARS else f"棒＝{words.now}の1日ごと　{lines}。"
    if len(scope.days) >= MEAN_DAYS:
        first_note += "谷は土曜・日曜・祝日です。"
    notes = [first_note]
    if (scope.today - scope.end).days < 31:
        later = "受け付けてから登録まで日がかかるため、最近の日は、あとから増えます。"
        notes.append(later + (f"{words.then}も、同じ時点までに登録された分です。" if then is not None else ""))
    return Figure(
        key="days",
        title="日ごとの相談件数",
        take=_take(daily, by_form, form_names, scope),
        wide=_draw(_WIDE, now, then, scope),
        narrow=_draw(_NARROW, now, then, scope),
        notes=notes,
        table=Table("日ごとの相談件数", columns, rows),
    )


def _take(daily: Days, by_form: Mapping[str, Days], form_names: Mapping[str, str], scope: Scope) -> str:
    name, days = scope.recent
    words = scope.periods
    ours, earlier = daily.over(days)
    now = ours.cases
    if earlier is None:
        highest = max(days, key=lambda day: (daily.over([day])[0].cases, day))
        most = daily.over([highest])[0].cases
        return f"{name}は1日平均{now / len(days):,.1f}件で、もっとも多かったのは{format_date_ja(highest)}の{most:,}件です。"
    then = earlier.cases
    if not then:
        return f"{name}は{now:,}件で、{words.then}の同じ時期には登録された相談がありません。"
    way = direction(now, then)
    if way == 0:
        if abs(share(now, then) or 0.0) < ALMOST_THE_SAME:
            return f"{name}は{words.same}（{signed(share(now, then))}）です。"
        return f"{name}は{now:,}件、{words.then}は{then:,}件で、偶然のゆれをこえる変化はありません。"
    sentence = f"{name}は{words.than}{percent((now - then) / then)}{'多く' if way > 0 else '少なく'}"
    sources = _sources(by_form, form_names, days, way)
    if not sources:
        return f"{sentence}なっています。"
    return f"{sentence}、{'増えた' if way > 0 else '減った'}分の多くは{listed(sources)}です。"


def _sources(by_form: Mapping[str, Days], form_names: Mapping[str, str], days: list[date], way: int) -> list[str]:
    """The sales forms that make up most of a rise (or fall), two at most; nothing when no two do."""
    moved = []
    for code, per_day in by_form.items():
        ours, earlier = per_day.over(days)
        difference = way * (ours.cases - (earlier.cases if earlier else 0))
        if difference > 0:
            moved.append((difference, code))
    everything = sum(difference for difference, _ in moved)
    named, reached = [], 0
    for difference, code in sorted(moved, key=lambda entry: (-entry[0], entry[1]))[:2]:
        if code not in form_names:
            return []
        named.append(form_names[code])
        reached += difference
        if reached >= MOST_OF_IT * everything:
            return named
    return []


def _draw(frame: _Frame, now: Mapping[date, int], then: Mapping[date, int] | None, scope: Scope) -> SafeString:
    days, words = scope.days, scope.periods
    wide = frame is _WIDE
    means = [mean(now, day) for day in days]
    earlier = [mean(then, day) for day in days] if then is not None else []
    bars = len(days) <= MOST_BARS
    highest = max([*means, *earlier, *((now.get(day, 0) for day in days) if bars else ()), 1])
    marks = svg.ticks(highest, frame.parts)
    slot = (frame.right - frame.left) / len(days)

    def x(index: float) -> float:
        return frame.left + slot * (index + 0.5)

    def y(value: float) -> float:
        return frame.base - (frame.base - frame.top) * value / marks[-1]

    drawn = []
    for mark in marks:
        drawn.append(svg.line(frame.left, y(mark), frame.right, y(mark), "ax" if mark else "ax0"))
        drawn.append(svg.text(frame.left - 6, y(mark) + 4, f"{mark:,}", "e t2"))
    if bars:
        thick = slot * 0.8
        drawn.append(
            svg.columns(((x(i) - thick / 2, y(now.get(day, 0))) for i, day in enumerate(days)), thick, frame.base, "f-soft")
        )
    drawn += _calendar_marks(frame, days, x)
    if then is not None:
        drawn.append(svg.path([(x(i), y(value)) for i, value in enumerate(earlier)], "l-prev"))
    drawn.append(svg.path([(x(i), y(value)) for i, value in enumerate(means)], "l-now"))
    last = f"{words.now} {means[-1]:,.1f}" if wide else f"{words.now}の7日平均 {means[-1]:,.1f}"
    label = f"日ごとの相談件数の図。7日平均の最後は{words.now}{means[-1]:,.1f}件"
    before = ""
    if then is not None:
        before = f"{words.then} {earlier[-1]:,.1f}" if wide else f"{words.then}の7日平均 {earlier[-1]:,.1f}"
        label += f"、{words.then}{earlier[-1]:,.1f}件"
    if wide:
        at = y(means[-1]) + 5
        drawn.append(svg.text(frame.right + 8, at, last, "b now lg"))
        if before:
            other = y(earlier[-1]) + 5
            if abs(other - at) < 20:
                other = at + (20 if other >= at else -20)
            drawn.append(svg.text(frame.right + 8, other, before, "prev lg"))
    else:
        drawn.append(svg.text(0, 14, last, "b now"))
        if before:
            drawn.append(svg.text(0, 34, before, "prev"))
    return svg.drawing(frame.width, frame.height, drawn, css=frame.css, label=label)


def _calendar_marks(frame: _Frame, days: list[date], x) -> list[str]:  # type: ignore[no-untyped-def]
    """First days of months below; on the wide drawing also holidays above, as far as their names have room."""
    wide = frame is _WIDE
    drawn: list[str] = []
    starts = [index for index, day in enumerate(days) if day.day == 1]
    shown = starts if starts else [0, len(days) - 1] if len(days) > 1 else [0]
    room, free = (62.0 if wide else 42.0), -1e9
    for index in shown:
        place = min(max(x(index), frame.left + (18 if not wide else 0)), frame.right - 12)
        drawn.append(svg.line(x(index), frame.base, x(index), frame.base + 5, "ax0"))
        if place - free >= room:
            day = days[index]
            drawn.append(svg.text(place, frame.base + 22, f"{day.month}月{day.day}日" if wide or not starts else f"{day.month}月", "m t2"))
            free = place
    if wide:
        free = -1e9
        for index, day in enumerate(days):
            name = holiday_name(day)
            if name is None:
                continue
            drawn.append(svg.line(x(index), frame.top - 4, x(index), frame.base, "ax-day"))
            half = len(name) * 6.0
            if x(index) - half >= free + 6 and x(index) + half <= frame.width:
                drawn.append(svg.text(x(index), frame.top - 9, name, "m t2 sm"))
                free = x(index) + half
    return drawn
