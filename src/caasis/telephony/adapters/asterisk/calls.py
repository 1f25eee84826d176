"""The legs of one life of an Asterisk, and what every part of the adapter needs of them."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from caasis.kernel.ids import uuid7
from caasis.telephony.adapters.asterisk.ari import Ari, AriError, AriLost
from caasis.telephony.adapters.asterisk.setup import AsteriskSetup
from caasis.telephony.ports import LegNow
from caasis.telephony.signals import LegChanged
from caasis.telephony.vocabulary import Direction, EndCause, LegPhase, Refusal, Role

#: What Asterisk answers about a channel that has ended, has left the application, or is in no state for what is asked.
GONE = frozenset({400, 404, 409, 412, 422})
_log = logging.getLogger(__name__)
WITH_SOUND = frozenset({LegPhase.EARLY_MEDIA, LegPhase.ANSWERED})


class Refused(Exception):
    """A command is not carried out."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal, detail)
        self.refusal = refusal
        self.detail = detail


@dataclass(slots=True, eq=False, kw_only=True)
class Leg:
    """A living leg and its channel.

    silenced: something is played in the place of what it hears.
    ending: how we ended it ourselves; `going`: that it is about to end, by whomever.
    """

    leg: str
    call: str
    channel: str
    direction: Direction
    phase: LegPhase = LegPhase.NEW
    room: str = ""
    role: Role | None = None
    hears: frozenset[Role] = frozenset()
    heard_by: frozenset[Role] = frozenset()
    silenced: bool = False
    ending: EndCause | None = None
    going: bool = False
    handed_over: bool = False
    packets: tuple[int, int, float] = (0, 0, 0.0)

    @property
    def now(self) -> LegNow:
        return LegNow(
            leg=self.leg, call=self.call, phase=self.phase, room=self.room, role=self.role, hears=self.hears,
            heard_by=self.heard_by,
        )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Calls:
    """What lives now. Used by one thread only.

    tell: writes a signal. clock: seconds that only grow.
    """

    ari: Ari
    setup: AsteriskSetup
    tell: Callable[..., None]
    clock: Callable[[], float]
    legs: dict[str, Leg] = field(default_factory=dict)
    by_channel: dict[str, Leg] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    trunks: set[str] = field(default_factory=set)
    _awaited: dict[str, Callable[[], None]] = field(default_factory=dict)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    # Legs

    def add(self, leg: Leg) -> None:
        self.legs[leg.leg] = leg
        self.by_channel[leg.channel] = leg

    def leg(self, name: str, *phases: LegPhase) -> Leg:
        """The living leg of this name, in one of these phases. Raises Refused."""
        leg = self.legs.get(name)
        if leg is None:
            raise Refused(Refusal.UNKNOWN_LEG)
        if phases and leg.phase not in phases:
            raise Refused(Refusal.WRONG_PHASE, leg.phase)
        return leg

    def enter(self, leg: Leg, phase: LegPhase) -> None:
        """A leg is in another phase, unless it was already; phases never go back."""
        order = list(LegPhase)
        if order.index(phase) > order.index(leg.phase):
            leg.phase = phase
            self.tell(LegChanged, call=leg.call, leg=leg.leg, phase=phase)

    def remove(self, leg: Leg) -> None:
        leg.phase = LegPhase.ENDED
        del self.legs[leg.leg]
        self.by_channel.pop(leg.channel, None)

    # Channels of our own beside the legs: snoops and AudioSockets

    def make_snoop(self, leg: Leg, *, spy: str, whisper: str, then: Callable[[str], None]) -> str:
        """A snoop on a leg; `then` is called with its channel once it is in the application. Raises AriError."""
        channel = f"ours-{uuid7().hex}"
        self.ari.post(
            "channels", leg.channel, "snoop", channel, spy=spy, whisper=whisper, app=self.setup.app, appArgs="ours"
        )
        self._awaited[channel] = lambda: then(channel)
        return channel

    def make_ear(self, ear: str, host: str, *, then: Callable[[str], None]) -> str:
        """A channel that sends what it hears to an AudioSocket, named `ear`. Raises AriError."""
        channel = f"ours-{uuid7().hex}"
        self.ari.post(
            "channels", "externalMedia", channelId=channel, app=self.setup.app, external_host=host,
            encapsulation="audiosocket", transport="tcp", connection_type="client", format="slin", direction="both",
            data=ear,
        )  # fmt: skip
        self._awaited[channel] = lambda: then(channel)
        return channel

    def arrived(self, channel: str) -> bool:
        """A channel has entered the application: whether it is one that was awaited."""
        then = self._awaited.pop(channel, None)
        if then:
            self.gently(then)
        return then is not None

    def drop_channel(self, channel: str) -> None:
        """End a channel of our own."""
        self._awaited.pop(channel, None)
        self.gently(lambda: self.ari.end("channels", channel))

    def gently(self, action: Callable[[], None]) -> None:
        """Do something with channels of which any may be gone meanwhile: then its end is told by itself.

        Without an answer we go on as well: whether Asterisk lives is told by its stream of events alone.
        """
        try:
            action()
        except AriError as error:
            if error.status not in GONE:
                raise
            _log.info("asterisk: a channel is gone (%s)", error.status)
        except AriLost as error:
            _log.warning("asterisk: no answer: %s", error)

    # Time

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.clock() + seconds, next(self._order), action))

    def do_what_is_due(self) -> None:
        while self._due and self._due[0][0] <= self.clock():
            heapq.heappop(self._due)[2]()

    def next_due_in(self, at_most: float) -> float:
        return max(0.0, min(at_most, self._due[0][0] - self.clock())) if self._due else at_most
