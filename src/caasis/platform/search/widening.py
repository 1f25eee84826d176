"""Sentences: what is enough for a match when hardly any document holds half of the words.

Half of a sentence's words counts each alike. In a question of three words, of which one names the thing and two are
put differently in the document, or with a noun in kana that the dictionary cuts into chance words, half is too much to
ask: the document isn't found, however well it would rank. So half is asked for first; where that finds less than a
page, one telling word or sound is enough, and the score decides. A quotation inside a sentence is mostly a name, and
people write names as they heard them: one that no document holds as it is written is then asked for as it sounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from caasis.platform.search.analysis import is_sentence, kana_runs, sounds_typed, words
from caasis.platform.search.queries import Clause, ParsedQuery

#: Matches of the strict query with which it isn't widened: a page of them.
ENOUGH = 20
#: Telling words and sounds stand, taken together, in a tenth of the documents at most: what most documents say tells
#: nothing on its own. The number bounds the time that a search takes in a large index.
_MOST = 10_000
_SHARE = 10

#: How many documents hold a word ("w") or a sound ("r").
Frequency = Callable[[Literal["w", "r"], str], int]
#: Whether any document holds a folded text as it is written.
Written = Callable[[str], bool]


def can_widen(parsed: ParsedQuery) -> bool:
    """True when a sentence is among the clauses. What is joined by no grammar, or only quoted, means what it says."""
    return any(_is_open(clause) for clause in parsed.required)


def widened(parsed: ParsedQuery, documents: int, frequency: Frequency, written: Written) -> ParsedQuery:
    """The query with the telling words and sounds of its sentences, in an index of so many `documents`."""
    most = min(_MOST, documents // _SHARE)
    clauses = []
    for clause in parsed.required:
        if _is_open(clause):
            clause = _widened(clause, most, frequency)
        elif clause.phrase and not written(clause.text):
            clause = _heard(clause)
        clauses.append(clause)
    return replace(parsed, required=tuple(clauses))


def heard(asked: ParsedQuery, answered: ParsedQuery) -> tuple[str, ...]:
    """Quotations of what was asked that were answered by their sound (folded)."""
    return tuple(clause.text for clause in asked.required if clause.phrase and clause not in answered.required)


def _is_open(clause: Clause) -> bool:
    return not clause.phrase and is_sentence(clause.text)


def _heard(clause: Clause) -> Clause:
    """A quotation by its words, like what isn't quoted, and by its sound where all of it can be read aloud."""
    runs = kana_runs(clause.text)
    whole = len(runs) == 1 and not any(character.isascii() for character in clause.text)
    alternatives = dict.fromkeys((clause.text, *(runs if whole else ())))
    return replace(clause, alternatives=tuple(alternatives), phrase=False)


def _widened(clause: Clause, most: int, frequency: Frequency) -> Clause:
    tokens: list[tuple[Literal["w", "r"], str]] = [("w", word) for word in dict.fromkeys(words(clause.text))]
    tokens += [("r", sound) for sound in sounds_typed(clause.text)]
    chosen: list[tuple[Literal["w", "r"], str]] = []
    holding = 0
    # The rarest first; what no document holds is left out.
    for number, field, token in sorted((frequency(field, token), field, token) for field, token in tokens):
        holding += number
        if holding > most:
            break
        if number:
            chosen.append((field, token))
    return replace(
        clause,
        words=tuple(token for field, token in chosen if field == "w"),
        sounds=tuple(token for field, token in chosen if field == "r"),
    )
