"""Changes of a flow, box by box. Each gives another flow; what it was stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from caasis.engines.ivr.boxes import Box
from caasis.engines.ivr.flow import KINDS, Flow, Problem
from caasis.engines.ivr.values import RecordOf


def read_box(kind: str, given: Mapping[str, Any]) -> tuple[Box | None, tuple[Problem, ...]]:
    """One box from JSON values, and what is wrong with them: the box is None exactly where something is."""
    problems: list[Problem] = []
    named = str(given.get("id", ""))
    box: Box | None = RecordOf(KINDS[kind]).read(
        dict(given), "", lambda at, sentence: problems.append(Problem(named, at, sentence))
    )
    return (None if problems else box), tuple(problems)


def write_box(box: Box) -> dict[str, Any]:
    """The values of a box as JSON has them, those with their defaults left out."""
    return RecordOf(type(box)).write(box)


def new_id(flow: Flow, kind: str) -> str:
    """A sign that no box of the flow has."""
    taken = {box.id for box in flow.boxes}
    return next(one for one in (f"{kind}_{number}" for number in range(1, len(taken) + 2)) if one not in taken)


def put_box(flow: Flow, box: Box) -> Flow:
    """The flow with this box in the place of the one with its id, or behind all others."""
    if flow.box(box.id) is None:
        return replace(flow, boxes=(*flow.boxes, box))
    return replace(flow, boxes=tuple(box if one.id == box.id else one for one in flow.boxes))


def lead(flow: Flow, box_id: str, outcome: str, to: str) -> Flow:
    """The flow in which this arrow leads there; to "" it leads nowhere."""
    box = flow.box(box_id)
    if box is None:
        return flow
    arrows = {name: end for name, end in box.next.items() if name != outcome} | ({outcome: to} if to else {})
    return put_box(flow, replace(box, next=arrows))


def insert_box(flow: Flow, box: Box, box_id: str, outcome: str) -> Flow:
    """The flow with a new box on an arrow: the arrow leads to it, and it leads on where the arrow led."""
    before = flow.box(box_id)
    onward = before.next.get(outcome, "") if before is not None else ""
    if onward:
        box = replace(box, next=dict.fromkeys(box.outcomes, onward) | dict(box.next))
    return lead(put_box(flow, box), box_id, outcome, box.id)


def remove_box(flow: Flow, box_id: str) -> Flow:
    """The flow without a box. Arrows to it lead where its only arrow led, else nowhere: `review` then asks for them."""
    gone = flow.box(box_id)
    if gone is None:
        return flow
    ends = set(gone.next.values()) - {box_id}
    onward = next(iter(ends)) if len(ends) == 1 else ""
    boxes = []
    for box in flow.boxes:
        if box.id == box_id:
            continue
        arrows = {name: onward if to == box_id else to for name, to in box.next.items()}
        boxes.append(replace(box, next={name: to for name, to in arrows.items() if to and to != box.id}))
    return replace(flow, boxes=tuple(boxes))
