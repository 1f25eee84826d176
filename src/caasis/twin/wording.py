"""Sentences with alternatives, compiled once and told many times.

A text is written as ``{今日|本日}、{when}に契約した。``: braces with bars hold alternatives (they may be nested), braces
with a name hold a fact of the case or a shared slot.  A block of several lines is a slot: each line is an alternative.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from caasis.twin.streams import Draw

FACTS: Final = frozenset({"when", "amount", "asked", "paid", "pay", "elder", "refund", "small", "me", "phone", "part"})
"""Names that the teller fills in; every other name must be a shared slot."""

_NAME = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class Fact:
    """A place in a sentence that the facts of the case fill."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, each plain text or a sequence of parts."""

    options: tuple[str | Option, ...]


Part = str | Fact | Choice
Option = tuple[Part, ...]
Slot = Choice


class WordingError(ValueError):
    """A text whose braces don't close or which names an unknown slot."""


def compile_slot(block: str, shared: Mapping[str, Slot]) -> Slot:
    """Compile a block of lines into a slot; raise ``WordingError`` on bad braces or unknown names."""
    lines = [line.strip() for line in block.strip().splitlines() if line.strip()]
    if not lines:
        raise WordingError("a slot needs at least one line")
    return _choice([_compile_line(line, shared) for line in lines])


def _compile_line(line: str, shared: Mapping[str, Slot]) -> tuple[Part, ...]:
    parts, end = _parse(line, 0, shared, inside=False)
    if end != len(line) or len(parts) != 1:
        raise WordingError(f"braces or bars don't match: {line}")
    return parts[0]


def _parse(line: str, start: int, shared: Mapping[str, Slot], *, inside: bool) -> tuple[list[tuple[Part, ...]], int]:
    """Parse alternatives from ``start`` to the closing brace (or the end); return them and where they end."""
    options: list[tuple[Part, ...]] = []
    parts: list[Part] = []
    text_from = position = start
    while position < len(line):
        character = line[position]
        if character not in "{}|":
            position += 1
            continue
        if position > text_from:
            parts.append(line[text_from:position])
        if character == "{":
            inner, position = _parse(line, position + 1, shared, inside=True)
            parts.append(_named(inner, shared, line))
        elif not inside:
            raise WordingError(f"braces or bars don't match: {line}")
        elif character == "|":
            options.append(tuple(parts))
            parts = []
            position += 1
        else:
            options.append(tuple(parts))
            return options, position + 1
        text_from = position
    if inside:
        raise WordingError(f"a brace is not closed: {line}")
    if position > text_from:
        parts.append(line[text_from:position])
    return [tuple(parts)], position


def _named(options: list[tuple[Part, ...]], shared: Mapping[str, Slot], line: str) -> Part:
    """Turn one pair of braces into a fact, a shared slot or alternatives."""
    if len(options) > 1:
        return _choice(options)
    only = options[0]
    name = only[0] if len(only) == 1 else None
    if isinstance(name, str) and _NAME.fullmatch(name):
        if name in FACTS:
            return Fact(name)
        if name in shared:
            return shared[name]
        raise WordingError(f"unknown slot {name!r} in: {line}")
    raise WordingError(f"braces hold neither a name nor alternatives: {line}")


def tell(slot: Slot, facts: Mapping[str, str], draw: Draw) -> str:
    """Return one wording of ``slot`` with the facts filled in."""
    options = slot.options
    option = options[int(draw() * len(options))]
    if isinstance(option, str):
        return option
    said: list[str] = []
    _tell(option, facts, draw, said)
    return "".join(said)


def _tell(parts: Option, facts: Mapping[str, str], draw: Draw, said: list[str]) -> None:
    """Append the wording of ``parts``; choices are drawn here, not by a call each, because this is the hot loop."""
    for part in parts:
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, Choice):
            options = part.options
            option = options[int(draw() * len(options))]
            if isinstance(option, str):
                said.append(option)
            else:
                _tell(option, facts, draw, said)
        else:
            said.append(facts[part.name])


def wordings(slot: Slot) -> int:
    """Return how many wordings ``slot`` has, facts not counted."""
    total = 0
    for option in slot.options:
        product = 1
        for part in option if isinstance(option, tuple) else ():
            if isinstance(part, Choice):
                product *= wordings(part)
        total += product
    return total


def fact_names(slot: Slot) -> frozenset[str]:
    """Return the facts that some wording of ``slot`` needs."""
    names: set[str] = set()
    for option in slot.options:
        for part in option if isinstance(option, tuple) else ():
            if isinstance(part, Fact):
                names.add(part.name)
            elif isinstance(part, Choice):
                names |= fact_names(part)
    return frozenset(names)


def _choice(options: list[tuple[Part, ...]]) -> Choice:
    """Return a choice whose options without facts or choices are plain text."""
    return Choice(
        tuple(
            "".join(part for part in option if isinstance(part, str))
            if all(isinstance(part, str) for part in option)
            else option
            for option in options
        )
    )
