"""Which recordings run, noted beside their files, so that those cut off by the engine's death are told of by the next one."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

CUT = "電話エンジンが止まったため、録音が途中で切れました"
_NOTE, _FILE = ".running", ".recording"
#: The layout of a sealed recording, as `media.recording_file` describes it: what is in its header beside two names, and
#: how long a whole second is.
_HEADER, _SECOND = 9 + 16 + 1 + 1, 2 + 2 * 8_000 + 16


@dataclass(frozen=True, slots=True)
class CutRecording:
    """A recording whose end is missing. file: "" when nothing of it was written. sha256: of the file as it lies there."""

    recording: str
    leg: str
    file: str
    seconds: float
    sha256: str


class RunningRecordings:
    """Notes in the folder of the recordings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begun(self, recording: str, leg: str, key_name: str) -> None:
        """A recording begins. Raises OSError when that can't be noted."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        note = self._folder / (recording + _NOTE)
        draft = note.with_suffix(".note")
        draft.write_text(json.dumps({"leg": leg, "key_name": key_name}))
        draft.replace(note)

    def ended(self, recording: str) -> None:
        """It was told of."""
        (self._folder / (recording + _NOTE)).unlink(missing_ok=True)

    def cut(self) -> Iterator[CutRecording]:
        """Those that an earlier life left running; each is told once and forgotten when the next is asked for."""
        for note in sorted(self._folder.glob(f"*{_NOTE}")):
            try:
                said = json.loads(note.read_text())
                yield self._measured(note.stem, str(said["leg"]), str(said["key_name"]))
            except (OSError, ValueError, KeyError, TypeError):
                log.warning("the note of a recording can't be read")
            note.unlink(missing_ok=True)

    def _measured(self, recording: str, leg: str, key_name: str) -> CutRecording:
        path = self._folder / (recording + _FILE)
        if not path.is_file():
            return CutRecording(recording, leg, "", 0.0, "")
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
            size = os.fstat(file.fileno()).st_size
        header = _HEADER + len(recording.encode()) + len(key_name.encode())
        seconds = max(0, size - header) // _SECOND
        return CutRecording(recording, leg, path.name, float(seconds), digest.hexdigest())
