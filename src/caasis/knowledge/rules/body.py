"""The text of an article, a small subset of Markdown, as blocks. No HTML is ever stored, so none can be smuggled in.

Blocks are separated by empty lines. `## ` begins a heading; lines that begin with `- ` are a list; lines that begin with
`1. ` are steps, each `1. **title** text`; lines that begin with `> ` are a warning; everything else is a paragraph. Nothing
else of Markdown is read: it would stand on the page as it was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from caasis.engines.japanese import normalise_text

Kind = Literal["heading", "paragraph", "bullets", "steps", "note"]
_STEP = re.compile(r"[0-9]{1,2}\. ")
_TITLE = re.compile(r"\*\*(.+?)\*\*(.*)")


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list; a step has a title besides its text."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One block: `text` of headings, paragraphs and notes, `items` of lists."""

    kind: Kind
    text: str = ""
    items: tuple[Item, ...] = ()


def blocks(body: str, joint: str = "") -> list[Block]:
    """The blocks of an article's text, in order.

    :param joint: what stands between two lines of one paragraph: nothing in Japanese, a blank where words have blanks.
    """
    found = []
    for part in re.split(r"\n\s*\n", body.strip()):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if lines:
            found.append(_block(lines, joint))
    return found


def _block(lines: list[str], joint: str) -> Block:
    if lines[0].startswith("## "):
        return Block("heading", text=" ".join(lines)[3:])
    if all(line.startswith("> ") for line in lines):
        return Block("note", text=joint.join(line[2:].strip() for line in lines))
    if all(line.startswith("- ") for line in lines):
        return Block("bullets", items=tuple(Item(line[2:].strip()) for line in lines))
    if all(_STEP.match(line) for line in lines):
        return Block("steps", items=tuple(_step(line) for line in lines))
    return Block("paragraph", text=joint.join(lines))


def _step(line: str) -> Item:
    text = _STEP.sub("", line, count=1).strip()
    found = _TITLE.fullmatch(text)
    return Item(found[2].strip(), found[1].strip()) if found else Item(text)


def answer_word(lead: str) -> tuple[str, str]:
    """「はい」 or 「いいえ」 at the beginning of an answer, and the rest; the word is empty where there is none."""
    for word in ("はい", "いいえ"):
        if lead.startswith(f"{word}。"):
            return word, lead[len(word) + 1 :]
    return "", lead


_NUMBER = re.compile(r"([A-Z])-?([0-9]{1,6})")


def canonical_number(text: str) -> str:
    """A printed number as it is kept: `F-1042` for `f1042` or `Ｆ－１０４２`; an empty text when it is none."""
    found = _NUMBER.fullmatch(normalise_text(text[:20]).upper().replace(" ", ""))
    return f"{found[1]}-{found[2]}" if found else ""
