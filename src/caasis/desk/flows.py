"""A flow as the designer's screens show it: its drawing with what is wrong at each box, and the same as a list."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from caasis.cases.directory import offices
from caasis.channels import sms
from caasis.channels.rules.texting import LINKS
from caasis.desk.flow_forms import Choices
from caasis.engines.ivr.boxes import Box, Collect, MessageSwitch, Triage
from caasis.engines.ivr.comparing import name_of
from caasis.engines.ivr.drawing import Drawing, draw
from caasis.engines.ivr.flow import Flow, NotAFlow, Problem, read_flow
from caasis.engines.ivr.labels import outcome_label
from caasis.engines.ivr.review import Findings, review
from caasis.engines.ivr.wording import Known
from caasis.kernel.actor import Actor
from caasis.queues.selectors import queues_of_centre, skills
from caasis.queues.vocabulary import PriorityReason
from caasis.telephony.models import FlowVersion
from caasis.telephony.selectors import switches_of_centre

#: How the standard flow calls a queue without naming one of the centre's.
ANY_QUEUE = "main"
#: So much of the drawing is shown around the box in which a call on trial stands.
_PART = (1060, 520)
WITHOUT_PHONE = "この機関の電話番号が、名簿にありません。かけた人は「機関が見つからない」に進みます。"


@dataclass(frozen=True, slots=True)
class Row:
    """A box in the list: what it says, where its arrows lead, what is wrong with it."""

    box: Box
    name: str
    says: str
    arrows: tuple[tuple[str, str, str], ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A box of the drawing with its words, cut to its width. tone: which of the few colours it has."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    title: str
    tone: str
    faulty: bool
    doubtful: bool
    here: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A version of a flow, read and reviewed. `flow` is None where it can't be read: `problems` then say why."""

    version: FlowVersion
    flow: Flow | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    findings: Findings = field(default_factory=Findings)

    @property
    def token(self) -> str:
        return token_of(self.version.document)

    @property
    def is_draft(self) -> bool:
        return self.version.published_at is None

    def name(self, box_id: str) -> str:
        return name_of(self.flow, box_id) if self.flow is not None and self.flow.box(box_id) else ""

    @property
    def found(self) -> list[tuple[str, Problem, str]]:
        """All that was found, for the list: its weight, the problem, the name of its box."""
        weighed = [("stop", one) for one in self.problems] + [("see", one) for one in self.warnings]
        return [(weight, one, self.name(one.box)) for weight, one in weighed]


def token_of(document: Any) -> str:
    """A short sign of a document's state: a form carries it, so that nobody's save is lost under another's."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def show(version: FlowVersion, *, actor: Actor) -> Shown:
    """Read and review a version."""
    try:
        flow = read_flow(version.document)
    except NotAFlow as error:
        return Shown(version, None, error.problems)
    phones = {office.code: office.phone for office in offices(actor=actor)}
    findings = review(flow, known=known_of(actor, phones))
    silent = [box for box in flow.of_kind(Triage) if not phones.get(box.office, "x")]
    warnings = (*findings.warnings, *(Problem(box.id, "office", WITHOUT_PHONE) for box in silent))
    return Shown(version, flow, findings.problems, warnings, findings)


def known_of(actor: Actor, offices: Collection[str]) -> Known:
    """What a flow of the actor's centre may refer to, beside these offices."""
    queues = [queue for queue in queues_of_centre(actor=actor) if queue.active]
    return Known(
        queues={ANY_QUEUE, *(str(queue.id) for queue in queues), *(queue.name for queue in queues)},
        skills={skill.code for skill in skills(centre_id=actor.centre_id)},
        offices=offices,
        links=LINKS.keys(),
        sends_messages=sms.is_available(),
    )


