"""Recordings: two snoops of a leg are recorded by Asterisk, then fetched, laid out, sealed and deleted there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from caasis.kernel.ids import uuid7
from caasis.telephony.adapters.asterisk.ari import Ari, AriError, AriLost
from caasis.telephony.adapters.asterisk.calls import WITH_SOUND, Calls, Leg, Refused
from caasis.telephony.adapters.asterisk.weaving import NoSound, Stretch, laid_out, samples, seconds_of_codes
from caasis.telephony.adapters.embedded.media.recording_file import SUFFIX, RecordingWriter
from caasis.telephony.commands import PauseRecording, StartRecording, StopRecording
from caasis.telephony.vocabulary import Refusal

#: The 32 octets of a recording's key by its name. Raises LookupError for a name that it does not know.
Keys = Callable[[str], bytes]
#: After so long a file that was stopped is fetched, whether Asterisk has told that it is closed or not.
PATIENCE_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Side:
    """One side of a leg: the snoop on it, the file that Asterisk writes, and when it was really written.

    running_since: a moment of the clock, None while it is paused or not begun.
    """

    direction: Literal["in", "out"]
    snoop: str = ""
    there: bool = False
    file: str = field(default_factory=lambda: f"caasis-{uuid7().hex}")
    begun: bool = False
    finished: bool = False
    failed: str = ""
    running_since: float | None = None
    stretches: list[Stretch] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Recording:
    """A recording in progress; `zero` is the moment of the clock at which it was ordered."""

    name: str
    leg: Leg
    key_name: str
    key: bytes = field(repr=False)
    zero: float
    paused: bool = False
    ended: float | None = None
    sides: tuple[Side, Side] = field(default_factory=lambda: (Side("in"), Side("out")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What RecordingReady tells."""

    recording: str
    leg: str
    file: str
    seconds: float
    sha256: str
    failed: str


@dataclass(slots=True, eq=False)
class Recordings:
    """All recordings of one life.

    keys: None where recordings can't be sealed; then nothing is recorded.
    finish: does slow work elsewhere.
    """

    calls: Calls
    keys: Keys | None
    finish: Callable[[Callable[[Ari], Ready]], None]
    _running: dict[str, Recording] = field(default_factory=dict)
    _of_file: dict[str, tuple[Recording, Side]] = field(default_factory=dict)

    # Commands

    def start(self, order: StartRecording) -> None:
        """Begin to record. Raises Refused."""
        leg = self.calls.leg(order.leg, *WITH_SOUND)
        if order.recording in self._running:
            raise Refused(Refusal.WRONG_PHASE, "there is such a recording")
        if self.keys is None:
            raise Refused(Refusal.NOT_CAPABLE, "recordings can't be sealed")
        try:
            key = self.keys(order.key_name)
        except LookupError:
            raise Refused(Refusal.NOT_PERMITTED, "no such key") from None
        recording = Recording(order.recording, leg, order.key_name, key, self.calls.clock())
        try:
            for side in recording.sides:
                then = partial(self._snoop_arrived, recording, side)
                side.snoop = self.calls.make_snoop(leg, spy=side.direction, whisper="none", then=then)
        except (AriError, AriLost):
            self._drop_snoops(recording)
            raise
        self._running[order.recording] = recording
        self._of_file |= {side.file: (recording, side) for side in recording.sides}

    def pause(self, order: PauseRecording) -> None:
        """Pause or go on. Raises Refused."""
        recording = self._known(order.recording)
        if recording.paused == order.paused:
            return
        recording.paused = order.paused
        for side in recording.sides:
            if not side.begun:
                if side.there and not order.paused:
                    self._begin(recording, side)
                continue
            change = self.calls.ari.post if order.paused else self.calls.ari.end
            self.calls.gently(partial(change, "recordings", "live", side.file, "pause"))
            self._runs(recording, side, not order.paused)

    def stop(self, order: StopRecording) -> None:
        """End a recording. Raises Refused."""
        self._stop(self._known(order.recording))

    def _known(self, name: str) -> Recording:
        if name not in self._running:
            raise Refused(Refusal.UNKNOWN_RECORDING)
        return self._running[name]

    # What happens

    def leg_ended(self, leg: Leg) -> None:
        """The recordings of a leg end with it."""
        for recording in [one for one in self._running.values() if one.leg is leg]:
            self._stop(recording)

    def finished(self, file: str, *, failed: str = "") -> None:
        """Asterisk has closed a file, or could not write it."""
        if file not in self._of_file:
            return
        recording, side = self._of_file[file]
        side.finished, side.failed = True, failed
        if recording.ended is None:
            self._stop(recording)
        else:
            self._seal_when_whole(recording)

    def _snoop_arrived(self, recording: Recording, side: Side, channel: str) -> None:
        side.there = True
        if recording.ended is None and not recording.paused:
            self._begin(recording, side)

    def _begin(self, recording: Recording, side: Side) -> None:
        def record() -> None:
            self.calls.ari.post("channels", side.snoop, "record", name=side.file, format="wav", ifExists="fail")
            side.begun = True
            self._runs(recording, side, True)

        self.calls.gently(record)

    def _runs(self, recording: Recording, side: Side, running: bool) -> None:
        now = self.calls.clock()
        if side.running_since is not None:
            side.stretches.append(Stretch(side.running_since - recording.zero, now - recording.zero))
        side.running_since = now if running else None

    def _stop(self, recording: Recording) -> None:
        recording.ended = self.calls.clock()
        del self._running[recording.name]
        for side in recording.sides:
            self._runs(recording, side, False)
            if side.begun and not side.finished:
                self.calls.gently(partial(self.calls.ari.post, "recordings", "live", side.file, "stop"))
                self.calls.later(PATIENCE_S, partial(self.finished, side.file))
        self._seal_when_whole(recording)

    def _seal_when_whole(self, recording: Recording) -> None:
        if all(side.finished or not side.begun for side in recording.sides):
            for side in recording.sides:
                del self._of_file[side.file]
            self._drop_snoops(recording)
            assert recording.ended is not None
            seconds = recording.ended - recording.zero
            self.finish(partial(_sealed, recording, seconds, self.calls.setup.recordings))

    def _drop_snoops(self, recording: Recording) -> None:
        for side in recording.sides:
            if side.snoop:
                self.calls.drop_channel(side.snoop)


