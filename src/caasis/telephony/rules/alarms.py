"""Alarms on a centre's telephone: when one begins and when it ends, so that it does not flap. Pure.

An alarm begins when its limit is reached and ends only when the reading is well within it again: a fifth below for what
grows, three points above for a share. Between the two nothing changes, and a standing alarm lasts a minute at least.

| kind | reading | begins | ends |
|---|---|---|---|
| waiting | callers who wait now | ≥ limit | ≤ limit − max(1, limit ÷ 5) |
| longest_wait | seconds of the longest wait now | ≥ limit | < 0.8 × limit |
| service_level | percent of the last hour's calls answered within the target | < limit | ≥ limit + 3 |
| nobody_available | 1 while the centre is open and nobody could be rung, else 0 | 1 for `limit` seconds | 0 |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from caasis.telephony.vocabulary import AlarmKind

#: A standing alarm is seen at least so long.
SHORTEST = timedelta(seconds=60)
#: A share over fewer calls than this says nothing.
LEAST_CALLS = 10
MARGIN_POINTS = 3.0
LEVEL_SPAN = timedelta(hours=1)
#: Kind → the least and the greatest limit, and the unit for whoever sets it.
RANGES: dict[AlarmKind, tuple[int, int, str]] = {
    AlarmKind.WAITING: (1, 999, "件以上"),
    AlarmKind.LONGEST_WAIT: (10, 3600, "秒以上"),
    AlarmKind.SERVICE_LEVEL: (1, 99, "％未満"),
    AlarmKind.NOBODY_AVAILABLE: (10, 3600, "秒続く"),
}
#: What is said of the centre alone and not of a queue: agents serve several.
OF_CENTRE_ONLY = frozenset({AlarmKind.NOBODY_AVAILABLE})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an alarm is: since when its condition holds, and since when it stands. None: it doesn't."""

    met_since: datetime | None = None
    began_at: datetime | None = None


def judge(kind: AlarmKind, limit: int, reading: float | None, was: Standing, now: datetime) -> Standing:
    """Where the alarm is now.

    :param reading: in the unit of the kind; None where nothing can be said, which neither begins nor keeps an alarm.
    """
    met = reading is not None and _reached(kind, limit, reading)
    since = (was.met_since or now) if met else None
    if was.began_at is None:
        held = limit if kind is AlarmKind.NOBODY_AVAILABLE else 0
        begins = since is not None and (now - since).total_seconds() >= held
        return Standing(since, now if begins else None)
    if now - was.began_at < SHORTEST or (reading is not None and not _well_within(kind, limit, reading)):
        return Standing(since, was.began_at)
    return Standing(since, None)


def _reached(kind: AlarmKind, limit: int, reading: float) -> bool:
    if kind is AlarmKind.SERVICE_LEVEL:
        return reading < limit
    return reading >= (1 if kind is AlarmKind.NOBODY_AVAILABLE else limit)


def _well_within(kind: AlarmKind, limit: int, reading: float) -> bool:
    match kind:
        case AlarmKind.WAITING:
            return reading <= limit - max(1, limit // 5)
        case AlarmKind.LONGEST_WAIT:
            return reading < 0.8 * limit
        case AlarmKind.SERVICE_LEVEL:
            # Up to a hundred percent can be reached, whatever the limit.
            return reading >= min(100.0, limit + MARGIN_POINTS)
        case AlarmKind.NOBODY_AVAILABLE:
            return reading < 1


def limit_error(kind: AlarmKind, limit: int, *, of_queue: bool) -> str:
    """What is wrong with a limit, as a sentence; "" when nothing is."""
    if of_queue and kind in OF_CENTRE_ONLY:
        return "この知らせは、センター全体にだけ決められます。"
    least, most, _ = RANGES[kind]
    return "" if least <= limit <= most else f"{least}から{most:,}までの数を入力してください。"
