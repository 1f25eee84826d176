"""What an engine tells: facts in the order in which they happened, numbered without a gap within one life of the engine.

They are not the room's outbox events: an engine knows nothing of centres, cases or people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from caasis.telephony.vocabulary import DtmfWay, EndCause, LegPhase, PlayEnd, Presentation, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Base: `boot` names one life of the engine, `seq` counts from 1 in it, `at` is aware."""

    boot: str
    seq: int
    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a moment has its offset")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStarted(Signal):
    """The first of a life: every call of an earlier life is over."""

    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDone(Signal):
    """A command was carried out (or had been: it was told twice)."""

    command_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRefused(Signal):
    """A command was not carried out; nothing was changed."""

    command_id: str
    refusal: Refusal
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCall(Signal):
    """Somebody calls. `caller` is +81… or "" ; `called` the number dialled; `diverted_from` the number before (188)."""

    call: str
    leg: str
    caller: str = ""
    presentation: Presentation = Presentation.ALLOWED
    called: str = ""
    diverted_from: str = ""
    trunk: str = ""
    user: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegChanged(Signal):
    """A leg is in another phase. With ENDED: why, and by whom (True: the other side)."""

    call: str
    leg: str
    phase: LegPhase
    cause: EndCause | None = None
    by_peer: bool = False
    sip_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserAnswer(Signal):
    """The SDP answer to a browser's offer."""

    leg: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitPressed(Signal):
    """One key."""

    leg: str
    digit: str
    way: DtmfWay
    duration_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayEnded(Signal):
    """Sound ended; `play` as it was told."""

    leg: str
    play: str
    reason: PlayEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChanged(Signal):
    """The other side's own hold key (re-INVITE)."""

    leg: str
    on_hold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequested(Signal):
    """A desk phone asks to transfer (REFER); the switchboard decides."""

    leg: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingReady(Signal):
    """A recording is whole. `sha256` is of the sealed file; `seconds` of sound; `failed` says why it is cut short."""

    recording: str
    leg: str
    file: str
    seconds: float
    sha256: str
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaQuality(Signal):
    """Every five seconds and at the end: packets that came, were lost, and the jitter (RFC 3550, 6.4.1) in ms."""

    leg: str
    received: int
    lost: int
    jitter_ms: float
    silent_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPresence(Signal):
    """A desk phone registered or went."""

    user: str
    online: bool
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkChanged(Signal):
    """A trunk is up or down."""

    trunk: str
    up: bool
    detail: str = ""


SIGNALS: dict[str, type[Signal]] = {
    one.__name__: one
    for one in (
        EngineStarted, CommandDone, CommandRefused, IncomingCall, LegChanged, BrowserAnswer, DigitPressed, PlayEnded,
        HoldChanged, TransferRequested, RecordingReady, MediaQuality, UserPresence, TrunkChanged,
    )
}  # fmt: skip
