"""`SearchIndex` over a folder of tantivy partitions."""

from __future__ import annotations

import math
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from tantivy import Query

from caasis.kernel.clock import day_in_japan, fiscal_year, utc_now
from caasis.platform.search.adapters.tantivy import reader as reading
from caasis.platform.search.adapters.tantivy.answers import Answer, Part, by_score, fill_page
from caasis.platform.search.adapters.tantivy.compiling import (
    bounded,
    compile_query,
    compile_similar,
    compile_suggestion,
    is_exact,
    substring,
)
from caasis.platform.search.adapters.tantivy.estimates import likely_matches, narrow
from caasis.platform.search.adapters.tantivy.folder import IndexFolder
from caasis.platform.search.adapters.tantivy.reader import Candidate, PartitionedReader, Snapshot
from caasis.platform.search.adapters.tantivy.writer import PartitionedWriter
from caasis.platform.search.analysis import words
from caasis.platform.search.asking import (
    checked_limit,
    earliest_day,
    pieces_typed,
    search_fingerprint,
    sorted_facets,
)
from caasis.platform.search.conditions import Condition, Days, days_asked
from caasis.platform.search.documents import FIELD_NAME, TIMELESS, SearchDocument
from caasis.platform.search.paging import Cursor, decode_cursor, encode_cursor
from caasis.platform.search.ports import (
    DEFAULT_YEARS,
    Count,
    CountMode,
    FetchText,
    Hit,
    IndexStats,
    Readiness,
    SearchPage,
    Sort,
)
from caasis.platform.search.queries import ParsedQuery, parse_query
from caasis.platform.search.widening import ENOUGH, can_widen, heard, widened

#: Words by which similar documents are looked for.
SIMILAR_TERMS = 25
_LEAD_BY = 10_000


def today_in_japan() -> date:
    return day_in_japan(utc_now())