def _sealed(recording: Recording, seconds: float, folder: Path, ari: Ari) -> Ready:
    """Fetch both sides, weave and seal them, put the file into its folder, and delete what Asterisk has.

    What could not be sealed or written stays with Asterisk, for somebody to look after.
    """
    ready = Ready(
        recording=recording.name, leg=recording.leg.leg, file="", seconds=round(seconds, 3), sha256="",
        failed="".join(side.failed for side in recording.sides),
    )  # fmt: skip
    left, right, failed = _fetched(recording, seconds, ari)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        sha256 = _written(recording, left, right, folder)
    except OSError as error:
        left_behind = [side.file for side in recording.sides if side.begun]
        _log.error("asterisk: a recording could not be kept (%r); unsealed in the spool: %s", error, left_behind)
        return replace(ready, failed="it could not be sealed or written")
    for side in recording.sides:
        if side.begun:
            try:
                ari.end("recordings", "stored", side.file)
            except (AriError, AriLost) as error:
                _log.error("asterisk: unsealed in the spool: %s (%s)", side.file, error)
    return replace(ready, file=recording.name + SUFFIX, sha256=sha256, failed=ready.failed or failed)


def _written(recording: Recording, left: bytearray, right: bytearray, folder: Path) -> str:
    """Write both sides as the sealed file that our own engine would have written; its SHA-256. Raises OSError."""
    writer = RecordingWriter(folder, recording.name, recording.key_name, recording.key)
    try:
        *whole, last = seconds_of_codes(left, right)
        for second in whole:
            writer.write(second)
        return writer.finish(last)
    except OSError:
        writer.abandon()
        (folder / (recording.name + SUFFIX)).unlink(missing_ok=True)
        raise


def _fetched(recording: Recording, seconds: float, ari: Ari) -> tuple[bytearray, bytearray, str]:
    """Both sides, laid out over the whole time, and what is missing."""
    sides: list[bytearray] = []
    failed = ""
    for side in recording.sides:
        sound = b""
        if side.begun and not side.failed:
            try:
                sound = samples(ari.content("recordings", "stored", side.file, "file"))
            except (AriError, AriLost, NoSound) as error:
                _log.warning("asterisk: one side of a recording is lost: %s", error)
                failed = "one side is lost"
        sides.append(laid_out(sound, side.stretches, seconds))
    return sides[0], sides[1], failed
