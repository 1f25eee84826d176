"""How long somebody goes through a flow who never presses a key, and where that leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from caasis.engines.ivr.actions import Sound
from caasis.engines.ivr.boxes import (
    Box,
    Collect,
    HoursBranch,
    LanguageChoice,
    Menu,
    MessageSwitch,
    Queue,
    RecordingNotice,
    Triage,
)
from caasis.engines.ivr.endings import HangUp, Offer, Transfer
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.leaving import PATIENCE_S
from caasis.engines.ivr.values import Words
from caasis.engines.ivr.vocabulary import NEXT, NO_KEY, Opening
from caasis.engines.japanese.spoken import speak

#: Seconds that a sound takes.
LengthOf = Callable[[Sound], float]

#: A message of the day is written after the flow was checked; no longer one is taken for granted.
MESSAGE_S = 60.0
#: For whatever a line has filled in: an office's name and number, a number that was keyed in.
FILLED_S = 10.0

_KANA_S, _KANJI_S, _LETTER_S, _COMMA_S, _STOP_S, _EDGES_S = 0.13, 0.24, 0.2, 0.3, 0.5, 0.4


def estimated_seconds(sound: Sound) -> float:
    """About how long a line takes at the pace of a synthesiser, where nobody has measured it."""
    seconds = _EDGES_S
    for sign in speak(sound.text):
        if sign in "。！？\n":
            seconds += _STOP_S
        elif sign in "、，,・　 ":
            seconds += _COMMA_S
        elif "ぁ" <= sign <= "ヿ":
            seconds += _KANA_S
        elif sign.isascii():
            seconds += _LETTER_S / 2 if sound.language != "ja" else _LETTER_S
        else:
            seconds += _KANJI_S
    return seconds


class Ends(StrEnum):
    """Where silence leads at last."""

    PERSON = "person"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest way without a key: seconds, and the ids of the boxes on it."""

    seconds: float
    boxes: tuple[str, ...]


class Silence:
    """The part of a flow that somebody goes through who presses nothing. `relay`: as 電話リレーサービス does."""

    def __init__(self, flow: Flow, length_of: LengthOf = estimated_seconds, *, relay: bool = False) -> None:
        self._flow = flow
        self._length_of = length_of
        self._relay = relay
        self._known: dict[tuple[str, Ends], Longest | None] = {}

    def longest(self, box_id: str, ends: Ends) -> Longest | None:
        """The longest way from a box to such an end; None when there is none. The flow must have no `ring`."""
        if (box_id, ends) not in self._known:
            self._known[box_id, ends] = self._longest(box_id, ends)
        return self._known[box_id, ends]

    def _longest(self, box_id: str, ends: Ends) -> Longest | None:
        box = self._flow.box(box_id)
        if box is None:
            return None
        found = [Longest(self.seconds(box), (box_id,))] if ends_at(box) is ends else []
        for outcome in silent_outcomes(box):
            onward = self.longest(box.next.get(outcome, ""), ends)
            if onward is not None:
                found.append(Longest(self.seconds(box, outcome) + onward.seconds, (box_id, *onward.boxes)))
        return max(found, key=lambda one: one.seconds, default=None)

    def seconds(self, box: Box, outcome: str = "") -> float:
        """How long a box takes at most until this outcome, or until its end."""
        match box:
            case Menu() | Collect():
                tries = 1 if self._relay else box.tries
                return tries * (self._said(box.say) + self._wait(box.wait_s)) + (tries - 1) * self._said(box.say_again)
            case LanguageChoice():
                tries = 1 if self._relay else box.tries
                said = sum(self._said({language: line}) for language, line in box.say.items())
                return tries * (said + self._wait(box.wait_s))
            case RecordingNotice() | Offer():
                return self._said(box.say) + self._wait(box.wait_s)
            case MessageSwitch():
                return max(self._said(box.say), MESSAGE_S) if outcome == "on" else 0.0
            case Triage():
                told = box.times * (self._said(box.say) + FILLED_S) + (self._wait(box.wait_s) if box.key else 0)
                return told if outcome == NEXT else 0.0
            case Transfer():
                return self._said(box.say) + (box.ring_s + PATIENCE_S if outcome else 0)
            case _:
                return self._said(getattr(box, "say", {}))

    def _wait(self, seconds: int) -> int:
        return max(seconds, self._flow.relay_wait_s) if self._relay else seconds

    def _said(self, words: Words) -> float:
        sounds = (Sound(text=line.text, prompt=line.prompt, language=language) for language, line in words.items())
        return max((self._length_of(sound) for sound in sounds), default=0.0)


def ends_at(box: Box) -> Ends | None:
    """Where a flow ends in this box: with a person, or with last words."""
    if isinstance(box, Queue | Transfer):
        return Ends.PERSON
    return Ends.CLOSING if isinstance(box, HangUp) else None


def silent_outcomes(box: Box, *, open_hours: bool = False, after_queue: bool = False) -> tuple[str, ...]:
    """The outcomes that follow without a key; while the centre is open and no message is on, where that is asked.

    after_queue: also those of a queue in which nobody answers.
    """
    if open_hours and isinstance(box, HoursBranch):
        return (Opening.OPEN.value,)
    if open_hours and isinstance(box, MessageSwitch):
        return ("off",)
    if after_queue and isinstance(box, Queue):
        return ("unavailable",)
    return box.silent_outcomes


def ring(flow: Flow) -> tuple[str, ...]:
    """Boxes that lead back to each other without a key and without a person, in order; empty when there are none."""
    done: set[str] = set()

    def look(box_id: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if box_id in way:
            return way[way.index(box_id) :]
        box = flow.box(box_id)
        if box is None or box_id in done:
            return ()
        for outcome in silent_outcomes(box, after_queue=True):
            if found := look(box.next.get(outcome, ""), (*way, box_id)):
                return found
        done.add(box_id)
        return ()

    for box in flow.boxes:
        if found := look(box.id, ()):
            return found
    return ()


def silent_ends(flow: Flow, begin: str) -> Mapping[str, Ends]:
    """Where a caller ends who presses nothing from this box on, while the centre is open and no message is on."""
    ends: dict[str, Ends] = {}
    seen: set[str] = set()
    waiting = [begin]
    while waiting:
        box = flow.box(waiting.pop())
        if box is None or box.id in seen:
            continue
        seen.add(box.id)
        end = ends_at(box)
        if end is not None:
            ends[box.id] = end
        if end is not Ends.PERSON:
            waiting.extend(box.next.get(outcome, "") for outcome in silent_outcomes(box, open_hours=True))
    return ends


def reached(flow: Flow, begin: Iterable[str]) -> frozenset[str]:
    """Ids of the boxes to which arrows lead from these."""
    seen: set[str] = set()
    waiting = list(begin)
    while waiting:
        box = flow.box(waiting.pop())
        if box is not None and box.id not in seen:
            seen.add(box.id)
            waiting.extend(box.next.get(outcome, "") for outcome in box.outcomes)
    return frozenset(seen)


def asks(box: Box) -> bool:
    """Whether a box demands a key; its silence must lead to a person."""
    return NO_KEY in box.outcomes
