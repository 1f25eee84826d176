"""Excerpts with the found places marked, cut from a text that the caller may see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from caasis.engines.japanese import morphemes
from caasis.platform.search.analysis import as_kana, fold, in_katakana, words
from caasis.platform.search.queries import Clause, parse_query

#: Characters shown before the first mark of an excerpt.
_LEAD = 20
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of an excerpt; `marked` where the query was found."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    clause: int


def snippet(
    text: str, query: str, length: int = 120, *, synonyms: Mapping[str, tuple[str, ...]] | None = None
) -> list[Segment]:
    """The stretch of about `length` characters that shows most of the query, in segments.

    What is marked follows the search: characters in any width and variant; else the words in any inflection; else,
    for a query in kana, the words that sound so. The segments joined are the text (line breaks as blanks) with an
    ellipsis where something was cut off.
    """
    clauses = parse_query(text=query, synonyms=synonyms).required
    marks = _merged(sorted(_marks(text, clauses), key=lambda mark: (mark.start, -mark.end)))
    start, end = _window(len(text), marks, length)
    segments: list[Segment] = [Segment(_ELLIPSIS)] if start > 0 else []
    at = start
    for mark in marks:
        if mark.start >= end or mark.end <= start:
            continue
        if mark.start > at:
            segments.append(_segment(text[at : mark.start], marked=False))
        segments.append(_segment(text[max(at, mark.start) : min(end, mark.end)], marked=True))
        at = min(end, mark.end)
    if at < end:
        segments.append(_segment(text[at:end], marked=False))
    if end < len(text):
        segments.append(Segment(_ELLIPSIS))
    return segments


def _segment(text: str, *, marked: bool) -> Segment:
    return Segment(re.sub(r"[\r\n\t]", " ", text), marked)


def _marks(text: str, clauses: tuple[Clause, ...]) -> Iterator[_Mark]:
    folded, origin = _folded_with_origin(text)
    spoken: list[tuple[int, int, str, str]] | None = None
    for number, clause in enumerate(clauses):
        for alternative in clause.alternatives:
            spans = list(_literal(folded, alternative))
            if not spans and not clause.phrase:
                if spoken is None:
                    spoken = _words_with_places(folded)
                spans = list(_by_word(spoken, alternative))
            for first, last in spans:
                yield _Mark(origin[first][0], origin[last - 1][1], number)


def _literal(folded: str, wanted: str) -> Iterator[tuple[int, int]]:
    pattern = r"\s+".join(re.escape(part) for part in wanted.split())
    return (found.span() for found in re.finditer(pattern, folded))


def _by_word(spoken: list[tuple[int, int, str, str]], wanted: str) -> Iterator[tuple[int, int]]:
    forms = set(words(wanted))
    kana = as_kana(wanted)
    sound = "".join(heard for *_, heard in spoken) if kana else ""
    at = sound.find(kana) if kana else -1
    heard_spans = []
    while at >= 0:
        heard_spans.append((at, at + len(kana)))
        at = sound.find(kana, at + len(kana))
    position = 0
    for start, end, form, heard in spoken:
        stretch = (position, position + len(heard))
        position = stretch[1]
        if form in forms or any(first < stretch[1] and stretch[0] < last for first, last in heard_spans):
            yield start, end


def _words_with_places(folded: str) -> list[tuple[int, int, str, str]]:
    """Start, end, normalised form and katakana of each word."""
    found = []
    at = 0
    for morpheme in morphemes(folded):
        end = at + len(morpheme.surface())
        form = "_".join(morpheme.normalized_form().lower().split())
        found.append((at, end, form, in_katakana(morpheme.reading_form() or morpheme.surface())))
        at = end
    return found


def _folded_with_origin(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and for each of its characters the span of the original that it came from."""
    pieces: list[str] = []
    origin: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        # Voicing marks and variation selectors belong to the character before them.
        while end < len(text) and (text[end] in "ﾞﾟ" or unicodedata.combining(text[end]) or _selects(text[end])):
            end += 1
        piece = _fold_cluster(text[start:end])
        pieces.append(piece)
        origin.extend([(start, end)] * len(piece))
        start = end
    return "".join(pieces), origin


@lru_cache(maxsize=20_000)
def _fold_cluster(cluster: str) -> str:
    return cluster if cluster.isspace() else fold(cluster)


def _selects(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _merged(marks: list[_Mark]) -> list[_Mark]:
    """Marks without overlaps; neighbours of one clause become one."""
    merged: list[_Mark] = []
    for mark in marks:
        previous = merged[-1] if merged else None
        if previous and (mark.start < previous.end or (mark.start == previous.end and mark.clause == previous.clause)):
            merged[-1] = _Mark(previous.start, max(previous.end, mark.end), previous.clause)
        else:
            merged.append(mark)
    return merged


def _window(size: int, marks: list[_Mark], length: int) -> tuple[int, int]:
    """The stretch that shows the most different clauses, then the most marks; the earliest of equals."""
    if size <= length:
        return 0, size
    best, chosen = (-1, -1), 0
    for mark in marks:
        start = max(0, min(mark.start - _LEAD, size - length))
        shown = [other for other in marks if start <= other.start and other.end <= start + length]
        value = (len({other.clause for other in shown}), len(shown))
        if value > best:
            best, chosen = value, start
    return chosen, chosen + length
