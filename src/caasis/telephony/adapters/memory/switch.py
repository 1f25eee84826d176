"""What lives in the memory engine: legs, rooms, plays and recordings, and what becomes of them.

Nothing is checked here: `orders` does that for commands, `world` for what other people do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from caasis.telephony.adapters.journal import Journal
from caasis.telephony.adapters.memory.clock import Clock
from caasis.telephony.adapters.memory.parties import Leg, Line, Playing, Recording, heard
from caasis.telephony.adapters.memory.tap import PIECE_S, Tap, Tones
from caasis.telephony.ports import LegNow, Snapshot
from caasis.telephony.signals import (
    DigitPressed,
    LegChanged,
    MediaQuality,
    PlayEnded,
    RecordingReady,
    Signal,
)  # fmt: skip
from caasis.telephony.vocabulary import DtmfWay, EndCause, LegPhase, PlayEnd

QUALITY_EVERY_S = 5.0
#: A leg from which nothing comes for so long is ended.
MEDIA_TIMEOUT_S = 30.0
_SIP_CODES = {EndCause.BUSY: 486, EndCause.REJECTED: 603, EndCause.NO_ANSWER: 480, EndCause.CANCELLED: 487}


class Switch:
    """One life of the memory engine. `files` are the recordings of every life, by name."""

    def __init__(self, *, clock: Clock, journal: Journal, files: dict[str, bytes]) -> None:
        self.clock = clock
        self.journal = journal
        self.files = files
        self.legs: dict[str, Leg] = {}
        self.rooms: dict[str, dict[str, Leg]] = {}
        self.plays: dict[str, Leg] = {}
        self.recordings: dict[str, Recording] = {}
        self.users: dict[str, str] = {}
        self.trunks: set[str] = set()
        self.tones = Tones()
        self._taps: list[tuple[Leg, str, Tap]] = []

    def tell(self, kind: type[Signal], **facts: Any) -> None:
        """Write a signal."""
        self.journal.write(kind, at=self.clock.now, **facts)

    # Legs

    def add(self, leg: Leg) -> None:
        """A leg begins to live."""
        self.legs[leg.leg] = leg

    def enter(self, leg: Leg, phase: LegPhase) -> None:
        """A leg is in another phase, as long as it lives."""
        self._mark()
        leg.phase = phase
        self.tell(LegChanged, call=leg.call, leg=leg.leg, phase=phase)
        if phase is LegPhase.ANSWERED:
            leg.line = line = Line(counted=self.clock.now)
            self._while_it_lives(leg, QUALITY_EVERY_S, lambda: self._report(leg, line))

    def end(self, leg: Leg, cause: EndCause, *, by_peer: bool) -> None:
        """A leg is over, and with it its play, its recordings, its taps and its place in a room."""
        self._mark()
        self.stop_play(leg, PlayEnd.HANGUP)
        for recording in [one for one in self.recordings.values() if one.leg is leg]:
            self.stop_recording(recording)
        if leg.line:
            self._tell_quality(leg, leg.line)
        self.leave(leg)
        for tap in [one for of, _, one in self._taps if of is leg]:
            tap.end()
        self._taps = [one for one in self._taps if one[0] is not leg]
        leg.phase = LegPhase.ENDED
        del self.legs[leg.leg]
        code = _SIP_CODES.get(cause) if by_peer else None
        self.tell(
            LegChanged, call=leg.call, leg=leg.leg, phase=LegPhase.ENDED, cause=cause, by_peer=by_peer, sip_code=code
        )

    def no_answer_after(self, leg: Leg, seconds: float) -> None:
        """End a leg that is not answered by then."""

        def give_up() -> None:
            if leg.phase is not LegPhase.ANSWERED:
                self.end(leg, EndCause.NO_ANSWER, by_peer=False)

        self._while_it_lives(leg, seconds, give_up)

    def press(self, leg: Leg, digit: str, way: DtmfWay, duration_ms: int) -> None:
        """A key of the other side; it ends a play that waits for one."""
        self.tell(DigitPressed, leg=leg.leg, digit=digit, way=way, duration_ms=duration_ms)
        if leg.playing and leg.playing.until_key:
            self.stop_play(leg, PlayEnd.KEY)

    # Rooms

    def join(self, leg: Leg, room: str) -> None:
        """Put a leg into a room; it leaves the one before."""
        self._mark()
        if leg.room != room:
            self.leave(leg)
            self.rooms.setdefault(room, {})[leg.leg] = leg
            leg.room = room

    def leave(self, leg: Leg) -> None:
        """Take a leg out of its room; an empty room is gone."""
        self._mark()
        if leg.room:
            del self.rooms[leg.room][leg.leg]
            if not self.rooms[leg.room]:
                del self.rooms[leg.room]
        leg.room, leg.role, leg.hears, leg.heard_by = "", None, frozenset(), frozenset()

    def change(self, leg: Leg, **facts: Any) -> None:
        """Change what decides who hears whom."""
        self._mark()
        for name, value in facts.items():
            setattr(leg, name, value)

    def heard(self, leg: Leg) -> frozenset[str]:
        """The sources that a leg hears now."""
        return heard(leg, self.rooms.get(leg.room, {}).values())

    # Plays

    def play(self, leg: Leg, playing: Playing) -> None:
        """Begin to play; the play before ends."""
        self._mark()
        self.stop_play(leg, PlayEnd.STOPPED)
        leg.playing = playing
        self.plays[playing.play] = leg
        self._next_prompt(leg, playing)

    def stop_play(self, leg: Leg, reason: PlayEnd) -> None:
        """End the play of a leg, if there is one."""
        if (playing := leg.playing) is None:
            return
        self._mark()
        leg.playing = None
        del self.plays[playing.play]
        self.tell(PlayEnded, leg=leg.leg, play=playing.play, reason=reason)

    def _next_prompt(self, leg: Leg, playing: Playing) -> None:
        if leg.playing is not playing:
            return
        self._mark()
        seconds = playing.go_on()
        if seconds is None:
            self.stop_play(leg, PlayEnd.FINISHED)
        else:
            self.clock.later(seconds, lambda: self._next_prompt(leg, playing))

    # Recordings and taps

    def record(self, leg: Leg, recording: str) -> None:
        """Begin to record a leg."""
        self.recordings[recording] = Recording(recording=recording, leg=leg, marked=self.clock.now)

    def pause(self, recording: Recording, paused: bool) -> None:
        """Pause a recording or go on."""
        self._mark()
        recording.paused = paused

    def stop_recording(self, recording: Recording) -> None:
        """End a recording; its file is in `files`."""
        self._mark()
        del self.recordings[recording.recording]
        file, content = f"{recording.recording}.json", recording.content()
        self.files[file] = content
        self.tell(
            RecordingReady, recording=recording.recording, leg=recording.leg.leg, file=file, seconds=recording.seconds,
            sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip

    def tap(self, leg: Leg, side: str, *, threaded: bool) -> Tap:
        """Begin to listen to one side of a leg."""
        tap = Tap(threaded=threaded)
        self._taps.append((leg, side, tap))

        def next_piece() -> None:
            sources = self.heard(leg) if side == "heard" else {leg.leg} if leg.speaks else ()
            tap.put(self.tones.sound(sources))
            self._until_it_ends(tap, next_piece)

        self._until_it_ends(tap, next_piece)
        return tap

    def end_taps(self) -> None:
        """End every tap: the engine is lost."""
        for _, _, tap in self._taps:
            tap.end()
        self._taps.clear()

    def _until_it_ends(self, tap: Tap, action: Callable[[], None]) -> None:
        self.clock.later(PIECE_S, lambda: None if tap.ended else action())

    def _mark(self) -> None:
        for one in self.recordings.values():
            one.mark(self.clock.now, self.heard(one.leg))

    # The line

    def _report(self, leg: Leg, line: Line) -> None:
        self._tell_quality(leg, line)
        self._while_it_lives(leg, QUALITY_EVERY_S, lambda: self._report(leg, line))

    def _tell_quality(self, leg: Leg, line: Line) -> None:
        line.count(self.clock.now)
        silent = (self.clock.now - line.silent_since).total_seconds() if line.silent_since else 0.0
        self.tell(
            MediaQuality, leg=leg.leg, received=round(line.received), lost=round(line.lost), jitter_ms=line.jitter_ms,
            silent_s=silent,
        )  # fmt: skip

    def fall_silent(self, leg: Leg, line: Line) -> None:
        """Nothing comes from a leg any more; in the end it is given up."""
        self._mark()
        line.count(self.clock.now)
        line.silent_since = since = self.clock.now

        def give_up() -> None:
            if line.silent_since == since:
                self.end(leg, EndCause.MEDIA_TIMEOUT, by_peer=False)

        self._while_it_lives(leg, MEDIA_TIMEOUT_S, give_up)

    def speak_again(self, line: Line) -> None:
        """Packets come again."""
        self._mark()
        line.count(self.clock.now)
        line.silent_since = None

    def _while_it_lives(self, leg: Leg, seconds: float, action: Callable[[], None]) -> None:
        self.clock.later(seconds, lambda: None if leg.phase is LegPhase.ENDED else action())

    # What lives

    def snapshot(self) -> Snapshot:
        """All that lives now."""
        return Snapshot(
            boot=self.journal.boot, seq=self.journal.seq, legs=tuple(_now(one) for one in self.legs.values()),
            users=tuple(sorted(self.users)), trunks=tuple(sorted(self.trunks)),
        )  # fmt: skip

    def latest(self, address: str, phases: Sequence[LegPhase]) -> Leg | None:
        """The newest leg to or from an address that is in one of these phases."""
        return next(
            (one for one in reversed(self.legs.values()) if one.address == address and one.phase in phases), None
        )


def _now(leg: Leg) -> LegNow:
    return LegNow(
        leg=leg.leg,
        call=leg.call,
        phase=leg.phase,
        room=leg.room,
        role=leg.role,
        hears=leg.hears,
        heard_by=leg.heard_by,
    )
