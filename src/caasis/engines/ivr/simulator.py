"""A flow tried out before it is published: one course of a call, or all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from caasis.engines.ivr.actions import Action, Note, Play, StartTimer
from caasis.engines.ivr.boxes import Collect, HoursBranch, MessageSwitch, OriginBranch, RelayBranch, Triage
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.happenings import (
    Arrived,
    Circumstances,
    Connected,
    Done,
    Entered,
    Failed,
    Happening,
    Key,
    Left,
    MessageEnded,
    Office,
    Played,
    Skipped,
    TimerDue,
)
from caasis.engines.ivr.interpreter import advance
from caasis.engines.ivr.state import State
from caasis.engines.ivr.timing import LengthOf, estimated_seconds
from caasis.engines.ivr.vocabulary import KEYS, Opening, Phase

#: Between two keys of a number.
KEY_S = 0.5
_LONGEST_S = 3600.0
_WITH_PEOPLE = (Phase.QUEUED, Phase.TRANSFERRING)
_STOPS = (*_WITH_PEOPLE, Phase.WAITING, Phase.ENDED)
_MOBILE = "+819000000000"
_WORDS = {
    Left: "電話を切る",
    Connected: "相談員が出る",
    Failed: "つながらない",
    MessageEnded: "話し終える",
    Skipped: "選ばずに進む",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A line of a transcript: when, by whom (`flow`, `caller`, `house`), what, and in which box."""

    at_s: float
    who: str
    text: str
    box: str


@dataclass(frozen=True, slots=True)
class Walk:
    """The course of a call: what was heard and done, where it stands, after how many seconds.

    next_at_s: when something happens by itself next, if nobody does anything; None for never.
    """

    heard: tuple[Heard, ...]
    state: State
    seconds: float
    boxes: tuple[str, ...] = ()
    next_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """One course of a call as far as it was followed: what the caller did, how it ended, after how many seconds.

    outcome: `person`, `closing` or, where the bound was reached, `open`. world: what held around it.
    """

    world: str
    did: tuple[str, ...]
    outcome: str
    seconds: float
    boxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """What holds around a call that is tried out."""

    name: str
    arrived: Arrived
    circumstances: Circumstances


@dataclass(slots=True)
class _Run:
    """A call on a clock of its own.

    Plays end after their length, timers after theirs, unless somebody does something before.
    """

    flow: Flow
    circumstances: Circumstances
    length_of: LengthOf
    began: datetime
    state: State = field(default_factory=State)
    at_s: float = 0.0
    #: When, by which name it is waited for, what happens then.
    due: list[tuple[float, str, Happening]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)

    def copy(self) -> _Run:
        return replace(self, due=list(self.due), heard=list(self.heard), boxes=list(self.boxes))

    def tell(self, happening: Happening) -> None:
        now = self.began + timedelta(seconds=self.at_s)
        self.state, actions = advance(self.flow, self.state, happening, now, circumstances=self.circumstances)
        if not self.boxes or self.boxes[-1] != self.state.box:
            self.boxes.append(self.state.box)
        for action in actions:
            self._note(action)
        self.due = [one for one in self.due if one[1] in (self.state.play, self.state.timer)]
        if self.state.phase is Phase.ASKING:
            self.tell(Done())

    def _note(self, action: Action) -> None:
        at = self.at_s
        match action:
            case Play(play=play, sounds=sounds):
                for sound in sounds:
                    self.heard.append(Heard(at, "flow", sound.text, self.state.box))
                    at += self.length_of(sound)
                self.due.append((at, play, Played(play)))
            case StartTimer(timer, seconds):
                self.due.append((at + seconds, timer, TimerDue(timer)))
            case Note(kind, box, detail):
                self.heard.append(Heard(at, "house", f"{kind.label}{'（' + detail + '）' if detail else ''}", box))
            case _:
                pass

    def next_at(self) -> float:
        """When something is due; never, if nothing is."""
        return min((one[0] for one in self.due), default=math.inf)

    def let_time_pass(self) -> None:
        """Until the next thing that is due."""
        due = min(self.due, key=lambda one: one[0])
        self.due.remove(due)
        self.at_s = due[0]
        self.tell(due[2])


def walk(
    flow: Flow,
    script: Sequence[tuple[float, Happening]],
    *,
    began: datetime,
    arrived: Arrived | None = None,
    circumstances: Circumstances | None = None,
    length_of: LengthOf = estimated_seconds,
    until_s: float | None = None,
) -> Walk:
    """One call: what happens at which second after it arrived, beside plays and timers, which come by themselves.

    Requests (a call back, a link) are answered with yes. It ends where nothing more can happen: with the flow, or while
    a person is waited for and the script is over. A flow that goes on for an hour without being told anything is cut
    off there. With `until_s` it is stopped at that second, or at the last of the script if that is later.
    """
    run = _Run(flow, circumstances or Circumstances(), length_of, began)
    run.tell(arrived or Arrived())
    left = sorted(script, key=lambda one: one[0])
    while not run.state.is_over and run.at_s <= _LONGEST_S:
        if left and left[0][0] <= run.next_at():
            at, happening = left.pop(0)
            run.at_s = max(run.at_s, at)
            run.heard.append(Heard(run.at_s, "caller", _did(happening), run.state.box))
            run.tell(happening)
        elif (not left and until_s is not None and run.next_at() > until_s) or (not left and until_s is None and (run.state.phase in _WITH_PEOPLE or not run.due)):
            break
        else:
            run.let_time_pass()
    soon = run.next_at()
    seconds = run.at_s if until_s is None or run.state.is_over else max(run.at_s, until_s)
    return Walk(tuple(run.heard), run.state, seconds, tuple(run.boxes), None if soon == math.inf else soon)


