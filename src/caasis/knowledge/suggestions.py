"""Reads: what a reader may be about to type. Titles of the public's articles, from memory."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, QuerySet

from caasis.engines.japanese import reading
from caasis.knowledge.models import Article
from caasis.knowledge.rules.suggesting import Entry, Suggestion, SuggestionIndex
from caasis.knowledge.selectors import published
from caasis.platform.transactions import system_transaction

#: Looking for changes takes at most this share of the time, and is done at least this often.
_CHECK_SHARE, _CHECK_SECONDS = 0.05, 2.0
#: Changes are kept beside the index until there are so many; then it is made anew. An index of no more than that is made
#: anew at once, a larger one beside the questions, which are answered from the old one meanwhile.
_FRESH_LIMIT = 500
#: Taken from the index beyond what is wanted, in place of those that were withdrawn a moment ago.
_SPARE = 4
#: Whoever saved before another may be committed after them.
_OVERLAP = timedelta(seconds=10)
#: Up to so many titles are also found by how they are read aloud; finding that out takes half a millisecond for each.
READ_ALOUD = 5_000


@dataclass
class _Kept:
    """The index, and what has changed since it was made."""

    index: SuggestionIndex
    newest: datetime | None
    key: object
    fresh: SuggestionIndex = field(default_factory=lambda: SuggestionIndex(()))
    changed: frozenset[Hashable] = frozenset()
    check_at: float = 0.0


_lock = threading.Lock()
_kept: list[_Kept] = []
_readings: dict[str, str] = {}


def suggest_articles(query: str, *, limit: int = 8) -> list[Article]:
    """Articles for the beginning of a question, the best first. One that was withdrawn never comes back; one that is new
    comes within some seconds."""
    kept = _current()
    wanted = limit + _SPARE
    hits = kept.index.find(query, wanted, kept.changed) + kept.fresh.find(query, wanted)
    hits.sort(key=lambda hit: (hit.rank, hit.place))
    rows = _still_public(hits)
    return [rows[hit.id] for hit in hits if hit.id in rows][:limit]


def _still_public(hits: Iterable[Suggestion]) -> dict[Hashable, Article]:
    wanted = [hit.id for hit in hits if isinstance(hit.id, UUID)]
    if not wanted:
        return {}
    return {row.pk: row for row in published().filter(pk__in=wanted).only("id", "number", "title", "kind")}


def forget_suggestions() -> None:
    """Make the index anew at the next question; for whoever has just written in this process."""
    with _lock:
        _kept.clear()


def _current() -> _Kept:
    """The index as it is now, or as it was a moment ago."""
    kept = _kept[0] if _kept else None
    if kept is not None and perf_counter() < kept.check_at:
        return kept
    # Only one thread looks for changes; the others go on with what there is.
    if not _lock.acquire(blocking=kept is None):
        assert kept is not None
        return kept
    try:
        kept = _kept[0] if _kept else None
        if kept is None or len(kept.index) <= _FRESH_LIMIT:
            return _look_for_changes(kept)
        kept.check_at = perf_counter() + _CHECK_SECONDS
    finally:
        _lock.release()
    threading.Thread(target=_look_beside, name="suggestions", daemon=True).start()
    return kept


def _look_beside() -> None:
    """Look for changes in a thread of its own, with a connection of its own."""
    if not _lock.acquire(blocking=False):
        return
    try:
        with system_transaction():
            _look_for_changes(_kept[0] if _kept else None)
    finally:
        _lock.release()
        connection.close()


def _look_for_changes(kept: _Kept | None) -> _Kept:
    start = perf_counter()
    state = Article.objects.filter(state=Article.State.PUBLISHED).aggregate(count=Count("id"), newest=Max("updated_at"))
    key = (state["count"], state["newest"])
    took = perf_counter() - start
    if kept is None or kept.key != key:
        kept = _renewed(kept, key, state["newest"])
    kept.check_at = perf_counter() + min(_CHECK_SECONDS, took / _CHECK_SHARE)
    _kept[:] = [kept]
    return kept


def _renewed(old: _Kept | None, key: object, newest: datetime | None) -> _Kept:
    if old is not None and old.newest is not None:
        changed = Article.objects.filter(updated_at__gt=old.newest - _OVERLAP)
        ids = frozenset(changed.values_list("pk", flat=True)[: _FRESH_LIMIT + 1])
        if len(ids) <= _FRESH_LIMIT and len(old.index) > _FRESH_LIMIT:
            fresh = SuggestionIndex(_entries(published().filter(pk__in=ids)))
            return _Kept(old.index, old.newest, key, fresh, ids)
    return _Kept(SuggestionIndex(_entries(published())), newest, key)


def _entries(rows: QuerySet[Article]) -> list[Entry]:
    """What has helped most comes first where two fit alike."""
    found = rows.order_by("-useful_votes", "number").values_list("pk", "number", "title", "search_words")
    listed = list(found)
    aloud = len(listed) <= READ_ALOUD
    return [
        Entry(pk, title, [*words.split(), number, number.replace("-", ""), *([_read_aloud(title)] if aloud else [])])
        for pk, number, title, words in listed
    ]


def _read_aloud(title: str) -> str:
    if title not in _readings:
        if len(_readings) > 4 * READ_ALOUD:
            _readings.clear()
        _readings[title] = reading(title)
    return _readings[title]
