"""A folded copy of a text that remembers where each of its characters came from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# What sticks to the character before it: combining marks, half-width (semi-)voiced marks, variation selectors, joiners.
_ATTACHED = re.compile("[\u3099\u309a\uff9e\uff9f\u0300-\u036f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_DROPPED = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef\x00-\x08\x0e-\x1f\x7f]")
_HYPHENS = re.compile("[‐‑‒–—―−─━⁃﹘]")
_BLANKS = re.compile("[^\\S\n]")
_LONG_VOWEL_AS_HYPHEN = re.compile("(?<=[0-9A-Za-z〇一二三四五六七八九])ー(?=[0-9A-Za-z〇一二三四五六七八九])")


@dataclass(frozen=True)
class Folded:
    """`text` is NFKC with one hyphen and one blank; character i of it stands for `origins[i]` = (start, end)."""

    text: str
    origins: tuple[tuple[int, int], ...]

    def original_range(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original text that the folded range [start, end) stands for."""
        return self.origins[start][0], self.origins[end - 1][1]


def fold(text: str) -> Folded:
    """Fold `text` cluster by cluster, so that every folded character knows its origin."""
    characters: list[str] = []
    origins: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and _ATTACHED.match(text[end]):
            end += 1
        cluster = _DROPPED.sub("", text[start:end])
        folded = _BLANKS.sub(" ", _HYPHENS.sub("-", unicodedata.normalize("NFKC", cluster)))
        characters.extend(folded)
        origins.extend([(start, end)] * len(folded))
        start = end
    return Folded(_LONG_VOWEL_AS_HYPHEN.sub("-", "".join(characters)), tuple(origins))
