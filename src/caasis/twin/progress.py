"""How far a case has come on the last day of the period, and when each step happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from caasis.twin.streams import Draw, Weighted, between

# Days from receipt to the end of handling as evenly spaced quantiles, by result.
_HANDLING_DAYS: Final[dict[str, tuple[int, ...]]] = {
    "advice": (0, 0, 0, 1, 12),
    "referral": (0, 0, 0, 0, 4),
    "information": (0, 0, 0, 0, 3),
    "mediation_settled": (4, 11, 21, 36, 90),
    "mediation_failed": (9, 20, 33, 52, 120),
    "unable": (0, 2, 7, 15, 45),
    "unnecessary": (0, 0, 0, 1, 5),
}
_APPROVAL_DAYS: Final = (1, 1, 3, 6, 12)
_WAITING: Final = Weighted(("waiting_approval", "handled", "returned"), (80, 9, 11))
_UNTOUCHED_WRITTEN: Final = (0.9, 0.55, 0.2)
_UNTOUCHED_SPOKEN: Final = (0.05, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Progress:
    """State and times; ``closed_at`` is set once handling has ended, ``registered_at`` once approved and registered."""

    state: str
    closed_at: datetime | None
    registered_at: datetime | None


def progress_of(received_at: datetime, result: str, written: bool, until: date, draw: Draw) -> Progress:
    """Return how far a case received at ``received_at`` has come by the evening of ``until`` (JST)."""
    age_days = (until - received_at.date()).days
    untouched = _UNTOUCHED_WRITTEN if written else _UNTOUCHED_SPOKEN
    chance = draw()
    if age_days < len(untouched) and chance < untouched[age_days]:
        return Progress("received", None, None)
    handling_days = _drawn_days(_HANDLING_DAYS[result], draw)
    closed_at = _later(received_at, handling_days, draw)
    if closed_at.date() > until:
        mediating = result in ("mediation_settled", "mediation_failed") and age_days >= 2
        return Progress("mediating" if mediating else "advising", None, None)
    registered_at = _later(closed_at, _drawn_days(_APPROVAL_DAYS, draw), draw)
    if registered_at.date() > until:
        return Progress(_WAITING.draw(draw), closed_at, None)
    return Progress("registered", closed_at, registered_at)


def _drawn_days(quantiles: tuple[int, ...], draw: Draw) -> int:
    place = draw() * (len(quantiles) - 1)
    index = int(place)
    return int(quantiles[index] + (quantiles[index + 1] - quantiles[index]) * (place - index))


def _later(moment: datetime, days: int, draw: Draw) -> datetime:
    """Return a working moment ``days`` after ``moment``; the same day means some minutes later."""
    if days == 0:
        return moment + timedelta(minutes=between(8, 45, draw))
    target = moment + timedelta(days=days)
    target += timedelta(days=(0, 0, 0, 0, 0, 2, 1)[target.weekday()])
    return target.replace(hour=between(9, 16, draw), minute=between(0, 59, draw), second=0)
