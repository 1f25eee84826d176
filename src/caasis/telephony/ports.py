"""The telephone engine as the switchboard sees it.

Adapters: `embedded` (our own process: SIP, RTP, browsers), `asterisk` (ARI) and `memory` (tests and drills). One suite
of contract tests runs over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from caasis.telephony.commands import Command
from caasis.telephony.signals import Signal
from caasis.telephony.vocabulary import Capability, LegPhase, Role


class EngineUnreachable(Exception):
    """No engine answers. Commands told meanwhile are lost; the caller asks for a snapshot when it is back."""


class SignalsForgotten(Exception):
    """The engine no longer keeps what followed `after`, or lives another life: take a snapshot, then go on from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegNow:
    """A living leg."""

    leg: str
    call: str
    phase: LegPhase
    room: str = ""
    role: Role | None = None
    hears: frozenset[Role] = frozenset()
    heard_by: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that lives in the engine at the moment of signal `seq` of life `boot`."""

    boot: str
    seq: int
    legs: tuple[LegNow, ...] = ()
    users: tuple[str, ...] = ()
    trunks: tuple[str, ...] = ()


class TelephonyPort(Protocol):
    """Commands never wait for the network; what comes of them comes as signals."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this engine can do."""

    def send(self, command: Command) -> None:
        """Tell the engine; CommandDone or CommandRefused follows. Raises EngineUnreachable."""

    def signals(self, *, boot: str, after: int, timeout_s: float) -> Sequence[Signal]:
        """What followed signal `after` of life `boot`, waiting up to `timeout_s` for the first; may be empty.

        `boot=""` with `after=0` asks for all of the present life. Raises EngineUnreachable and SignalsForgotten.
        """

    def snapshot(self) -> Snapshot:
        """What lives now. Raises EngineUnreachable."""

    def tap(self, leg: str, *, side: Literal["said", "heard"]) -> Iterator[bytes]:
        """Live sound of one side of a leg: 16-bit little-endian mono at 8 kHz, 100 ms a piece, until the leg ends.

        A reader that is slow loses the oldest; it never holds up a call. Raises EngineUnreachable, KeyError.
        """

    def close(self) -> None:
        """Let go of the connection; calls go on."""
