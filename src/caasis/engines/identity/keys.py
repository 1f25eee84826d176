"""Candidate keys (blocking): numbers under which a name, a telephone number or an address is found in an index.

Every key is a signed 32-bit number, so that an inverted index of integer arrays holds all kinds. Two different keys
may rarely share a number; the score looks at the texts themselves and throws such candidates away.

- whole core and whole skeleton: equal names, equal readings;
- letter triples of the skeleton, pairs of the written core: names of which a part is equal;
- the short texts that remain when one letter is left out (for short names, of which a slip destroys every triple):
  two texts one slip apart share at least one (Garbe's symmetric delete).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final
from zlib import crc32

from caasis.engines.identity.names import TraderName, has_kanji, is_kana

#: Names up to this length are also found by what remains when one letter is left out.
SHORT_READING: Final = 6
SHORT_WRITTEN: Final = 5
#: A name of a law firm's list of partners has hundreds of letters: the first ones find it.
LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of one name: `exact` for equality, `near` for one slip in a short name, `grams` for shared parts."""

    exact: tuple[int, ...]
    near: tuple[int, ...]
    grams: tuple[int, ...]

    def all(self) -> list[int]:
        """What the index stores, each number once."""
        return sorted({*self.exact, *self.near, *self.grams})


def _key(tag: str, text: str) -> int:
    return crc32(f"{tag}{text}".encode()) - 0x80000000


def keys_of_name(name: TraderName) -> Keys:
    """Keys of a name by its core and by every reading."""
    exact: list[int] = []
    near: list[int] = []
    grams: list[int] = []
    core = name.core[:LONGEST]
    if core:
        exact.append(_key("w", core))
        if not is_kana(core):
            size = 2 if has_kanji(core) else 3
            grams += (_key("k", gram) for gram in _grams(core, size))
            if 2 <= len(core) <= SHORT_WRITTEN:
                near += (_key("e", rest) for rest in _one_left_out(core))
    for spoken in name.skeletons:
        spoken = spoken[:LONGEST]
        exact.append(_key("s", spoken))
        grams += (_key("r", gram) for gram in _grams(spoken, 3))
        if 2 <= len(spoken) <= SHORT_READING:
            near += (_key("d", rest) for rest in _one_left_out(spoken))
    return Keys(tuple(dict.fromkeys(exact)), tuple(dict.fromkeys(near)), tuple(dict.fromkeys(grams)))


def keys_of_phone(phone: str) -> int:
    """The key of a telephone number in E.164 form."""
    return _key("p", phone)


def keys_of_address(web: str) -> int:
    """The key of a web address as `web_key` gives it."""
    return _key("u", web)


def _grams(text: str, size: int) -> list[str]:
    padded = f"^{text}$"
    return [padded[at : at + size] for at in range(max(1, len(padded) - size + 1))]


def _one_left_out(text: str) -> Iterable[str]:
    yield text
    # Of two letters one would remain, which half of all names have.
    for at in range(len(text) if len(text) > 2 else 0):
        yield text[:at] + text[at + 1 :]


# --- which keys are asked for -----------------------------------------------------------------------------------------

#: So many rows may be read for one question: beyond it an answer within milliseconds is out of reach.
BUDGET: Final = 1_200
#: Of how many of its rarest parts a name is looked up.
RAREST: Final = 7


def fuzzy_groups(keys: Keys, counts: Mapping[int, int]) -> list[tuple[int, ...]]:
    """Groups of keys; a row is a candidate when it holds all keys of at least one group.

    `counts` says how many rows hold a key, as far as it is common; an absent key is rare. The rarest parts come first,
    in pairs, and in threes where even the rarest are common, until the budget of rows is used up.
    """
    groups: list[tuple[int, ...]] = [(key,) for key in keys.near if counts.get(key, 0) <= BUDGET]
    rarest = sorted(keys.grams, key=lambda key: counts.get(key, 0))[:RAREST]
    if len(rarest) == 1:
        return [*groups, (rarest[0],)] if counts.get(rarest[0], 0) <= BUDGET else groups
    left = float(BUDGET)
    for size in (2, 3):
        found = []
        for group in combinations(rarest, size):
            # Parts of one name go together, so a pair is far more common than chance; a tenth is a cautious guess.
            expected = min(counts.get(key, 0) for key in group) * 0.1 ** (size - 1)
            if expected > left:
                continue
            left -= expected
            found.append(group)
        groups += found
        if found:
            break
    return groups
