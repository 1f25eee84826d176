"""The answer to one search: candidates taken from partitions in portions, verified, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tantivy import Query

from caasis.platform.search.adapters.tantivy import reader as reading
from caasis.platform.search.adapters.tantivy.compiling import after_moment, bounded
from caasis.platform.search.adapters.tantivy.reader import Candidate, Snapshot
from caasis.platform.search.adapters.tantivy.stretches import Piece, Span, stretches
from caasis.platform.search.asking import verified
from caasis.platform.search.conditions import Days
from caasis.platform.search.documents import TIMELESS
from caasis.platform.search.ports import COUNT_CAP, Count, CountMode, FetchText, Hit, Sort
from caasis.platform.search.queries import ParsedQuery

#: Candidates that are verified for one page at most; the cursor continues where it stopped.
_MAX_CANDIDATES = 500
#: Sorted by relevance, nobody pages further than this.
_MAX_DEPTH = 2_000
#: Matches that the first stretch of days is expected to hold. By relevance, at least `_RANKED` matches are ranked
#: among one another (more than can be paged through); up to that number it is all of them.
_FIRST_RANKED = 6_000
_RANKED = 2_500
_FIRST_DATED = 2 * COUNT_CAP
#: Facets are counted in at least so many matches; up to that number they are exact.
_FIRST_COUNTED = 20_000
_COUNTED = 5_000


@dataclass(frozen=True, slots=True)
class Part:
    """One partition to be searched, with its query (bounded by day where only part of its year is covered), the days
    on which its documents lie, and about how many of them match."""

    year: int
    query: Query
    first: date
    last: date
    most: int


class Answer:
    """The candidates of one search, taken from the partitions in portions, and their number.

    The newest days come first in every case but when sorted from the oldest; the timeless partition belongs to the
    first stretch.
    """

    def __init__(self, snapshot: Snapshot, parts: list[Part], sort: Sort, start: int | None, count: CountMode) -> None:
        self._searchers = snapshot.searchers
        self._queries = {part.year: part.query for part in parts}
        self._timeless = [Piece(TIMELESS, None, None)] if TIMELESS in self._queries else []
        self._spans = [Span(part.year, part.most, part.first, part.last) for part in parts if part.year != TIMELESS]
        self._sort = sort
        self._at = start
        # On the first portion of the first page, counting is done along with the search.
        self._count_now = count != "none" and start is None
        self._counted: dict[Piece, int] = {}
        #: By relevance, the number of matches that were ranked among one another: all of them if there are few. Behind
        #: the last page nobody ranks, and no number is small.
        self.ranked = _RANKED

    def take(self, limit: int) -> list[Candidate]:
        """The next `limit` candidates in the order of the answer; fewer at its end."""
        found = self._ranked(limit) if self._sort == "relevance" else self._dated(limit)
        self._count_now = False
        if found:
            self._at = (self._at or 0) + len(found) if self._sort == "relevance" else found[-1].moment
        return found

    def key(self, candidate: Candidate, taken: int) -> int:
        """What a cursor behind this candidate holds, `taken` candidates after the last `take` began."""
        return taken if self._sort == "relevance" else candidate.moment

    @property
    def used(self) -> int:
        return self._at or 0

    def _stretches(self, target: int) -> Iterator[list[Piece]]:
        newest_first = self._sort != "oldest"
        spans = self._spans if newest_first else self._spans[::-1]
        first, *rest = [*stretches(spans, target, newest_first=newest_first)] or [[]]
        yield [*self._timeless, *first]
        yield from rest

    def _query(self, piece: Piece) -> Query:
        query = self._queries[piece.year]
        return query if piece.first is None and piece.last is None else bounded(query, Days(piece.first, piece.last))

    def _ranked(self, limit: int) -> list[Candidate]:
        start = self._at or 0
        if start >= _MAX_DEPTH:
            return []
        found: list[Candidate] = []
        matches = 0
        for stretch in self._stretches(_FIRST_RANKED):
            for piece in stretch:
                some, number = reading.best(
                    self._searchers[piece.year], self._query(piece), start + limit, count=True
                )
                matches += number
                self._counted[piece] = number
                found += some
            if matches >= _RANKED:
                break
        self.ranked = matches
        return sorted(found, key=by_score)[start : start + limit]

    def _dated(self, limit: int) -> list[Candidate]:
        newest_first = self._sort == "newest"
        found: list[Candidate] = []
        timeless: list[Candidate] = []
        for stretch in self._stretches(_FIRST_DATED):
            for piece in stretch:
                # Days behind this piece hold nothing that would come before what is found already.
                if len(found) >= limit and piece.year != TIMELESS:
                    break
                some = self._some_by_day(piece, limit, newest_first)
                (timeless if piece.year == TIMELESS else found).extend(some)
            if len(found) >= limit:
                break
        return sorted(found + timeless, key=lambda candidate: candidate.moment, reverse=newest_first)[:limit]

    def _some_by_day(self, piece: Piece, limit: int, newest_first: bool) -> list[Candidate]:
        query = self._query(piece)
        if self._at is not None:
            query = after_moment(query, self._at, newest_first=newest_first)
        found, number = reading.by_day(
            self._searchers[piece.year], query, limit, newest_first=newest_first, count=self._count_now
        )
        if self._count_now:
            self._counted[piece] = number
        return found

    def total(self, *, exactly: bool) -> Count:
        """The number of matches; unless `exactly`, counting stops once the cap is passed."""
        total = 0
        for stretch in self._stretches(_FIRST_RANKED if self._sort == "relevance" else _FIRST_DATED):
            for piece in stretch:
                if piece not in self._counted:
                    self._counted[piece] = reading.number_of(self._searchers[piece.year], self._query(piece))
                total += self._counted[piece]
                if not exactly and total > COUNT_CAP:
                    return Count(COUNT_CAP, exact=False)
        return Count(total)

    def facets(self, fields: tuple[str, ...]) -> tuple[dict[str, Counter[str]], int | None]:
        """Numbers of matches per value, and in how many matches they were counted; None says in all of them."""
        sums: dict[str, Counter[str]] = {field: Counter() for field in fields}
        matches = 0
        pending = list(self._stretches(_FIRST_COUNTED))
        for number, stretch in enumerate(pending, start=1):
            for piece in stretch:
                counts, some = reading.facet_counts(self._searchers[piece.year], self._query(piece), fields)
                matches += some
                for field, counted in counts.items():
                    sums[field].update(counted)
            if matches >= _COUNTED and number < len(pending):
                return sums, matches
        return sums, None


def fill_page(
    answer: Answer, parsed: ParsedQuery, limit: int, fetch_text: FetchText | None
) -> tuple[tuple[Hit, ...], int | None, int]:
    """Hits of one page, the value of the cursor behind them, and how many candidates verification dropped."""
    hits: list[Hit] = []
    dropped = tried = 0
    while True:
        before = answer.used
        # One more than needed tells whether there is a next page.
        candidates = answer.take(limit + 1)
        found = [candidate.hit() for candidate in candidates]
        kept = verified(found, parsed, fetch_text)
        last: int | None = None
        for number, candidate in enumerate(candidates):
            if len(hits) == limit:
                return tuple(hits), last if last is not None else before, dropped
            last = answer.key(candidate, before + number + 1)
            tried += 1
            if found[number].id in kept:
                hits.append(found[number])
            else:
                dropped += 1
        if len(candidates) <= limit:
            return tuple(hits), None, dropped
        if tried >= _MAX_CANDIDATES:
            return tuple(hits), last, dropped


def by_score(candidate: Candidate) -> tuple[float, int]:
    return (-candidate.score, -candidate.moment)
