"""Everybody at the other end of the memory engine's lines: callers, desk phones, browsers, carriers, and time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from caasis.kernel.ids import uuid7
from caasis.telephony.adapters.memory.engine import MemoryEngine
from caasis.telephony.adapters.memory.parties import Leg, Line
from caasis.telephony.adapters.memory.switch import Switch
from caasis.telephony.ports import EngineUnreachable
from caasis.telephony.signals import HoldChanged, IncomingCall, TransferRequested, TrunkChanged, UserPresence
from caasis.telephony.vocabulary import Direction, DtmfWay, EndCause, LegPhase, Presentation

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
_CALLED = (LegPhase.NEW, LegPhase.RINGING, LegPhase.EARLY_MEDIA)


def _with_engine(method: Callable[Concatenate[World, Given], Answer]) -> Callable[Concatenate[World, Given], Answer]:
    """Done while nobody else touches the engine; where there is none, EngineUnreachable."""

    @wraps(method)
    def locked(self: World, /, *given: Given.args, **named: Given.kwargs) -> Answer:
        with self.engine.lock:
            if not self.engine.running:
                raise EngineUnreachable("there is no engine at the other end")
            return method(self, *given, **named)

    return locked


class World:
    """The other side of a `MemoryEngine`.

    Whoever is called is named by leg, or by the user or number that rings; KeyError where nobody of that name is there.
    """

    def __init__(self, engine: MemoryEngine) -> None:
        self.engine = engine

    @property
    def _switch(self) -> Switch:
        return self.engine.switch

    # Time

    def advance(self, seconds: float) -> None:
        """Let time pass, and happen what is due."""
        with self.engine.lock:
            self.engine.clock.advance(seconds)

    # Callers

    @_with_engine
    def incoming_call(
        self,
        *,
        called: str,
        caller: str = "",
        diverted_from: str = "",
        presentation: Presentation = Presentation.ALLOWED,
        trunk: str = "trunk",
        user: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Somebody calls: the leg, or "" where every line is taken and the caller hears that it is busy.

        `user` is a registered phone's, which then calls without a trunk.
        """
        if self.engine.full:
            return ""
        leg = Leg(leg=uuid7().hex, call=uuid7().hex, direction=Direction.INBOUND, address=user or caller)
        self._switch.add(leg)
        self._switch.tell(
            IncomingCall, call=leg.call, leg=leg.leg, caller=caller, presentation=presentation, called=called,
            diverted_from=diverted_from, trunk="" if user else trunk, user=user, headers=dict(headers or {}),
        )  # fmt: skip
        return leg.leg

    # Those who are called

    @_with_engine
    def peer_rings(self, who: str, *, early_media: bool = False) -> None:
        """A phone that is called rings, or the carrier lets something be heard already."""
        self._switch.enter(self._called(who), LegPhase.EARLY_MEDIA if early_media else LegPhase.RINGING)

    @_with_engine
    def peer_answers(self, who: str) -> str:
        """A phone that is called is picked up. Returns the leg."""
        leg = self._called(who)
        self._switch.enter(leg, LegPhase.ANSWERED)
        return leg.leg

    @_with_engine
    def peer_refuses(self, who: str, cause: EndCause = EndCause.BUSY) -> None:
        """A phone that is called is busy, declines, or fails."""
        self._switch.end(self._called(who), cause, by_peer=True)

    @_with_engine
    def browser_connects(self, leg: str) -> None:
        """A browser has taken the answer to its offer, and sound flows."""
        self._switch.enter(self._living(leg, *_CALLED), LegPhase.ANSWERED)

    # Those who are in a call

    @_with_engine
    def peer_hangs_up(self, leg: str) -> None:
        """The other side ends a leg; before it was answered, that is giving up."""
        one = self._living(leg)
        answered = one.phase is LegPhase.ANSWERED
        self._switch.end(one, EndCause.NORMAL if answered else EndCause.CANCELLED, by_peer=True)

    @_with_engine
    def press(self, leg: str, digits: str, *, way: DtmfWay = DtmfWay.EVENT, duration_ms: int = 100) -> None:
        """Keys are pressed. Those that are told by sound are found only where the engine listens for them."""
        one = self._living(leg)
        if way is DtmfWay.IN_BAND and not one.listens_for_tones:
            return
        for digit in digits:
            self._switch.press(one, digit, way, duration_ms)

    @_with_engine
    def peer_holds(self, leg: str, on: bool) -> None:
        """The other side's own hold key."""
        self._switch.change(self._living(leg, LegPhase.ANSWERED), on_hold=on)
        self._switch.tell(HoldChanged, leg=leg, on_hold=on)

    @_with_engine
    def peer_transfers(self, leg: str, target: str) -> None:
        """A desk phone asks to transfer."""
        self._switch.tell(TransferRequested, leg=self._living(leg, LegPhase.ANSWERED).leg, target=target)

    @_with_engine
    def carrier_takes_over(self, leg: str) -> str:
        """The carrier has done what TransferAtCarrier asked: the leg is over. Returns where the call went."""
        one = self._living(leg)
        if not one.handing_over:
            raise KeyError(leg)
        self._switch.end(one, EndCause.TRANSFERRED, by_peer=True)
        return one.handing_over

    # The line

    @_with_engine
    def disturb(self, leg: str, *, loss: float, jitter_ms: float) -> None:
        """From now on this share of a leg's packets is lost, and the rest comes with this jitter."""
        line = self._line(leg)
        line.count(self.engine.clock.now)
        line.loss, line.jitter_ms = loss, jitter_ms

    @_with_engine
    def falls_silent(self, leg: str) -> None:
        """No packet comes from a leg any more."""
        self._switch.fall_silent(self._living(leg), self._line(leg))

    @_with_engine
    def speaks_again(self, leg: str) -> None:
        """Packets come again from a leg that had fallen silent."""
        self._switch.speak_again(self._line(leg))

    # Who is there

    @_with_engine
    def register(self, user: str, *, device: str = "") -> None:
        """A desk phone registers."""
        self._switch.users[user] = device
        self._switch.tell(UserPresence, user=user, online=True, device=device)

    @_with_engine
    def unregister(self, user: str) -> None:
        """A desk phone goes."""
        self._switch.tell(UserPresence, user=user, online=False, device=self._switch.users.pop(user))

    @_with_engine
    def trunk(self, name: str, *, up: bool, detail: str = "") -> None:
        """A trunk comes up or goes down."""
        (self._switch.trunks.add if up else self._switch.trunks.discard)(name)
        self._switch.tell(TrunkChanged, trunk=name, up=up, detail=detail)

    # What can be perceived

    @_with_engine
    def hears(self, leg: str) -> frozenset[str]:
        """The sources that a leg hears now: other legs' names, and `prompt:NAME` for what is played."""
        return self._switch.heard(self._living(leg))

    @_with_engine
    def keys_told(self, leg: str) -> str:
        """The digits that the engine pressed towards a leg, since its beginning."""
        return self._living(leg).keys_told

    @_with_engine
    def sources(self, piece: bytes) -> frozenset[str]:
        """Who is in 100 ms of a tap."""
        return self._switch.tones.sources(piece)

    def recorded(self, file: str) -> list[tuple[float, frozenset[str], frozenset[str]]]:
        """What is in a recording: seconds, sources said, sources heard, in order. Raises KeyError."""
        with self.engine.lock:
            spans = json.loads(self._switch.files[file])
        return [(seconds, frozenset(said), frozenset(hears)) for seconds, said, hears in spans]

    # The engine itself

    def lose_engine(self) -> None:
        """The engine dies, and every call with it."""
        with self.engine.lock:
            self.engine.lose()

    def restart_engine(self) -> None:
        """The engine begins a new life, in which nobody is registered and no trunk is up yet."""
        with self.engine.lock:
            self.engine.restart()

    def cut_off(self, cut: bool = True) -> None:
        """The engine lives but cannot be reached, or can be again; calls go on meanwhile."""
        with self.engine.lock:
            self.engine.reachable = not cut

    @_with_engine
    def hang_engine(self, hanging: bool = True) -> None:
        """The engine takes commands but does nothing, or goes on with those that it took."""
        self.engine.hang(hanging)

    def _living(self, leg: str, *phases: LegPhase) -> Leg:
        one = self._switch.legs[leg]
        if phases and one.phase not in phases:
            raise KeyError(leg)
        return one

    def _called(self, who: str) -> Leg:
        leg = self._switch.legs.get(who) or self._switch.latest(who, _CALLED)
        if leg is None or leg.direction is not Direction.OUTBOUND or leg.phase not in _CALLED:
            raise KeyError(who)
        return leg

    def _line(self, leg: str) -> Line:
        line = self._living(leg).line
        if line is None:
            raise KeyError(leg)
        return line
