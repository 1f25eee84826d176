"""Sales forms: a small line for each, all on one scale, the mean of the earlier period being 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from caasis.analytics.selectors import Days
from caasis.desk.charts import svg
from caasis.desk.charts.figure import Column, Figure, Kind, Panel, Table, Value
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.words import change, direction, percent, share

#: With fewer cases a step before, an index jumps about and says nothing.
LEAST_MEAN = 3.0


@dataclass(frozen=True, slots=True)
class _Form:
    name: str
    now: int
    then: int | None
    #: Index of each step, 100 = the mean step of the base; None when there are too few cases for an index.
    index: list[float] | None
    index_then: list[float] | None


def forms_figure(by_form: Mapping[str, Days], names: Mapping[str, str], scope: Scope, total: int) -> Figure:
    """The set of small lines. `names` are the forms that have a name; what isn't among them goes into a note."""
    forms = sorted((_form(by_form[code], name, scope) for code, name in names.items() if code in by_form), key=lambda f: (-f.now, f.name))
    forms = [form for form in forms if form.now or form.then]
    unsorted = sum(days.over(scope.days)[0].cases for code, days in by_form.items() if code not in names)
    words = scope.periods
    columns = [Column("販売のしかた", Kind.TEXT), Column(words.now)]
    if words.compared:
        columns += [Column(words.then), Column(words.ratio, Kind.CHANGE)]
    columns += [Column(f"最初の{scope.step_word}の指数", Kind.DECIMAL), Column(f"最後の{scope.step_word}の指数", Kind.DECIMAL)]
    rows: list[list[Value]] = []
    for form in forms:
        row: list[Value] = [form.name, form.now]
        if words.compared:
            row += [form.then, share(form.now, form.then)]
        rows.append([*row, form.index[0] if form.index else None, form.index[-1] if form.index else None])
    base = words.then if words.compared else words.now
    notes = []
    if any(form.index for form in forms):
        legend = f"青＝{words.now}" + (f"、灰＝{words.then}。" if words.compared else "。")
        notes.append(f"{base}の1{scope.step_word}平均を100とし、縦の目盛りは全部同じです。{legend}")
    if unsorted:
        notes.append(f"ほかに、分けられないものが{unsorted:,}件あります。")
    return Figure(
        key="forms",
        title="販売のしかた",
        take=_take(forms, scope, total),
        panels=_panels(forms, scope),
        notes=notes,
        table=Table(f"販売のしかた（指数は{base}の平均＝100）", columns, rows),
    )


def _form(days: Days, name: str, scope: Scope) -> _Form:
    ours, earlier = days.over(scope.days)
    now, then = [], []
    for step in scope.steps:
        cases, cases_then = days.over(step)
        now.append(cases.cases)
        then.append(cases_then.cases if cases_then else 0)
    base = (sum(then) if scope.periods.compared else sum(now)) / max(len(now), 1)
    if base < LEAST_MEAN or len(now) < 2:
        return _Form(name, ours.cases, earlier.cases if earlier else None, None, None)
    return _Form(
        name,
        ours.cases,
        earlier.cases if earlier else None,
        [100 * value / base for value in now],
        [100 * value / base for value in then] if scope.periods.compared else None,
    )


def _take(forms: Sequence[_Form], scope: Scope, total: int) -> str:
    if not forms:
        return "販売のしかたのわかる相談は、まだありません。"
    leader = f"もっとも多いのは{forms[0].name}で、全体の{percent(forms[0].now / max(total, 1))}です。"
    words = scope.periods
    if not words.compared:
        return leader

    def moved(way: int) -> list[_Form]:
        found = [form for form in forms if direction(form.now, form.then) == way]
        return sorted(found, key=lambda form: -way * (share(form.now, form.then) or 99.0))

    up, down = moved(1), moved(-1)
    for found, verb, joined in ((up, "増えました", "増え"), (down, "減りました", "減り")):
        if not found:
            continue
        first = f"{words.ratio}{change(found[0].now, found[0].then)}"
        if len(found) == 1:
            return f"{found[0].name}が{verb}（{first}）。"
        return f"{found[0].name}がもっとも大きく{joined}（{first}）、{found[1].name}がつづいています。"
    return f"{leader}{words.unchanged}"


def _panels(forms: Sequence[_Form], scope: Scope) -> list[Panel]:
    values = [value for form in forms for value in (*(form.index or ()), *(form.index_then or ()))]
    low, high = min([*values, 100.0]), max([*values, 100.0])
    panels = []
    for form in forms:
        line = f"{form.now:,}件" + (f"　{scope.periods.ratio} {change(form.now, form.then)}" if scope.periods.compared else "")
        panels.append(Panel(form.name, line, _draw(form, low, high, scope) if form.index else None))
    return panels


def _draw(form: _Form, low: float, high: float, scope: Scope) -> SafeString:
    left, right, top, base = 4.0, 158.0, 10.0, 66.0
    index = form.index or []
    span = (high - low) or 1.0
    steps = scope.steps

    def y(value: float) -> float:
        return base - (base - top) * (value - low) / span

    def points(values: Sequence[float]) -> list[tuple[float, float | None]]:
        return [(left + (right - left) * i / (len(values) - 1), y(value)) for i, value in enumerate(values)]

    drawn = [svg.line(left, y(100), right, y(100), "ax")]
    if form.index_then:
        drawn.append(svg.path(points(form.index_then), "l-prev"))
    drawn.append(svg.path(points(index), "l-now"))
    drawn.append(svg.dot(right, y(index[-1]), 3.5, "f-now"))
    drawn.append(svg.text(right + 7, y(index[-1]) + 5, f"{index[-1]:,.0f}", "b now"))
    first, last = steps[0][0], steps[-1][-1]
    drawn.append(svg.text(left, 89, f"{first.month}/{first.day}", "t2 sm"))
    drawn.append(svg.text(right, 89, f"{last.month}/{last.day}", "e t2 sm"))
    base_word = scope.periods.then if scope.periods.compared else scope.periods.now
    label = f"{form.name}の{scope.step_word}ごとの件数。{base_word}の平均を100として、最後の{scope.step_word}は{index[-1]:,.0f}"
    return svg.drawing(200, 92, drawn, label=label)
