"""The indexer process: follows the outbox, commits a few times a second, rebuilds when the index can't be followed on.

The position is written after the commit it belongs to. A crash in between applies events again, which changes nothing,
because an event only says that a row changed: the document is built from the row as it is now.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from caasis.platform.search.access import writing_index
from caasis.platform.search.documents import SearchDocument
from caasis.platform.search.ports import ProjectedIndex
from caasis.platform.search.sources import (
    EventSource,
    IndexEvent,
    KindSource,
    event_source,
    registered_kinds,
)

_log = logging.getLogger(__name__)

#: Seconds between two looks at the outbox, and so the longest wait before a commit begins.
INTERVAL = 0.2
#: Seconds after a failure before the next attempt; doubled up to the last.
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
_EVENTS = 500


def run(stop: threading.Event) -> None:
    """Process entry: index until `stop` is set. While another indexer holds the folder, it waits for its turn."""
    Indexer(writing_index(), event_source(), registered_kinds()).run(stop)


class Indexer:
    """One index, the outbox and the kinds of documents."""

    def __init__(
        self,
        index: ProjectedIndex,
        events: EventSource,
        kinds: Mapping[str, KindSource],
        *,
        interval: float = INTERVAL,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._index = index
        self._events = events
        self._kinds = kinds
        self._interval = interval
        self._monotonic = monotonic

    def run(self, stop: threading.Event) -> None:
        """Follow the outbox until `stop` is set. Failures of database or disk are waited out, with growing pauses."""
        failures = 0
        while not stop.is_set():
            began = self._monotonic()
            try:
                more = self.step(stop)
                failures = 0
            except Exception as error:
                # The position hasn't moved, so everything since the last commit is done again.
                pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
                failures += 1
                _log.error("search: indexing failed (%s), again in %s s", type(error).__name__, pause)
                stop.wait(pause)
                continue
            # A full portion means that more is waiting; a short one leaves time for saves to gather into one commit.
            if not more:
                stop.wait(max(0.0, self._interval - (self._monotonic() - began)))

    def step(self, stop: threading.Event) -> bool:
        """Rebuild if needed, else apply one portion of events; True when more may be waiting."""
        reason = self._reason_to_rebuild()
        if reason or self._index.is_rebuilding():
            self.rebuild(stop, reason)
            return True
        covered = self._index.kinds()
        if any(name in kind.split(".") and kind not in self._covered() for name in self._kinds for kind in covered):
            self.rebuild(stop, "a room puts other fields into its documents")
            return True
        if not self._covered() <= covered:
            # A room came with a new version: its documents are added, what is there stays.
            self._index.start_rebuild(keep=True)
            self.rebuild(stop, "")
            return True
        return self.follow()

    def _covered(self) -> set[str]:
        return {source.covered for source in self._kinds.values()}

    def follow(self) -> bool:
        """Apply the next portion of events and commit; True when it was a full one."""
        events = self._events.read(self._index.position(), _EVENTS)
        if not events:
            return False
        self._apply(events)
        self._index.refresh()
        self._index.set_position(events[-1].position)
        return len(events) >= _EVENTS

    def rebuild(self, stop: threading.Event, reason: str) -> None:
        """Index every row of every kind, following the outbox between portions; resumes a rebuild that was cut short.

        With a `reason` the index is emptied first. Stopping leaves it marked incomplete.
        """
        if reason:
            _log.warning("search: rebuilding, because %s", reason)
            self._index.start_rebuild()
            bounds = self._events.bounds()
            # Whatever is committed to the database behind this position comes as an event as well.
            self._index.set_position(bounds[1] if bounds else 0)
        total = self._rows()
        done = 0
        for kind, source in self._kinds.items():
            for ids in source.all_ids():
                if stop.is_set():
                    return
                # Somebody may have removed the folder once more; what was built so far is then gone.
                if self._index.needs_rebuild():
                    return
                wanted = self._index.missing(ids)
                if wanted:
                    self._project(kind, wanted)
                    self._index.refresh()
                self.follow()
                done += len(ids)
                if total:
                    # Rows that came meanwhile are counted as well; what isn't finished never says 100.
                    self._index.note_progress(min(99, 100 * done // total))
        self._index.finish_rebuild(self._covered())

    def _rows(self) -> int | None:
        """Rows of all kinds, or None when a kind can't count its own."""
        counts = [source.count for source in self._kinds.values()]
        return sum(count() for count in counts if count) if all(counts) else None

    def _reason_to_rebuild(self) -> str:
        if reason := self._index.needs_rebuild():
            return reason
        bounds = self._events.bounds()
        position = self._index.position()
        if bounds and bounds[0] > position + 1:
            return "the outbox no longer holds the events since the last commit"
        if bounds and bounds[1] < position:
            return "the database is older than the index (a backup was restored)"
        return ""

    def _apply(self, events: Sequence[IndexEvent]) -> None:
        """Build each row once, however many events name it."""
        rows: dict[str, dict[str, None]] = {}
        for event in events:
            if event.kind in self._kinds:
                rows.setdefault(event.kind, {})[event.id] = None
        for kind, ids in rows.items():
            self._project(kind, list(ids))

    def _project(self, kind: str, ids: list[str]) -> None:
        """Bring the index to what the rows are now: replaced, withdrawn or quarantined."""
        documents, failed = self._build(kind, ids)
        self._index.upsert(documents)
        built = {document.id for document in documents}
        self._index.delete([id for id in ids if id not in built and id not in failed])
        for id, reason in failed.items():
            self._index.quarantine(kind, id, reason)

    def _build(self, kind: str, ids: list[str]) -> tuple[list[SearchDocument], dict[str, str]]:
        """Documents of the rows, and reasons for the rows whose building failed, so that the others go through."""
        source = self._kinds[kind]
        try:
            return list(source.build(ids)), {}
        except self._events.passing:
            raise
        except Exception as error:
            _log.warning("search: building %s rows of %s failed (%s), one by one", len(ids), kind, type(error).__name__)
        documents: list[SearchDocument] = []
        failed: dict[str, str] = {}
        for id in ids:
            try:
                documents.extend(source.build([id]))
            except self._events.passing:
                raise
            except Exception as error:
                failed[id] = f"building failed: {type(error).__name__}"
        return documents, failed
