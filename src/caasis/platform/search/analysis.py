"""The three views of a text that are indexed: words, character pairs and sounds; queries are cut the same way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

from caasis.engines.japanese import (
    Morpheme,
    content_word,
    content_words,
    fold_for_search,
    fold_name_variants,
    morphemes,
)

#: Raise it whenever the functions below give other tokens for the same text: indexes are then rebuilt.
ANALYSIS_VERSION = 2

#: Stands between runs of pairs, so that a phrase never matches across a blank or from the title into the body.
GAP = "\x1f"
_BREAK = f" {GAP} {GAP} "

_KANA_RUN = re.compile("[ァ-ヺー]+")
_ONLY_KANA = re.compile("[ぁ-ゖァ-ヺー・]+")
_ONLY_HIRAGANA = re.compile("[ぁ-ゖー]+")
_HIRAGANA_RUN = re.compile("[ぁ-ゖ][ぁ-ゖー]{2,}")
_HIRAGANA = re.compile("[ぁ-ゖ]")
# What joins words into a sentence: particles and auxiliaries.
_GRAMMAR = frozenset({"助詞", "助動詞"})
_SOUND = 3
_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}


@lru_cache(maxsize=1)
def dictionary_version() -> str:
    """The versions on which tokens depend; it is written into the index and compared when one is opened."""
    return f"SudachiPy {version('SudachiPy')}, core {version('SudachiDict-core')}, analysis {ANALYSIS_VERSION}"


def fold(text: str) -> str:
    """The form in which characters are compared: one width and case, old and variant characters as today's."""
    return fold_name_variants(fold_for_search(text))


def words(text: str) -> list[str]:
    """Normalised content words in order, with repetitions, each without a blank inside.

    Line by line: how a line is cut then doesn't depend on its neighbours, and title and body give the same words
    together as apart.
    """
    lines = fold(text).split("\n")
    return [_joined(word) for line in lines if line for word in content_words(line)]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a text gives to the index: words, pairs (with gaps) and sounds, each as tokens between blanks."""

    words: str
    pairs: str
    sounds: str


def analyse(text: str) -> Analysis:
    """The three views of a text at once: the same tokens as `words`, `pairs` and `sounds(kana_runs(…))`."""
    return joined([_line(line) for line in fold(text).split("\n") if line])


def joined(lines: list[Analysis]) -> Analysis:
    """The analysis of lines one below the other."""
    return Analysis(
        words=" ".join(filter(None, (line.words for line in lines))),
        pairs=_BREAK.join(filter(None, (line.pairs for line in lines))),
        sounds=" ".join(filter(None, (line.sounds for line in lines))),
    )


def _line(line: str) -> Analysis:
    """One folded line. The dictionary is asked once for words and reading, which halves the cost of a document."""
    heard: list[str] = []
    found: list[str] = []
    for morpheme in morphemes(line):
        if word := content_word(morpheme):
            found.append(_joined(word))
        heard.append(_heard(morpheme))
    kana = _KANA_RUN.findall(in_katakana("".join(heard)))
    # The line is folded already: cutting pairs out of it needs no second folding.
    runs = (" ".join(_pairs_of(run)) for run in line.split())
    return Analysis(" ".join(found), _BREAK.join(runs), " ".join(sounds(kana)))


def _joined(word: str) -> str:
    return "_".join(word.split())


def _heard(morpheme: Morpheme) -> str:
    surface = morpheme.surface()
    # Letters and digits are looked for as they are written; their spelt-out readings would only make noise.
    return surface if surface.isascii() else morpheme.reading_form() or surface


def _pairs_of(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[index : index + 2] for index in range(len(run) - 1)]


def pair_runs(text: str) -> list[list[str]]:
    """Character pairs of each run between blanks, in order. A run of one character is that character."""
    return [_pairs_of(run) for run in fold(text).split()]


def pairs(text: str) -> list[str]:
    """Character pairs with two `GAP`s between runs: pairs at distances of one and two that belong to one run spell
    exactly that run, so that every second pair is enough to look for a phrase."""
    return _BREAK.join(" ".join(run) for run in pair_runs(text)).split(" ") if text.strip() else []


def kana_runs(text: str) -> list[str]:
    """The runs of katakana in the text's reading, e.g. 屋根瓦を直す → ヤネガワラヲナオス."""
    heard: list[str] = []
    for line in filter(None, fold(text).split("\n")):
        heard.extend(_heard(morpheme) for morpheme in morphemes(line))
        heard.append("\n")
    return _KANA_RUN.findall(in_katakana("".join(heard)))


def in_katakana(text: str) -> str:
    """Hiragana of a folded text as katakana: one table look-up a character, for whole documents."""
    return text.translate(_KATAKANA)


def sounds(runs: list[str]) -> list[str]:
    """Kana in overlapping threes; a shorter run stays whole. Of words, twos and threes, threes ranked best.

    MRR@10 on JSQuAD-valid for a noun in kana: words .075, twos .206, threes .285 (see `bench/search_quality.py`).
    """
    tokens: list[str] = []
    for run in runs:
        if len(run) <= _SOUND:
            tokens.append(run)
        else:
            tokens.extend(run[index : index + _SOUND] for index in range(len(run) - _SOUND + 1))
    return tokens


def as_kana(text: str) -> str:
    """The katakana of a text written in kana only (two characters and more), else an empty text."""
    compact = "".join(fold(text).split())
    if len(compact) < 2 or not _ONLY_KANA.fullmatch(compact):
        return ""
    return in_katakana(compact).replace("・", "")


def is_sentence(text: str) -> bool:
    """True when grammar joins the words of a folded text: 解約の方法は, but not 解約手数料.

    Never of kana only: the dictionary finds particles inside of words that it doesn't recognise.
    """
    if not _HIRAGANA.search(text) or as_kana(text):
        return False
    return any(morpheme.part_of_speech()[0] in _GRAMMAR for morpheme in morphemes(text))


def sounds_typed(text: str) -> list[str]:
    """The sounds of what a folded text has in hiragana, where a word may stand that others write in kanji."""
    runs = [in_katakana(run) for run in _HIRAGANA_RUN.findall(text)]
    return list(dict.fromkeys(sounds(runs)))


def telling(tokens: list[str]) -> list[str]:
    """Without repetitions and without pairs of hiragana, which stand in every text, unless nothing else is left."""
    unique = list(dict.fromkeys(tokens))
    return [token for token in unique if not _ONLY_HIRAGANA.fullmatch(token)] or unique
