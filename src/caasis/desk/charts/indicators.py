"""The tiles at the top: a number, its course, the comparison in words, and the definition behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from caasis.analytics.selectors import Days, MetricValue, metrics_of
from caasis.desk.charts import svg
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.words import FEW, NOTHING, change, share, signed, yen_short
from caasis.kernel.metrics import MetricDefinition, Unit

#: The order of the page, and the short name where the definition's own is longer than a tile.
SHOWN: Mapping[str, str] = {"K12": "相談件数", "K10": "Web相談率", "K14": "あっせん率", "K13": "契約購入金額の合計"}
_PARTS = {"cases": "登録された相談", "web_cases": "Webの相談", "complaints": "登録された苦情", "mediated": "あっせんをした苦情"}


@dataclass(frozen=True, slots=True)
class Indicator:
    """One tile. `made_of` says in numbers from what a rate was made."""

    definition: MetricDefinition
    name: str
    value: str
    unit: str
    compared: str
    made_of: str
    spark: SafeString


def indicators(daily: Days, scope: Scope) -> list[Indicator]:
    """The tiles of the page, from the totals of its days."""
    ours, earlier = daily.over(scope.days)
    now = metrics_of(ours)
    then = metrics_of(earlier) if earlier is not None else {}
    course = [tuple(metrics_of(totals) if totals is not None else {} for totals in daily.over(step)) for step in scope.steps]
    found = []
    for code, name in SHOWN.items():
        value, unit = _headline(now[code])
        found.append(
            Indicator(
                definition=now[code].definition,
                name=name,
                value=value,
                unit=unit,
                compared=_compared(now[code], then.get(code), scope),
                made_of=_made_of(now[code]),
                spark=_spark(
                    [_number(one.get(code)) for one, _ in course],
                    [_number(other.get(code)) for _, other in course] if then else [],
                ),
            )
        )
    return found


def _headline(metric: MetricValue) -> tuple[str, str]:
    if metric.value is None:
        return NOTHING, ""
    if metric.definition.unit is Unit.RATIO:
        return f"{metric.value * 100:.1f}", "％"
    if metric.definition.unit is Unit.YEN:
        return yen_short(int(metric.value))
    return f"{metric.value:,}", "件"


def _compared(now: MetricValue, then: MetricValue | None, scope: Scope) -> str:
    words = scope.periods
    if then is None:
        return ""
    if then.value is None or now.value is None:
        return f"{words.then}とくらべられません"
    if now.definition.unit is Unit.RATIO:
        points = round(now.value * 100, 1) - round(then.value * 100, 1)
        if abs(points) < 0.1 - 1e-9:
            return words.same
        return f"{words.than}{abs(points):.1f}ポイント{'高い' if points > 0 else '低い'}"
    if not then.value:
        return f"{words.then}は0{now.definition.unit.value}"
    if now.definition.unit is Unit.COUNT and then.value < FEW:
        return f"{words.than}{change(int(now.value), int(then.value))}"
    said = signed(share(now.value, then.value))
    return words.same if said == "±0.0％" else f"{words.ratio} {said}"


def _made_of(metric: MetricValue) -> str:
    if metric.definition.ratio_of is None:
        return ""
    above, below = metric.definition.ratio_of
    return f"{_PARTS[above]} {metric.parts[above]:,}件 ÷ {_PARTS[below]} {metric.parts[below]:,}件"


def _number(metric: MetricValue | None) -> float | None:
    return None if metric is None or metric.value is None else float(metric.value)


def _spark(now: Sequence[float | None], then: Sequence[float | None]) -> SafeString:
    known = [value for value in (*now, *then) if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = (high - low) or 1.0

    def points(values: Sequence[float | None]) -> list[tuple[float, float | None]]:
        gap = 140 / max(len(values) - 1, 1)
        return [(3 + gap * i, None if v is None else 28 - 22 * (v - low) / span) for i, v in enumerate(values)]

    drawn = [svg.path(points(then), "l-prev")] if then else []
    ours = points(now)
    drawn.append(svg.path(ours, "l-now"))
    last = next(((x, y) for x, y in reversed(ours) if y is not None), None)
    if last is not None:
        drawn.append(svg.dot(last[0], last[1], 3.5, "f-now"))
    return svg.drawing(150, 34, drawn)
