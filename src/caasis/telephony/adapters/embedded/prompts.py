"""The engine's folder of prompts: NAME.wav of 8 kHz, 16 bits, one side, made and named by `telephony.prompts`."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import RATE, Samples
from caasis.telephony.prompts.sound import NotASound, read_wav

#: Sounds that are kept at hand: an hour of speech, about 60 MB.
_KEPT_SAMPLES = 3_600 * RATE


class Prompts:
    """Sounds by name. A file never changes under its name, so that what was read once may be kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, Samples] = OrderedDict()
        self._size = 0

    def find(self, name: str, offset_ms: int = 0) -> Samples | None:
        """The sound from this moment on, None where there is none. A name has letters, digits, - and _ only."""
        sound = self._kept.pop(name, None)
        if sound is None:
            try:
                sound = np.ascontiguousarray(read_wav((self._folder / f"{name}.wav").read_bytes()).samples)
            except (OSError, NotASound):
                return None
            self._size += len(sound)
        self._kept[name] = sound
        while self._size > _KEPT_SAMPLES and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1])
        return sound[offset_ms * RATE // 1000 :]
