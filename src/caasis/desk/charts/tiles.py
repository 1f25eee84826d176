"""The 47 prefectures as tiles: cases for each 100,000 people. Places with too few cases stay empty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from caasis.analytics.selectors import SMALL_CELL, Pair, is_small
from caasis.desk.charts import svg
from caasis.desk.charts.figure import Column, Figure, Kind, Table, Value
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.words import FEW, NOTHING, direction, listed, share, signed
from caasis.platform.geography import Prefecture, prefectures

PEOPLE = 100_000
CLASSES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """One prefecture. `now` and `then` are None when there are too few cases to show."""

    prefecture: Prefecture
    now: int | None
    then: int | None

    @property
    def rate(self) -> float | None:
        """Cases for each 100,000 people."""
        return None if self.now is None else self.now * PEOPLE / self.prefecture.population


def places(pairs: Sequence[Pair]) -> list[Place]:
    """The 47 prefectures in order of code, with small cells taken out."""
    by_code = {pair.key: pair for pair in pairs}

    def shown(cases: int | None) -> int | None:
        return None if cases is None or is_small(cases) else cases

    found = []
    for prefecture in prefectures():
        pair = by_code.get(prefecture.code)
        found.append(Place(prefecture, shown(pair.now if pair else None), shown(pair.then if pair else None)))
    return found


def map_figure(pairs: Sequence[Pair], scope: Scope) -> Figure:
    """The map, its table and its sentence."""
    shown = places(pairs)
    rates = [place.rate for place in shown if place.rate is not None]
    digits = _digits(max(rates, default=0.0))
    limits = _limits(rates, digits)
    words = scope.periods
    columns = [Column("都道府県", Kind.TEXT), Column("人口10万人あたり", Kind.DECIMAL), Column(f"{words.now}の件数")]
    if words.compared:
        columns += [Column(f"{words.then}の件数"), Column(words.ratio, Kind.CHANGE)]
    rows: list[list[Value]] = []
    for place in shown:
        row: list[Value] = [place.prefecture.name, place.rate, place.now]
        if words.compared:
            both = place.now is not None and place.then is not None
            row += [place.then, share(place.now or 0, place.then) if both else None]
        rows.append(row)
    known = {place.prefecture.code for place in shown}
    unknown = sum(pair.now for pair in pairs if pair.key not in known)
    notes = [
        f"数字＝人口10万人あたりの件数（{scope.length_word}）。人口は令和2年国勢調査です。",
        f"個人がわからないように、{SMALL_CELL}件に満たない県は「{NOTHING}」にしています。",
    ]
    if unknown and not is_small(unknown):
        notes.append(f"ほかに、地域のわからないものが{unknown:,}件あります。")
    return Figure(
        key="prefectures",
        title="都道府県ごとの件数（人口10万人あたり）",
        take=_take(shown, scope, digits),
        wide=_wide(shown, limits, digits),
        narrow=_narrow(shown, limits, digits),
        notes=notes,
        table=Table("都道府県ごとの件数", columns, rows),
    )


def _digits(highest: float) -> int:
    return 0 if highest >= 20 else 1 if highest >= 2 else 2


def _limits(rates: Sequence[float], digits: int) -> list[float]:
    """The lower limits of the four upper classes: round numbers, evenly spaced over what there is."""
    if not rates:
        return []
    low, high = min(rates), max(rates)
    step = svg.round_step((high - low) or high, CLASSES)
    step = max(step, 10.0**-digits)
    # Counted down from the highest rate, so that the darkest class is never empty.
    first = math.floor(round(high, digits) / step + 1e-9) * step - (CLASSES - 2) * step
    first = max(first, step)
    return [round(first + step * index, 6) for index in range(CLASSES - 1)]


def _class(rate: float, limits: Sequence[float], digits: int) -> int:
    """0 to 4, by the number as it is printed, so that tile and legend never disagree."""
    return sum(round(rate, digits) >= limit - 1e-9 for limit in limits)


def _legend_words(limits: Sequence[float], digits: int) -> list[tuple[str, str]]:
    """Class names and words, the highest first."""
    if not limits:
        return [("tile-none", f"{SMALL_CELL}件に満たない")]
    fine = 10.0**-digits
    words = [("tile k4", f"{limits[3]:,.{digits}f} 以上")]
    words += [(f"tile k{i}", f"{limits[i - 1]:,.{digits}f}〜{limits[i] - fine:,.{digits}f}") for i in (3, 2, 1)]
    words.append(("tile k0", f"{limits[0] - fine:,.{digits}f} 以下"))
    return [*words, ("tile-none", f"{SMALL_CELL}件に満たない")]


def _ranked(shown: Sequence[Place]) -> list[Place]:
    return sorted((place for place in shown if place.rate is not None), key=lambda p: (-(p.rate or 0), p.prefecture.code))


def _take(shown: Sequence[Place], scope: Scope, digits: int) -> str:
    ranked = _ranked(shown)
    if not ranked:
        return "どの県も件数が少ないため、地図には出していません。"
    if len(ranked) == 1:
        return f"{ranked[0].prefecture.short_name}は人口10万人あたり{ranked[0].rate:,.{digits}f}件です。"
    # With few cases the order of places is chance: such a place is on the map, but no sentence is built on it.
    everywhere = len(ranked)
    ranked = [place for place in ranked if (place.now or 0) >= FEW]
    if len(ranked) < 2:
        return "県ごとの件数がまだ少ないため、県どうしをくらべることはできません。"
    first = ranked[0].prefecture.short_name
    followers = listed([place.prefecture.short_name for place in ranked[1:3]])
    among = "" if len(ranked) == everywhere else f"{FEW}件以上の県のうち、"
    sentence = f"{among}人口10万人あたりでは{first}がもっとも多く、{followers}がつづきます。"
    risen = [p for p in ranked if p.then is not None and direction(p.now or 0, p.then) > 0]
    if risen:
        most = max(risen, key=lambda p: ((p.now or 0) / (p.then or 1), p.prefecture.code))
        sentence += f"{scope.periods.then}からもっとも伸びたのは{most.prefecture.short_name}（{signed(share(most.now or 0, most.then))}）です。"
    return sentence


def _picture_label(shown: Sequence[Place], digits: int) -> str:
    first = "、".join(f"{p.prefecture.short_name}{p.rate:,.{digits}f}" for p in _ranked(shown)[:5])
    return f"都道府県ごとの人口10万人あたりの件数の地図。{first}"


def _tile(place: Place, size: float, top: float, limits: Sequence[float], digits: int) -> tuple[str, float, float, str]:
    x, y = 2 + size * place.prefecture.tile_column, top + size * place.prefecture.tile_row
    css = "tile-none" if place.rate is None else f"tile k{_class(place.rate, limits, digits)}"
    inset = 1.5 if place.rate is None else 0.0
    box = svg.element(
        "rect", x=x + inset, y=y + inset, width=size - 2 * inset, height=size - 2 * inset, rx=3, class_=css
    )
    return box, x + size / 2, y, css


def _wide(shown: Sequence[Place], limits: Sequence[float], digits: int) -> SafeString:
    size, drawn = 53.5, []
    for place in shown:
        box, middle, y, css = _tile(place, size, 4, limits, digits)
        white = " w" if css == "tile k4" else ""
        words = place.prefecture.short_name
        drawn.append(box)
        drawn.append(svg.text(middle, y + 22.5, words, f"m{' sm' if len(words) > 2 else ''}{white}"))
        figure = NOTHING if place.rate is None else f"{place.rate:,.{digits}f}"
        drawn.append(svg.text(middle, y + 38, figure, f"m sm{white}"))
    for index, (css, words) in enumerate(_legend_words(limits, digits)):
        y = 10.0 + 24 * index
        drawn.append(svg.element("rect", x=4, y=y, width=22, height=18, rx=2, class_=css))
        drawn.append(svg.element("rect", x=4, y=y, width=22, height=18, class_="tile-edge"))
        drawn.append(svg.text(34, y + 14, words))
    return svg.drawing(753, 598.5, drawn, css="u-wide", label=_picture_label(shown, digits))


def _narrow(shown: Sequence[Place], limits: Sequence[float], digits: int) -> SafeString:
    drawn = []
    for index, (css, words) in enumerate(_legend_words(limits, digits)):
        x, y = 2.0 + 150 * (index % 2), 4.0 + 24 * (index // 2)
        drawn.append(svg.element("rect", x=x, y=y, width=18, height=16, rx=2, class_=css))
        drawn.append(svg.element("rect", x=x, y=y, width=18, height=16, class_="tile-edge"))
        drawn.append(svg.text(x + 24, y + 13, words, "sm"))
    top = 84.0
    drawn += [_tile(place, 20.5, top, limits, digits)[0] for place in shown]
    below = top + 20.5 * 11 + 26
    ranked = _ranked(shown)[:10]
    if ranked:
        drawn.append(svg.text(2, below, "多い順", "b"))
    for index, place in enumerate(ranked):
        x, y = 2.0 + 150 * (index // 5), below + 24 + 23 * (index % 5)
        drawn.append(svg.text(x, y, f"{index + 1}　{place.prefecture.short_name}"))
        drawn.append(svg.text(x + 130, y, f"{place.rate:,.{digits}f}", "e b"))
    height = below + (24 + 23 * min(len(ranked), 5) if ranked else 0)
    return svg.drawing(300, height, drawn, css="u-narrow", label=_picture_label(shown, digits))
