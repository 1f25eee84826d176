"""Finding articles by what people type: any width, any kana, missing words, slips of the finger.

A small index in memory over character pairs. It answers from what is written in the articles and in their everyday
words; it needs no dictionary, and a mistyped word still shares most of its pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from caasis.engines.japanese import bigrams, fold_for_search, to_hiragana

#: How much a pair counts by where it stands.
WEIGHTS = {"title": 4.0, "words": 4.0, "lead": 2.0, "body": 1.0}
#: Share of the question's weight that an article must cover to be called an answer.
ENOUGH = 0.4
#: Longest question that is read; what stands behind it changes nothing.
QUERY_LIMIT = 200

# Endings and fillers that stand in nearly every question and mean nothing.
_EMPTY = ("ください", "ですか", "ますか", "ました", "ましたが", "したい", "について", "どうすれば", "いいですか", "よいですか", "教えて")


@dataclass(frozen=True, slots=True)
class Document:
    """An article as the index reads it: texts by the place they have in WEIGHTS."""

    id: UUID
    texts: Mapping[str, str]


class ArticleIndex:
    """Articles by their character pairs."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._pairs: dict[UUID, dict[str, float]] = {}
        seen: dict[str, int] = {}
        for document in documents:
            weights: dict[str, float] = {}
            for place, text in document.texts.items():
                for pair in set(pairs_of(text)):
                    weights[pair] = max(weights.get(pair, 0.0), WEIGHTS[place])
            self._pairs[document.id] = weights
            for pair in weights:
                seen[pair] = seen.get(pair, 0) + 1
        count = len(self._pairs)
        self._rarity = {pair: math.log(1 + count / times) for pair, times in seen.items()}
        self._unseen = math.log(1 + max(1, count))

    def find(self, query: str, limit: int) -> list[tuple[UUID, float]]:
        """Ids and scores, the best first. A score is the covered share of the question, weighted by place: 0 to 4."""
        wanted = list(dict.fromkeys(pairs_of(_essence(query[:QUERY_LIMIT]))))
        total = sum(self._rarity.get(pair, self._unseen) for pair in wanted)
        if not wanted or not total:
            return []
        found: list[tuple[UUID, float]] = []
        for id_, weights in self._pairs.items():
            covered = sum(self._rarity[pair] for pair in wanted if pair in weights) / total
            if covered < ENOUGH:
                continue
            found.append((id_, sum(self._rarity[pair] * weights[pair] for pair in wanted if pair in weights) / total))
        found.sort(key=lambda item: -item[1])
        return found[:limit]


def pairs_of(text: str) -> Sequence[str]:
    """The character pairs of a text, in one width and in hiragana."""
    return bigrams(to_hiragana(fold_for_search(text)))


def _essence(query: str) -> str:
    text = fold_for_search(query)
    for filler in sorted(_EMPTY, key=len, reverse=True):
        text = text.replace(filler, " ")
    return text if text.strip() else query
