"""Finding articles by what people type: any width, any kana, missing words, slips of the finger.

An index in memory, over two things: pairs of characters, of which a mistyped word still shares most; and words in
their dictionary form, so that 「はがき」 meets 「葉書」 and 「ていき」 「定期」.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from caasis.engines.japanese import bigrams, content_words, fold_for_search, to_hiragana

#: How much a pair counts by where it stands.
WEIGHTS = {"title": 4, "words": 4, "lead": 2, "body": 1}
#: Share of the question's weight that an article must cover to be called an answer.
ENOUGH = 0.4
#: What scores so much of the best answer's score is an answer, too.
NEARLY = 0.7
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


#: What a document is found by: its parts, each with the weight of the best place where it stands.
Parts = tuple[dict[str, int], dict[str, int]]


def parts_of(document: Document) -> Parts:
    """The pairs and the words of a document. This is what making an index costs; whoever makes one again may keep it."""
    return (
        _weighted(document, lambda text: set(pairs_of(text))),
        _weighted(document, lambda text: set(content_words(text))),
    )


class _Postings:
    """For each part the documents that hold it, and with what weight; in arrays, because there may be millions."""

    def __init__(self, documents: Sequence[Mapping[str, int]]) -> None:
        self._numbers: dict[str, int] = {}
        parts, holders, weights = array("i"), array("i"), array("B")
        numbers = self._numbers
        for holder, by_part in enumerate(documents):
            for part, weight in by_part.items():
                parts.append(numbers.setdefault(part, len(numbers)))
                holders.append(holder)
                weights.append(weight)
        of_part = np.frombuffer(parts, np.int32) if parts else np.zeros(0, np.int32)
        order = np.argsort(of_part, kind="stable")
        self._holders = np.frombuffer(holders, np.int32)[order] if parts else np.zeros(0, np.int32)
        self._weights = np.frombuffer(weights, np.uint8)[order] if parts else np.zeros(0, np.uint8)
        times = np.bincount(of_part, minlength=len(numbers))
        self._ends = np.cumsum(times)
        self._rarity = np.log(1 + len(documents) / times) if len(numbers) else np.zeros(0)
        self._unseen = math.log(1 + max(1, len(documents)))

    def rarity(self, part: str) -> float:
        number = self._numbers.get(part)
        return self._unseen if number is None else float(self._rarity[number])

    def holders(self, part: str) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The documents that hold a part, each once, and the weights there."""
        number = self._numbers.get(part)
        if number is None:
            return _NOBODY
        begin, end = (int(self._ends[number - 1]) if number else 0), int(self._ends[number])
        return self._holders[begin:end], self._weights[begin:end]


_NOBODY = (np.zeros(0, np.int32), np.zeros(0, np.uint8))


class ArticleIndex:
    """Articles by their pairs of characters and by their words.

    :param parts: `parts_of` each document, where somebody has it already.
    """

    def __init__(self, documents: Iterable[Document], parts: Callable[[Document], Parts] = parts_of) -> None:
        self._ids: list[UUID] = []
        pairs, words = [], []
        for document in documents:
            by_pair, by_word = parts(document)
            self._ids.append(document.id)
            pairs.append(by_pair)
            words.append(by_word)
        self._pairs, self._words = _Postings(pairs), _Postings(words)

    def find(self, query: str, limit: int) -> list[tuple[UUID, float]]:
        """Ids and scores, the best first.

        An article answers when it covers enough of the question's pairs, or when its title or its everyday words hold
        one of the question's words that few articles have. So does what scores nearly as much as the best of these.
        """
        essence = _essence(query[:QUERY_LIMIT])
        covered, by_pairs = self._score(list(dict.fromkeys(pairs_of(essence))), self._pairs)
        words = list(dict.fromkeys(content_words(essence)))
        _, by_words = self._score(words, self._words)
        answers = covered >= ENOUGH
        for word in words:
            if len(word) > 1 and self._words.rarity(word) > _RARE:
                holders, weights = self._words.holders(word)
                answers[holders[weights >= WEIGHTS["words"]]] = True
        scored = by_pairs + by_words
        if answers.any():
            answers |= scored >= NEARLY * scored[answers].max()
        found = np.flatnonzero(answers)
        scores = scored[found]
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(self._ids[int(found[at])], float(scores[at])) for at in best]

    def _score(self, wanted: Sequence[str], postings: _Postings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """For each article the share of the question that it covers, and the same weighted by where it stands (0 to 4)."""
        total = sum(postings.rarity(part) for part in wanted)
        found = [(postings.rarity(part) / total, *postings.holders(part)) for part in wanted]
        found = [one for one in found if len(one[1])]
        if not found:
            return np.zeros(len(self._ids)), np.zeros(len(self._ids))
        holders = np.concatenate([one[1] for one in found])
        shares: NDArray[np.float64] = np.repeat([one[0] for one in found], [len(one[1]) for one in found])
        covered = np.bincount(holders, shares, len(self._ids)).astype(np.float64)
        shares *= np.concatenate([one[2] for one in found])
        return covered, np.bincount(holders, shares, len(self._ids)).astype(np.float64)


_RARE = math.log(1 + 1 / COMMON)


def _weighted(document: Document, parts: Callable[[str], set[str]]) -> dict[str, int]:
    """The parts of a document, each with the weight of the best place where it stands."""
    weights: dict[str, int] = {}
    for place, text in document.texts.items():
        for part in parts(text):
            weights[part] = max(weights.get(part, 0), WEIGHTS[place])
    return weights


def pairs_of(text: str) -> Sequence[str]:
    """The character pairs of a text, in one width and in hiragana."""
    return bigrams(to_hiragana(fold_for_search(text)))


def _essence(query: str) -> str:
    text = fold_for_search(query)
    for filler in sorted(_EMPTY, key=len, reverse=True):
        text = text.replace(filler, " ")
    return text if text.strip() else query
