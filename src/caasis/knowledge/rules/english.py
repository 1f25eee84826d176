"""Finding English texts by words: any case, other endings of the same word, and slips of the finger. Pure.

The index of the Japanese articles counts pairs of characters; of those nearly every English text holds nearly all.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from uuid import UUID

from caasis.engines.japanese import fold_for_search
from caasis.knowledge.rules.matching import COMMON, ENOUGH, QUERY_LIMIT, WEIGHTS, Document

_WORD = re.compile(r"[a-z0-9]+|[ぁ-ヿ一-龯々]+")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "es", "ed", "er", "s", "e", "y")
_STOP = frozenset(
    re.findall(
        "[a-z]+",
        """
    a about after all am an and any are as at be been but by can cant could d did didnt do does dont for from
    get got had has have he her him his how i if im in into is isnt it its ive just ll m me my need no not of
    off on or our out please s she should so some t that the their them then there they this to too up us ve
    want was we were what when where which who why will with would you your
    """,
    )
)
_RARE = math.log(1 + 1 / COMMON)
#: Of an unknown word the nearest known one is taken; each costs a walk through all words, so that few are.
_CORRECTIONS, _NEAR = 3, 0.78


class EnglishIndex:
    """Texts by their words; the same use as `ArticleIndex`."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._words: dict[UUID, dict[str, float]] = {}
        for document in documents:
            weights: dict[str, float] = {}
            for place, text in document.texts.items():
                for word in words_of(text):
                    weights[word] = max(weights.get(word, 0.0), WEIGHTS[place])
            self._words[document.id] = weights
        seen = Counter(word for weights in self._words.values() for word in weights)
        self._rarity = {word: math.log(1 + len(self._words) / times) for word, times in seen.items()}
        self._known = sorted(self._rarity)
        self._unseen = math.log(1 + max(1, len(self._words)))

    def find(self, query: str, limit: int) -> list[tuple[UUID, float]]:
        """Ids and scores, the best first.

        A text answers when it holds enough of what the question's words weigh, or when its title or its everyday words
        hold one of them that few texts have.
        """
        wanted = self._corrected(list(dict.fromkeys(words_of(query[:QUERY_LIMIT]))))
        total = sum(self._rarity.get(word, self._unseen) for word in wanted)
        found: list[tuple[UUID, float]] = []
        for id_, weights in self._words.items():
            hits = [word for word in wanted if word in weights]
            covered = sum(self._rarity[word] for word in hits) / total if hits else 0.0
            if covered >= ENOUGH or any(weights[word] >= WEIGHTS["words"] and self._rarity[word] > _RARE for word in hits):
                found.append((id_, sum(self._rarity[word] * weights[word] for word in hits) / total))
        found.sort(key=lambda item: -item[1])
        return found[:limit]

    def _corrected(self, words: list[str]) -> list[str]:
        left = _CORRECTIONS
        found = []
        for word in words:
            if word not in self._rarity and len(word) >= 5 and left:
                left -= 1
                word = next(iter(get_close_matches(word, self._known, 1, _NEAR)), word)
            found.append(word)
        return list(dict.fromkeys(found))


def words_of(text: str) -> list[str]:
    """The words that carry meaning, without their endings, in order."""
    plain = fold_for_search(text).replace("'", "").replace("’", "")
    return [_stem(word) for word in _WORD.findall(plain) if word not in _STOP]


def _stem(word: str) -> str:
    """`cancelled`, `canceling` and `cancellation` → `cancel`; rough, and the same for texts and questions."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] in "bdglmnprt" else word
