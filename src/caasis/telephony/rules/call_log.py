"""What happens to a call, as the switchboard writes it down. Everything else about a call is computed from this log.

The log holds ids and codes only: numbers, names and words that were said live sealed beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Step(StrEnum):
    """One step of a call. The comment says which fields of `Happened` it needs beside `at`."""

    OFFERED = "offered"  # centre: a call reached one of its numbers
    BLOCKED = "blocked"  # every line was taken, or the caller was refused
    AFTER_HOURS = "after_hours"  # the closing message was told
    SERVED_ITSELF = "served_itself"  # the flow answered: an announcement, another office's number
    DEFLECTED = "deflected"  # a link to the web was sent
    CALLBACK_TAKEN = "callback_taken"  # a call back was promised; the place in the queue is kept
    QUEUED = "queued"  # centre, queue
    OVERFLOWED = "overflowed"  # centre, queue: where it goes to; it leaves where it waited
    RANG = "rang"  # agent
    RANG_OUT = "rang_out"  # agent: did not answer or declined
    CONNECTED = "connected"  # agent (outbound: may be without)
    HELD = "held"  # agent
    RESUMED = "resumed"  # agent
    ESCALATED = "escalated"  # to a higher tier or a supervisor
    TRANSFERRED = "transferred"  # agent gives it away: to an agent, a queue or outside
    LEFT = "left"  # agent: no longer in the call, wrap-up begins
    RESULT = "result"  # agent: what the call came to; detail: a code of CallResult, "" takes it back
    WRAP_UP_LONGER = "wrap_up_longer"  # agent: has prolonged the wrap-up
    WRAPPED_UP = "wrapped_up"  # agent: free again
    DIALLED = "dialled"  # outbound: the other side was called
    ENDED = "ended"  # nobody is in the call any more (wrap-up may follow)


#: These name an agent.
OF_AN_AGENT = frozenset(
    {
        Step.RANG, Step.RANG_OUT, Step.HELD, Step.RESUMED, Step.TRANSFERRED, Step.LEFT, Step.RESULT, Step.WRAP_UP_LONGER,
        Step.WRAPPED_UP,
    }
)  # fmt: skip
#: These end a caller's way without a person; the first of them decides the outcome unless somebody is connected later.
WITHOUT_A_PERSON = (
    Step.BLOCKED,
    Step.CALLBACK_TAKEN,
    Step.DEFLECTED,
    Step.SERVED_ITSELF,
    Step.AFTER_HOURS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of a call's log. `at` is aware; ids are opaque text, "" where a step has none."""

    step: Step
    at: datetime
    centre: str = ""
    queue: str = ""
    agent: str = ""
    detail: str = ""
