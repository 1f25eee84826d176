"""Rooms: the bridges and snoops of each are kept as its legs' roles and audibilities want them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from caasis.kernel.ids import uuid7
from caasis.telephony.adapters.asterisk.ari import AriError, AriLost
from caasis.telephony.adapters.asterisk.audibility import Member, Phone, Spy, Wiring, snoops, wire
from caasis.telephony.adapters.asterisk.calls import WITH_SOUND, Calls, Leg, Refused
from caasis.telephony.commands import Join, Leave, SetAudibility
from caasis.telephony.vocabulary import Refusal, Role

#: How long to wait before a bridge that could not be made is tried again.
AGAIN_S = 1.0
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Bridge:
    """A bridge and the channels that stand for its members; a snoop's counts from the moment it was asked for."""

    channel_of: dict[Member, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"ours-{uuid7().hex}")


@dataclass(slots=True, eq=False)
class Room:
    """Its legs in the order in which they joined, and its bridges by their names in the wiring."""

    legs: dict[str, Leg] = field(default_factory=dict)
    bridges: dict[str, Bridge] = field(default_factory=dict)


def hearing(legs: dict[str, Leg]) -> dict[str, frozenset[str]]:
    """For each leg with sound, the legs that it hears, as its room wants it."""
    sounding = [one for one in legs.values() if one.phase in WITH_SOUND and not one.going]
    return {
        listener.leg: frozenset(
            speaker.leg
            for speaker in sounding
            if speaker is not listener
            and not listener.silenced
            and speaker.role in listener.hears
            and listener.role in speaker.heard_by
        )
        for listener in sounding
    }


class Rooms:
    """All rooms of one life."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._rooms: dict[str, Room] = {}
        #: Called for each leg that may hear others than before.
        self.changed: Callable[[Leg], None] = lambda leg: None

    # Commands

    def join(self, command: Join) -> None:
        """Put a leg into a room, or change what it is there. Raises Refused."""
        leg = self._calls.leg(command.leg)
        self._afford(leg, command.room, role=command.role, hears=command.hears, heard_by=command.heard_by)
        if leg.room != command.room:
            self.leave(leg)
        leg.room, leg.role, leg.hears, leg.heard_by = command.room, command.role, command.hears, command.heard_by
        self._rooms.setdefault(leg.room, Room()).legs[leg.leg] = leg
        self.rewire(leg)

    def set_audibility(self, command: SetAudibility) -> None:
        """Change who hears whom. Raises Refused."""
        leg = self._member(command)
        self._afford(leg, command.room, role=leg.role, hears=command.hears, heard_by=command.heard_by)
        leg.hears, leg.heard_by = command.hears, command.heard_by
        self.rewire(leg)

    def take_out(self, command: Leave) -> None:
        """Take a leg out of a room. Raises Refused."""
        self.leave(self._member(command))

    def _member(self, command: SetAudibility | Leave) -> Leg:
        leg = self._calls.leg(command.leg)
        if command.room not in self._rooms:
            raise Refused(Refusal.UNKNOWN_ROOM)
        if leg.room != command.room:
            raise Refused(Refusal.UNKNOWN_LEG, "it is not in this room")
        return leg

    def _afford(
        self, leg: Leg, room: str, *, role: Role | None, hears: frozenset[Role], heard_by: frozenset[Role]
    ) -> None:
        """Refuse an audibility that would take too many snoops, before anything is done."""
        planned = Leg(
            leg=leg.leg, call=leg.call, channel=leg.channel, direction=leg.direction, phase=leg.phase, role=role,
            hears=hears, heard_by=heard_by, silenced=leg.silenced,
        )  # fmt: skip
        legs = (self._rooms[room].legs if room in self._rooms else {}) | {leg.leg: planned}
        if snoops(wire(hearing(legs))) > self._calls.setup.snoops_in_a_room:
            raise Refused(Refusal.NOT_CAPABLE, "more snoops than a room may take")

    # What changes by itself

    def leave(self, leg: Leg) -> None:
        """A leg is in no room any more; an empty room is gone."""
        if not leg.room:
            return
        name, room = leg.room, self._rooms[leg.room]
        del room.legs[leg.leg]
        leg.room, leg.role, leg.hears, leg.heard_by = "", None, frozenset(), frozenset()
        self._rewire(room)
        if not room.legs:
            del self._rooms[name]
        self.changed(leg)

    def rewire(self, leg: Leg) -> None:
        """Something about a leg has changed: make its room's bridges as they should be."""
        if leg.room:
            self._rewire(self._rooms[leg.room])

    def hears_somebody(self, leg: Leg) -> bool:
        """Whether a leg hears other legs now."""
        return bool(leg.room and hearing(self._rooms[leg.room].legs).get(leg.leg))

    def _rewire(self, room: Room) -> None:
        wanted: Wiring = wire(hearing(room.legs))
        for name, bridge in list(room.bridges.items()):
            for member in [one for one in bridge.channel_of if one not in wanted.get(name, ())]:
                self._take_out(bridge, member)
            if name not in wanted:
                del room.bridges[name]
                self._calls.gently(partial(self._calls.ari.end, "bridges", bridge.name))
        for name, members in wanted.items():
            if name not in room.bridges:
                bridge = Bridge()
                try:
                    self._calls.ari.post("bridges", bridge.name, type="mixing,proxy_media")
                except (AriError, AriLost) as error:
                    # The room is as it was ordered; that it can be heard must be tried again.
                    _log.error("asterisk: no bridge could be made: %s", error)
                    self._calls.later(AGAIN_S, partial(self._rewire, room))
                    continue
                room.bridges[name] = bridge
            # Phones before snoops, so that two people hear each other as soon as can be.
            for member in sorted(members, key=lambda one: not isinstance(one, Phone)):
                if member not in room.bridges[name].channel_of:
                    self._put_in(room.bridges[name], member)
        for leg in list(room.legs.values()):
            self.changed(leg)

    def _take_out(self, bridge: Bridge, member: Member) -> None:
        channel = bridge.channel_of.pop(member)
        if not isinstance(member, Phone):
            self._calls.drop_channel(channel)
        elif channel in self._calls.by_channel:
            self._calls.gently(partial(self._calls.ari.post, "bridges", bridge.name, "removeChannel", channel=channel))

    def _put_in(self, bridge: Bridge, member: Member) -> None:
        leg = self._calls.legs[member.leg]
        if isinstance(member, Phone):
            bridge.channel_of[member] = leg.channel
            self._add(bridge, member, leg.channel)
            return
        spy, whisper = ("in", "none") if isinstance(member, Spy) else ("none", "out")

        def ask() -> None:
            then = partial(self._add, bridge, member)
            bridge.channel_of[member] = self._calls.make_snoop(leg, spy=spy, whisper=whisper, then=then)

        self._calls.gently(ask)

    def _add(self, bridge: Bridge, member: Member, channel: str) -> None:
        if bridge.channel_of.get(member) == channel:
            self._calls.gently(partial(self._calls.ari.post, "bridges", bridge.name, "addChannel", channel=channel))
