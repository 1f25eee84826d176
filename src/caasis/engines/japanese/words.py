"""Words and readings, by SudachiPy.

The dictionary (about 200 MB mapped) is opened at the first call and shared; a tokenizer belongs to one thread, because
it keeps its own buffers.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from sudachipy import Dictionary, SplitMode  # type: ignore[import-untyped]

from caasis.engines.japanese.text import fold_for_search, normalise_text, to_katakana

# Sudachi refuses inputs above 49,149 bytes; a character takes at most four.
_PIECE = 10_000
_BREAKS = re.compile("[。！？!?\n]")

_CONTENT = frozenset({"名詞", "動詞", "形容詞", "形状詞", "副詞", "接頭辞", "接尾辞"})
# Normalised forms that stand in nearly every case and find nothing.
_EMPTY = frozenset({"為る", "居る", "有る", "成る", "出来る", "事", "物", "様", "所", "訳", "筈", "為", "さん", "氏"})


class Morpheme(Protocol):
    """The part of a SudachiPy morpheme that is used here (the library ships no types)."""

    def surface(self) -> str: ...

    def normalized_form(self) -> str: ...

    def reading_form(self) -> str: ...

    def part_of_speech(self) -> tuple[str, ...]: ...


class _Tokenizer(Protocol):
    def tokenize(self, text: str) -> Iterable[Morpheme]: ...


_open_lock = threading.Lock()
_local = threading.local()


@lru_cache(maxsize=1)
def _dictionary() -> Dictionary:
    return Dictionary()


def _tokenizer() -> _Tokenizer:
    known: _Tokenizer | None = getattr(_local, "tokenizer", None)
    if known is not None:
        return known
    with _open_lock:
        created: _Tokenizer = _dictionary().tokenizer(mode=SplitMode.C)
    _local.tokenizer = created
    return created


def _pieces(text: str) -> Iterator[str]:
    """Cut a long text at sentence ends into pieces that the tokenizer takes."""
    start = 0
    while len(text) - start > _PIECE:
        limit = start + _PIECE
        end = max((found.end() for found in _BREAKS.finditer(text, start, limit)), default=limit)
        yield text[start:end]
        start = end
    yield text[start:]


def morphemes(text: str) -> Iterator[Morpheme]:
    """Yield SudachiPy's mode C morphemes of `text` as given, however long it is.

    Offsets of a morpheme count from the start of its piece only; sum up the surfaces to place it.
    """
    for piece in _pieces(text):
        yield from _tokenizer().tokenize(piece)


def content_words(text: str) -> list[str]:
    """Return the normalised forms of the words that carry meaning, in order and with repetitions, lower case."""
    return [word for morpheme in morphemes(fold_for_search(text)) if (word := content_word(morpheme))]


def content_word(morpheme: Morpheme) -> str:
    """Return the normalised form of a word that carries meaning, in lower case; an empty text for any other."""
    word = morpheme.normalized_form().strip().lower()
    return word if morpheme.part_of_speech()[0] in _CONTENT and word not in _EMPTY else ""


def reading(text: str) -> str:
    """Return the reading of `text` in katakana; what has none (signs, digits, foreign words) stays as written."""
    spoken = []
    for morpheme in morphemes(normalise_text(text)):
        surface = morpheme.surface()
        kana = morpheme.reading_form()
        if not kana or morpheme.part_of_speech()[0] in {"補助記号", "空白", "記号"} or surface.isascii():
            kana = surface
        spoken.append(to_katakana(kana))
    return "".join(spoken)
