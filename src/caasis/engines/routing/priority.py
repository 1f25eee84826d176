"""Who goes first: longest-waiting first within a priority, and priorities that age.

A reason is a head start: work with a head start of h seconds stands where it would stand had it come h seconds earlier.
Waiting counts alike for everybody from then on, so that an order once reached never changes, and

    nobody is passed by work that came more than H seconds later,

H being the largest head start and lift in use less one's own. That is the bound on which nobody starves, whatever the
flow of urgent calls. Source: J. R. Jackson, "Some problems in queueing with dynamic priorities", Naval Research Logistics
Quarterly 7 (1960) 235–249 (urgency numbers added to the moment of arrival).
"""

from __future__ import annotations

from collections.abc import Mapping

from caasis.engines.routing.vocabulary import PriorityReason
from caasis.engines.routing.work import Work

#: Seconds, the product's own choice. Reasons don't add up: the largest counts. A promise to call back has none: its
#: arrival is that of the first call, and with more it would pass people who hold the line.
HEAD_STARTS: Mapping[PriorityReason, float] = {
    PriorityReason.INJURY: 1800.0,
    PriorityReason.CUT_OFF: 1200.0,
    PriorityReason.TRANSFERRED: 900.0,
    PriorityReason.WATCH_OVER: 600.0,
    PriorityReason.REPEAT_CALLER: 300.0,
    PriorityReason.CALLBACK: 0.0,
}

#: The order of everything that waits: the moment of arrival less the head start, arrival, id.
Key = tuple[float, float, str]


def head_start_s(work: Work, head_starts: Mapping[PriorityReason, float] = HEAD_STARTS) -> float:
    """Seconds by which work is put forward: its largest reason, and the lift of its queue."""
    return work.lift_s + max((head_starts[reason] for reason in work.reasons), default=0.0)


def key_of(work: Work, head_starts: Mapping[PriorityReason, float] = HEAD_STARTS) -> Key:
    """The smaller one goes first. Raises KeyError for a reason without a head start."""
    return (work.arrived_at - head_start_s(work, head_starts), work.arrived_at, work.id)
