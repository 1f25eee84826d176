"""Who hears whom, said in what Asterisk has: mixing bridges and snoop channels.

A mixing bridge lets everybody in it hear everybody else. Where the hearing in a room is not like that, snoops make up for
it: a `Spy` brings what a leg says into a bridge and takes nothing out of it; a `Whisper` takes what is in its bridge to one
leg, on top of what that leg hears anyway. With both, every audibility can be had; what it costs is a snoop for each pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phone:
    """A leg's own channel, in a bridge."""

    leg: str


@dataclass(frozen=True, slots=True)
class Spy:
    """A snoop on `leg` that brings what it says into the bridge for `listener`."""

    leg: str
    listener: str


@dataclass(frozen=True, slots=True)
class Whisper:
    """A snoop on `leg` that lets it hear what is in the bridge."""

    leg: str


Member = Phone | Spy | Whisper
#: The members of each bridge, by the bridge's name in its room.
Wiring = Mapping[str, frozenset[Member]]


def wire(hearing: Mapping[str, frozenset[str]]) -> Wiring:
    """The bridges of a room.

    hearing: for each leg with sound, in the order of joining, the legs that it hears.

    Legs that hear each other share a bridge, beginning with the one that is there longest; each of the other pairs takes a
    spy. A leg that is alone hears its spies in a bridge of its own; a leg in a shared bridge hears them as a whisper.
    """
    groups: list[list[str]] = []
    for leg in hearing:
        for group in groups:
            if all(one in hearing[leg] and leg in hearing[one] for one in group):
                group.append(leg)
                break
        else:
            groups.append([leg])
    bridges: dict[str, frozenset[Member]] = {}
    for group in groups:
        if len(group) > 1:
            bridges[f"talk-{group[0]}"] = frozenset(Phone(leg) for leg in group)
        for leg in group:
            spies = {Spy(one, leg) for one in hearing[leg] if one in hearing and one not in group}
            if spies:
                ear: Member = Phone(leg) if len(group) == 1 else Whisper(leg)
                bridges[f"ear-{leg}"] = frozenset({ear, *spies})
    return bridges


def snoops(wiring: Wiring) -> int:
    """How many snoop channels a wiring takes."""
    return sum(not isinstance(member, Phone) for members in wiring.values() for member in members)
