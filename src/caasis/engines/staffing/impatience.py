"""Erlang A: who waits too long gives up (M/M/n+M).

Sources: C. Palm, "Research on telephone traffic carried by full availability groups", Tele 1 (1957, English edition);
O. Garnett, A. Mandelbaum, M. Reiman, "Designing a call center with impatient customers", Manufacturing & Service
Operations Management 4 (2002) 208–227; A. Mandelbaum, S. Zeltyn, "The Palm/Erlang-A queue, with applications to call
centers" (2005). The density of the offered wait, from which the service level follows, is that of F. Baccelli,
G. Hebuterne, "On queues with impatient customers", Performance '81 (1981).

Notation: λ arrivals, μ served and θ given up a second; a = λ/μ, x = nμ/θ, y = λ/θ. With n agents busy and j callers
waiting, nμ + jθ calls leave a second, so that j has the weight y^j ÷ ((x + 1)…(x + j)) against j = 0, and

    A(x, y) = Σ y^j ÷ ((x + 1)…(x + j)) = x e^y y^(−x) γ(x, y)

adds up the weights. All is done with logarithms of weights: in overload A itself is no number that a computer holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caasis.engines.staffing.demand import Demand, Performance, check_agents, check_target
from caasis.engines.staffing.erlang import inverse_erlang_b

#: Weights below e^−45 of the largest change no digit of a sum.
NEGLIGIBLE = 45.0
#: Beyond so many callers in the queue nothing is computed: they would fill the memory.
MOST_WAITING = 2_000_000
FIRST_STEPS = 256


@dataclass(frozen=True, slots=True)
class _Weights:
    """The terms of A(x, y) as shares of their sum, and the logarithm of the sum."""

    shares: NDArray[np.float64]
    log_sum: float


def _weights(x: float, y: float) -> _Weights:
    logs = [np.zeros(1)]
    last, highest, first, steps = 0.0, 0.0, 1, FIRST_STEPS
    while y > 0:
        growth = np.log(y / (x + np.arange(first, first + steps)))
        part = last + np.cumsum(growth)
        logs.append(part)
        last, highest = float(part[-1]), max(highest, float(part.max()))
        # Every later weight is smaller than the one before by a larger factor.
        if growth[-1] < 0 and last < highest - NEGLIGIBLE:
            break
        first, steps = first + steps, steps * 2
        if first + steps > MOST_WAITING:
            raise ValueError("callers are too patient for so few agents: the queue would have no bounds")
    weights = np.exp(np.concatenate(logs) - highest)
    total = float(weights.sum())
    return _Weights(weights / total, highest + math.log(total))


def erlang_a(agents: int, demand: Demand, within_s: float = 20.0) -> Performance:
    """Waiting and giving up with exponentially distributed patience; holds in overload as well.

    :param within_s: the service level counts answers within so many seconds.

    Raises ValueError without an agent, for a demand without a patience, and where more than two million callers would wait.
    """
    check_agents(agents, 1)
    check_target(within_s)
    if demand.patience_s is None:
        raise ValueError("without a patience nobody gives up: that is Erlang C")
    served_rate, leaving_rate = agents / demand.handling_s, 1.0 / demand.patience_s
    x, y = served_rate / leaving_rate, demand.calls_per_s / leaving_rate
    weights = _weights(x, y)
    # P(W > 0) = A ÷ (A + 1/B − 1), both parts divided by A.
    idle = (inverse_erlang_b(agents, demand.erlangs) - 1.0) * math.exp(-weights.log_sum)
    waits = 1.0 / (1.0 + idle)

    # Who finds j others waiting leaves the queue at the j + 1 next departures: served if each of them is another one's.
    place = np.arange(1, len(weights.shares) + 1)
    served = served_rate / (served_rate + place * leaving_rate)
    until_served = np.cumsum(1.0 / (served_rate + place * leaving_rate))
    answered_late = waits * float(weights.shares @ served)
    abandonment = waits * float(weights.shares @ (1.0 - served))
    wait_of_answered = waits * float(weights.shares @ (served * until_served))
    answered = (1.0 - waits) + answered_late
    in_time = (1.0 - waits) + waits * _answered_within(x, y, weights.log_sum, leaving_rate * within_s)
    return Performance(
        wait_probability=waits,
        # Rounding may lift a share above one by its last digit.
        service_level=min(1.0, in_time),
        asa_s=wait_of_answered / answered,
        mean_wait_s=abandonment * demand.patience_s,
        abandonment=min(1.0, abandonment),
        occupancy=min(1.0, answered * demand.erlangs / agents),
        waiting=waits * float(weights.shares @ (place - 1)),
    )


def _answered_within(x: float, y: float, log_a: float, target: float) -> float:
    """Share of those who wait that are answered within `target`, given in mean patiences.

    The offered wait v has the density C exp(y(1 − e^(−θv)) − nμv) for v > 0, and patience outlasts it with e^(−θv).
    ∫₀ᵗ of the product is the difference of two incomplete gamma functions, each of the form A(x + 1, ·) ÷ (x + 1).
    """
    late_y = y * math.exp(-target)
    within = _weights(x + 1, y).log_sum
    later = _weights(x + 1, late_y).log_sum - y * math.expm1(-target) - (x + 1) * target
    share = x / (x + 1) * (math.exp(within - log_a) - math.exp(later - log_a))
    return min(1.0, max(0.0, share))
