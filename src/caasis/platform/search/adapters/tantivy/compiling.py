"""Parsed queries and conditions as tantivy queries.

A document's score is its BM25 over words, plus half of that over pairs, plus 0.3 of that over sounds
(docs/benchmarks.md says how well that ranks).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import tantivy
from tantivy import Occur, Query

from caasis.platform.search.adapters.tantivy.schema import (
    SCHEMA,
    first_moment,
    last_moment,
    start_tokens,
    term_token,
    typed_kana_tokens,
    typed_tokens,
)
from caasis.platform.search.adapters.tantivy.typed import typed
from caasis.platform.search.analysis import as_kana, in_katakana, sounds, telling
from caasis.platform.search.conditions import AllOf, AnyOf, Condition, Days, Has
from caasis.platform.search.matching import words_needed
from caasis.platform.search.queries import Clause, ParsedQuery

PAIR_WEIGHT = 0.5
SOUND_WEIGHT = 0.3
# What was typed in kana only is heard rather than read: Sudachi cuts it into chance words.
KANA_SOUND_WEIGHT = 1.0
SYNONYM_WEIGHT = 0.8
_MOST_WAYS = 6


def compile_query(parsed: ParsedQuery, filters: Condition, narrow: Sequence[Has] = ()) -> Query:
    """The whole search: required clauses, exclusions and filters in one query.

    `narrow`: those of the filters that let little through. A run of characters is then looked for in their documents
    only; as one of several ways to match it would be looked for in all.
    """
    where = [compile_condition(one) for one in narrow]
    parts = [(Occur.Must, _clause(clause, where)) for clause in parsed.required]
    parts += [(Occur.MustNot, substring(text)) for text in parsed.excluded]
    return _filtered(parts, filters)


def compile_similar(terms: Iterable[str], leading: Iterable[str], filters: Condition, exclude: list[str]) -> Query:
    """Documents that hold one of the leading words; the more of all the words and the rarer, the better."""
    leader = any_of([_term("w", term) for term in leading])
    parts = [(Occur.Must, _silent(_within(leader, filters)))]
    parts += [(Occur.Should, _term("w", term)) for term in terms]
    parts += [(Occur.MustNot, _term("id", id)) for id in exclude]
    return Query.boolean_query(parts)


def compile_suggestion(pieces: list[str], filters: Condition) -> Query:
    """Titles that hold every piece typed so far, those that start with the first one first."""
    parts = []
    for piece in pieces:
        kana = _kana(piece)
        ways = [_all_of([_term("s", token) for token in typed_tokens(piece)])]
        if kana:
            ways.append(_all_of([_term("s", token) for token in typed_kana_tokens(kana)]))
        parts.append((Occur.Must, any_of(ways)))
    starts = [_term("s", token) for token in start_tokens(pieces[0], _kana(pieces[0]))]
    parts.append((Occur.Should, Query.const_score_query(any_of(starts), 100.0)))
    return _filtered(parts, filters)


def compile_condition(condition: Condition) -> Query:
    """A filter, without a score of its own."""
    match condition:
        case Has():
            return any_of([_term(f"t.{condition.field}", term_token(value)) for value in condition.values])
        case Days():
            if condition.first is None and condition.last is None:
                return Query.all_query()
            return Query.range_query(
                SCHEMA,
                "moment",
                tantivy.FieldType.Integer,
                None if condition.first is None else first_moment(condition.first),
                None if condition.last is None else last_moment(condition.last),
            )
        case AllOf():
            return _all_of([compile_condition(part) for part in condition.conditions])
        case AnyOf():
            return any_of([compile_condition(part) for part in condition.conditions])
    raise TypeError("a filter is built of Has, Days, AllOf and AnyOf")


def after_moment(query: Query, moment: int, *, newest_first: bool) -> Query:
    """The part of an answer sorted by day that lies behind the key `moment`."""
    lower, upper = (None, moment - 1) if newest_first else (moment + 1, None)
    rest = Query.range_query(SCHEMA, "moment", tantivy.FieldType.Integer, lower, upper)
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, _silent(rest))])


def bounded(query: Query, condition: Condition) -> Query:
    """A query, bounded by one more condition."""
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, _silent(compile_condition(condition)))])


def substring(text: str) -> Query:
    """Documents in which the folded `text` stands. Exact for one run of two characters and more; for a text with
    blanks a superset, which verification narrows."""
    runs = typed(text).runs
    long = [run for run in runs if len(run) > 1 or len(run[0]) > 1]
    return _all_of([_run(run) for run in (long or runs)])


def is_exact(parsed: ParsedQuery) -> bool:
    """True when the index alone answers the query exactly, without a look at the texts."""
    texts = [text for clause in parsed.required for text in clause.alternatives] + list(parsed.excluded)
    return all(" " not in text for text in texts)


def any_of(queries: list[Query]) -> Query:
    """At least one of them; none of none."""
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def _all_of(queries: list[Query]) -> Query:
    if not queries:
        return Query.all_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])


def _within(leader: Query, filters: Condition) -> Query:
    """The few documents of `leader` that the filters let through, asked for each way through them on its own: beside an
    alternative (registered, or of the own centre), everything that it holds would be gone through."""
    return any_of([_all_of([leader, *map(compile_condition, way)]) for way in _ways(filters)])


def _ways(filters: Condition) -> list[list[Condition]]:
    """The filters as alternatives, in each of which everything holds; or as they are, where these would be many."""
    match filters:
        case AnyOf():
            found = [way for part in filters.conditions for way in _ways(part)]
        case AllOf():
            found = [[]]
            for part in filters.conditions:
                found = [[*way, *more] for way in found for more in _ways(part)]
        case _:
            found = [[filters]]
    return found if len(found) <= _MOST_WAYS else [[filters]]


def _filtered(parts: list[tuple[Occur, Query]], filters: Condition) -> Query:
    if filters != AllOf():
        parts = [*parts, (Occur.Must, _silent(compile_condition(filters)))]
    if not any(occur == Occur.Must for occur, _ in parts):
        parts = [*parts, (Occur.Must, _silent(Query.all_query()))]
    return parts[0][1] if len(parts) == 1 else Query.boolean_query(parts)


def _clause(clause: Clause, where: Sequence[Query]) -> Query:
    wider = [*(_term("w", word) for word in clause.words), *(_term("r", sound) for sound in clause.sounds)]
    ways = [_alternative(clause.text, clause.phrase, where, wider)]
    ways += [Query.boost_query(_alternative(text, clause.phrase, where), SYNONYM_WEIGHT) for text in clause.alternatives[1:]]
    return any_of(ways)


def _alternative(text: str, phrase: bool, where: Sequence[Query], wider: Sequence[Query] = ()) -> Query:
    """What matches (`wider` is enough as well), in silence, and beside it what scores."""
    asked = typed(text)
    scoring = [_term("w", term) for term in asked.words]
    scoring += [_term("g", token, PAIR_WEIGHT) for token in telling(list(asked.pairs))]
    if phrase:
        # Its words score as everywhere: they alone know the title. Its sound would tell nothing that isn't written.
        return _scored(substring(text), scoring)
    matching = [_all_of([*where, substring(text)]), *wider]
    if asked.words:
        required = [(Occur.Should, _term("w", term)) for term in asked.words]
        matching.append(Query.boolean_query(required, words_needed(len(asked.words))))
    if asked.kana:
        matching.append(_sound(asked.kana))
    heard = KANA_SOUND_WEIGHT if asked.kana else SOUND_WEIGHT
    scoring += [_term("r", token, heard) for token in asked.sounds]
    return _scored(any_of(matching), scoring)


def _scored(matching: Query, scoring: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, _silent(matching)), *((Occur.Should, query) for query in scoring)])


def _silent(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def _term(field: str, token: str, weight: float = 1.0) -> Query:
    query = Query.term_query(SCHEMA, field, token, "basic" if field in ("id", "s") or field[0] == "t" else "freq")
    return query if weight == 1.0 else Query.boost_query(query, weight)


def _run(pairs: Sequence[str]) -> Query:
    if len(pairs) > 1:
        # Every second pair spells the run: the gap between runs is wider than the distance of two. Half the positions.
        places = [*range(0, len(pairs) - 1, 2), len(pairs) - 1]
        return Query.phrase_query(SCHEMA, "g", [(place, pairs[place]) for place in places])
    if len(pairs[0]) > 1:
        return _term("g", pairs[0])
    # A single character: alone between blanks, or the first or second of a pair.
    one = re.escape(pairs[0])
    return Query.regex_query(SCHEMA, "g", f"{one}|{one}.|.{one}")


def _sound(kana: str) -> Query:
    """Readings that contain the kana. From threes the order is lost; verification restores it."""
    if len(kana) > 2:
        return _all_of([_term("r", token) for token in dict.fromkeys(sounds([kana]))])
    one = re.escape(kana)
    return Query.regex_query(SCHEMA, "r", f"{one}|{one}.|.{one}")


def _kana(piece: str) -> str:
    return as_kana(piece) or (in_katakana(piece) if re.fullmatch("[ぁ-ゖァ-ヺ]", piece) else "")
