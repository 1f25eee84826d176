"""Prompts: one playback after another on a leg's channel, or as a whisper over what the leg hears."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from caasis.kernel.ids import uuid7
from caasis.telephony.adapters.asterisk.calls import WITH_SOUND, Calls, Leg, Refused
from caasis.telephony.adapters.asterisk.rooms import Rooms
from caasis.telephony.commands import Play, Prompt, StopPlay
from caasis.telephony.signals import PlayEnded
from caasis.telephony.vocabulary import PlayEnd, Refusal


@dataclass(slots=True, eq=False)
class Playing:
    """A play in progress.

    left: what is still to be played in this round. playback: the present one in Asterisk, "" while there is none.
    whisper: the snoop by which it is heard over the talk, "" where it is played on the leg's own channel.
    """

    leg: Leg
    order: Play
    left: deque[tuple[Prompt, ...]]
    playback: str = ""
    whisper: str = ""


def runs(prompts: Iterable[Prompt]) -> list[tuple[Prompt, ...]]:
    """Prompts in runs that Asterisk can play at once: only the first of a run may begin elsewhere than at 0."""
    found: list[list[Prompt]] = []
    for prompt in prompts:
        if not found or prompt.offset_ms:
            found.append([])
        found[-1].append(prompt)
    return [tuple(run) for run in found]


@dataclass(slots=True, eq=False)
class Plays:
    """All plays of one life."""

    calls: Calls
    rooms: Rooms
    _of_leg: dict[str, Playing] = field(default_factory=dict)
    _by_name: dict[str, Playing] = field(default_factory=dict)
    _by_playback: dict[str, Playing] = field(default_factory=dict)
    _sounds: set[str] = field(default_factory=set)

    # Commands

    def play(self, order: Play) -> None:
        """Begin to play; the play before ends. Raises Refused."""
        leg = self.calls.leg(order.leg, *WITH_SOUND)
        if order.play in self._by_name:
            raise Refused(Refusal.WRONG_PHASE, "there is such a play")
        for prompt in order.prompts:
            if not self._known(prompt.name):
                raise Refused(Refusal.BAD_PROMPT, prompt.name)
        self.end(leg, PlayEnd.STOPPED)
        playing = Playing(leg, order, deque(runs(order.prompts)))
        self._of_leg[leg.leg] = self._by_name[order.play] = playing
        self._place(playing)

    def stop(self, order: StopPlay) -> None:
        """End a play. Raises Refused."""
        if order.play not in self._by_name:
            raise Refused(Refusal.UNKNOWN_PLAY)
        self.end(self._by_name[order.play].leg, PlayEnd.STOPPED)

    def _known(self, prompt: str) -> bool:
        """Whether Asterisk has such a sound; its list is read again for one that it did not have."""
        if (sound := self._sound(prompt)) not in self._sounds:
            self._sounds = {one["id"] for one in self.calls.ari.get("sounds")}
        return sound in self._sounds

    def _sound(self, prompt: str) -> str:
        return f"{self.calls.setup.sounds}/{prompt}"

    # What happens

    def end(self, leg: Leg, reason: PlayEnd) -> None:
        """End the play of a leg, if there is one."""
        playing = self._of_leg.pop(leg.leg, None)
        if playing is None:
            return
        del self._by_name[playing.order.play]
        self._silence(playing)
        leg.silenced = False
        self.calls.tell(PlayEnded, leg=leg.leg, play=playing.order.play, reason=reason)
        self.rooms.rewire(leg)

    def key_pressed(self, leg: Leg) -> None:
        """A key ends a play that waits for one."""
        playing = self._of_leg.get(leg.leg)
        if playing and playing.order.until_key:
            self.end(leg, PlayEnd.KEY)

    def finished(self, playback: dict[str, Any]) -> None:
        """A playback has come to its end: go on with the next, or end."""
        playing = self._by_playback.pop(playback["id"], None)
        if playing is None:
            return
        playing.playback = ""
        if playback["state"] == "failed":
            self.end(playing.leg, PlayEnd.HANGUP if playing.leg.going else PlayEnd.ERROR)
        else:
            self._go_on(playing)

    def reconsider(self, leg: Leg) -> None:
        """Who is heard in a room has changed: a prompt over the talk may have to be heard by another way."""
        playing = self._of_leg.get(leg.leg)
        if playing and playing.order.over and bool(playing.whisper) != self.rooms.hears_somebody(leg):
            self._silence(playing)
            playing.left = deque(runs(playing.order.prompts))
            self._place(playing)

    def _place(self, playing: Playing) -> None:
        """Choose where it is played, and begin.

        A whisper is mixed into the packets that go to a leg, so that there must be some: over silence a prompt is played
        on the leg's own channel instead.
        """
        leg = playing.leg
        if playing.order.over and self.rooms.hears_somebody(leg):
            leg.silenced = False
            self.calls.gently(lambda: self._make_whisper(playing))
            return
        leg.silenced = not playing.order.over
        self.rooms.rewire(leg)
        self._go_on(playing)

    def _make_whisper(self, playing: Playing) -> None:
        then = partial(self._whisper, playing)
        playing.whisper = self.calls.make_snoop(playing.leg, spy="none", whisper="out", then=then)

    def _whisper(self, playing: Playing, channel: str) -> None:
        if self._of_leg.get(playing.leg.leg) is playing and playing.whisper == channel:
            self._go_on(playing)

    def _go_on(self, playing: Playing) -> None:
        leg = playing.leg
        if leg.going:
            self.end(leg, PlayEnd.HANGUP)
            return
        if not playing.left:
            if not playing.order.loop:
                self.end(leg, PlayEnd.FINISHED)
                return
            playing.left = deque(runs(Prompt(name=one.name) for one in playing.order.prompts))
        run = playing.left.popleft()
        playing.playback = f"ours-{uuid7().hex}"
        self._by_playback[playing.playback] = playing
        self.calls.gently(
            partial(
                self.calls.ari.post, "channels", playing.whisper or leg.channel, "play", playing.playback,
                media=",".join(f"sound:{self._sound(one.name)}" for one in run), offsetms=run[0].offset_ms,
            )
        )  # fmt: skip

    def _silence(self, playing: Playing) -> None:
        """Let nothing more be heard of it."""
        if playing.playback:
            del self._by_playback[playing.playback]
            self.calls.gently(partial(self.calls.ari.end, "playbacks", playing.playback))
            playing.playback = ""
        if playing.whisper:
            self.calls.drop_channel(playing.whisper)
            playing.whisper = ""
