"""About how many documents of a partition a search matches, from term frequencies alone (microseconds a term)."""

from __future__ import annotations

from collections.abc import Sequence

import tantivy

from caasis.platform.search.adapters.tantivy.schema import term_token
from caasis.platform.search.adapters.tantivy.typed import typed
from caasis.platform.search.conditions import AllOf, AnyOf, Condition, Days, Has
from caasis.platform.search.matching import words_needed
from caasis.platform.search.queries import ParsedQuery

#: Tokens of one text that are looked at: among so many, one is rare if the text is.
_TOKENS = 16
_NARROW = 10


def likely_matches(searcher: tantivy.Searcher, parsed: ParsedQuery, filters: Condition) -> int:
    """Rather too many than too few: of what has to hold together, the rarest counts. Nothing but the size of the first
    look depends on it."""
    bounds = [_filtered(searcher, filters)]
    for clause in parsed.required:
        wider = sum(searcher.doc_freq("w", word) for word in clause.words)
        wider += sum(searcher.doc_freq("r", sound) for sound in clause.sounds)
        bounds.append(wider + sum(_text(searcher, text, clause.phrase) for text in clause.alternatives))
    return min(bounds)


def narrow(searchers: Sequence[tantivy.Searcher], filters: Condition) -> tuple[Has, ...]:
    """Those of the filters that have to hold in any case and let no more than a tenth of the documents through."""
    most = sum(searcher.num_docs for searcher in searchers) // _NARROW
    return tuple(
        one for one in _needed(filters) if sum(_filtered(searcher, one) for searcher in searchers) <= most
    )


def _needed(condition: Condition) -> list[Has]:
    match condition:
        case Has():
            return [condition]
        case AllOf():
            return [one for part in condition.conditions for one in _needed(part)]
    return []


def _filtered(searcher: tantivy.Searcher, condition: Condition) -> int:
    match condition:
        case Has():
            found = sum(searcher.doc_freq(f"t.{condition.field}", term_token(value)) for value in condition.values)
            return min(found, searcher.num_docs)
        case AllOf():
            return min([searcher.num_docs, *(_filtered(searcher, part) for part in condition.conditions)])
        case AnyOf():
            return min(searcher.num_docs, sum(_filtered(searcher, part) for part in condition.conditions))
        case Days():
            return searcher.num_docs
    raise TypeError("a filter is built of Has, Days, AllOf and AnyOf")


def _text(searcher: tantivy.Searcher, text: str, phrase: bool) -> int:
    asked = typed(text)
    pairs = [token for token in asked.pairs if len(token) > 1]
    # A single character is asked for by pattern; how many pairs hold it isn't known.
    found = [_rarest(searcher, "g", pairs) if pairs else searcher.num_docs]
    # Words, characters and sound mostly find the same documents, so that the sum would be far too many.
    if asked.words and not phrase:
        found.append(sum(searcher.doc_freq("w", term) for term in asked.words) // words_needed(len(asked.words)))
    if asked.kana and not phrase:
        found.append(_rarest(searcher, "r", asked.sounds) if len(asked.kana) > 2 else searcher.num_docs)
    return min(max(found), searcher.num_docs)


def _rarest(searcher: tantivy.Searcher, field: str, tokens: Sequence[str]) -> int:
    return min(searcher.doc_freq(field, token) for token in tokens[:_TOKENS])
