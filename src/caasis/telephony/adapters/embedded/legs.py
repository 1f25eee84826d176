"""Legs of our own engine, and who hears whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from caasis.telephony.adapters.embedded.sip.ports import Dialog
from caasis.telephony.adapters.embedded.sip.sdp import Remote
from caasis.telephony.ports import LegNow
from caasis.telephony.vocabulary import Direction, EndCause, LegPhase, Role

WITH_SOUND = frozenset({LegPhase.EARLY_MEDIA, LegPhase.ANSWERED})
#: Neither gain nor loss.
AS_IT_IS = 1.0


@dataclass(slots=True, eq=False, kw_only=True)
class Leg:
    """A living leg. port: of its sound, 0 for a browser's. remote: what the other side said of its sound."""

    leg: str
    call: str
    direction: Direction
    port: int = 0
    dialog: Dialog | None = None
    phase: LegPhase = LegPhase.NEW
    room: str = ""
    role: Role | None = None
    hears: frozenset[Role] = frozenset()
    heard_by: frozenset[Role] = frozenset()
    remote: Remote | None = None
    described: int = 0
    on_hold: bool = False
    handing_over: bool = False
    #: The play that a key of this leg ends, and plays that a key has ended.
    until_key: str = ""
    ended_by_key: set[str] = field(default_factory=set)
    timers: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_browser(self) -> bool:
        return self.dialog is None

    def now(self) -> LegNow:
        """As a snapshot shows it."""
        return LegNow(
            leg=self.leg, call=self.call, phase=self.phase, room=self.room, role=self.role,
            hears=self.hears, heard_by=self.heard_by,
        )  # fmt: skip


def hearing(leg: Leg, room: Iterable[Leg]) -> dict[str, float]:
    """Whom a leg hears and how loud, for the media engine; `room` are the legs of its room, itself among them."""
    if leg.phase not in WITH_SOUND:
        return {}
    return {
        one.leg: AS_IT_IS
        for one in room
        if one is not leg and one.phase in WITH_SOUND and one.role in leg.hears and leg.role in one.heard_by
    }


#: What a final answer of the other side means (RFC 3261, 21.4 to 21.6).
_CAUSES = {
    0: EndCause.NORMAL,
    408: EndCause.NO_ANSWER,
    480: EndCause.NO_ANSWER,
    486: EndCause.BUSY,
    487: EndCause.CANCELLED,
    600: EndCause.BUSY,
    603: EndCause.REJECTED,
    403: EndCause.REJECTED,
}
#: How we refuse a call.
CODES = {
    EndCause.BUSY: (486, "Busy Here"),
    EndCause.REJECTED: (603, "Decline"),
    EndCause.NO_ANSWER: (480, "Temporarily Unavailable"),
    EndCause.FAILED: (500, "Server Internal Error"),
}


def cause_of(code: int) -> EndCause:
    """Why the other side ended a call."""
    return _CAUSES.get(code, EndCause.FAILED)
