"""Titles that somebody may be about to type: any width, any kana, with one slip of the finger.

Made for 100,000 titles and an answer in a few milliseconds. Pairs of characters say which titles can hold what was typed,
and only the few best of those are read letter by letter.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from caasis.engines.japanese import fold_for_search

#: Longest beginning that is read; nobody picks a suggestion after typing more.
QUERY_LIMIT = 60
#: How many titles are read letter by letter for one question.
_READ = 48
#: How many pairs of the question are looked up, the rarest first.
_PAIRS = 20
#: A slip is forgiven from this many characters on: with three, two right ones would find nearly everything.
_SLIP_FROM = 4
#: Share of a sentence's pairs that a title must have, and the number of pairs from which it is called a sentence.
_SENTENCE_SHARE, _SENTENCE_FROM = 0.6, 6

_PUNCTUATION = re.compile(r"[「」『』（）()［］\[\]〈〉《》【】・･、。，．,.!?！？…:：;；/／~〜～\"'“”’]+")
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


@dataclass(frozen=True, slots=True)
class Entry:
    """What may be suggested: `id` comes back, `title` is what people see, by `words` it is found as well."""

    id: Hashable
    title: str
    words: Sequence[str] = ()


@dataclass(frozen=True, slots=True, order=True)
class Suggestion:
    """A found entry; the smaller, the better."""

    rank: int
    place: int
    order: int
    id: Hashable


def key_of(text: str) -> str:
    """What is compared: one width, small letters, hiragana, without blanks and punctuation."""
    return "".join(terms_of(text))


def terms_of(text: str) -> list[str]:
    """The words between blanks, as `key_of` writes them."""
    return _PUNCTUATION.sub(" ", fold_for_search(text)).translate(_KATAKANA).split()


def nearly_in(wanted: str, text: str) -> bool:
    """Whether `wanted` stands somewhere in `text` with at most one character too many, missing or wrong.

    The parallel automaton of Wu and Manber (1992): bit i of `one` says that i + 1 characters are read with one slip.
    """
    masks: dict[str, int] = {}
    for index, char in enumerate(wanted):
        masks[char] = masks.get(char, 0) | 1 << index
    end = 1 << (len(wanted) - 1)
    exact, one = 0, 1
    for char in text:
        mask = masks.get(char, 0)
        before = exact
        exact = ((exact << 1) | 1) & mask
        one = (((one << 1) | 1) & mask) | before | (before << 1) | (exact << 1) | 1
        if one & end:
            return True
    return not wanted or bool(one & end)


class SuggestionIndex:
    """Entries in the order in which they are preferred where nothing else tells them apart."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._ids: list[Hashable] = []
        self._titles: list[str] = []
        self._keys: list[str] = []
        postings: dict[str, array[int]] = {}
        for order, entry in enumerate(entries):
            title = key_of(entry.title)
            key = "\n".join([title, *dict.fromkeys(filter(None, map(key_of, entry.words)))])
            self._ids.append(entry.id)
            self._titles.append(title)
            self._keys.append(key)
            for pair in {key[at : at + 2] for at in range(len(key) - 1)}:
                if "\n" not in pair:
                    postings.setdefault(pair, array("I")).append(order)
        self._postings: dict[str, npt.NDArray[np.uint32]] = {
            pair: np.frombuffer(orders, dtype=np.uint32) for pair, orders in postings.items()
        }
        self._by_title = np.array(sorted(range(len(self._titles)), key=self._titles.__getitem__), dtype=np.uint32)
        self._sorted = [self._titles[order] for order in self._by_title]

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, query: str, limit: int, hidden: Collection[Hashable] = frozenset()) -> list[Suggestion]:
        """The best entries for the beginning of a question, the best first.

        Titles that begin with it come before those that hold it, then those found by their words, then those with a
        slip, then those that share most of a sentence.

        :param hidden: ids that must not come back.
        """
        terms = terms_of(query[:QUERY_LIMIT])
        if not terms:
            return []
        found = dict.fromkeys(self._beginning_with("".join(terms), limit + len(hidden)), 0)
        pairs = list(dict.fromkeys(term[at : at + 2] for term in terms for at in range(len(term) - 1)))
        for order, share in self._candidates(pairs, slips=len(terms)):
            if order not in found:
                rank = self._rank(order, terms, share if len(pairs) >= _SENTENCE_FROM else 0.0)
                if rank is not None:
                    found[order] = rank
        hits = [
            Suggestion(rank, max(0, self._titles[order].find(terms[0])) if rank == 1 else 0, order, self._ids[order])
            for order, rank in found.items()
            if self._ids[order] not in hidden
        ]
        return sorted(hits, key=lambda hit: (hit.rank, hit.place, hit.order))[:limit]

    def _beginning_with(self, start: str, limit: int) -> list[int]:
        """The preferred of the titles that begin so."""
        first = bisect_left(self._sorted, start)
        last = bisect_left(self._sorted, start + "\U0010ffff", first)
        orders = self._by_title[first:last]
        if len(orders) > limit:
            orders = np.partition(orders, limit)[:limit]
        return [int(order) for order in orders]

    def _candidates(self, pairs: Sequence[str], *, slips: int) -> list[tuple[int, float]]:
        """Entries that have nearly all of the pairs, with the share that they have, the best first."""
        known = sorted((self._postings[pair] for pair in pairs if pair in self._postings), key=len)[:_PAIRS]
        asked = min(len(pairs), _PAIRS)
        if not known:
            return []
        counts = np.zeros(len(self._ids), dtype=np.uint8)
        for orders in known:
            counts[orders] += 1
        # One wrong character breaks two pairs.
        least = max(1, min(asked - 2 * slips, round(asked * _SENTENCE_SHARE)))
        found: list[tuple[int, float]] = []
        for count in range(len(known), least - 1, -1):
            places = np.flatnonzero(counts == count)[: _READ - len(found)]
            found += [(int(place), count / asked) for place in places]
            if len(found) >= _READ:
                break
        return found

    def _rank(self, order: int, terms: Sequence[str], share: float) -> int | None:
        title, key = self._titles[order], self._keys[order]
        if all(term in title for term in terms):
            return 1
        if all(term in key for term in terms):
            return 2
        if all(term in key or (_may_slip(term) and nearly_in(term, key)) for term in terms):
            return 3
        return 4 if share >= _SENTENCE_SHARE else None


def _may_slip(term: str) -> bool:
    """A number with another digit is another number."""
    return len(term) >= _SLIP_FROM and not any(char.isdigit() for char in term)
