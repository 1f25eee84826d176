"""The language of the search box, parsed into clauses that every adapter understands.

A blank means AND, "…" or 「…」 a phrase, a leading hyphen an exclusion. What a sentence says around a quotation stays one
clause. There are no errors: whatever was typed means something, an unclosed quotation mark runs to the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from caasis.platform.search.analysis import fold, is_sentence, words

#: What people type beyond this is cut; a pasted paragraph still finds its like.
MAX_LENGTH = 1_000
MAX_CLAUSES = 20
MAX_ALTERNATIVES = 8

_MARKS = frozenset('"「」『』“”')
# The long-vowel mark can't start a word, so in front it is a hyphen typed without switching the keyboard.
_PIECE = re.compile('(?P<minus>[-ー]?)(?:(?P<quote>["「『“])(?P<phrase>[^"」』”]*)["」』”]?|(?P<word>[^\\s"「『“]+))')


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing a document has to say. `alternatives` are folded; the first is what was typed, then synonyms.

    Of a widened clause (`widening.py`), any of `words` or `sounds` is enough as well.
    """

    alternatives: tuple[str, ...]
    phrase: bool = False
    words: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.alternatives[0]


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """All of `required` and none of `excluded` (folded texts). Without required clauses, every document matches."""

    required: tuple[Clause, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.required and not self.excluded


def parse_query(text: str, synonyms: Mapping[str, tuple[str, ...]] | None = None) -> ParsedQuery:
    """Parse what was typed. `synonyms` maps a term to others that are searched beside it (one direction)."""
    known = {fold(term): tuple(fold(other) for other in others) for term, others in (synonyms or {}).items()}
    required: list[Clause] = []
    excluded: list[str] = []
    plain = _plain(text)
    # Where the bare part of a quoting sentence stands in `required`, and where the last piece ended in `plain`.
    sentence: int | None = None
    end = 0
    for found in _PIECE.finditer(plain):
        if found.start() != end:
            sentence = None
        end = found.end()
        quoted = found["quote"] is not None
        piece = " ".join(fold(found["phrase"] if quoted else found["word"]).split())
        if not piece or not any(character.isalnum() for character in piece):
            continue
        if found["minus"]:
            excluded.append(piece)
        elif quoted:
            required.append(Clause((piece,), phrase=True))
        elif not _is_glue(plain, found, piece):
            if sentence is not None and is_sentence(piece):
                # 日本語で「律動」と訳される英単語は: one sentence around a quotation, not two that both have to hold.
                piece = f"{required.pop(sentence).text} {piece}"
                required.insert(sentence, Clause(_alternatives(piece, known)))
            else:
                sentence = len(required)
                required.append(Clause(_alternatives(piece, known)))
    unique = tuple(dict.fromkeys(required))
    return ParsedQuery(unique[:MAX_CLAUSES], tuple(dict.fromkeys(excluded))[:MAX_CLAUSES])


def _is_glue(plain: str, found: re.Match[str], piece: str) -> bool:
    """True for what holds a sentence together around a quotation (「返金」とは何ですか), which nobody looks for."""
    touches = plain[: found.start()][-1:] in _MARKS or plain[found.end() :][:1] in _MARKS
    return touches and not words(piece)


def _plain(text: str) -> str:
    """Quotation marks and hyphens in one width, before the pieces are folded on their own."""
    taken = text[:MAX_LENGTH]
    if len(text) > MAX_LENGTH and not text[MAX_LENGTH].isspace():
        # Half a word would be asked for as if it were one.
        taken = taken[: len(taken) - len(taken.split()[-1])] if len(taken.split()) > 1 else taken
    return " ".join(taken.split()).translate(_WIDTHS)


_WIDTHS = str.maketrans({"＂": '"', "－": "-", "−": "-", "―": "-", "‐": "-", "｢": "「", "｣": "」", "‟": '"'})


def _alternatives(piece: str, synonyms: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The piece itself and the piece with each known term replaced by its synonyms."""
    found = [piece]
    for term, others in synonyms.items():
        if term and term in piece:
            found.extend(piece.replace(term, other) for other in others if other)
    return tuple(dict.fromkeys(found))[:MAX_ALTERNATIVES]
