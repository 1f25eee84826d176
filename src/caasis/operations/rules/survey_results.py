"""What the answers say, and how sure that is: CSAT, NPS and CES with 95 % intervals. Pure.

Sources: Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, for shares;
for the net promoter score the standard error of a difference of two shares of one multinomial sample; Student's t for means.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Below so many answers nothing is shown: single people could be made out, and chance would be taken for a finding.
FEWEST = 5
#: The 97.5 % point of the normal distribution.
Z = 1.959963984540054
#: The 97.5 % points of Student's t for 1 to 30 degrees of freedom; beyond, the normal one is close enough (error < 4 %).
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
#: Point on a scale → number of answers.
Counts = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure with its 95 % interval and the number of answers that it rests on. `value` is None below FEWEST."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_shown(self) -> bool:
        return self.value is not None


def wilson(hits: int, n: int, *, z: float = Z) -> tuple[float, float]:
    """Wilson's score interval of a share. :raises ValueError: unless 0 <= hits <= n and n > 0."""
    if n <= 0 or not 0 <= hits <= n:
        raise ValueError(f"a share needs 0 <= {hits} <= {n} and something to divide by")
    share = hits / n
    middle = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def csat(counts: Counts) -> Estimate:
    """The share of 4 and 5 on a scale of 1 to 5, between 0 and 1."""
    n = sum(counts.values())
    if n < FEWEST:
        return Estimate(n)
    satisfied = counts.get(4, 0) + counts.get(5, 0)
    low, high = wilson(satisfied, n)
    return Estimate(n, satisfied / n, low, high)


def nps(counts: Counts) -> Estimate:
    """Share of promoters (9, 10) minus share of detractors (0 to 6), times 100: -100 to 100.

    Its variance for one answer is p + d - (p - d)², for an answer counts +1, 0 or -1. When all answers are alike the
    interval has no width, which says nothing: then the ends come from Wilson's interval of that share.
    """
    n = sum(counts.values())
    if n < FEWEST:
        return Estimate(n)
    promoters = sum(counts.get(point, 0) for point in (9, 10))
    detractors = sum(counts.get(point, 0) for point in range(7))
    score = (promoters - detractors) / n
    if promoters == n:
        return Estimate(n, 100.0, 100 * (2 * wilson(n, n)[0] - 1), 100.0)
    if detractors == n:
        return Estimate(n, -100.0, -100.0, 100 * (1 - 2 * wilson(n, n)[0]))
    if promoters == detractors == 0:
        spread = 100 * (1 - wilson(n, n)[0])
        return Estimate(n, 0.0, -spread, spread)
    error = math.sqrt(max((promoters + detractors) / n - score * score, 0.0) / n)
    return Estimate(n, 100 * score, max(-100.0, 100 * (score - Z * error)), min(100.0, 100 * (score + Z * error)))


def ces(counts: Counts) -> Estimate:
    """The mean of a scale of 1 to 7 with the interval of Student's t, kept within the scale.

    A whole point stands for what lies half a point around it: the variance is taken as 1/12 at least, so that a few answers
    that are all alike are not given out as certain.
    """
    n = sum(counts.values())
    if n < FEWEST:
        return Estimate(n)
    mean = sum(point * count for point, count in counts.items()) / n
    variance = max(sum(count * (point - mean) ** 2 for point, count in counts.items()) / (n - 1), 1 / 12)
    reach = _student(n - 1) * math.sqrt(variance / n)
    return Estimate(n, mean, max(1.0, mean - reach), min(7.0, mean + reach))


def _student(freedom: int) -> float:
    return _T[freedom - 1] if freedom <= len(_T) else Z


def hide_small(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The lines of a table whose total is shown elsewhere, with more lines hidden until what is hidden rests on FEWEST answers
    together: otherwise total minus the shown lines would tell the hidden one. The smallest lines are hidden first."""
    shown = sorted((at for at, one in enumerate(estimates) if one.is_shown), key=lambda at: estimates[at].n)
    hidden = sum(one.n for one in estimates if not one.is_shown)
    away: set[int] = set()
    while shown and 0 < hidden < FEWEST:
        smallest = shown.pop(0)
        away.add(smallest)
        hidden += estimates[smallest].n
    return [Estimate(one.n) if at in away else one for at, one in enumerate(estimates)]
