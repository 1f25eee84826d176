"""The answer to one search: candidates taken from partitions in portions, verified, counted."""

from __future__ import annotations

from dataclasses import dataclass

from tantivy import Query

from caasis.platform.search.adapters.tantivy import reader as reading
from caasis.platform.search.adapters.tantivy.compiling import after_moment
from caasis.platform.search.adapters.tantivy.reader import Candidate, Snapshot
from caasis.platform.search.asking import verified
from caasis.platform.search.documents import TIMELESS
from caasis.platform.search.ports import COUNT_CAP, Count, CountMode, FetchText, Hit, Sort
from caasis.platform.search.queries import ParsedQuery

#: Candidates that are verified for one page at most; the cursor continues where it stopped.
_MAX_CANDIDATES = 500
#: Sorted by relevance, nobody pages further than this.
_MAX_DEPTH = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """One partition to be searched, with its query (bounded by day where only part of its year is covered)."""

    year: int
    query: Query


class Answer:
    """The candidates of one search, taken from the partitions in portions, and their number."""

    def __init__(self, snapshot: Snapshot, parts: list[Part], sort: Sort, start: int | None, count: CountMode) -> None:
        self._searchers = snapshot.searchers
        self._parts = parts
        self._sort = sort
        self._at = start
        # On the first portion of the first page, counting is done along with the search.
        self._count_now = count != "none" and start is None
        self._counted: dict[int, int] = {}

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

    def _ranked(self, limit: int) -> list[Candidate]:
        start = self._at or 0
        if start >= _MAX_DEPTH:
            return []
        found: list[Candidate] = []
        for part in self._parts:
            some, number = reading.best(self._searchers[part.year], part.query, start + limit, count=self._count_now)
            self._note(part, number)
            found += some
        return sorted(found, key=by_score)[start : start + limit]

    def _dated(self, limit: int) -> list[Candidate]:
        newest_first = self._sort == "newest"
        dated = [part for part in self._parts if part.year != TIMELESS]
        found: list[Candidate] = []
        for part in dated if newest_first else reversed(dated):
            found += self._some_by_day(part, limit, newest_first)
            # Years don't overlap, so older partitions hold nothing that would come before these.
            if len(found) >= limit:
                break
        for part in self._parts:
            if part.year == TIMELESS:
                found += self._some_by_day(part, limit, newest_first)
        return sorted(found, key=lambda candidate: candidate.moment, reverse=newest_first)[:limit]

    def _some_by_day(self, part: Part, limit: int, newest_first: bool) -> list[Candidate]:
        query = part.query if self._at is None else after_moment(part.query, self._at, newest_first=newest_first)
        found, number = reading.by_day(
            self._searchers[part.year], query, limit, newest_first=newest_first, count=self._count_now
        )
        self._note(part, number)
        return found

    def _note(self, part: Part, number: int) -> None:
        if self._count_now:
            self._counted[part.year] = number

    def total(self, *, exactly: bool) -> Count:
        """The number of matches; unless `exactly`, counting stops once the cap is passed."""
        total = sum(self._counted.values())
        for part in self._parts:
            if part.year in self._counted:
                continue
            if not exactly and total > COUNT_CAP:
                return Count(COUNT_CAP, exact=False)
            total += reading.number_of(self._searchers[part.year], part.query)
        if not exactly and total > COUNT_CAP:
            return Count(COUNT_CAP, exact=False)
        return Count(total)


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
        kept = verified([candidate.hit for candidate in candidates], parsed, fetch_text)
        last: int | None = None
        for number, candidate in enumerate(candidates):
            if len(hits) == limit:
                return tuple(hits), last if last is not None else before, dropped
            last = answer.key(candidate, before + number + 1)
            tried += 1
            if candidate.hit.id in kept:
                hits.append(candidate.hit)
            else:
                dropped += 1
        if len(candidates) <= limit:
            return tuple(hits), None, dropped
        if tried >= _MAX_CANDIDATES:
            return tuple(hits), last, dropped


def by_score(candidate: Candidate) -> tuple[float, int]:
    return (-candidate.hit.score, -candidate.moment)
