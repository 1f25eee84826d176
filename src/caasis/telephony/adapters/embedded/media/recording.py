"""Recordings of many legs at once: a frame of both sides each tick, handed second by second to a thread that writes."""

from __future__ import annotations

import errno
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from caasis.telephony.adapters.embedded.media.g711 import ULAW_SILENCE, encode_ulaw
from caasis.telephony.adapters.embedded.media.happenings import MediaHappening, RecordingDone
from caasis.telephony.adapters.embedded.media.recording_file import CHUNK, SUFFIX, RecordingWriter
from caasis.telephony.adapters.embedded.media.sound import FRAME, RATE, Codes, Samples

log = logging.getLogger(__name__)

_FRAMES = CHUNK // FRAME
#: Seconds of one recording that may wait for the disk; then it is given up rather than filling the memory.
_WAITING = 20
#: Why a recording ended early, for people.
FELL_BEHIND = "保存先への書き込みが追いつきませんでした"
DISK_FULL = "保存先の空きがなくなりました"
NOT_WRITTEN = "保存先に書けませんでした"
EXISTS = "同じ名前の録音がすでにあります"
_REASONS = {errno.ENOSPC: DISK_FULL, errno.EDQUOT: DISK_FULL, errno.EFBIG: DISK_FULL, errno.EEXIST: EXISTS}


@dataclass(slots=True, eq=False)
class Recording:
    """One recording while it runs. `place` is the place of its leg.

    handed counts the seconds given to the writing thread, written those on disk: each is changed by one thread only.
    """

    recording: str
    leg: str
    place: int
    key_name: str
    key: bytes
    paused: bool = False
    handed: int = 0
    written: int = 0
    failed: str = ""
    writer: RecordingWriter | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class _Order:
    """For the writing thread: begin (no codes), a second, or the last rest."""

    recording: Recording
    codes: bytes | None = None
    last: bool = False


class RecordingFiles:
    """Writes recordings on a thread of its own, so that a slow or full disk never holds up a call.

    `work` does what waits, and may as well be called by hand when the thread was not started.
    """

    def __init__(self, folder: Path, on_happening: Callable[[MediaHappening], None]) -> None:
        self._folder = folder
        self._on_happening = on_happening
        self._orders: deque[_Order] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end the thread."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        self.work()

    def put(self, order: _Order) -> None:
        """Hand something over; never waits for the disk."""
        with self._changed:
            self._orders.append(order)
            self._changed.notify()

    def work(self) -> None:
        """Write what waits."""
        while self._orders:
            self._do(self._orders.popleft())

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._orders or self._ending)
                if self._ending:
                    return
            self.work()

    def _do(self, order: _Order) -> None:
        recording = order.recording
        if recording.over:
            return
        try:
            if recording.failed:
                self._give_up(recording, recording.failed)
            elif order.codes is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                recording.writer = RecordingWriter(self._folder, recording.recording, recording.key_name, recording.key)
            elif recording.writer is not None and not order.last:
                recording.writer.write(order.codes)
                recording.written += 1
            elif recording.writer is not None:
                sha256 = recording.writer.finish(order.codes)
                self._tell(recording, sha256, "")
        except OSError as error:
            log.warning("a recording could not be written: %s", error.strerror)
            self._give_up(recording, _REASONS.get(error.errno or 0, NOT_WRITTEN))
        except Exception:
            # One recording's trouble must not end the thread that writes all the others.
            log.exception("a recording could not be written")
            self._give_up(recording, NOT_WRITTEN)

    def _give_up(self, recording: Recording, why: str) -> None:
        sha256 = ""
        if recording.writer is not None:
            try:
                sha256 = recording.writer.abandon()
            except OSError:
                log.warning("a recording could not even be closed")
        recording.failed = why
        self._tell(recording, sha256, why)

    def _tell(self, recording: Recording, sha256: str, failed: str) -> None:
        recording.over = True
        seconds = recording.writer.samples / RATE if recording.writer is not None else 0.0
        file = recording.recording + SUFFIX if recording.writer is not None else ""
        self._on_happening(RecordingDone(recording.leg, recording.recording, file, seconds, sha256, failed))


class Recorders:
    """The recordings that run, in one block of memory. All but the writing happens on the thread that ticks."""

    def __init__(self, files: RecordingFiles) -> None:
        self._files = files
        self._running: list[Recording] = []
        self._block = np.full((8, 2, _FRAMES, FRAME), ULAW_SILENCE, np.uint8)
        self._at = np.zeros(8, np.intp)
        self._places = np.zeros(8, np.intp)
        self._paused = np.zeros(8, np.bool_)

    def begin(self, recording: Recording) -> None:
        """Record from the next tick on."""
        row = len(self._running)
        if row == len(self._at):
            self._enlarge()
        self._running.append(recording)
        self._at[row], self._places[row], self._paused[row] = 0, recording.place, recording.paused
        self._files.put(_Order(recording))

    def pause(self, recording: Recording, paused: bool) -> None:
        """Put silence in the place of both sides, or go on."""
        recording.paused = paused
        if recording in self._running:
            self._paused[self._running.index(recording)] = paused

    def end(self, recording: Recording) -> None:
        """End a recording; what is in hand is written. Ending one that is over is nothing."""
        if recording not in self._running:
            return
        row, last = self._running.index(recording), len(self._running) - 1
        self._files.put(_Order(recording, self._block[row, :, : self._at[row]].tobytes(), last=True))
        # The last row moves into the gap, so that the rows in use are the first ones.
        self._running[row] = self._running[last]
        for rows in (self._block, self._at, self._places, self._paused):
            rows[row] = rows[last]
        self._running.pop()

    def end_of(self, place: int) -> None:
        """End the recordings of a leg that goes."""
        for recording in [one for one in self._running if one.place == place]:
            self.end(recording)

    def tick(self, said: Samples, heard_ulaw: Codes) -> None:
        """Record a frame: what the legs say, and the codes of μ-law of what they hear, both by place."""
        count = len(self._running)
        if not count:
            return
        places, paused, rows = self._places[:count], self._paused[:count], np.arange(count)
        left, right = encode_ulaw(said[places]), heard_ulaw[places]
        if paused.any():
            left[paused] = right[paused] = ULAW_SILENCE
        self._block[rows, 0, self._at[:count]] = left
        self._block[rows, 1, self._at[:count]] = right
        self._at[:count] += 1
        self._hand_over(count)

    def silence(self, frames: int) -> None:
        """Record silence for ticks that were left out, so that times stay true."""
        count = len(self._running)
        for _ in range(frames if count else 0):
            self._block[np.arange(count), :, self._at[:count]] = ULAW_SILENCE
            self._at[:count] += 1
            self._hand_over(count)

    def _hand_over(self, count: int) -> None:
        gone = []
        for row in np.flatnonzero(self._at[:count] == _FRAMES):
            recording = self._running[row]
            self._at[row] = 0
            recording.handed += 1
            if recording.handed - recording.written > _WAITING and not recording.failed:
                recording.failed = FELL_BEHIND
            if recording.failed:
                gone.append(recording)
            else:
                self._files.put(_Order(recording, self._block[row].tobytes()))
        for recording in gone:
            self.end(recording)

    def _enlarge(self) -> None:
        self._block = np.concatenate([self._block, np.full_like(self._block, ULAW_SILENCE)])
        self._at = np.concatenate([self._at, np.zeros_like(self._at)])
        self._places = np.concatenate([self._places, np.zeros_like(self._places)])
        self._paused = np.concatenate([self._paused, np.zeros_like(self._paused)])
