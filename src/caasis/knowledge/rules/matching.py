"""Finding articles by what people type: any width, any kana, missing words, slips of the finger.

A small index in memory, over two things: pairs of characters, of which a mistyped word still shares most; and words in
their dictionary form, so that 「はがき」 meets 「葉書」 and 「ていき」 「定期」.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from caasis.engines.japanese import bigrams, content_words, fold_for_search, to_hiragana

#: How much a pair counts by where it stands.
WEIGHTS = {"title": 4.0, "words": 4.0, "lead": 2.0, "body": 1.0}
#: Share of the question's weight that an article must cover to be called an answer.
ENOUGH = 0.4
#: A word that stands in more than this share of the articles finds nothing by itself.
COMMON = 0.3
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
    """Articles by their pairs of characters and by their words."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._pairs: dict[UUID, dict[str, float]] = {}
        self._words: dict[UUID, dict[str, float]] = {}
        for document in documents:
            self._pairs[document.id] = _weighted(document, lambda text: set(pairs_of(text)))
            self._words[document.id] = _weighted(document, lambda text: set(content_words(text)))
        self._count = len(self._pairs)
        self._pair_rarity = self._rarity(self._pairs)
        self._word_rarity = self._rarity(self._words)
        self._unseen = math.log(1 + max(1, self._count))

    def find(self, query: str, limit: int) -> list[tuple[UUID, float]]:
        """Ids and scores, the best first.

        An article answers when it covers enough of the question's pairs, or when its title or its everyday words hold
        one of the question's words that few articles have.
        """
        essence = _essence(query[:QUERY_LIMIT])
        pairs, words = list(dict.fromkeys(pairs_of(essence))), list(dict.fromkeys(content_words(essence)))
        found: list[tuple[UUID, float]] = []
        for id_, by_pair in self._pairs.items():
            covered, by_pairs = self._score(pairs, by_pair, self._pair_rarity)
            _, by_words = self._score(words, self._words[id_], self._word_rarity)
            if covered >= ENOUGH or self._says_it(words, self._words[id_]):
                found.append((id_, by_pairs + by_words))
        found.sort(key=lambda item: -item[1])
        return found[:limit]

    def _rarity(self, documents: Mapping[UUID, Mapping[str, float]]) -> dict[str, float]:
        seen = Counter(part for parts in documents.values() for part in parts)
        return {part: math.log(1 + len(documents) / times) for part, times in seen.items()}

    def _score(
        self, wanted: Sequence[str], weights: Mapping[str, float], rarity: Mapping[str, float]
    ) -> tuple[float, float]:
        """The share of the question that is covered, and the same weighted by where it stands (0 to 4)."""
        total = sum(rarity.get(part, self._unseen) for part in wanted)
        if not total:
            return 0.0, 0.0
        hits = [part for part in wanted if part in weights]
        return (
            sum(rarity[part] for part in hits) / total,
            sum(rarity[part] * weights[part] for part in hits) / total,
        )

    def _says_it(self, words: Sequence[str], weights: Mapping[str, float]) -> bool:
        rare = math.log(1 + 1 / COMMON)
        return any(
            weights.get(word, 0.0) >= WEIGHTS["words"] and self._word_rarity[word] > rare and len(word) > 1
            for word in words
        )


def _weighted(document: Document, parts_of: Callable[[str], set[str]]) -> dict[str, float]:
    """The parts of a document, each with the weight of the best place where it stands."""
    weights: dict[str, float] = {}
    for place, text in document.texts.items():
        for part in parts_of(text):
            weights[part] = max(weights.get(part, 0.0), WEIGHTS[place])
    return weights


def pairs_of(text: str) -> Sequence[str]:
    """The character pairs of a text, in one width and in hiragana."""
    return bigrams(to_hiragana(fold_for_search(text)))


def _essence(query: str) -> str:
    text = fold_for_search(query)
    for filler in sorted(_EMPTY, key=len, reverse=True):
        text = text.replace(filler, " ")
    return text if text.strip() else query
