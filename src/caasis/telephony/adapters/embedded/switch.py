"""What lives in the engine, and what becomes of it: one life, from EngineStarted on.

Nothing is checked here: `orders` does that for commands. Whoever calls holds the engine's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from caasis.telephony.adapters.embedded.legs import Leg
from caasis.telephony.adapters.embedded.media import MediaEngine, UnknownLeg
from caasis.telephony.adapters.embedded.rooms import hearing
from caasis.telephony.adapters.embedded.running_recordings import RunningRecordings
from caasis.telephony.adapters.embedded.sip.ua import SipUa
from caasis.telephony.adapters.embedded.tolls import Tolls
from caasis.telephony.adapters.journal import Journal
from caasis.telephony.ports import Snapshot
from caasis.telephony.signals import LegChanged, PlayEnded, Signal
from caasis.telephony.vocabulary import EndCause, LegPhase, PlayEnd


class Switch:
    """Legs, rooms, plays and recordings of one life. `plays` and `recordings` hold whose they are.

    host: the address by which others reach our sound.
    """

    def __init__(
        self, *, journal: Journal, ua: SipUa, media: MediaEngine, host: str, notes: RunningRecordings, tolls: Tolls,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self.journal, self.ua, self.media, self.notes, self.tolls = journal, ua, media, notes, tolls
        self._host = host
        self.legs: dict[str, Leg] = {}
        self.rooms: dict[str, dict[str, Leg]] = {}
        self.plays: dict[str, Leg] = {}
        self.recordings: dict[str, Leg] = {}
        self.users: dict[str, str] = {}
        self.trunks: set[str] = set()
        self._rows: dict[str, dict[str, float]] = {}
        self._now = now
        self._last = now()

    def now(self) -> datetime:
        """The present, which never goes back, whatever the machine's clock does."""
        self._last = max(self._last, self._now())
        return self._last

    def tell(self, kind: type[Signal], **facts: Any) -> None:
        """Write a signal."""
        self.journal.write(kind, at=self.now(), **facts)

    # Legs

    def open_sound(self, leg: str) -> tuple[str, int]:
        """A place in the mixer for a leg, and the address that the other side is told. Raises NoPortFree."""
        return self._host, self.media.open_leg(leg).port

    def enter(self, leg: Leg, phase: LegPhase) -> None:
        """A leg is in a later phase; one that it has passed is nothing."""
        if leg.may_enter(phase):
            leg.phase = phase
            self.tell(LegChanged, call=leg.call, leg=leg.leg, phase=phase)

    def end(self, leg: Leg, cause: EndCause, *, by_peer: bool, code: int | None = None) -> None:
        """A leg is over, and with it its play, its recordings, its taps and its place in a room."""
        self.end_play(leg, PlayEnd.HANGUP)
        for recording in [one for one, of in self.recordings.items() if of is leg]:
            del self.recordings[recording]
        self.leave(leg)
        del self.legs[leg.leg]
        self._rows.pop(leg.leg, None)
        self.tolls.end(leg.leg)
        self.media.close_leg(leg.leg)
        leg.phase = LegPhase.ENDED
        self.tell(
            LegChanged, call=leg.call, leg=leg.leg, phase=LegPhase.ENDED, cause=cause, by_peer=by_peer, sip_code=code
        )

    def user_of(self, call: str) -> str:
        """Whose call this is: the user of the first leg in it that has one."""
        return next((one.user for one in self.legs.values() if one.call == call and one.user), "")

    # Rooms

    def join(self, leg: Leg, room: str) -> None:
        """Put a leg into a room; it leaves the one before. Audibility is set by `hear`."""
        if leg.room != room:
            self.leave(leg)
            self.rooms.setdefault(room, {})[leg.leg] = leg
            leg.room = room

    def leave(self, leg: Leg) -> None:
        """Take a leg out of its room; an empty room is gone."""
        room = leg.room
        if not room:
            return
        del self.rooms[room][leg.leg]
        leg.room, leg.role, leg.hears, leg.heard_by = "", None, frozenset(), frozenset()
        self._hear(leg.leg, {})
        if self.rooms[room]:
            self.hear(room)
        else:
            del self.rooms[room]

    def hear(self, room: str) -> None:
        """Who hears whom in a room has changed."""
        for name, row in hearing(one.member for one in self.rooms[room].values()).items():
            self._hear(name, row)

    def _hear(self, name: str, row: dict[str, float]) -> None:
        if self._rows.get(name, {}) == row:
            return
        self._rows[name] = row
        try:
            self.media.set_hearing(name, row)
        except UnknownLeg:
            # Its sound was closed this moment; that it is over is on its way.
            return

    # Plays

    def begin_play(self, leg: Leg, play: str, *, sound: str, until_key: bool) -> None:
        """A play begins; the one before is over."""
        self.end_play(leg, PlayEnd.STOPPED)
        leg.play, leg.sound, leg.until_key = play, sound, until_key
        self.plays[play] = leg

    def end_play(self, leg: Leg, reason: PlayEnd) -> None:
        """The play of a leg is over, if there is one."""
        if not leg.play:
            return
        play, leg.play, leg.sound, leg.until_key = leg.play, "", "", False
        del self.plays[play]
        self.tell(PlayEnded, leg=leg.leg, play=play, reason=reason)

    # What lives

    def snapshot(self) -> Snapshot:
        """All that lives now."""
        return Snapshot(
            boot=self.journal.boot, seq=self.journal.seq, legs=tuple(one.now for one in self.legs.values()),
            users=tuple(sorted(self.users)), trunks=tuple(sorted(self.trunks)),
        )  # fmt: skip
