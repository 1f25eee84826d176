"""The process's index: where it lies is said once at the start, searches and the indexer ask here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from caasis.platform.search.adapters.tantivy import TantivyIndex, open_reader
from caasis.platform.search.ports import ProjectedIndex, SearchIndex

_reading: list[Callable[[], SearchIndex]] = []
_writing: list[Callable[[], ProjectedIndex]] = []


def use_folder(root: Path) -> None:
    """Use the embedded index in this folder; it needs not exist yet."""
    _reading[:] = [lambda: open_reader(root)]
    _writing[:] = [lambda: TantivyIndex(root)]


def use_index(index: ProjectedIndex) -> None:
    """Use this very object for reading and writing (the memory adapter in tests, another adapter)."""
    _reading[:] = [lambda: index]
    _writing[:] = [lambda: index]


def search_index() -> SearchIndex:
    """The index for searches of this process."""
    if not _reading:
        raise RuntimeError("no search index is configured: call use_folder() or use_index() at the start")
    return _reading[0]()


def writing_index() -> ProjectedIndex:
    """The index for the one writing process."""
    if not _writing:
        raise RuntimeError("no search index is configured: call use_folder() or use_index() at the start")
    return _writing[0]()
