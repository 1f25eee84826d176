"""When a text fulfils a clause: the meaning that adapters follow, and by which candidates are verified.

A bare clause holds when its characters stand in the text, when its words do (half of them, but at least two), or, typed
in kana only, when its sound does; a widened one (`widening.py`) also with one of its telling words or sounds. A phrase
holds when its characters stand in the text.
"""

from __future__ import annotations

from functools import cached_property

from caasis.platform.search.analysis import as_kana, fold, kana_runs, words
from caasis.platform.search.queries import Clause, ParsedQuery


def words_needed(count: int) -> int:
    """How many of a clause's `count` different words a text must hold: half of them, and two where there are two.

    Demanding all of three left every fifteenth question of JSQuAD-valid without an answer (国連の正式名称は？); who means
    AND types blanks. Where even half is too much, `widening.py` asks for less.
    """
    return max(min(count, 2), (count + 1) // 2)


class TextView:
    """A text folded, cut into words and read aloud, each only when it is asked for."""

    def __init__(self, text: str, reading: str = "") -> None:
        self._text = text
        self._reading = reading

    @cached_property
    def folded(self) -> str:
        # Line breaks separate what the index separates: a phrase never runs over one.
        return "\n".join(" ".join(line.split()) for line in fold(self._text).split("\n"))

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(words(self._text))

    @cached_property
    def kana(self) -> tuple[str, ...]:
        return (*kana_runs(self._text), *kana_runs(self._reading))

    def sounds_like(self, kana: str) -> bool:
        """True when the katakana are heard somewhere in the text."""
        return any(kana in run for run in self.kana)


def clause_holds(clause: Clause, view: TextView) -> bool:
    """True when one alternative of the clause holds in the text, or what it was widened by."""
    return (
        any(_holds(alternative, clause.phrase, view) for alternative in clause.alternatives)
        or not view.words.isdisjoint(clause.words)
        or any(view.sounds_like(sound) for sound in clause.sounds)
    )


def query_holds(query: ParsedQuery, view: TextView) -> bool:
    """True when every required clause holds and no excluded text stands in the text."""
    return all(clause_holds(clause, view) for clause in query.required) and not any(
        text in view.folded for text in query.excluded
    )


def _holds(text: str, phrase: bool, view: TextView) -> bool:
    if phrase:
        return text in view.folded
    # A blank stands where a quotation interrupted a sentence, or in a synonym. It means AND, as everywhere.
    if all(part in view.folded for part in text.split()):
        return True
    kana = as_kana(text)
    if kana and view.sounds_like(kana):
        return True
    wanted = set(words(text))
    return bool(wanted) and len(wanted & view.words) >= words_needed(len(wanted))
