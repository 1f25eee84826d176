"""What a search index offers. Adapters: `adapters.tantivy` (embedded), `adapters.memory` (tests, tiny installations)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol, TypeAlias

from caasis.platform.search.conditions import Condition
from caasis.platform.search.documents import SearchDocument

Sort: TypeAlias = Literal["relevance", "newest", "oldest"]
CountMode: TypeAlias = Literal["capped", "exact", "none"]
#: Current texts (title, body and reading as indexed, each on lines of its own) of the documents that still exist, by id.
FetchText: TypeAlias = Callable[[Sequence[str]], Mapping[str, str]]

#: A capped count stops at the first partition in which it exceeds this.
COUNT_CAP = 1_000
#: Years back from today that a search covers when neither `years` nor a `Days` filter says otherwise.
DEFAULT_YEARS = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found. `score` compares within one answer only."""

    id: str
    kind: str
    day: date
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """How many documents match; when not `exact`, about so many or more."""

    value: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of an answer.

    `facets`: field → value → number of matching documents, the most frequent first. `cursor` continues the answer,
    None at its end. `complete` is False while the index is missing, being rebuilt or of another version. `verified`
    is True when phrases were checked against current texts. Where very much matches, facets are counted in the newest
    `facets_of` matches only; None says in all of them. `progress` is the percentage of a rebuild that is done, None
    when there is none or it can't be told. `heard`: quotations that stand nowhere as they were written and were answered
    by their sound.
    """

    hits: tuple[Hit, ...]
    count: Count | None
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    cursor: str | None = None
    complete: bool = True
    verified: bool = False
    facets_of: int | None = None
    progress: int | None = None
    heard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether answers can be relied on, as in `SearchPage`: for callers of what has no room for it (similar cases)."""

    complete: bool
    progress: int | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that couldn't be indexed, and why (never its text)."""

    kind: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexStats:
    """What an operator wants to know. `partitions`: fiscal year → documents; 0 holds the timeless ones."""

    documents: int
    partitions: Mapping[int, int]
    size_bytes: int
    complete: bool
    needs_rebuild: str
    dictionary: str
    quarantined: tuple[Quarantined, ...] = ()
    progress: int | None = None


class SearchIndex(Protocol):
    """Search for callers. Filters, permission among them, are part of the query: nothing is sieved afterwards."""

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        """Replace the documents of these ids. A poison row is quarantined with a reason, and its old version is
        withdrawn; the others go through. Found after the next `refresh`."""

    def delete(self, ids: Iterable[str]) -> None:
        """Withdraw documents; unknown ids are ignored."""

    def refresh(self) -> None:
        """Commit: what was written so far survives a crash and is found by searches from now on."""

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
        """Find documents. `limit` is 1 to 100. `years` bounds the search to that many years back from today (None:
        all) unless `filters` name days; timeless documents are always covered. With `fetch_text`, the hits of the page
        are verified against current texts. `widen` says whether sentences are widened (see widening); None: by relevance,
        where there is less than a page. Raises `Invalid` for a cursor of another search."""

    def similar(
        self,
        text: str,
        filters: Condition,
        k: int = 10,
        *,
        exclude: Sequence[str] = (),
        years: int | None = DEFAULT_YEARS,
    ) -> tuple[Hit, ...]:
        """The `k` documents that share the most telling words with `text`, best first."""

    def suggest(self, prefix: str, k: int = 8, *, filters: Condition) -> tuple[Hit, ...]:
        """Documents whose title contains what has been typed so far (in any kana), titles that start so first."""

    def readiness(self) -> Readiness:
        """Whether the index covers everything; cheap enough for every request."""

    def stats(self) -> IndexStats: ...


class ProjectedIndex(SearchIndex, Protocol):
    """What the indexer needs besides: the index knows how far it has come and whether it must be built anew."""

    def needs_rebuild(self) -> str:
        """Why the index can't be followed on as it is (missing, another version …); empty when it can."""

    def start_rebuild(self, *, keep: bool = False) -> None:
        """Mark the index incomplete; without `keep`, throw its contents away. Survives a crash."""

    def is_rebuilding(self) -> bool:
        """True between `start_rebuild` and `finish_rebuild`, also after a crash in between."""

    def note_progress(self, percentage: int) -> None:
        """How much of the rebuild is done, for those who wait. Lost in a crash without harm."""

    def finish_rebuild(self, kinds: Iterable[str]) -> None:
        """Mark the index complete; it now covers these kinds."""

    def kinds(self) -> frozenset[str]:
        """The kinds that the last rebuild covered."""

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of `ids` that no committed document has."""

    def quarantine(self, kind: str, id: str, reason: str) -> None:
        """Note a row that couldn't be built, and withdraw its old version."""

    def position(self) -> int:
        """The outbox position up to which everything is committed; 0 at first."""

    def set_position(self, position: int) -> None:
        """Note it, durably. Only to be called after `refresh`: a crash in between re-applies events, skips none."""
