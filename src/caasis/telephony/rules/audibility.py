"""Who hears whom in a call's room: hold, consultation, mute, monitoring, whisper and barge are nothing else.

Roles as the port has them: A hears B when B's role is in A's `hears` and A's role in B's `heard_by`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from caasis.telephony.commands import EVERYBODY, NOBODY
from caasis.telephony.vocabulary import MonitorMode, Part, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Somebody in the room."""

    leg: str
    part: Part
    role: Role
    muted: bool = False
    mode: MonitorMode | None = None


@dataclass(frozen=True, slots=True)
class Audible:
    """What a leg hears, and who hears it."""

    hears: frozenset[Role]
    heard_by: frozenset[Role]


def audibility(present: Iterable[Present], *, on_hold: bool) -> dict[str, Audible]:
    """For each leg whom it hears and who hears it.

    On hold the customer hears nobody (music is played instead of the room) and is heard by nobody: whoever is consulted
    and the agent speak alone. A muted leg goes on hearing. A supervisor who listens is heard by nobody, one who whispers
    by agents only, one who barges in by everybody; on hold they hear the agents.
    """
    return {one.leg: _audible(one, on_hold) for one in present}


def _audible(one: Present, on_hold: bool) -> Audible:
    if one.part is Part.CUSTOMER and on_hold:
        return Audible(NOBODY, NOBODY)
    hears = EVERYBODY - {Role.CUSTOMER} if on_hold else EVERYBODY
    if one.part is Part.MONITOR:
        return Audible(hears, _HEARD_OF_A_SUPERVISOR[one.mode or MonitorMode.LISTEN])
    return Audible(hears, NOBODY if one.muted else EVERYBODY)


_HEARD_OF_A_SUPERVISOR = {
    MonitorMode.LISTEN: NOBODY,
    MonitorMode.WHISPER: frozenset({Role.AGENT}),
    MonitorMode.BARGE: EVERYBODY,
}