class TantivyIndex:
    """The embedded adapter. Any number of them may read a folder, one at a time may write.

    `today` is the day from which the default range counts back.
    """

    def __init__(self, root: Path, *, today: Callable[[], date] = today_in_japan) -> None:
        self._folder = IndexFolder(root)
        self._reader = PartitionedReader(self._folder)
        self._writer: PartitionedWriter | None = None
        self._today = today

    # --- writing -------------------------------------------------------------------------------------------------

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        self._writing().upsert(documents)

    def delete(self, ids: Iterable[str]) -> None:
        self._writing().delete(ids)

    def refresh(self) -> None:
        if self._writer is not None and self._writer.commit():
            self._folder.bump()

    def quarantine(self, kind: str, id: str, reason: str) -> None:
        self._writing().quarantine(kind, id, reason)

    def close(self) -> None:
        """Let go of the writer and its lock; what wasn't refreshed is lost."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._folder.unlock()

    def _writing(self) -> PartitionedWriter:
        if self._writer is None:
            self._folder.lock()
            state = self._folder.state()
            if state is None:
                # A fresh index that nobody rebuilds from a source is complete as it is: what was put in is in it.
                state = self._folder.start(keep=False)
                self._folder.finish(())
            elif reason := self._folder.needs_rebuild():
                raise RuntimeError(f"{reason}: rebuild it before writing")
            try:
                self._writer = PartitionedWriter(self._folder, state)
            except ValueError:
                # Files of it are gone or damaged. It is a projection: what can't be opened is built anew.
                self._folder.discard()
                raise
        return self._writer

    # --- the projection ------------------------------------------------------------------------------------------

    def needs_rebuild(self) -> str:
        return self._folder.needs_rebuild()

    def start_rebuild(self, *, keep: bool = False) -> None:
        self._folder.lock()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if not keep:
            self._folder.set_position(0)
        self._folder.start(keep=keep)

    def is_rebuilding(self) -> bool:
        state = self._folder.state()
        return state is not None and not state.complete

    def note_progress(self, percentage: int) -> None:
        if percentage != self._folder.progress():
            self._folder.set_progress(percentage)

    def finish_rebuild(self, kinds: Iterable[str]) -> None:
        self._folder.finish(kinds)

    def kinds(self) -> frozenset[str]:
        state = self._folder.state()
        return frozenset(state.kinds if state else ())

    def missing(self, ids: Sequence[str]) -> list[str]:
        writer = self._writing()
        return [id for id in ids if not writer.holds(id)]

    def position(self) -> int:
        return self._folder.position()

    def set_position(self, position: int) -> None:
        self._folder.set_position(position)

    # --- searching -----------------------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        filters: Condition,
        *,
        sort: Sort = "relevance",
        facets: Sequence[str] = (),
        limit: int = 20,
        cursor: str | None = None,
        count: CountMode = "capped",
        years: int | None = DEFAULT_YEARS,
        synonyms: Mapping[str, tuple[str, ...]] | None = None,
        fetch_text: FetchText | None = None,
        widen: bool | None = None,
    ) -> SearchPage:
        limit = checked_limit(limit)
        parsed = asked = parse_query(query, synonyms)
        # Without words every score is the same; the newest are then what people want to see.
        sort = "newest" if sort == "relevance" and not parsed.required else sort
        identity = search_fingerprint(parsed, filters, sort, years)
        start = decode_cursor(cursor, identity)
        snapshot = self._reader.snapshot()
        if widen and can_widen(parsed):
            parsed = self._widened(snapshot, parsed, filters, years)
        answer = Answer(snapshot, self._parts(snapshot, parsed, filters, years), sort, start, count)
        page = fill_page(answer, parsed, limit, fetch_text)
        # Sorted by day, what only resembles the query would stand in front of what fulfils it.
        if widen is None and sort == "relevance" and answer.ranked < ENOUGH and can_widen(parsed):
            parsed = self._widened(snapshot, parsed, filters, years)
            answer = Answer(snapshot, self._parts(snapshot, parsed, filters, years), sort, start, count)
            page = fill_page(answer, parsed, limit, fetch_text)
        hits, next_value, dropped = page
        total = answer.total(exactly=count == "exact") if count != "none" else None
        if total is not None and (dropped or not is_exact(parsed)):
            total = Count(max(len(hits), total.value - dropped), exact=False)
        counts, facets_of = self._facets(answer, facets)
        ready = self._readiness(snapshot)
        return SearchPage(
            hits=hits,
            count=total,
            facets=counts,
            cursor=None if next_value is None else encode_cursor(Cursor(identity, next_value)),
            complete=ready.complete,
            verified=fetch_text is not None,
            facets_of=facets_of,
            progress=ready.progress,
            heard=heard(asked, parsed),
        )

    def similar(
        self,
        text: str,
        filters: Condition,
        k: int = 10,
        *,
        exclude: Sequence[str] = (),
        years: int | None = DEFAULT_YEARS,
    ) -> tuple[Hit, ...]:
        k = checked_limit(k)
        snapshot = self._reader.snapshot()
        years_of = [year for year, _ in self._covered(snapshot, filters, years)]
        terms = _telling_words(snapshot, years_of, text)
        if not terms:
            return ()
        query = compile_similar(terms, _leading(terms), filters, list(exclude))
        return self._best(snapshot, query, filters, years, k)

    def suggest(self, prefix: str, k: int = 8, *, filters: Condition) -> tuple[Hit, ...]:
        k = checked_limit(k)
        pieces = pieces_typed(prefix)
        if not pieces:
            return ()
        snapshot = self._reader.snapshot()
        return self._best(snapshot, compile_suggestion(pieces, filters), filters, DEFAULT_YEARS, k)

    def _best(
        self, snapshot: Snapshot, query: Query, filters: Condition, years: int | None, k: int
    ) -> tuple[Hit, ...]:
        found: list[Candidate] = []
        for year, days in self._covered(snapshot, filters, years):
            part = query if days is None else bounded(query, days)
            found += reading.best(snapshot.searchers[year], part, k, count=False)[0]
        return tuple(candidate.hit() for candidate in sorted(found, key=by_score)[:k])

    def stats(self) -> IndexStats:
        snapshot = self._reader.snapshot()
        ready = self._readiness(snapshot)
        partitions = {year: searcher.num_docs for year, searcher in sorted(snapshot.searchers.items())}
        return IndexStats(
            documents=sum(partitions.values()),
            partitions=partitions,
            size_bytes=self._folder.size_bytes(),
            complete=ready.complete,
            needs_rebuild=self.needs_rebuild(),
            dictionary=snapshot.state.dictionary if snapshot.state else "",
            quarantined=tuple(self._folder.quarantined().values()),
            progress=ready.progress,
        )

    def readiness(self) -> Readiness:
        return self._readiness(self._reader.snapshot())

    def _readiness(self, snapshot: Snapshot) -> Readiness:
        # A rebuild may have begun since the snapshot was taken: what was searched has to be what is there now.
        seen, now = snapshot.state, self._folder.state()
        same = seen is not None and now is not None and seen.complete and seen.generation == now.generation
        if same and now is not None and now.complete and not self._folder.fault_of(now):
            return Readiness(complete=True)
        return Readiness(complete=False, progress=self._folder.progress())

    def _covered(self, snapshot: Snapshot, filters: Condition, years: int | None) -> list[tuple[int, Days | None]]:
        """The partitions to be searched, newest first, the timeless one in front; with the days to which the default
        range bounds one of them."""
        asked = days_asked(filters)
        first = earliest_day(self._today(), years) if asked is None else asked.first
        last = None if asked is None else asked.last
        found: list[tuple[int, Days | None]] = [(TIMELESS, None)] if TIMELESS in snapshot.searchers else []
        for year in snapshot.years():
            if (first and year < fiscal_year(first)) or (last and year > fiscal_year(last)):
                continue
            bounds = asked is None and first and year == fiscal_year(first)
            found.append((year, Days(first=first) if bounds else None))
        return found

    def _parts(self, snapshot: Snapshot, parsed: ParsedQuery, filters: Condition, years: int | None) -> list[Part]:
        """The partitions to be searched, each with its query and what is known of it beforehand."""
        covered = self._covered(snapshot, filters, years)
        query = compile_query(parsed, filters, narrow([snapshot.searchers[year] for year, _ in covered], filters))
        asked = days_asked(filters) or Days()
        parts = []
        for year, days in covered:
            first, last = (date(year, 4, 1), date(year + 1, 3, 31)) if year != TIMELESS else (date.min, date.min)
            starts = [first, *(one for one in (asked.first, days and days.first) if one and first < one <= last)]
            ends = [last, *(one for one in (asked.last, self._today()) if one and first <= one < last)]
            parts.append(
                Part(
                    year,
                    query if days is None else bounded(query, days),
                    max(starts),
                    max(min(ends), max(starts)),
                    likely_matches(snapshot.searchers[year], parsed, filters),
                )
            )
        return parts

    def _widened(
        self, snapshot: Snapshot, parsed: ParsedQuery, filters: Condition, years: int | None
    ) -> ParsedQuery:
        searchers = [snapshot.searchers[year] for year, _ in self._covered(snapshot, filters, years)]
        documents = sum(searcher.num_docs for searcher in searchers)
        return widened(
            parsed,
            documents,
            lambda field, token: sum(one.doc_freq(field, token) for one in searchers),
            lambda text: any(reading.best(one, substring(text), 1, count=False)[0] for one in searchers),
        )

    @staticmethod
    def _facets(answer: Answer, fields: Sequence[str]) -> tuple[dict[str, dict[str, int]], int | None]:
        wanted = tuple(dict.fromkeys(fields))
        for field in wanted:
            if not FIELD_NAME.fullmatch(field):
                raise ValueError("a facet is the plain name of a filter field")
        if not wanted:
            return {}, None
        sums, counted_in = answer.facets(wanted)
        return {field: sorted_facets(counter) for field, counter in sums.items()}, counted_in


def _telling_words(snapshot: Snapshot, years: list[int], text: str) -> dict[str, int]:
    """The words of the text with the highest tf·idf in the partitions to be searched, each with the number of
    documents that hold it."""
    total = sum(snapshot.searchers[year].num_docs for year in years)
    holding: dict[str, int] = {}
    weights: dict[str, float] = {}
    for word, frequency in Counter(words(text)).items():
        number = sum(snapshot.searchers[year].doc_freq("w", word) for year in years)
        # In a large index, what most documents say tells next to nothing, and costs more than all the rest.
        if number and not number * 2 > total > _LEAD_BY:
            holding[word] = number
            weights[word] = frequency * math.log(1 + total / number)
    chosen = sorted(weights, key=lambda word: (-weights[word], word))[:SIMILAR_TERMS]
    return {word: holding[word] for word in chosen}


def _leading(terms: Mapping[str, int]) -> list[str]:
    """The rarest of the words, of which a similar document has to hold at least one.

    What shares none of them shares only what most documents say. Together they stand in about `_LEAD_BY` documents, or
    they are the one rarest word: only those documents are looked at.
    """
    rarest = sorted(terms, key=lambda word: (terms[word], word))
    chosen, holding = rarest[:1], terms[rarest[0]]
    for word in rarest[1:]:
        holding += terms[word]
        if holding > _LEAD_BY:
            break
        chosen.append(word)
    return chosen


_opened: dict[tuple[int, Path], TantivyIndex] = {}
_opening = threading.Lock()


def open_reader(root: Path) -> TantivyIndex:
    """The process's one index object for this folder. Commits of the indexer are seen by the next search."""
    # The process id is part of the key because a forked child must not share what its parent has mapped and locked.
    key = (os.getpid(), root.resolve())
    with _opening:
        if key not in _opened:
            _opened[key] = TantivyIndex(key[1])
        return _opened[key]
