"""Who goes first inside a queue, as a number: the head starts of `engines.routing`, in points. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from caasis.engines.routing.priority import HEAD_STARTS
from caasis.queues.vocabulary import PriorityReason

#: By how many seconds one point puts an item forward.
SECONDS_A_POINT = 30
#: How far a reason lifts an item. Reasons don't add up: the strongest counts, and arrival decides between equals.
LIFTS: Mapping[PriorityReason, int] = {
    reason: round(seconds / SECONDS_A_POINT) for reason, seconds in HEAD_STARTS.items()
}


def priority_of(reasons: Iterable[str], *, queue_priority: int = 0) -> int:
    """The priority of an item: that of its queue, lifted by the strongest of its reasons.

    Raises ValueError for a reason that is none.
    """
    return queue_priority + max((LIFTS[PriorityReason(reason)] for reason in reasons), default=0)
