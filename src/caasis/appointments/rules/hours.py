"""When somebody may be called back. Pure: moments are arguments, hours are those of Japan.

The usual hours are the product's own caution (要確認): no law that is known to us sets hours for a public centre that calls
back somebody who asked for it. Whoever wants to be called earlier or later says so, and then only the agreed window counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from caasis.kernel.clock import JST

#: A window in which less than this is left by the usual hours promises nothing.
LEAST = timedelta(minutes=10)
#: How far ahead a call may be promised (要確認).
FARTHEST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class CallHours:
    """Nobody is called before `first` or from `last` on, on any day."""

    first: time = time(9)
    last: time = time(20)

    def __post_init__(self) -> None:
        if self.first >= self.last:
            raise ValueError("hours begin before they end")

    def __str__(self) -> str:
        return f"{self.first.hour}時から{self.last.hour}時まで"


USUAL = CallHours()


@dataclass(frozen=True, slots=True)
class Window:
    """What was agreed: not before `start`, not from `end` on; None is open. Moments are aware.

    With `any_hour` the person wants it also outside of the usual hours.
    """

    start: datetime | None = None
    end: datetime | None = None
    any_hour: bool = False

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("a window begins before it ends")


def next_moment(at: datetime, window: Window, hours: CallHours = USUAL) -> datetime | None:
    """The first moment from `at` on at which the person may be called; None when the window is over before."""
    moment = at if window.start is None else max(at, window.start)
    if not window.any_hour:
        local = moment.astimezone(JST)
        if local.time() >= hours.last:
            moment = datetime.combine(local.date() + timedelta(days=1), hours.first, JST)
        elif local.time() < hours.first:
            moment = datetime.combine(local.date(), hours.first, JST)
    return moment if window.end is None or moment < window.end else None


def may_call(at: datetime, window: Window, hours: CallHours = USUAL) -> bool:
    """Whether the person may be called at this moment."""
    return next_moment(at, window, hours) == at


def window_error(window: Window, *, now: datetime, hours: CallHours = USUAL) -> str:
    """Why this window can't be promised now, as a sentence; "" when it can."""
    if window.end is not None and window.end <= now:
        return "折り返しの時間を、今より後にしてください。"
    first = next_moment(now, window, hours)
    if first is not None and first > now + FARTHEST:
        return f"折り返しの日は、{FARTHEST.days}日先までにしてください。"
    if first is None or next_moment(first + LEAST, window, hours) is None:
        return f"折り返しの時間を、{hours}の間で10分より長く取ってください。時間外は、本人が望むときだけ選べます。"
    return ""
