"""Where documents come from: rooms register their kinds, the outbox registers its events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from caasis.platform.search.documents import FIELD_NAME, SearchDocument
from caasis.platform.search.ports import FetchText, Sort

#: Current documents of the ids; an id that is left out no longer exists and is withdrawn.
BuildDocuments: TypeAlias = Callable[[Sequence[str]], Sequence[SearchDocument]]
#: All ids of a kind in portions (of a few hundred), the newest first, so that a rebuild is useful early.
AllIds: TypeAlias = Callable[[], Iterator[list[str]]]


@dataclass(frozen=True, slots=True)
class IndexEvent:
    """Something happened to a row. Events with an unregistered or empty `kind` only move the position on, so that a
    reader may pass all events of the outbox along. One outbox row that touches several documents gives several events
    with the same `position`, all in one portion."""

    position: int
    kind: str
    id: str


class ReadEvents(Protocol):
    """The next events behind `after_position` in the order of `position`, about `limit` of them; none when there are
    none yet."""

    def __call__(self, after_position: int, limit: int) -> Sequence[IndexEvent]: ...


#: The oldest and the newest position that the outbox still holds, or None when it is empty.
Bounds: TypeAlias = Callable[[], tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class KindSource:
    """A kind of documents and what it offers: filter fields, facets among them, sorting orders.

    `version` goes up when the room puts other fields into its documents: the index is then built anew.
    """

    name: str
    build: BuildDocuments
    all_ids: AllIds
    fetch_text: FetchText
    filters: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    sorts: tuple[Sort, ...] = ("relevance", "newest", "oldest")
    version: int = 1
    count: Callable[[], int] | None = None

    @property
    def covered(self) -> str:
        """Under which name an index says that it covers this kind as it is now."""
        return self.name if self.version == 1 else f"{self.name}.{self.version}"


@dataclass(frozen=True, slots=True)
class EventSource:
    """The outbox as the indexer sees it. Errors of the classes `passing` (a database that is away) are waited out;
    any other error of a builder is the row's own."""

    read: ReadEvents
    bounds: Bounds
    passing: tuple[type[Exception], ...] = (ConnectionError, TimeoutError)


_kinds: dict[str, KindSource] = {}
_events: list[EventSource] = []


def register_kind(
    name: str,
    build: BuildDocuments,
    all_ids: AllIds,
    fetch_text: FetchText,
    *,
    filters: Sequence[str] = (),
    facets: Sequence[str] = (),
    sorts: Sequence[Sort] = ("relevance", "newest", "oldest"),
    version: int = 1,
    count: Callable[[], int] | None = None,
) -> KindSource:
    """Called by a room when the application starts. Registering the same name again replaces it. `count` tells about
    how many rows there are, so that a rebuild can say how far it has come."""
    for field in (name, *filters, *facets):
        if not FIELD_NAME.fullmatch(field):
            raise ValueError("kinds and fields are plain names in small letters")
    if unknown := set(facets) - set(filters):
        raise ValueError(f"facets have to be filters, too: {', '.join(sorted(unknown))}")
    source = KindSource(
        name, build, all_ids, fetch_text, tuple(filters), tuple(facets), tuple(sorts), version, count
    )
    _kinds[name] = source
    return source


def registered_kinds() -> dict[str, KindSource]:
    return dict(_kinds)


def kind_source(name: str) -> KindSource:
    """The registered kind; raises KeyError for an unknown one."""
    return _kinds[name]


def register_events(
    read: ReadEvents,
    bounds: Bounds,
    *,
    passing: Sequence[type[Exception]] = (ConnectionError, TimeoutError),
) -> None:
    """Connect the outbox; there is one."""
    _events[:] = [EventSource(read, bounds, tuple(passing))]


def event_source() -> EventSource:
    if not _events:
        raise RuntimeError("no outbox is connected to the search index")
    return _events[0]


def forget_registrations() -> None:
    """For tests: as if no room had started."""
    _kinds.clear()
    _events.clear()
