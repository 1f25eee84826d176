"""Words that mean the same: reading and writing the list, and choosing what a query is widened by.

The list is text that people edit: one group a line, words separated by commas (、 , or a tab); 「#」 starts a remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from caasis.engines.japanese import fold_for_search, fold_name_variants

MOST_GROUPS = 1_000
MOST_WORDS = 10
LONGEST_WORD = 30
#: Other words that one query is widened by, over all of its words.
MOST_WIDENED = 12

_SEPARATORS = re.compile("[、,，\t]+")
_RUNS = tuple(re.compile(pattern) for pattern in ("[ァ-ヺー]", "[ぁ-ゖー]", "[a-z0-9]"))
_PHRASES = re.compile('["「『“｢][^"」』”｣]*["」』”｣]?|(?:^|(?<=\\s))[-−－‐ー]\\S+')

Groups = tuple[tuple[str, ...], ...]


def fold(word: str) -> str:
    """The form in which words are compared: as the index compares them."""
    return fold_name_variants(fold_for_search(word))


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list as it was read: its groups, and sentences about lines that need mending."""

    groups: Groups
    wrong: tuple[str, ...] = ()


def read_list(text: str) -> ReadList:
    """Read an edited or imported list; every line that can't be taken is named with its number."""
    groups: list[tuple[str, ...]] = []
    wrong: list[str] = []
    known: dict[str, int] = {}
    for number, raw in enumerate(text.replace("\x00", "").lstrip("\ufeff").splitlines(), start=1):
        line = raw.split("#")[0].split("＃")[0].strip()
        if not line:
            continue
        words = tuple(dict.fromkeys(word for part in _SEPARATORS.split(line) if (word := " ".join(part.split()))))
        sentence = _fault(words)
        for word in words:
            if not sentence and fold(word) in known and known[fold(word)] != number:
                sentence = f"「{word[:LONGEST_WORD]}」は{known[fold(word)]}行目にもあります。1つの行にまとめてください。"
        if sentence:
            wrong.append(f"{number}行目：{sentence}")
            continue
        known.update((fold(word), number) for word in words)
        groups.append(words)
    if len(groups) > MOST_GROUPS:
        wrong.append(f"{MOST_GROUPS:,}行までです。{len(groups) - MOST_GROUPS:,}行を減らしてください。")
    return ReadList(tuple(groups[:MOST_GROUPS]), tuple(wrong))


def _fault(words: tuple[str, ...]) -> str:
    if len({fold(word) for word in words}) < 2:
        return "2つ以上のことばを「、」で区切ってください。"
    if len(words) > MOST_WORDS:
        return f"ことばは{MOST_WORDS}個までです。行を分けてください。"
    if any(len(word) > LONGEST_WORD for word in words):
        return f"1つのことばは{LONGEST_WORD}字までです。短くしてください。"
    if any(len(fold(word)) < 2 for word in words):
        return "ことばは2字以上にしてください。"
    return ""


def write_list(groups: Iterable[Sequence[str]]) -> str:
    """The list as people edit it."""
    return "\n".join("、".join(group) for group in groups)


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Folded word → the other words of its groups, as they are written."""

    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def make_thesaurus(groups: Iterable[Sequence[str]]) -> Thesaurus:
    """Several lists as one: a word that stands in two groups has the others of both."""
    others: dict[str, dict[str, None]] = {}
    for group in groups:
        for word in group:
            key = fold(word)
            others.setdefault(key, {}).update((other, None) for other in group if fold(other) != key)
    return Thesaurus({key: tuple(words) for key, words in others.items()})


@dataclass(frozen=True, slots=True)
class Widening:
    """What a query is widened by: `mapping` as the search takes it, `notes` as (typed word, other words)."""

    mapping: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[tuple[str, tuple[str, ...]], ...] = ()


def widen(text: str, thesaurus: Thesaurus) -> Widening:
    """Other words to look for. What stands in quotation marks or is excluded is taken as it was typed.

    The longest word wins (サブスクリプション, not サブスク in it), and a word in kana or letters only counts when it isn't part
    of a longer run of them (ネット is not in インターネット).
    """
    mapping: dict[str, tuple[str, ...]] = {}
    room = MOST_WIDENED
    for piece in _PHRASES.sub(" ", text).split():
        folded = fold(piece)
        found = [word for word in thesaurus.others if word in folded and _stands_alone(word, folded)]
        for word in sorted(found, key=lambda one: (-len(one), one)):
            if word in mapping or any(word in longer for longer in found if longer != word):
                continue
            others = thesaurus.others[word][:room]
            if others:
                mapping[word] = others
                room -= len(others)
    return Widening(mapping, tuple(mapping.items()))


def _stands_alone(word: str, text: str) -> bool:
    """True when the word stands somewhere in the text without neighbours of its own kind of characters."""
    at = text.find(word)
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(word) : at + len(word) + 1]
        if not any((run.match(word[0]) and run.match(before)) or (run.match(word[-1]) and run.match(after)) for run in _RUNS):
            return True
        at = text.find(word, at + 1)
    return False