def explore(
    flow: Flow,
    *,
    began: datetime,
    worlds: Iterable[World] | None = None,
    length_of: LengthOf = estimated_seconds,
    most_choices: int = 6,
    most_paths: int = 5000,
) -> Iterator[Path]:
    """Every course of a call, in every world, up to so many choices of the caller; ends after `most_paths` of them.

    At each question the caller presses nothing, each key that means something, the keys of the whole flow, or one that
    means nothing. In a queue the course ends with a person; it goes on as one in which nobody is there, and as one that
    waits.
    """
    found = (
        path
        for world in (possible_worlds(flow) if worlds is None else worlds)
        for path in _courses(_begin(flow, world, length_of, began), world.name, (), most_choices)
    )
    yield from islice(found, most_paths)


def possible_worlds(flow: Flow) -> Iterator[World]:
    """The worlds that a flow can tell apart: hours and messages together, everything else one at a time."""
    hours = tuple(Opening) if flow.of_kind(HoursBranch) else (Opening.OPEN,)
    switches = tuple(box.switch for box in flow.of_kind(MessageSwitch))
    usual = Arrived(caller=_MOBILE)
    for opening in hours:
        for on in (False, True) if switches else (False,):
            around = _around(flow, opening, switches if on else ())
            yield World(opening.label + "・臨時メッセージ" * on, usual, around)
    around = _around(flow, Opening.OPEN, ())
    for case in dict.fromkeys(case for box in flow.of_kind(OriginBranch) for case in box.cases):
        yield World(case.label, replace(usual, origins=frozenset({case})), around)
    if flow.of_kind(RelayBranch):
        yield World("電話リレーサービス", usual, replace(around, relay_prefixes=(_MOBILE,)))
    yield World("番号なし", Arrived(), around)
    yield World("折り返しもSMSもなし", usual, replace(around, offers_callback=False, offers_web_link=False))
    yield World("機関の名簿なし", usual, replace(around, offices={}))


def _around(flow: Flow, opening: Opening, switches: Iterable[str]) -> Circumstances:
    return Circumstances(
        hours={box.schedule: opening for box in flow.of_kind(HoursBranch)},
        messages={switch: {} for switch in switches},
        offices={box.office: Office("ご案内先", "03-0000-0000") for box in flow.of_kind(Triage)},
    )


def _begin(flow: Flow, world: World, length_of: LengthOf, began: datetime) -> _Run:
    run = _Run(flow, world.circumstances, length_of, began)
    run.tell(world.arrived)
    return run


def _courses(run: _Run, world: str, did: tuple[str, ...], left: int) -> Iterator[Path]:
    """All courses from here. Time passes by itself until somebody can choose."""
    while run.state.phase not in _STOPS:
        run.let_time_pass()
    if run.state.is_over or run.state.phase in _WITH_PEOPLE or not left:
        outcome = "person" if run.state.phase in _WITH_PEOPLE else "closing" if run.state.is_over else "open"
        yield Path(world, did, outcome, run.at_s, tuple(run.boxes))
    if not left:
        return
    for name, happenings in _choices(run):
        onward = run.copy()
        for happening in happenings:
            if happening is None:
                onward.let_time_pass()
            else:
                onward.tell(happening)
                onward.at_s += KEY_S if len(happenings) > 1 else 0
        yield from _courses(onward, world, (*did, name), left - 1)


def _choices(run: _Run) -> Iterator[tuple[str, tuple[Happening | None, ...]]]:
    """What may happen where the run stands: a name, and the happenings; None is time that passes."""
    flow, state = run.flow, run.state
    if state.is_over:
        return
    if state.phase in _WITH_PEOPLE:
        yield "（だれも出ない）", (Failed(),)
        if run.due and state.phase is Phase.QUEUED:
            yield "（待つ）", (None,)
        return
    box = flow.box(state.box)
    yield "（押さない）", (None,)
    whole_flow = [one.key for one in (flow.emergency, flow.relay) if one is not None]
    keys = box.keys if box is not None else ()
    if isinstance(box, Collect):
        yield f"（{box.most}桁）", tuple(Key("1") for _ in range(box.most))
        keys = ()
    elif wrong := [key for key in KEYS if key not in (*keys, *whole_flow)]:
        yield f"（ほかのキー{wrong[0]}）", (Key(wrong[0]),)
    for key in (*keys, *whole_flow):
        yield key, (Key(key),)


def _did(happening: Happening) -> str:
    match happening:
        case Key(key):
            return f"「{key}」を押す"
        case Entered(digits):
            return f"「{digits}」を入力する"
        case _:
            return _WORDS.get(type(happening), type(happening).__name__)