def choices_of(actor: Actor, flow: Flow) -> Choices:
    """What the forms of the flow's boxes offer."""
    queues = [(str(queue.id), queue.name) for queue in queues_of_centre(actor=actor) if queue.active]
    switches = dict.fromkeys(["today", *(box.switch for box in flow.of_kind(MessageSwitch))])
    switches |= dict.fromkeys(one.name for one in switches_of_centre(actor=actor))
    fields = {"receipt_number": "受付番号", "callback_number": "折り返し先の電話番号"}
    fields |= {box.stored_as: fields.get(box.stored_as, box.stored_as) for box in flow.of_kind(Collect)}
    return Choices(
        queues=((ANY_QUEUE, "電話番号ごとに決めた列"), *queues),
        skills=tuple((skill.code, skill.label) for skill in skills(centre_id=actor.centre_id)),
        offices=tuple((office.code, office.name) for office in offices(actor=actor)),
        reasons=(("emergency", "緊急のキー"), *((one.value, one.label) for one in PriorityReason)),
        named={
            "switch": tuple((name, switch_label(name)) for name in switches),
            "stored_as": tuple(fields.items()),
            "link": tuple((name, words) for name, (words, _) in LINKS.items()),
        },
    )


def switch_label(name: str) -> str:
    """How a 臨時メッセージ is called."""
    return "きょうのお知らせ" if name == "today" else name


def rows_of(shown: Shown) -> list[Row]:
    """The boxes as a list, in the order of the drawing from above."""
    flow = shown.flow
    if flow is None:
        return []
    at = {place.box.id: (place.y, place.x) for place in draw(flow).places}
    found = []
    for box in sorted(flow.boxes, key=lambda one: at[one.id]):
        arrows = tuple(
            (outcome_label(box, outcome), box.next.get(outcome, ""), name_of(flow, box.next[outcome]))
            if outcome in box.next
            else (outcome_label(box, outcome), "", "")
            for outcome in box.outcomes
        )
        said = getattr(box, "say", {})
        first = next(iter(said.values())).text if said else ""
        found.append(
            Row(
                box,
                name_of(flow, box.id),
                first,
                arrows,
                tuple(one for one in shown.problems if one.box == box.id),
                tuple(one for one in shown.warnings if one.box == box.id),
            )
        )
    return found


_TONES: Mapping[str, str] = {
    "start": "begin", "emergency": "urgent", "queue": "person", "transfer": "person", "hang_up": "end",
    "menu": "ask", "collect": "ask", "language": "ask", "callback": "ask", "booking": "ask", "web_link": "ask",
    "origin": "part", "relay": "part", "hours": "part", "message": "part",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawing for the template."""

    drawing: Drawing
    shapes: tuple[Shape, ...]
    #: The part that is shown: left, top, width, height.
    part: tuple[float, float, float, float]


def picture_of(shown: Shown, *, here: str = "") -> Picture | None:
    """The drawing of a version. `here` is the box in which a call on trial stands: then only what lies around it is shown."""
    if shown.flow is None:
        return None
    drawing = draw(shown.flow)
    faulty, doubtful = {one.box for one in shown.problems}, {one.box for one in shown.warnings}
    shapes = tuple(
        Shape(
            place.box, place.x, place.y, place.width, place.height,
            _title(shown.flow, place.box, place.width), _TONES.get(place.box.kind, "say"),
            place.box.id in faulty, place.box.id in doubtful - faulty, place.box.id == here,
        )
        for place in drawing.places
    )  # fmt: skip
    stands = next((shape for shape in shapes if shape.here), None)
    if stands is None:
        return Picture(drawing, shapes, (0, 0, drawing.width, drawing.height))
    wide, high = min(_PART[0], drawing.width), min(_PART[1], drawing.height)
    left = min(max(0, stands.x + stands.width / 2 - wide / 2), drawing.width - wide)
    top = min(max(0, stands.y - high / 3), drawing.height - high)
    return Picture(drawing, shapes, (left, top, wide, high))


def _title(flow: Flow, box: Box, width: float) -> str:
    """What stands in a box in large: its name; without one how it begins, where several are of its kind; else the kind."""
    words = name_of(flow, box.id)
    return _cut(words.removeprefix(f"{box.label}「").removesuffix("」") if not box.name else words, int((width - 24) // 15))


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
