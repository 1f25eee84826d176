"""Words about figures: signed percents, which change is more than chance, and how the two periods are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: A change below this share isn't worth a word, however certain it is.
WORTH_A_WORD = 0.01
#: A change from this share on is marked with ▲ and orange, when it is more than chance.
WORTH_A_MARK = 0.10
#: Below this many cases before, a percent misleads: the difference in cases is shown.
FEW = 10
NOTHING = "−"


@dataclass(frozen=True, slots=True)
class Periods:
    """How this and the earlier period are called: 今年 and 前年, 前年比, 前年より."""

    now: str
    then: str
    compared: bool = True

    @property
    def ratio(self) -> str:
        return f"{self.then}比"

    @property
    def than(self) -> str:
        return f"{self.then}より"

    @property
    def same(self) -> str:
        return f"{self.then}とほぼ同じ"

    @property
    def unchanged(self) -> str:
        return f"{self.then}から大きな変化はありません。"


def share(now: float, then: float | None) -> float | None:
    """The change as a share of what was before; None when there was nothing before."""
    return None if not then else (now - then) / then


def percent(value: float) -> str:
    """0.0753 → 「7.5％」, without a sign."""
    return f"{abs(value) * 100:,.1f}％"


def signed(value: float | None) -> str:
    """0.0753 → 「+7.5％」, -0.026 → 「−2.6％」, None → 「−」."""
    if value is None:
        return NOTHING
    rounded = round(value * 100, 1)
    if rounded == 0:
        return "±0.0％"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):,.1f}％"


def change(now: int, then: int | None) -> str:
    """The change beside a number: 「+9.5％」, or with few cases before 「+2件」."""
    if then is None:
        return ""
    if then >= FEW:
        return signed(share(now, then))
    return "±0件" if now == then else f"{'+' if now > then else '−'}{abs(now - then):,}件"


def is_more_than_chance(now: int, then: int) -> bool:
    """Whether two counts differ by more than twice the standard deviation that chance gives to their difference.

    Counts of independent cases scatter as Poisson numbers, so the variance of the difference is their sum.
    """
    return abs(now - then) > 2 * math.sqrt(now + then)


def direction(now: int, then: int | None) -> int:
    """1 for a rise worth a word, -1 for a fall, 0 for 「ほぼ同じ」."""
    if then is None or not is_more_than_chance(now, then):
        return 0
    if then and abs(now - then) / then < WORTH_A_WORD:
        return 0
    return 1 if now > then else -1


def is_marked(now: int, then: int | None) -> bool:
    """A rise that gets ▲: at least a tenth, and more than chance."""
    return direction(now, then) > 0 and (not then or (now - (then or 0)) / then >= WORTH_A_MARK)


def growth(name: str, now: int, then: int, periods: Periods) -> str:
    """「給湯器の点検は、前年のおよそ2倍になりました。」 — the sentence for one thing that rose or fell."""
    if not then:
        return f"{name}は、{periods.then}にはなく、{now:,}件ありました。"
    times = now / then
    if times >= 1.75:
        rounded = round(times * 2) / 2 if times < 4 else float(round(times))
        return f"{name}は、{periods.then}のおよそ{rounded:g}倍になりました。"
    return f"{name}は、{periods.than}{percent(times - 1)}{'増え' if times > 1 else '減り'}ました。"


def listed(names: Sequence[str]) -> str:
    """「通信販売と訪問販売」, 「東京・栃木・群馬」."""
    return "と".join(names) if len(names) < 3 else "・".join(names)


def yen_short(amount: int) -> tuple[str, str]:
    """An amount as a headline: number and unit (円, 万円, 億円)."""
    if amount >= 10**8:
        value = amount / 10**8
        return (f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"), "億円"
    if amount >= 10**5:
        return f"{amount / 10**4:,.0f}", "万円"
    return f"{amount:,}", "円"
