"""The sound of the model: every source is a steady tone, made 20 ms at a time in real time."""

from __future__ import annotations

import io
import threading
import time
import wave
from collections.abc import Callable

from caasis.telephony.adapters.memory.tap import Tones
from tests.rooms.telephony.asterisk.model import Sources

TICK_S = 0.02
_FRAME = 320


class Sound:
    """Calls `make` with the number of each tick that is due; a tick that comes late is made up for."""

    def __init__(self, make: Callable[[int], None]) -> None:
        self.tones = Tones()
        self._make = make
        self._known: dict[Sources, bytes] = {}
        self._over = threading.Event()

    def begin(self) -> None:
        threading.Thread(target=self._run, name="model-sound", daemon=True).start()

    def end(self) -> None:
        self._over.set()

    def frame(self, sources: Sources, tick: int) -> bytes:
        """20 ms of these sources."""
        if sources not in self._known:
            self._known[sources] = self.tones.sound(sources)
        # A tone goes into 100 ms without a rest, so that every fifth frame is the same.
        at = tick % 5 * _FRAME
        return self._known[sources][at : at + _FRAME]

    def _run(self) -> None:
        begun, made = time.monotonic(), 0
        while not self._over.wait(TICK_S):
            due = int((time.monotonic() - begun) / TICK_S)
            for tick in range(made, due):
                self._make(tick)
            made = due


def mono(samples: bytes) -> bytes:
    """A WAV file of 16-bit mono sound at 8 kHz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(samples)
    return file.getvalue()
