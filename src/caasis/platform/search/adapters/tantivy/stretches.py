"""Stretches of days: a search that could match very much looks at the newest days first and stops when it has enough.

Sorted by day this changes nothing but the time it takes. By relevance, the newest matches are ranked among themselves:
where thousands of cases say the same, nobody reads them all, and the newest say what happens now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

#: Each stretch is expected to match so many times more than the one before, so that all of them together cost little
#: more than one search over everything.
_GROWTH = 8


@dataclass(frozen=True, slots=True)
class Span:
    """A dated partition within a search: about how many documents match, spread over which days."""

    year: int
    matches: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Piece:
    """Days of one partition; None is open, so that documents of unexpected days are in the outermost pieces."""

    year: int
    first: date | None
    last: date | None


def stretches(spans: Sequence[Span], target: int, *, newest_first: bool = True) -> Iterator[list[Piece]]:
    """Cut the spans (in the order of the search, which is that of their days) into stretches.

    The first is expected to hold about `target` matches if matches are spread evenly. Every day of every span is in
    exactly one stretch.
    """
    room = float(target)
    size = target
    stretch: list[Piece] = []
    for span in spans:
        days = max(1, (span.last - span.first).days + 1)
        density = max(span.matches / days, 1e-9)
        done = 0
        while density * (days - done) > room and days - done > 1:
            taken = min(max(1, int(room / density)), days - done - 1)
            stretch.append(_piece(span, done, taken, days, newest_first=newest_first))
            yield stretch
            done += taken
            stretch = []
            size *= _GROWTH
            room = float(size)
        stretch.append(_piece(span, done, days - done, days, newest_first=newest_first))
        room -= density * (days - done)
    if stretch:
        yield stretch


def _piece(span: Span, done: int, taken: int, days: int, *, newest_first: bool) -> Piece:
    """`taken` days of the span behind the `done` ones."""
    starts, ends = done == 0, done + taken == days
    if newest_first:
        last = span.last - timedelta(days=done)
        first = last - timedelta(days=taken - 1)
        return Piece(span.year, None if ends else first, None if starts else last)
    first = span.first + timedelta(days=done)
    last = first + timedelta(days=taken - 1)
    return Piece(span.year, None if starts else first, None if ends else last)
