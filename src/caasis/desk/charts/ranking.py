"""Products and services in order: a dot for each period, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.safestring import SafeString

from caasis.analytics.selectors import Pair
from caasis.desk.charts import svg
from caasis.desk.charts.figure import Column, Figure, Kind, Table, Value
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.words import change, direction, growth, is_marked, percent, share

SHOWN = 12
MARK_NOTE = "▲＝10％以上増え、偶然のゆれより大きい変化があった区分です。"


def ranking_figure(pairs: Sequence[Pair], name: Callable[[str], str], scope: Scope, total: int) -> Figure:
    """The ranking of products. `pairs` are in order; the one without a code goes into a note, not into the order."""
    known = [pair for pair in pairs if pair.key]
    top = [pair for pair in known if pair.now][:SHOWN]
    unknown = sum(pair.now for pair in pairs if not pair.key)
    words = scope.periods
    columns = [Column("順位", Kind.TEXT), Column("商品・サービス", Kind.TEXT), Column(words.now)]
    if words.compared:
        columns += [Column(words.then), Column(words.ratio, Kind.CHANGE)]
    rows: list[list[Value]] = []
    for place, pair in enumerate(known, start=1):
        row: list[Value] = [f"{place}位", name(pair.key), pair.now]
        rows.append([*row, pair.then, share(pair.now, pair.then)] if words.compared else row)
    notes = []
    if any(is_marked(pair.now, pair.then) for pair in top if words.compared):
        notes.append(MARK_NOTE)
    if unknown:
        notes.append(f"ほかに、商品・サービスのわからないものが{unknown:,}件あります。")
    return Figure(
        key="products",
        title="商品・サービスの順位",
        take=_take(top, name, scope, total),
        wide=_wide(top, name, scope) if top else None,
        narrow=_narrow(top, name, scope) if top else None,
        notes=notes,
        table=Table("商品・サービスの順位", columns, rows),
    )


def _take(top: Sequence[Pair], name: Callable[[str], str], scope: Scope, total: int) -> str:
    if not top:
        return "商品・サービスのわかる相談は、まだありません。"
    first = top[0]
    leader = f"もっとも多いのは{name(first.key)}で、全体の{percent(first.now / max(total, 1))}です。"
    if not scope.periods.compared:
        return leader
    risen = [pair for pair in top if direction(pair.now, pair.then) > 0]
    fallen = [pair for pair in top if direction(pair.now, pair.then) < 0]
    if risen:
        pair = max(risen, key=lambda one: (one.now / one.then if one.then else float("inf"), one.now))
    elif fallen:
        pair = min(fallen, key=lambda one: (one.now / (one.then or 1), one.key))
    else:
        return f"{leader}{scope.periods.unchanged}"
    return growth(name(pair.key), pair.now, pair.then or 0, scope.periods)


def _label(pair: Pair) -> str:
    """The aria words of one row."""
    return f"{pair.now:,}件"


def _picture_label(top: Sequence[Pair], name: Callable[[str], str]) -> str:
    return "商品・サービス別の件数の図。" + "、".join(f"{name(pair.key)}{_label(pair)}" for pair in top[:5])


def _short(words: str, limit: int) -> str:
    return words if len(words) <= limit else f"{words[: limit - 1]}…"


def _legend(x: float, scope: Scope) -> list[str]:
    drawn = [svg.dot(x, 12, 5, "f-now"), svg.text(x + 10, 16, scope.periods.now, "now b")]
    if scope.periods.compared:
        next_to = x + 22 + 13 * len(scope.periods.now)
        drawn += [svg.dot(next_to, 12, 4.5, "f-prev"), svg.text(next_to + 10, 16, scope.periods.then, "prev")]
    return drawn


def _dots(pair: Pair, left: float, right: float, height: float, top: int) -> list[str]:
    def x(value: int) -> float:
        return left + (right - left) * value / top

    drawn = []
    if pair.then is not None:
        drawn.append(svg.line(x(pair.then), height, x(pair.now), height, "l-prev"))
        drawn.append(svg.dot(x(pair.then), height, 4.5, "f-prev"))
    drawn.append(svg.dot(x(pair.now), height, 5.5, "f-now"))
    return drawn


def _highest(top: Sequence[Pair]) -> int:
    return max(max(pair.now, pair.then or 0) for pair in top)


def _wide(top: Sequence[Pair], name: Callable[[str], str], scope: Scope) -> SafeString:
    left, right, row = 196.0, 396.0, 47.0
    bottom = 30 + row * len(top)
    marks = svg.ticks(_highest(top), 3)
    drawn = _legend(left + 6, scope)
    for mark in marks:
        place = left + (right - left) * mark / marks[-1]
        drawn += [svg.line(place, 24, place, bottom, "ax"), svg.text(place, bottom + 18, f"{mark:,}", "m t2")]
    for index, pair in enumerate(top):
        middle = 30 + row * (index + 0.5)
        marked = is_marked(pair.now, pair.then) if scope.periods.compared else False
        words = _short(name(pair.key), 11)
        drawn.append(svg.text(24, middle + 5, str(index + 1), "e t2"))
        drawn.append(svg.text(34, middle + 5, words, "b" if marked else ""))
        drawn += _dots(pair, left, right, middle, marks[-1])
        drawn.append(svg.text(460, middle + 5, f"{pair.now:,}", "e b"))
        if scope.periods.compared:
            drawn.append(svg.text(538, middle + 5, change(pair.now, pair.then), "e over b" if marked else "e"))
            if marked:
                drawn.append(svg.triangle(548, middle, "f-over"))
    return svg.drawing(556, bottom + 24, drawn, css="u-wide", label=_picture_label(top, name))


def _narrow(top: Sequence[Pair], name: Callable[[str], str], scope: Scope) -> SafeString:
    left, right, row = 12.0, 286.0, 50.0
    bottom = 26 + row * len(top)
    marks = svg.ticks(_highest(top), 2)
    drawn = _legend(18, scope)
    for index, mark in enumerate(marks):
        place = left + (right - left) * mark / marks[-1]
        side = "t2" if index == 0 else "e t2" if index == len(marks) - 1 else "m t2"
        drawn += [svg.line(place, 24, place, bottom, "ax"), svg.text(place, bottom + 18, f"{mark:,}", side)]
    for index, pair in enumerate(top):
        words_at, middle = 26 + row * index + 18, 26 + row * index + 34
        marked = is_marked(pair.now, pair.then) if scope.periods.compared else False
        drawn.append(svg.text(0, words_at, f"{index + 1}　{_short(name(pair.key), 9)}", "b" if marked else ""))
        drawn += _dots(pair, left, right, middle, marks[-1])
        drawn.append(svg.text(220, words_at, f"{pair.now:,}", "e b"))
        if scope.periods.compared:
            drawn.append(svg.text(286, words_at, change(pair.now, pair.then), "e over b" if marked else "e"))
            if marked:
                drawn.append(svg.triangle(294, words_at - 5, "f-over"))
    return svg.drawing(300, bottom + 24, drawn, css="u-narrow", label=_picture_label(top, name))
