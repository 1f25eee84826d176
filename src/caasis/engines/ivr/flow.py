"""A call flow as data, and as JSON.

A flow is written once and never changed: another state of it is another version, kept by whoever stores it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeVar

from caasis.engines.ivr.boxes import (
    Announce,
    Box,
    Collect,
    Emergency,
    HoursBranch,
    LanguageChoice,
    Menu,
    MessageSwitch,
    OriginBranch,
    Queue,
    RecordingNotice,
    RelayBranch,
    Start,
    Triage,
)
from caasis.engines.ivr.endings import Booking, CallbackOffer, HangUp, Transfer, WebLinkOffer
from caasis.engines.ivr.values import LANGUAGE_TEXT, Many, RecordOf, Text, Whole

AnyBox = TypeVar("AnyBox", bound=Box)

FORMAT = 1
MOST_BOXES = 200

KINDS: Mapping[str, type[Box]] = {
    one.kind: one
    for one in (
        Start, Announce, RecordingNotice, OriginBranch, RelayBranch, HoursBranch, MessageSwitch, LanguageChoice, Menu,
        Collect, Triage, Emergency, Queue, CallbackOffer, WebLinkOffer, Booking, Transfer, HangUp,
    )
}  # fmt: skip
"""Every kind of box, by the name that JSON has for it, in the order of the designer's palette."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a flow from being published: the box's id ("" for the flow), the field, a sentence."""

    box: str
    field: str
    sentence: str


class NotAFlow(ValueError):
    """JSON that is no flow. `problems` are all that were found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{one.box or '-'} {one.field}: {one.sentence}" for one in problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A call flow. The first of `languages` is spoken until another one is chosen.

    relay_wait_s: how long a call of 電話リレーサービス is waited for where another is waited for less. relay_repeats: how often
    such a call hears the last words, with relay_pause_s between them, before it ends.
    """

    format: Annotated[int, Whole(FORMAT, FORMAT), "書式"] = FORMAT
    name: Annotated[str, Text(1, 60), "流れの名前"]
    languages: Annotated[tuple[str, ...], Many(LANGUAGE_TEXT, 1, 20), "ことば"] = ("ja",)
    relay_wait_s: Annotated[int, Whole(30, 300), "電話リレーサービスを待つ秒数"] = 60
    relay_repeats: Annotated[int, Whole(2, 10), "電話リレーサービスで終わりの文を言う回数"] = 3
    relay_pause_s: Annotated[int, Whole(10, 60), "電話リレーサービスで言い直すまでの秒数"] = 20
    boxes: tuple[Box, ...] = ()
    _by_id: Mapping[str, Box] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {box.id: box for box in self.boxes})

    def box(self, box_id: str) -> Box | None:
        return self._by_id.get(box_id)

    def of_kind(self, kind: type[AnyBox]) -> tuple[AnyBox, ...]:
        """The boxes of a kind, in the order in which they are written."""
        return tuple(box for box in self.boxes if isinstance(box, kind))

    @property
    def start(self) -> Start | None:
        return next(iter(self.of_kind(Start)), None)

    @property
    def emergency(self) -> Emergency | None:
        return next(iter(self.of_kind(Emergency)), None)

    @property
    def relay(self) -> RelayBranch | None:
        """The branch by whose key a call of 電話リレーサービス makes itself known."""
        return next((box for box in self.of_kind(RelayBranch) if box.key), None)


_HEAD = RecordOf(Flow, also=("boxes",))


def read_flow(given: object) -> Flow:
    """The flow that decoded JSON states. Raises NotAFlow with every mistake; whether it is sound, `review` tells."""
    problems: list[Problem] = []
    head: Flow = _HEAD.read(given, "", lambda at, sentence: problems.append(Problem("", at, sentence)))
    boxes = _read_boxes(given.get("boxes"), problems) if isinstance(given, dict) else ()
    if problems:
        raise NotAFlow(tuple(problems))
    return replace(head, boxes=boxes)


def write_flow(flow: Flow) -> dict[str, Any]:
    """The flow as JSON values; what has its default is left out. `read_flow` reads it back."""
    boxes = [{"kind": box.kind} | RecordOf(type(box)).write(box) for box in flow.boxes]
    return _HEAD.write(flow) | {"format": FORMAT, "boxes": boxes}


def flow_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a flow, for tools outside: what `read_flow` says of form, without the sentences."""
    head = _HEAD.schema
    kinds = []
    for name, kind in KINDS.items():
        schema = RecordOf(kind).schema
        schema["properties"] = {"kind": {"const": name}} | schema["properties"]
        kinds.append(schema | {"title": kind.label, "required": ["kind", *schema["required"]]})
    head["properties"]["boxes"] = {"type": "array", "items": {"oneOf": kinds}, "minItems": 1, "maxItems": MOST_BOXES}
    return (
        {"$schema": "https://json-schema.org/draft/2020-12/schema"} | head | {"required": [*head["required"], "boxes"]}
    )


def _read_boxes(given: object, problems: list[Problem]) -> tuple[Box, ...]:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_BOXES:
        problems.append(Problem("", "boxes", f"箱を、1個から{MOST_BOXES}個まで並べてください。"))
        return ()
    boxes: list[Box] = []
    seen: set[str] = set()
    for place, one in enumerate(given, 1):
        box = _read_box(one, place, problems)
        if box is not None and box.id in seen:
            problems.append(Problem(box.id, "id", "同じ記号の箱が二つあります。片方の記号を変えてください。"))
        elif box is not None:
            seen.add(box.id)
            boxes.append(box)
    return tuple(boxes)


def _read_box(given: object, place: int, problems: list[Problem]) -> Box | None:
    named = (
        str(given["id"])[:40] if isinstance(given, dict) and isinstance(given.get("id"), str) else f"{place}番目の箱"
    )

    def complain(at: str, sentence: str) -> None:
        problems.append(Problem(named, at, sentence))

    if not isinstance(given, dict):
        complain("", "箱を、名前と値の組（{ }）で書いてください。")
        return None
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        complain("kind", "この種類の箱はありません。種類を選び直してください。")
        return None
    box: Box | None = RecordOf(KINDS[kind], also=("kind",)).read(given, "", complain)
    return box
