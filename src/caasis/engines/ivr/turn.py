"""One turn of a flow: what has happened is worked off, the state moves on, actions are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from caasis.engines.ivr.actions import (
    Action,
    CancelTimer,
    Enqueue,
    Note,
    Play,
    Sound,
    StartTimer,
    StopMessage,
    StopPlay,
)
from caasis.engines.ivr.boxes import Box
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.happenings import Circumstances
from caasis.engines.ivr.state import State
from caasis.engines.ivr.values import Line, Words
from caasis.engines.ivr.vocabulary import End, NoteKind, Phase

#: What stands around what is read out sign by sign (`japanese.spoken`).
_MARKS = str.maketrans("", "", "〔〕")


class Turn:
    """The working copy of a state.

    `enter` is told of each box that is entered, `played` of words that are only read.
    """

    def __init__(
        self,
        flow: Flow,
        state: State,
        now: datetime,
        circumstances: Circumstances,
        *,
        enter: Callable[[Turn, Box], None],
        played: Callable[[Turn, Box], None],
    ) -> None:
        self.flow = flow
        self.state = state
        self.circumstances = circumstances
        self.actions: list[Action] = []
        self._now = now
        self._enter = enter
        self._played = played
        self._entered = 0

    # --- moving on ----------------------------------------------------------------------------------------------------

    def change(self, **values: Any) -> None:
        self.state = replace(self.state, **values)

    def act(self, action: Action) -> None:
        self.actions.append(action)

    def note(self, kind: NoteKind, detail: str = "") -> None:
        self.act(Note(kind, self.state.box, detail))

    def go(self, box: Box, outcome: str) -> None:
        """Follow the arrow of an outcome."""
        self.enter(box.next.get(outcome, ""))

    def enter(self, box_id: str) -> None:
        """Stand in another box. A flow that was reviewed never fails here; any other leads to a person."""
        self.change(box=box_id, phase=Phase.PLAYING, attempt=0, digits="", since=self._now.isoformat())
        self._entered += 1
        box = self.flow.box(box_id)
        if box is None or self._entered > 2 * len(self.flow.boxes):
            self.note(NoteKind.FLOW_FAILED)
            self.to_person("", waiting_in=box_id)
        else:
            self._enter(self, box)

    def end(self, end: End) -> None:
        self.hush()
        self.change(phase=Phase.ENDED, end=end, waiting_in="")

    def to_person(
        self, queue: str, *, waiting_in: str, skills: Mapping[str, int] | None = None, reasons: Iterable[str] = ()
    ) -> None:
        """Wait for a person. Whoever pressed the emergency key goes first, whatever the box says."""
        state = self.state
        urgent = ("emergency",) if state.emergency else ()
        self.act(
            Enqueue(
                queue=queue,
                skills=dict(skills or {}),
                reasons=tuple(dict.fromkeys((*urgent, *reasons))),
                language=state.language,
                relay=state.relay,
                collected=dict(state.collected),
            )
        )
        self.change(phase=Phase.QUEUED, waiting_in=waiting_in)

    # --- saying and waiting -------------------------------------------------------------------------------------------

    def say(self, box: Box, *many: Words, until_key: bool, **filled: str) -> None:
        """Say words in the caller's language, one after another. Nothing to say counts as said.

        A reader is shown the box's page in the place of its `say`; other words of a box are shown as they are.
        """
        lines = [line for words in many if (line := self._line(words))]
        is_page = any(words is getattr(box, "say", None) for words in many)
        self.say_lines(box, lines, until_key=until_key, filled=filled, is_page=is_page)

    def say_lines(
        self,
        box: Box,
        lines: Iterable[tuple[str, Line]],
        *,
        until_key: bool,
        filled: Mapping[str, str] | None = None,
        is_page: bool = True,
    ) -> None:
        """Say these lines, each in its language."""
        sounds = tuple(_sound(language, line, filled or {}) for language, line in lines)
        if not self.state.channel.is_heard:
            shown = self._page(box, filled or {}) if is_page else None
            self._show([sound.text for sound in sounds] if shown is None else shown)
        elif sounds:
            name = self._name("p")
            self.act(Play(play=name, sounds=sounds, until_key=until_key))
            self.change(phase=Phase.PLAYING, play=name, until_key=until_key)
            return
        self._played(self, box)

    def wait(self, seconds: int) -> None:
        """Wait for a key; a reader is waited for without end, a call of 電話リレーサービス longer than others."""
        self.change(phase=Phase.WAITING)
        if self.state.channel.is_heard:
            self.timer(max(seconds, self.flow.relay_wait_s) if self.state.relay else seconds)

    def timer(self, seconds: int) -> None:
        self.stop_timer()
        name = self._name("t")
        self.act(StartTimer(name, seconds))
        self.change(timer=name)

    def stop_timer(self) -> None:
        if self.state.timer:
            self.act(CancelTimer(self.state.timer))
            self.change(timer="")

    def hush(self, *, by_key: bool = False) -> None:
        """End what is played and waited for. A play that ends at a key by itself needs no telling."""
        if self.state.play and not (by_key and self.state.until_key):
            self.act(StopPlay(self.state.play))
        self.change(play="")
        self.stop_timer()

    def interrupt(self) -> None:
        """End whatever the box is about, in the middle of it."""
        if self.state.phase is Phase.MESSAGE:
            self.act(StopMessage())
        self.hush(by_key=True)
        self.change(told=())

    def _name(self, sign: str) -> str:
        self.change(serial=self.state.serial + 1)
        return f"{sign}{self.state.serial}"

    def _line(self, words: Words) -> tuple[str, Line] | None:
        """The line in the caller's language, in the flow's first one, or in any; and which language it is."""
        for language in (self.state.language, self.flow.languages[0]):
            if language in words:
                return language, words[language]
        return next(iter(words.items()), None)

    def _page(self, box: Box, filled: Mapping[str, str]) -> list[str] | None:
        """What a page shows in the place of what is said; None: the same."""
        line = self._line(box.page)
        if line is not None:
            return [fill(line[1].text, filled)]
        return None if box.is_read_out else []

    def _show(self, texts: Iterable[str]) -> None:
        self.change(told=(*self.state.told, *(text.translate(_MARKS) for text in texts)))


def _sound(language: str, line: Line, filled: Mapping[str, str]) -> Sound:
    """A line with what it holds filled in. A recording can hold nothing: such a line is always spoken."""
    text = fill(line.text, filled)
    if text == line.text:
        return Sound(text=text, prompt=line.prompt, language=language)
    return Sound(text=text, language=language, personal="digits" in filled)


def fill(text: str, filled: Mapping[str, str]) -> str:
    """A text with its places filled. What a caller entered is always marked, whatever its author wrote: marked, it is put
    together from single digits, and no sound of it is kept."""
    for name, held in filled.items():
        if name == "digits":
            text = text.replace("〔{digits}〕", "{digits}").replace("{digits}", "〔{digits}〕")
        text = text.replace(f"{{{name}}}", held)
    return text
