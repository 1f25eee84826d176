"""Age bands of the contract parties: a bar for now, an upright line for before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from caasis.analytics.selectors import Pair
from caasis.desk.charts import svg
from caasis.desk.charts.figure import Column, Figure, Kind, Table, Value
from caasis.desk.charts.ranking import MARK_NOTE
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.words import change, direction, is_marked, percent, share, signed

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Frame:
    width: float
    left: float
    bar: float
    count_at: float
    change_at: float
    css: str


_WIDE = _Frame(430, 84, 194, 344, 414, "u-wide")
_NARROW = _Frame(300, 78, 92, 226, 288, "u-narrow")


@dataclass(frozen=True, slots=True)
class _Band:
    name: str
    known: bool
    now: int
    then: int | None


def ages_figure(pairs: Sequence[Pair], bands: Sequence[tuple[str, str]], scope: Scope) -> Figure:
    """The chart of ages; `bands` are codes and names in order, 「不明」 among them takes what has no code."""
    words = scope.periods
    codes = {code for code, _ in bands}
    rows: list[_Band] = []
    for code, name in bands:
        mine = [pair for pair in pairs if pair.key == code or (code == UNKNOWN and pair.key not in codes)]
        then = sum(pair.then or 0 for pair in mine) if words.compared else None
        rows.append(_Band(name, code != UNKNOWN, sum(pair.now for pair in mine), then))
    columns = [Column("年代", Kind.TEXT), Column(words.now)]
    if words.compared:
        columns += [Column(words.then), Column(words.ratio, Kind.CHANGE)]
    cells: list[list[Value]] = [
        [row.name, row.now, row.then, share(row.now, row.then)] if words.compared else [row.name, row.now] for row in rows
    ]
    notes = [f"棒＝{words.now}" + (f"　縦の線＝{words.then}" if words.compared else "")]
    if any(is_marked(row.now, row.then) for row in rows if row.then is not None):
        notes.append(MARK_NOTE)
    return Figure(
        key="ages",
        title="契約した人の年代",
        take=_take(rows, scope),
        wide=_draw(_WIDE, rows, scope),
        narrow=_draw(_NARROW, rows, scope),
        notes=notes,
        table=Table("契約した人の年代", columns, cells),
    )


def _take(rows: Sequence[_Band], scope: Scope) -> str:
    known = [row for row in rows if row.known]
    total = sum(row.now for row in known)
    if not total:
        return "年代のわかる相談は、まだありません。"
    most = max(known, key=lambda row: row.now)
    leader = f"年代のわかる人では{most.name}がもっとも多く、{percent(most.now / total)}です。"
    words = scope.periods
    if not words.compared:
        return leader
    for way in (1, -1):
        moved = [row for row in known if direction(row.now, row.then) == way]
        moved.sort(key=lambda row: -way * (share(row.now, row.then) or 9.0))
        if moved:
            said = [
                f"{row.name}は{words.ratio}{signed(share(row.now, row.then))}" if row.then else f"{row.name}は{words.then}0件から{row.now:,}件"
                for row in moved[:2]
            ]
            return "、".join(said) + "です。"
    return f"{leader}{words.unchanged}"


def _draw(frame: _Frame, rows: Sequence[_Band], scope: Scope) -> SafeString:
    step = 34.0
    highest = max(max(row.now, row.then or 0) for row in rows) or 1
    drawn: list[str] = []
    for index, row in enumerate(rows):
        middle = 21 + step * index
        drawn.append(svg.text(frame.left - 8, middle + 5, row.name, "e"))
        long = frame.bar * row.now / highest
        if long:
            drawn.append(svg.element("rect", x=frame.left, y=middle - 9, width=long, height=18, rx=2, class_="f-now"))
        if row.then is not None:
            at = frame.left + frame.bar * row.then / highest
            # A light edge keeps the line visible where it stands inside the bar.
            drawn.append(svg.line(at, middle - 15, at, middle + 15, "l-halo"))
            drawn.append(svg.line(at, middle - 15, at, middle + 15, "l-tick"))
        drawn.append(svg.text(frame.count_at, middle + 5, f"{row.now:,}", "e b"))
        if scope.periods.compared:
            marked = is_marked(row.now, row.then)
            drawn.append(svg.text(frame.change_at, middle + 5, change(row.now, row.then), "e over b" if marked else "e"))
            if marked:
                drawn.append(svg.triangle(frame.change_at + 9, middle, "f-over"))
    height = 8 + step * len(rows)
    drawn.append(svg.line(frame.left, 4, frame.left, height - 2, "ax0"))
    label = "年代別の件数の図。" + "、".join(f"{row.name}{row.now:,}件" for row in rows)
    return svg.drawing(frame.width, height, drawn, css=frame.css, label=label)
