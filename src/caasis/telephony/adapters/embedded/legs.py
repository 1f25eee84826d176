"""What the engine knows of its legs."""

from __future__ import annotations

from dataclasses import dataclass

from caasis.telephony.adapters.embedded.rooms import Member
from caasis.telephony.ports import LegNow
from caasis.telephony.vocabulary import LegPhase, Role

WITH_SOUND = frozenset({LegPhase.EARLY_MEDIA, LegPhase.ANSWERED})
_ORDER = (LegPhase.NEW, LegPhase.RINGING, LegPhase.EARLY_MEDIA, LegPhase.ANSWERED, LegPhase.ENDED)


@dataclass(slots=True, eq=False, kw_only=True)
class Leg:
    """A living leg. `user` is whose phone or browser it is, `trunk` by which line it goes; `outbound`: we made the call."""

    leg: str
    call: str
    outbound: bool
    browser: bool = False
    user: str = ""
    trunk: str = ""
    #: Where its sound is at our side.
    local: tuple[str, int] = ("", 0)
    phase: LegPhase = LegPhase.NEW
    room: str = ""
    role: Role | None = None
    hears: frozenset[Role] = frozenset()
    heard_by: frozenset[Role] = frozenset()
    on_hold: bool = False
    #: Whether sound should come from it: not from one that only listens.
    should_speak: bool = True
    #: The play that it hears, how the mixer calls it, and whether a key ends it.
    play: str = ""
    sound: str = ""
    until_key: bool = False
    #: The command that hands it over at the carrier, until that is answered; and whether it is being handed over.
    handing_over: str = ""
    handed_over: bool = False

    def may_enter(self, phase: LegPhase) -> bool:
        """Whether this phase comes later than the present one."""
        return _ORDER.index(phase) > _ORDER.index(self.phase)

    @property
    def member(self) -> Member:
        """The leg as its room sees it."""
        assert self.role is not None
        return Member(self.leg, self.role, self.hears, self.heard_by, self.on_hold)

    @property
    def now(self) -> LegNow:
        """The leg as a snapshot tells it."""
        return LegNow(
            leg=self.leg, call=self.call, phase=self.phase, room=self.room, role=self.role, hears=self.hears,
            heard_by=self.heard_by,
        )  # fmt: skip
