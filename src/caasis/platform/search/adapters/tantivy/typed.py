"""A piece of a query, cut like the documents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from caasis.platform.search.analysis import as_kana, kana_runs, pair_runs, sounds, words


@dataclass(frozen=True, slots=True)
class Typed:
    """Tokens of one text of a query, each once: `runs` are its character pairs run by run, `kana` the katakana of what
    was typed in kana only, `sounds` the threes of that or of the reading."""

    runs: tuple[tuple[str, ...], ...]
    pairs: tuple[str, ...]
    words: tuple[str, ...]
    kana: str
    sounds: tuple[str, ...]


# One search needs the tokens of a text several times (to estimate, to match, to score).
@lru_cache(maxsize=64)
def typed(text: str) -> Typed:
    runs = tuple(tuple(run) for run in pair_runs(text))
    kana = as_kana(text)
    return Typed(
        runs,
        tuple(dict.fromkeys(token for run in runs for token in run)),
        tuple(dict.fromkeys(words(text))),
        kana,
        tuple(dict.fromkeys(sounds([kana] if kana else kana_runs(text)))),
    )
