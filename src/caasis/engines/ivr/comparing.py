"""What is different between two states of a flow, in the words of the designer's forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from caasis.engines.ivr.boxes import Box
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.labels import LANGUAGES, outcome_label
from caasis.engines.ivr.values import Line, declared

#: So many signs of what a box says tell it from another one of its kind.
_BEGIN = 10
_UNSEEN = ("id", "at", "next")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the box and its name, what of it ("" for the whole box), what it was and what it is, "" for none."""

    box: str
    name: str
    what: str
    before: str
    after: str

    @property
    def is_new(self) -> bool:
        return not self.what and not self.before

    @property
    def is_gone(self) -> bool:
        return not self.what and not self.after


def name_of(flow: Flow, box_id: str) -> str:
    """How a box is called on the screens: by its name, else by its kind and, where there are several, how it begins."""
    box = flow.box(box_id)
    if box is None:
        return "（ありません）"
    if box.name or sum(1 for one in flow.boxes if one.kind == box.kind and not one.name) < 2:
        return box.name or box.label
    said = getattr(box, "say", {})
    text = next(iter(said.values())).text if said else box.id
    return f"{box.label}「{text if len(text) <= _BEGIN else text[:_BEGIN] + '…'}」"


def differences(before: Flow | None, after: Flow) -> tuple[Difference, ...]:
    """All differences, in the order of the boxes; those of the flow itself first, boxes that are gone last."""
    return tuple(_differences(before, after))


def _differences(before: Flow | None, after: Flow) -> Iterator[Difference]:
    if before is not None:
        for one in declared(Flow):
            old, new = getattr(before, one.name), getattr(after, one.name)
            if old != new:
                yield Difference("", after.name, one.label, _words(old), _words(new))
    for box in after.boxes:
        was = before.box(box.id) if before is not None else None
        if was is None or type(was) is not type(box):
            yield Difference(box.id, name_of(after, box.id), "", "", box.label)
        elif before is not None and was != box:
            yield from _of_box(before, after, was, box)
    for box in before.boxes if before is not None else ():
        now = after.box(box.id)
        if before is not None and (now is None or type(now) is not type(box)):
            yield Difference(box.id, name_of(before, box.id), "", box.label, "")


def _of_box(before: Flow, after: Flow, was: Box, box: Box) -> Iterator[Difference]:
    name = name_of(after, box.id)
    for one in declared(type(box)):
        old, new = getattr(was, one.name), getattr(box, one.name)
        if old == new or one.name in _UNSEEN:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            for key in dict.fromkeys((*old, *new)):
                if old.get(key) != new.get(key):
                    what = f"{one.label}（{LANGUAGES.get(key, key)}）"
                    yield Difference(box.id, name, what, _words(old.get(key, "")), _words(new.get(key, "")))
        else:
            yield Difference(box.id, name, one.label, _words(old), _words(new))
    for outcome in dict.fromkeys((*was.next, *box.next)):
        old, new = was.next.get(outcome, ""), box.next.get(outcome, "")
        if old != new:
            ends = (name_of(before, old) if old else "なし", name_of(after, new) if new else "なし")
            yield Difference(box.id, name, f"「{outcome_label(box, outcome)}」の行き先", *ends)


def _words(value: Any) -> str:
    match value:
        case Line():
            return value.text + (f"（録音：{value.prompt}）" if value.prompt else "")
        case bool():
            return "はい" if value else "いいえ"
        case StrEnum():
            return str(getattr(value, "label", value.value))
        case tuple():
            return "、".join(_words(one) for one in value) or "なし"
        case dict():
            return "、".join(f"{LANGUAGES.get(key, key)}：{_words(one)}" for key, one in value.items()) or "なし"
        case _ if hasattr(value, "label") and hasattr(value, "key"):
            return f"{value.key} {_words(dict(value.label))}"
        case _:
            return str(value)
