"""Writing: typed documents in, commits out, poison rows aside.

One tantivy writer per partition, opened when needed. What was done since the last commit is remembered: when a writer
fails, it is opened anew at its last commit and the rest is done again one by one, so that only the culprit is left out.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

import tantivy

from caasis.platform.search.adapters.tantivy.folder import IndexFolder, State
from caasis.platform.search.adapters.tantivy.schema import build_document, open_partition
from caasis.platform.search.documents import PoisonRow, SearchDocument
from caasis.platform.search.ports import Quarantined

_log = logging.getLogger(__name__)

_HEAP_BYTES = 32_000_000
#: Writers kept open: the year in which cases are edited, last year, the timeless ones, and one more.
_OPEN_WRITERS = 4
#: An uncommitted bulk build is lost by a crash and takes memory: commit at the latest after so many operations.
_MAX_PENDING = 2_000


@dataclass(slots=True)
class _Operation:
    """Replace (or, without a document, withdraw) the document `id`."""

    id: str
    kind: str = ""
    document: tantivy.Document | None = None


@dataclass(slots=True)
class _Partition:
    index: tantivy.Index
    searcher: tantivy.Searcher
    writer: tantivy.IndexWriter | None = None
    pending: list[_Operation] = field(default_factory=list)
    pending_ids: set[str] = field(default_factory=set)

    def may_hold(self, id: str) -> bool:
        return id in self.pending_ids or self.searcher.doc_freq("id", id) > 0


class PartitionedWriter:
    """The writer of one index folder. Not for several threads at once; its owner holds the folder's lock."""

    def __init__(self, folder: IndexFolder, state: State) -> None:
        self._folder = folder
        self._state = state
        self._partitions: OrderedDict[int, _Partition] = OrderedDict()
        self._quarantined = folder.quarantined()
        self._quarantine_changed = False
        self._changed = False
        for year, path in folder.partitions(state).items():
            index = open_partition(path)
            self._partitions[year] = _Partition(index, index.searcher())

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        for document in documents:
            try:
                built = build_document(document)
            except PoisonRow as error:
                self.quarantine(str(document.kind), str(document.id), str(error))
                continue
            except Exception as error:
                # Whatever a tokenizer stumbles over is this row's trouble alone. The message may quote the text.
                self.quarantine(document.kind, document.id, f"analysis failed: {type(error).__name__}")
                continue
            self._withdraw(document.id, but=document.fiscal_year)
            self._do(document.fiscal_year, _Operation(document.id, document.kind, built))
            if self._quarantined.pop(document.id, None) is not None:
                self._quarantine_changed = True

    def delete(self, ids: Iterable[str]) -> None:
        for id in ids:
            self._withdraw(id)
            if self._quarantined.pop(id, None) is not None:
                self._quarantine_changed = True

    def quarantine(self, kind: str, id: str, reason: str) -> None:
        """Note the row and withdraw its old version: what is no longer true must not be found."""
        _log.warning("search: %s %s is quarantined: %s", kind, id, reason)
        self._quarantined[id] = Quarantined(kind, id, reason)
        self._quarantine_changed = True
        self._withdraw(id)

    def commit(self) -> bool:
        """Commit every partition that was written to; True when anything was."""
        # Recovering from a failure withdraws the old versions of the culprits, so there may be a second round.
        while written := [year for year, partition in self._partitions.items() if partition.pending]:
            for year in written:
                self._commit(year, self._partitions[year])
        if self._quarantine_changed:
            self._folder.set_quarantined(self._quarantined.values())
            self._quarantine_changed = False
        changed, self._changed = self._changed, False
        return changed

    def holds(self, id: str) -> bool:
        """True when a committed document has this id."""
        return any(partition.searcher.doc_freq("id", id) > 0 for partition in self._partitions.values())

    def close(self) -> None:
        """Let go of the writers; what is uncommitted is lost."""
        for partition in self._partitions.values():
            partition.writer = None
        self._partitions.clear()

    # --- one partition -------------------------------------------------------------------------------------------

    def _withdraw(self, id: str, but: int | None = None) -> None:
        for year, partition in list(self._partitions.items()):
            if year != but and partition.may_hold(id):
                self._do(year, _Operation(id))

    def _do(self, year: int, operation: _Operation) -> None:
        partition = self._open(year)
        replaces = partition.may_hold(operation.id)
        partition.pending.append(operation)
        partition.pending_ids.add(operation.id)
        try:
            _apply(partition, operation, replaces=replaces)
        except Exception as error:
            self._recover(year, partition, error)
        if len(partition.pending) >= _MAX_PENDING:
            self._commit(year, partition)

    def _open(self, year: int) -> _Partition:
        partition = self._partitions.get(year)
        if partition is None:
            index = open_partition(self._folder.generation_folder(self._state) / f"{year}", create=True)
            self._folder.note_year(year)
            partition = self._partitions[year] = _Partition(index, index.searcher())
        if partition.writer is None:
            partition.writer = partition.index.writer(_HEAP_BYTES, 1)
        self._partitions.move_to_end(year)
        opened = [other for other in self._partitions.values() if other.writer is not None]
        if len(opened) > _OPEN_WRITERS:
            eldest = next(year for year, other in self._partitions.items() if other.writer is not None)
            self._commit(eldest, self._partitions[eldest])
            self._partitions[eldest].writer = None
        return partition

    def _commit(self, year: int, partition: _Partition) -> None:
        if not partition.pending or partition.writer is None:
            return
        try:
            partition.writer.commit()
        except Exception as error:
            self._recover(year, partition, error)
            return
        self._settle(partition)

    def _settle(self, partition: _Partition) -> None:
        _forget(partition)
        partition.index.reload()
        partition.searcher = partition.index.searcher()
        self._changed = True

    def _recover(self, year: int, partition: _Partition, error: Exception) -> None:
        """Open the writer anew and do what was pending one by one; an operation that fails again is quarantined.

        Raises what went wrong when it isn't one row's fault (a full disk): the caller does all of it again later.
        """
        _log.error("search: the writer of %s failed (%s) and is restarted", year, type(error).__name__)
        try:
            culprits = self._redo(partition)
        except Exception:
            # Nothing may be left half-remembered, or a later commit would take it for done.
            _forget(partition)
            partition.writer = None
            raise
        self._settle(partition)
        for operation, reason in culprits:
            self.quarantine(operation.kind, operation.id, reason)

    def _redo(self, partition: _Partition) -> list[tuple[_Operation, str]]:
        """Do each pending operation in a commit of its own; those that were refused, with the reason."""
        self._restart(partition)
        culprits: list[tuple[_Operation, str]] = []
        for operation in partition.pending:
            try:
                self._at_once(partition, operation)
            except Exception as refusal:
                self._restart(partition)
                # A withdrawal has no content that could be at fault. Where it fails as well, the disk or the index is.
                self._at_once(partition, _Operation(operation.id))
                if operation.document is not None:
                    culprits.append((operation, f"refused by the index: {type(refusal).__name__}"))
        return culprits

    def _at_once(self, partition: _Partition, operation: _Operation) -> None:
        _apply(partition, operation, replaces=True)
        _writer(partition).commit()

    def _restart(self, partition: _Partition) -> None:
        # The lock of a writer is let go of when the object is; only then a new one may be opened.
        partition.writer = None
        partition.writer = partition.index.writer(_HEAP_BYTES, 1)


def _writer(partition: _Partition) -> tantivy.IndexWriter:
    if partition.writer is None:
        raise RuntimeError("the partition has no writer")
    return partition.writer


def _forget(partition: _Partition) -> None:
    partition.pending.clear()
    partition.pending_ids.clear()


def _apply(partition: _Partition, operation: _Operation, *, replaces: bool) -> None:
    if replaces:
        _writer(partition).delete_documents_by_term("id", operation.id)
    if operation.document is not None:
        _writer(partition).add_document(operation.document)
