"""`SearchIndex` over a dictionary: looks at every document for every search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from caasis.kernel.clock import day_in_japan, fiscal_year, utc_now
from caasis.platform.search.analysis import dictionary_version, fold, in_katakana, kana_runs, words
from caasis.platform.search.asking import (
    checked_limit,
    earliest_day,
    pieces_typed,
    search_fingerprint,
    sorted_facets,
    verified,
)
from caasis.platform.search.conditions import Condition, days_asked, holds, term_values
from caasis.platform.search.documents import TIMELESS, PoisonRow, SearchDocument, check_document
from caasis.platform.search.matching import TextView, query_holds
from caasis.platform.search.paging import Cursor, decode_cursor, encode_cursor
from caasis.platform.search.ports import (
    COUNT_CAP,
    DEFAULT_YEARS,
    Count,
    CountMode,
    FetchText,
    Hit,
    IndexStats,
    Quarantined,
    Readiness,
    SearchPage,
    Sort,
)
from caasis.platform.search.queries import ParsedQuery, parse_query
from caasis.platform.search.widening import ENOUGH, can_widen, heard, widened


@dataclass(frozen=True, slots=True)
class _Entry:
    document: SearchDocument
    view: TextView
    words: Counter[str]


class MemoryIndex:
    """Keeps documents in memory; written ones are found after `refresh`, as in the real one."""

    def __init__(self, *, today: Callable[[], date] | None = None) -> None:
        self._today = today or (lambda: day_in_japan(utc_now()))
        self._entries: dict[str, _Entry] = {}
        self._pending: list[tuple[str, _Entry | None]] = []
        self._quarantined: dict[str, Quarantined] = {}
        self._complete = True
        self._reason = ""
        self._progress: int | None = None
        self._kinds: frozenset[str] = frozenset()
        self._position = 0

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        for document in documents:
            try:
                check_document(document)
            except PoisonRow as error:
                self.quarantine(str(document.kind), str(document.id), str(error))
                continue
            text = f"{document.title}\n{document.body}"
            counted = Counter(words(document.title) * 2 + words(document.body))
            self._pending.append((document.id, _Entry(document, TextView(text, document.reading), counted)))
            self._quarantined.pop(document.id, None)

    def delete(self, ids: Iterable[str]) -> None:
        for id in ids:
            self._pending.append((id, None))
            self._quarantined.pop(id, None)

    def refresh(self) -> None:
        for id, entry in self._pending:
            if entry is None:
                self._entries.pop(id, None)
            else:
                self._entries[id] = entry
        self._pending.clear()

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
        sort = "newest" if sort == "relevance" and not parsed.required else sort
        identity = search_fingerprint(parsed, filters, sort, years)
        start = decode_cursor(cursor, identity) or 0
        matching = [entry for entry in self._covered(filters, years) if query_holds(parsed, entry.view)]
        scarce = sort == "relevance" and len(matching) < ENOUGH
        if can_widen(parsed) and (scarce if widen is None else widen):
            parsed = self._widened(parsed, filters, years)
            matching = [entry for entry in self._covered(filters, years) if query_holds(parsed, entry.view)]
        hits = [_hit(entry, _score(entry, parsed)) for entry in matching]
        hits.sort(key=lambda hit: (hit.day, hit.id), reverse=sort != "oldest")
        if sort == "relevance":
            hits.sort(key=lambda hit: -hit.score)
        kept = verified(hits, parsed, fetch_text)
        page = [hit for hit in hits if hit.id in kept]
        total = len(page)
        number = Count(COUNT_CAP, exact=False) if count == "capped" and total > COUNT_CAP else Count(total)
        return SearchPage(
            hits=tuple(page[start : start + limit]),
            count=None if count == "none" else number,
            facets={field: _facet(matching, field) for field in facets},
            cursor=encode_cursor(Cursor(identity, start + limit)) if start + limit < total else None,
            complete=self.readiness().complete,
            verified=fetch_text is not None,
            progress=self._progress,
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
        wanted = set(words(text))
        hits = [
            _hit(entry, float(len(wanted & set(entry.words))))
            for entry in self._covered(filters, years)
            if entry.document.id not in exclude and not wanted.isdisjoint(entry.words)
        ]
        return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.id))[: checked_limit(k)])

    def suggest(self, prefix: str, k: int = 8, *, filters: Condition) -> tuple[Hit, ...]:
        pieces = pieces_typed(prefix)
        if not pieces:
            return ()
        hits = []
        for entry in self._covered(filters, DEFAULT_YEARS):
            title = fold(entry.document.title)
            kana = " ".join(kana_runs(entry.document.title))
            if all(_typed(piece, title, kana) for piece in pieces):
                starts = title.startswith(pieces[0][0]) or kana.startswith(in_katakana(pieces[0][0]))
                hits.append(_hit(entry, float(starts)))
        return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.id))[: checked_limit(k)])

    def readiness(self) -> Readiness:
        return Readiness(self._complete and not self._reason, self._progress)

    def stats(self) -> IndexStats:
        years = Counter(entry.document.fiscal_year for entry in self._entries.values())
        return IndexStats(
            documents=len(self._entries),
            partitions=dict(sorted(years.items())),
            size_bytes=0,
            complete=self._complete and not self._reason,
            needs_rebuild=self._reason,
            dictionary=dictionary_version(),
            quarantined=tuple(self._quarantined.values()),
            progress=self._progress,
        )

    # --- the projection ------------------------------------------------------------------------------------------

    def needs_rebuild(self) -> str:
        return self._reason

    def start_rebuild(self, *, keep: bool = False) -> None:
        if not keep:
            self._entries.clear()
            self._quarantined.clear()
            self._position = 0
        self._pending.clear()
        self._reason = ""
        self._complete = False

    def is_rebuilding(self) -> bool:
        return not self._complete

    def note_progress(self, percentage: int) -> None:
        self._progress = percentage

    def finish_rebuild(self, kinds: Iterable[str]) -> None:
        self._complete = True
        self._progress = None
        self._kinds = frozenset(kinds)

    def kinds(self) -> frozenset[str]:
        return self._kinds

    def missing(self, ids: Sequence[str]) -> list[str]:
        return [id for id in ids if id not in self._entries]

    def quarantine(self, kind: str, id: str, reason: str) -> None:
        self._quarantined[id] = Quarantined(kind, id, reason)
        self._pending.append((id, None))

    def position(self) -> int:
        return self._position

    def set_position(self, position: int) -> None:
        self._position = position

    def _widened(self, parsed: ParsedQuery, filters: Condition, years: int | None) -> ParsedQuery:
        """Frequencies are those of whole fiscal years, as in an index in partitions."""
        asked = days_asked(filters)
        first = earliest_day(self._today(), years) if asked is None else asked.first
        last = None if asked is None else asked.last
        views = [
            entry.view
            for entry in self._entries.values()
            if (year := entry.document.fiscal_year) == TIMELESS
            or not ((first and year < fiscal_year(first)) or (last and year > fiscal_year(last)))
        ]
        return widened(
            parsed,
            len(views),
            lambda field, token: sum(token in one.words if field == "w" else one.sounds_like(token) for one in views),
            lambda text: any(text in one.folded for one in views),
        )

    def _covered(self, filters: Condition, years: int | None) -> list[_Entry]:
        """Documents that the filters and the default range let through."""
        first = earliest_day(self._today(), years) if days_asked(filters) is None else None
        return [
            entry
            for entry in self._entries.values()
            if holds(filters, entry.document)
            and (first is None or entry.document.fiscal_year == TIMELESS or entry.document.day >= first)
        ]


def _hit(entry: _Entry, score: float) -> Hit:
    return Hit(entry.document.id, entry.document.kind, entry.document.day, score)


def _score(entry: _Entry, parsed: ParsedQuery) -> float:
    """How often the query's words and characters occur, the title counting twice."""
    title = fold(entry.document.title)
    score = 0.0
    for clause in parsed.required:
        for text in clause.alternatives:
            score += sum(entry.words[word] for word in set(words(text)))
            score += 0.5 * (entry.view.folded.count(text) + title.count(text))
    return score


def _facet(entries: list[_Entry], field: str) -> dict[str, int]:
    counted = Counter(value for entry in entries for value in set(term_values(entry.document).get(field, ())))
    return sorted_facets(counted)


def _typed(piece: str, title: str, kana: str) -> bool:
    sound = in_katakana(piece)
    if len(piece) == 1:
        return title.startswith(piece) or kana.startswith(sound)
    return piece in title or sound in kana
