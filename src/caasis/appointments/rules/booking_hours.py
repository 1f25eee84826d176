"""When a centre takes bookings: its booking hours inside its opening hours, and whether what it entered can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from caasis.engines.schedule import Schedule
from caasis.kernel.clock import JST

LENGTHS = (15, 20, 30, 45, 60, 90)
MOST_SEATS = 20
MOST_LEAD_HOURS = 168
MOST_DAYS_AHEAD = 60
#: Spans that a centre may enter for one weekday and way: before and after lunch.
MOST_SPANS = 2


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of a weekday for one way."""

    way: str
    weekday: int
    opens: time
    closes: time
    minutes: int = 30
    capacity: int = 1


def spans_of_day(schedule: Schedule, span: Span, day: date) -> Iterator[tuple[datetime, datetime]]:
    """What of a span lies inside the opening of one day; nothing on another weekday, a holiday or a closed day."""
    if day.weekday() != span.weekday:
        return
    midnight = datetime.combine(day, time(), JST)
    first, last = _minute(span.opens), _minute(span.closes)
    for hours in schedule.plan(day).hours:
        start, end = max(first, hours.start), min(last, hours.end)
        if start < end:
            yield midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)


def days_between(first: date, last: date) -> list[date]:
    """All days, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def hours_error(spans: Iterable[Span]) -> str:
    """Why these hours can't be, as a sentence; "" when they can."""
    by_day: dict[tuple[str, int], list[Span]] = {}
    for span in spans:
        by_day.setdefault((span.way, span.weekday), []).append(span)
        if not 0 <= span.weekday <= 6:
            return "曜日を選んでください。"
        if span.minutes not in LENGTHS:
            return "1回の長さを選んでください。"
        if not 1 <= span.capacity <= MOST_SEATS:
            return f"同時に受ける人数は、1から{MOST_SEATS}までにしてください。"
        if _minute(span.closes) - _minute(span.opens) < span.minutes:
            return "終わりは、始めより1回の長さ以上あとにしてください。"
    return next((sentence for day in by_day.values() if (sentence := _day_error(day))), "")


def _day_error(spans: Sequence[Span]) -> str:
    if len(spans) > MOST_SPANS:
        return f"1つの曜日に入れられる時間は、{MOST_SPANS}つまでです。"
    ordered = sorted(spans, key=lambda span: span.opens)
    if any(later.opens < earlier.closes for earlier, later in pairwise(ordered)):
        return "同じ曜日の時間が重なっています。重ならないように直してください。"
    return ""


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
