"""What changed between two cards, for the approver: by field, and inside long texts by phrase."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from caasis.cases.rules.card import BY_NAME, FIELDS, Kind, show
from caasis.cases.rules.parts import PartKind, shown_part


class Mark(StrEnum):
    """How a piece of text stands in the newer version."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: its two values as people read them, in pieces. `changed` is False on the list of all fields."""

    name: str
    label: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    changed: bool
    note: str = ""


_PHRASE = re.compile(r"[^、。\n]*[、。\n]?")


def text_difference(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two long texts, marked phrase by phrase (a phrase ends with a comma, a full stop or a line)."""
    old, new = _phrases(before), _phrases(after)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            left.append(Piece(Mark.SAME, "".join(old[a1:a2])))
            right.append(Piece(Mark.SAME, "".join(new[b1:b2])))
            continue
        if a2 > a1:
            left.append(Piece(Mark.REMOVED, "".join(old[a1:a2])))
        if b2 > b1:
            right.append(Piece(Mark.ADDED, "".join(new[b1:b2])))
    return tuple(left), tuple(right)


def _phrases(text: str) -> list[str]:
    return [phrase for phrase in _PHRASE.findall(text) if phrase]


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], *, label_of: Callable[[str, str], str]
) -> list[Difference]:
    """All fields of a card that hold something now or held something before, in the card's order.

    `before` is the card of the last look; None when nobody has looked yet: then nothing counts as changed.
    """
    rows: list[Difference] = []
    for field in FIELDS:
        if field.sealed:
            continue
        new = show(field.name, after.get(field.name), label_of)
        old = show(field.name, before.get(field.name), label_of) if before is not None else new
        if not new and not old:
            continue
        rows.append(_difference(field.name, old, new))
    return [*rows, *_parts(before, after, label_of)]


def _parts(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], label_of: Callable[[str, str], str]
) -> list[Difference]:
    """The parts that the card doesn't hold: one row each, its fields line by line."""
    rows: list[Difference] = []
    now: Mapping[str, Any] = after.get("parts", {})
    then: Mapping[str, Any] = now if before is None else before.get("parts", {})
    for kind in PartKind:
        new, old = now.get(kind.value, []), then.get(kind.value, [])
        for number in range(max(len(new), len(old))):
            texts = [
                "\n".join(f"{label}：{words}" for _, label, words in shown_part(kind, entries[number], label_of))
                if number < len(entries)
                else ""
                for entries in (old, new)
            ]
            left, right = text_difference(*texts)
            name = f"{kind.value}-{number + 1}"
            rows.append(Difference(name, f"{kind.label}（ほか{number + 1}）", left, right, texts[0] != texts[1]))
    return rows


def difference_of(name: str, before: Any, after: Any, label_of: Callable[[str, str], str]) -> Difference:
    """One field's two values."""
    return _difference(name, show(name, before, label_of), show(name, after, label_of))


def _difference(name: str, old: str, new: str) -> Difference:
    field = BY_NAME[name]
    changed = old != new
    if changed and field.kind is Kind.LONG_TEXT:
        left, right = text_difference(old, new)
        return Difference(name, field.label, left, right, True, f"{len(old)}→{len(new)}字")
    return Difference(
        name,
        field.label,
        (Piece(Mark.REMOVED if changed else Mark.SAME, old),) if old else (),
        (Piece(Mark.ADDED if changed else Mark.SAME, new),) if new else (),
        changed,
        f"{len(new)}字" if field.kind is Kind.LONG_TEXT and new else "",
    )


def changed_only(rows: Sequence[Difference]) -> list[Difference]:
    return [row for row in rows if row.changed]
