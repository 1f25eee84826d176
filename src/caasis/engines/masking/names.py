"""Names: those that are known to belong to the case, and those that read like a person's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from caasis.engines.japanese import (
    fold_for_search,
    fold_name_variants,
    morphemes,
    normalise_name,
    to_katakana,
)
from caasis.engines.masking.patterns import Found, PersonalKind

_HONORIFIC = re.compile("[ ]?(?:さん|様|さま|氏|君|くん|ちゃん|殿)")
_KANA = re.compile("[ァ-ヶー]+")
_KATAKANA_OR_HIRAGANA = re.compile("[ぁ-ゖァ-ヶー]")
_WORD = re.compile("[一-龥々ァ-ヶーA-Za-z]")
_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_SHORT_KANA = 4
"""Kana names of fewer letters are too often a piece of another word to be masked inside one."""


def find_known(text: str, known: Iterable[str]) -> Iterator[Found]:
    """Yield every mention of a known name in a folded text: whole, family or given name, in kanji or kana."""
    compared = _comparable(text)
    for name in known:
        parts = fold_name_variants(to_katakana(fold_for_search(name))).split()
        whole = "".join(parts)
        if len(whole) < 2:
            continue
        yield from _mentions(text, compared, whole, _whole_stands_alone)
        if len(parts) > 1:
            for part in parts:
                yield from _mentions(text, compared, part, _part_stands_alone)


def _comparable(text: str) -> str:
    """`text` in lower case, kana as katakana, common kanji variants; the length stays the same."""
    lower = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return fold_name_variants(lower).translate(_HIRAGANA_TO_KATAKANA)


def _mentions(
    text: str, compared: str, name: str, stands_alone: Callable[[str, str, int, int], bool]
) -> Iterator[Found]:
    spaced = re.compile("[ ・]?".join(map(re.escape, name)))
    for match in spaced.finditer(compared):
        start, end = match.span()
        if stands_alone(text, name, start, end):
            yield Found(start, end, PersonalKind.NAME, "登録された氏名と同じ", normalise_name(text[start:end]))


def _whole_stands_alone(text: str, name: str, start: int, end: int) -> bool:
    if not _KANA.fullmatch(name) or len(name) >= _SHORT_KANA or _HONORIFIC.match(text, end):
        return True
    return not (_KATAKANA_OR_HIRAGANA.match(text, end) or _KATAKANA_OR_HIRAGANA.fullmatch(text[start - 1 : start]))


def _part_stands_alone(text: str, name: str, start: int, end: int) -> bool:
    """Whether a family or given name is meant: 見本さん and 見本は, but not the trader's 見本工務店."""
    if _HONORIFIC.match(text, end):
        return True
    if len(name) == 1 or _KANA.fullmatch(name):
        return False
    return not (_WORD.match(text, end) or _WORD.fullmatch(text[start - 1 : start]))


def find_by_dictionary(text: str) -> Iterator[Found]:
    """Yield what the dictionary tags as a person: family and given name together, or one of them with さん or 様."""
    run: list[tuple[int, int]] = []
    position = 0
    for morpheme in morphemes(text):
        surface = morpheme.surface()
        start, position = position, position + len(surface)
        if morpheme.part_of_speech()[2] == "人名":
            run.append((start, position))
            continue
        if run and surface == " " and run[-1][1] == start:
            continue
        if run and (len(run) > 1 or _HONORIFIC.match(surface)):
            yield _person(text, run)
        run = []
    if len(run) > 1:
        yield _person(text, run)


def _person(text: str, run: list[tuple[int, int]]) -> Found:
    start, end = run[0][0], run[-1][1]
    return Found(start, end, PersonalKind.NAME, "人名と読める", normalise_name(text[start:end]))
