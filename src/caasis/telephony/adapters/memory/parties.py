"""Legs, plays and recordings of the memory engine, and who hears whom.

Sound is symbolic: what a leg hears is a set of sources. A source is another leg's name, or `prompt:NAME` for sound that is
played.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, repeat

from caasis.telephony.commands import Prompt
from caasis.telephony.vocabulary import Direction, LegPhase, Role

WITH_SOUND = frozenset({LegPhase.EARLY_MEDIA, LegPhase.ANSWERED})


def prompt_source(name: str) -> str:
    """The source that a prompt is; no leg can have such a name."""
    return f"prompt:{name}"


@dataclass(slots=True, eq=False, kw_only=True)
class Playing:
    """Prompts on their way to a leg. `now` is the prompt that sounds."""

    play: str
    until_key: bool
    over: bool
    course: Iterator[tuple[str, float]]
    now: str = ""

    def go_on(self) -> float | None:
        """Begin the next prompt: its length in seconds, or None when there is no more."""
        self.now, seconds = next(self.course, ("", 0.0))
        return seconds if self.now else None


def course(prompts: Iterable[Prompt], lengths: Iterable[float], *, loop: bool) -> Iterator[tuple[str, float]]:
    """Prompts with their lengths in the order in which they sound, those of no length left out."""
    once = [
        (one.name, left)
        for one, length in zip(prompts, lengths, strict=True)
        if (left := length - one.offset_ms / 1000) > 0
    ]
    return chain.from_iterable(repeat(once)) if loop and once else iter(once)


@dataclass(slots=True, eq=False, kw_only=True)
class Leg:
    """A living leg. `address` is the user or number at its other end."""

    leg: str
    call: str
    direction: Direction
    address: str
    phase: LegPhase = LegPhase.NEW
    room: str = ""
    role: Role | None = None
    hears: frozenset[Role] = frozenset()
    heard_by: frozenset[Role] = frozenset()
    playing: Playing | None = None
    listens_for_tones: bool = False
    on_hold: bool = False
    browser: bool = False
    handing_over: str = ""
    keys_told: str = ""
    line: Line | None = None

    @property
    def speaks(self) -> bool:
        """Whether sound comes from the other end."""
        return self.phase in WITH_SOUND and not self.on_hold and not (self.line and self.line.silent_since)


@dataclass(slots=True, kw_only=True)
class Line:
    """Packets of a leg since it was answered: 50 a second, of which a share is lost."""

    counted: datetime
    received: float = 0.0
    lost: float = 0.0
    loss: float = 0.0
    jitter_ms: float = 0.0
    silent_since: datetime | None = None

    def count(self, now: datetime) -> None:
        """Count what came until now."""
        if self.silent_since is None:
            sent = (now - self.counted).total_seconds() * 50
            self.received += sent * (1 - self.loss)
            self.lost += sent * self.loss
        self.counted = now


def heard(leg: Leg, room: Iterable[Leg]) -> frozenset[str]:
    """The sources that a leg hears; `room` are the legs of its room, itself among them."""
    if leg.phase not in WITH_SOUND or leg.on_hold:
        return frozenset()
    played = frozenset({prompt_source(leg.playing.now)}) if leg.playing else frozenset()
    if leg.playing and not leg.playing.over:
        return played
    return played | {one.leg for one in room if one is not leg and one.speaks and _reaches(one, leg)}


def _reaches(speaker: Leg, listener: Leg) -> bool:
    return speaker.role in listener.hears and listener.role in speaker.heard_by


@dataclass(slots=True, eq=False, kw_only=True)
class Recording:
    """What a leg said and heard, second by second: `spans` are (seconds, sources said, sources heard)."""

    recording: str
    leg: Leg
    marked: datetime
    paused: bool = False
    spans: list[tuple[float, frozenset[str], frozenset[str]]] = field(default_factory=list)

    def mark(self, now: datetime, heard_now: frozenset[str]) -> None:
        """Write down what has sounded since the last mark; called before anything changes. A pause is silence."""
        seconds = (now - self.marked).total_seconds()
        self.marked = now
        if not seconds:
            return
        said = frozenset({self.leg.leg}) if self.leg.speaks and not self.paused else frozenset()
        hears = frozenset() if self.paused else heard_now
        if self.spans and self.spans[-1][1:] == (said, hears):
            seconds += self.spans.pop()[0]
        self.spans.append((seconds, said, hears))

    @property
    def seconds(self) -> float:
        """How long it is."""
        return sum(one[0] for one in self.spans)

    def content(self) -> bytes:
        """The recording as a file of JSON: a list of seconds, said, heard."""
        return json.dumps([[seconds, sorted(said), sorted(hears)] for seconds, said, hears in self.spans]).encode()
