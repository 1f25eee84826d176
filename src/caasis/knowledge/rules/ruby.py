"""Readings above kanji, as writers type them: `｜契約《けいやく》`. Pure; the markup is made by whoever shows the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RUBY = re.compile("｜([^｜《》\n]+)《([ぁ-ゖァ-ヺー・ ]+)》")
#: What is left of a reading that was not closed, or that holds something else than kana.
BROKEN_RUBY = re.compile("[｜《》]")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text; without a reading `reading` is empty."""

    text: str
    reading: str = ""


def ruby_parts(text: str) -> list[Part]:
    """The pieces of a text, in order. What is no whole notation stays as it was typed."""
    found: list[Part] = []
    at = 0
    for hit in _RUBY.finditer(text):
        if hit.start() > at:
            found.append(Part(text[at : hit.start()]))
        found.append(Part(hit[1], hit[2]))
        at = hit.end()
    if at < len(text):
        found.append(Part(text[at:]))
    return found


def without_ruby(text: str) -> str:
    """The text as it is read by a search, by a listener, or on paper; lines stay lines."""
    return _RUBY.sub(r"\1", text)


def spoken(text: str) -> str:
    """The text in kana wherever somebody wrote a reading: many of its readers search by what they hear."""
    return _RUBY.sub(r"\2", text)
