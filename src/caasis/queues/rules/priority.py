"""Who goes first inside a queue. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from caasis.queues.vocabulary import PriorityReason

#: How far a reason lifts an item. Reasons don't add up: the strongest counts, and arrival decides between equals.
LIFTS: Mapping[PriorityReason, int] = {
    PriorityReason.CUT_OFF: 40,
    PriorityReason.TRANSFERRED: 30,
    PriorityReason.WATCH_OVER: 20,
    PriorityReason.CALLBACK: 10,
    PriorityReason.REPEAT_CALLER: 10,
}


def priority_of(reasons: Iterable[str], *, queue_priority: int = 0) -> int:
    """The priority of an item: that of its queue, lifted by the strongest of its reasons.

    Raises ValueError for a reason that is none.
    """
    return queue_priority + max((LIFTS[PriorityReason(reason)] for reason in reasons), default=0)
