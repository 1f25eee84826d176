"""What the contract needs of the other side of an engine: callers, phones, browsers, time, and the engine's own fate."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from caasis.telephony.ports import TelephonyPort
from caasis.telephony.vocabulary import EndCause, Presentation

#: Prompts that an engine under test has, each with a sound of its own: of 0.4 s, of 3 s, and music of 1 s for loops.
SHORT, LONG, MUSIC = "short", "long", "music"
#: A number that may be called, one that may not, and a number of the centre.
ALLOWED, FORBIDDEN, OWN = "+81312345678", "+882991234567", "+81398765432"


class World(Protocol):
    """The other side of an engine under test.

    Every phone has a voice of its own, which it speaks for as long as it is in a call. What somebody perceives is a set of
    names: legs whose voice it is, and `prompt:NAME`. A real engine's world measures it by the spectrum.

    lines: how many legs the engine takes at once, 20 at most.
    kept: how many signals it remembers, 500 at most.
    """

    lines: int
    kept: int

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the engine."""

    def incoming_call(
        self,
        *,
        called: str = OWN,
        caller: str = ALLOWED,
        diverted_from: str = "",
        presentation: Presentation = Presentation.ALLOWED,
    ) -> str:
        """Somebody calls from outside: the leg that the engine told of."""

    def register(self, user: str) -> None:
        """A desk phone registers; it rings when it is called."""

    def unregister(self, user: str) -> None:
        """A desk phone goes."""

    def peer_answers(self, who: str) -> None:
        """The phone of this user, or at this number, is picked up while it is called."""

    def peer_refuses(self, who: str, cause: EndCause) -> None:
        """The phone of this user, or at this number, is BUSY or the call is REJECTED."""

    def peer_hangs_up(self, leg: str) -> None:
        """The other side ends a leg, in whatever phase."""

    def press(self, leg: str, digits: str) -> None:
        """The other side presses keys (RFC 4733)."""

    def peer_holds(self, leg: str, on: bool) -> None:
        """The other side's own hold key."""

    def browser_offer(self) -> str:
        """A browser's SDP offer, for engines with Capability.WEBRTC."""

    def browser_connects(self, leg: str, answer: str) -> None:
        """The browser takes the answer to its offer."""

    def hears(self, leg: str) -> set[str]:
        """What the other side of a leg hears now."""

    def keys_told(self, leg: str) -> str:
        """The keys that the engine pressed towards a leg."""

    def recorded(self, file: str, begin_s: float = 0.0, end_s: float = 3_600.0) -> tuple[set[str], set[str]]:
        """What is on the left (said) and on the right (heard) of a finished recording, between two of its moments."""

    def tapped(self, pieces: Sequence[bytes]) -> set[str]:
        """What is in the pieces of a tap."""

    def kill_engine(self) -> None:
        """The engine dies at once, as by kill -9."""

    def restart_engine(self) -> None:
        """The engine is started again after `kill_engine`."""

    def hang_engine(self, hanging: bool) -> None:
        """The engine stands still as by SIGSTOP, or goes on."""


class UnderTest(NamedTuple):
    """An engine's port with the world at its other side."""

    port: TelephonyPort
    world: World


#: An adapter's part of the suite: makes a fresh engine and ends it.
Setting = AbstractContextManager[UnderTest]
