"""The least number of agents, or of lines, for a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caasis.engines.staffing.demand import Demand, Performance, check_target
from caasis.engines.staffing.erlang import erlang_b, erlang_c
from caasis.engines.staffing.impatience import erlang_a


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What has to be reached, everything together.

    service_level: least share of calls answered within `within_s` seconds, 0 to 0.9999.
    abandonment: largest share of calls that give up, 0.0001 or more; without a patience nobody gives up.
    occupancy: largest share of the agents' time that calls may take, 0.05 or more.
    """

    service_level: float = 0.8
    within_s: float = 20.0
    abandonment: float | None = None
    occupancy: float | None = None

    def __post_init__(self) -> None:
        check_target(self.within_s)
        if not 0 <= self.service_level <= 0.9999:
            raise ValueError("a service level that can be reached lies between 0 and 0.9999")
        for share, least in ((self.abandonment, 0.0001), (self.occupancy, 0.05)):
            if share is not None and not least <= share <= 1:
                raise ValueError(f"a share that can be kept to lies between {least} and 1")

    def met_by(self, found: Performance) -> bool:
        return (
            found.service_level >= self.service_level
            and (self.abandonment is None or found.abandonment <= self.abandonment)
            and (self.occupancy is None or found.occupancy <= self.occupancy)
        )


def performance(agents: int, demand: Demand, within_s: float = 20.0) -> Performance:
    """Erlang A where a patience is known, Erlang C where it isn't. Raises as those."""
    return (erlang_c if demand.patience_s is None else erlang_a)(agents, demand, within_s)


def agents_needed(demand: Demand, target: Target) -> int:
    """The least number of agents who meet the target, before breaks, meetings and absence; 0 where nobody calls.

    More agents never make any of the three figures worse, so that a bisection finds the least number.
    """
    if demand.calls_per_hour == 0:
        return 0
    return _least(lambda agents: target.met_by(performance(agents, demand, target.within_s)))


def lines_needed(erlangs: float, blocking: float) -> int:
    """The least number of lines on which at most the share `blocking` of calls finds all busy (Erlang B, K30 呼損率)."""
    if not 1e-9 <= blocking <= 1:
        raise ValueError("a share that can be kept to lies between 0.000000001 and 1")
    if erlangs == 0:
        return 0
    return _least(lambda lines: erlang_b(lines, erlangs) <= blocking)


def _least(enough: Callable[[int], bool]) -> int:
    """The least number from 1 on that is enough, where every larger one is as well."""
    below, above = 0, 1
    while not enough(above):
        below, above = above, above * 2
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if enough(middle) else (middle, above)
    return above
