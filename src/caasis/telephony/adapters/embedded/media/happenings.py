"""What the media engine tells of its legs, and its own figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from caasis.telephony.vocabulary import DtmfWay
from caasis.telephony.vocabulary import PlayEnd as Reason


@dataclass(frozen=True, slots=True)
class MediaHappening:
    """Base: something happened at `leg`."""

    leg: str


@dataclass(frozen=True, slots=True)
class Digit(MediaHappening):
    """A key was pressed and let go again."""

    digit: str
    way: DtmfWay
    duration_ms: int


@dataclass(frozen=True, slots=True)
class PlayEnd(MediaHappening):
    """Sound ended."""

    play: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class RecordingDone(MediaHappening):
    """A recording is whole, or `failed` says why it is cut short.

    file: its name in the folder of recordings. sha256: of the sealed file as it lies there, "" when there is none.
    """

    recording: str
    file: str
    seconds: float
    sha256: str
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Quality(MediaHappening):
    """Packets that came and were lost since the leg began, jitter (RFC 3550, 6.4.1), seconds since the last packet."""

    received: int
    lost: int
    jitter_ms: float
    silent_s: float


@dataclass(frozen=True, slots=True)
class MediaSilent(MediaHappening):
    """Nothing has come for so many seconds; told again every five seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class BrowserState(MediaHappening):
    """A browser's leg is connected, could not be, or is closed by the browser or by its silence."""

    state: Literal["connected", "failed", "closed"]


@dataclass(frozen=True, slots=True)
class MediaStatistics:
    """Figures since the start.

    late_ticks: those that began 10 ms or more after their time, and those left out. busy_s: seconds spent in ticks and in
    receiving. cpu_s: processor time of the thread that ticks. refused: packets that did not count, for whatever reason.
    late: packets that came after their turn.
    """

    ticks: int
    late_ticks: int
    busy_s: float
    cpu_s: float
    received: int
    sent: int
    expected: int
    lost: int
    late: int
    refused: int
    legs: int
