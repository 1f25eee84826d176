"""Small flows, and a caller who goes through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from caasis.engines.ivr import (
    Action,
    Arrived,
    Circumstances,
    Flow,
    Happening,
    Key,
    Note,
    NoteKind,
    Play,
    Played,
    StartTimer,
    State,
    TimerDue,
    advance,
    read_flow,
    state_from_json,
    state_to_json,
)

NOW = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
A = TypeVar("A", bound=Action)


def box(kind: str, id: str, next: Mapping[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "id": id, "next": dict(next or {})} | fields


def ja(text: str) -> dict[str, Any]:
    return {"ja": text}


START = box("start", "start", {"next": "first"})
QUEUE = box("queue", "queue", {"unavailable": "bye"}, queue="main")
BYE = box("hang_up", "bye", say=ja("さようなら。"))


def flow_json(*boxes: dict[str, Any], **head: Any) -> dict[str, Any]:
    """A flow that begins with `first`; a start, a queue and an end are there if nobody brings them."""
    given = {one["id"] for one in boxes}
    usual = [one for one in (START, QUEUE, BYE) if one["id"] not in given]
    return {"name": "試し"} | head | {"boxes": [*usual, *boxes]}


def flow_of(*boxes: dict[str, Any], **head: Any) -> Flow:
    return read_flow(flow_json(*boxes, **head))


@dataclass
class Call:
    """A call in a flow. Every state goes through JSON, as it does over a restart."""

    flow: Flow
    around: Circumstances = field(default_factory=Circumstances)
    state: State = field(default_factory=State)
    actions: tuple[Action, ...] = ()
    #: Everything that was said so far.
    said: list[str] = field(default_factory=list)
    notes: list[tuple[NoteKind, str]] = field(default_factory=list)

    def tell(self, happening: Happening) -> Call:
        before = state_from_json(state_to_json(self.state))
        self.state, self.actions = advance(self.flow, before, happening, NOW, circumstances=self.around)
        for action in self.actions:
            if isinstance(action, Play):
                self.said += [sound.text for sound in action.sounds]
            if isinstance(action, Note):
                self.notes.append((action.kind, action.detail))
        return self

    def arrive(self, **facts: Any) -> Call:
        return self.tell(Arrived(**facts))

    def press(self, keys: str) -> Call:
        for key in keys:
            self.tell(Key(key))
        return self

    def hear(self) -> Call:
        """Let the play end."""
        assert self.state.play, self.state
        return self.tell(Played(self.state.play))

    def wait(self) -> Call:
        """Let the time run out."""
        assert self.state.timer, self.state
        return self.tell(TimerDue(self.state.timer))

    def did(self, kind: type[A]) -> A:
        """The one action of this kind in the last turn."""
        (found,) = [one for one in self.actions if isinstance(one, kind)]
        return found

    def never(self, kind: type[Action]) -> bool:
        return not any(isinstance(one, kind) for one in self.actions)

    @property
    def waits_s(self) -> int:
        return self.did(StartTimer).seconds


def call(*boxes: dict[str, Any], around: Circumstances | None = None, **facts: Any) -> Call:
    """A call that has arrived in a flow of these boxes."""
    return Call(flow_of(*boxes), around or Circumstances()).arrive(**facts)
