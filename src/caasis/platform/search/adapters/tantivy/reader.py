"""Searching: partitions newest first, merged, reloaded when a commit happened."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

import tantivy
from tantivy import Query

from caasis.platform.search.adapters.tantivy.folder import IndexFolder, State
from caasis.platform.search.adapters.tantivy.schema import SCHEMA_VERSION, day_of, open_partition, term_value
from caasis.platform.search.documents import TIMELESS
from caasis.platform.search.ports import Hit

#: Distinct values of a facet that are counted per partition.
_FACET_VALUES = 1_000
# No field of a room has a blank in its name.
_ALL = "all of them"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match before verification. `moment` is its sorting key; what it is, is read from the index when needed."""

    searcher: tantivy.Searcher
    address: tantivy.DocAddress
    moment: int
    score: float

    def hit(self) -> Hit:
        stored = self.searcher.doc(self.address)
        return Hit(str(stored.get_first("id")), str(stored.get_first("kind")), day_of(self.moment), self.score)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of all partitions, seen by one search from beginning to end."""

    state: State | None
    searchers: dict[int, tantivy.Searcher]

    def years(self) -> list[int]:
        """Dated partitions, newest first."""
        return sorted((year for year in self.searchers if year != TIMELESS), reverse=True)


class PartitionedReader:
    """Opens partitions once and reloads them when the folder's stamp has changed. Safe for several threads."""

    def __init__(self, folder: IndexFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._stamp: bytes | None = None
        self._state: State | None = None
        self._indexes: dict[int, tantivy.Index] = {}
        self._snapshot = Snapshot(None, {})

    def snapshot(self) -> Snapshot:
        """The newest committed state. Costs the reading of one small file when nothing has changed."""
        stamp = self._folder.stamp()
        # Without a stamp file there is no index, or one that was just deleted: look at the folder each time.
        if stamp and stamp == self._stamp:
            return self._snapshot
        with self._lock:
            try:
                self._reload()
            except (OSError, ValueError):
                # A rebuild is replacing the partitions this moment: there is nothing to search, the next one looks again.
                self._indexes, self._state, self._stamp = {}, None, None
                self._snapshot = Snapshot(None, {})
            else:
                self._stamp = stamp
            return self._snapshot

    def _reload(self) -> None:
        state = self._folder.state()
        if state is None or state.schema != SCHEMA_VERSION:
            self._indexes, self._state, self._snapshot = {}, state, Snapshot(state, {})
            return
        if self._state is None or state.generation != self._state.generation:
            self._indexes = {}
        paths = self._folder.partitions(state)
        self._indexes = {year: index for year, index in self._indexes.items() if year in paths}
        for year, path in paths.items():
            if year in self._indexes:
                self._indexes[year].reload()
            else:
                self._indexes[year] = open_partition(path)
        self._state = state
        self._snapshot = Snapshot(state, {year: index.searcher() for year, index in self._indexes.items()})


def best(searcher: tantivy.Searcher, query: Query, limit: int, *, count: bool) -> tuple[list[Candidate], int]:
    """The `limit` best by score, and the number of all matches (0 unless `count`)."""
    result = searcher.search(query, limit, count=count)
    moments = searcher.fast_field_values("moment", [address for _, address in result.hits])
    found = [
        Candidate(searcher, address, int(moment or 0), float(score))
        for (score, address), moment in zip(result.hits, moments, strict=True)
    ]
    return found, _count(result, count)


def by_day(
    searcher: tantivy.Searcher, query: Query, limit: int, *, newest_first: bool, count: bool
) -> tuple[list[Candidate], int]:
    """The first `limit` by day, and the number of all matches (0 unless `count`)."""
    order = tantivy.Order.Desc if newest_first else tantivy.Order.Asc
    result = searcher.search(query, limit, count=count, order_by_field="moment", order=order)
    return [Candidate(searcher, address, int(key), 0.0) for key, address in result.hits], _count(result, count)


def number_of(searcher: tantivy.Searcher, query: Query) -> int:
    """How many documents match."""
    return _count(searcher.search(Query.const_score_query(query, 0.0), 1, count=True), True)


def facet_counts(
    searcher: tantivy.Searcher, query: Query, fields: tuple[str, ...]
) -> tuple[dict[str, Counter[str]], int]:
    """Numbers of matches per value of each field, and of all matches."""
    wanted: dict[str, object] = {
        field: {"terms": {"field": f"t.{field}", "size": _FACET_VALUES}} for field in fields
    }
    answer = searcher.aggregate(query, {**wanted, _ALL: {"value_count": {"field": "moment"}}})
    counts = {
        field: Counter({term_value(bucket["key"]): bucket["doc_count"] for bucket in answer[field]["buckets"]})
        for field in fields
    }
    return counts, int(answer[_ALL]["value"] or 0)


def _count(result: tantivy.SearchResult, counted: bool) -> int:
    # The stub of the library lacks `count`.
    return int(getattr(result, "count", 0) or 0) if counted else 0
