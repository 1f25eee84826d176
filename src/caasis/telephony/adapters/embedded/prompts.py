"""Prompts: WAV files by name in one folder, each replaceable at any moment."""

from __future__ import annotations

import threading
import wave
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 8_000
SUFFIX = ".wav"
_KEPT = 256
_LONGEST_S = 600

Samples = npt.NDArray[np.int16]


class BadPrompt(ValueError):
    """There is no such prompt, or it is no WAV file of 16-bit mono at 8 kHz."""


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: tuple[int, int]
    samples: Samples


class Prompts:
    """Reads prompts and keeps those that were used last. A file that changed is read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def samples(self, name: str) -> Samples:
        """The sound of a prompt, int16 at 8 kHz; not to be changed. Raises BadPrompt."""
        path = self._folder / (name + SUFFIX)
        try:
            found = path.stat()
        except OSError:
            raise BadPrompt(f"there is no prompt {name}") from None
        stamp = (found.st_mtime_ns, found.st_size)
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None and kept.stamp == stamp:
                self._kept.move_to_end(name)
                return kept.samples
        samples = _read(path)
        with self._lock:
            self._kept[name] = _Kept(stamp, samples)
            self._kept.move_to_end(name)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return samples


def _read(path: Path) -> Samples:
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
                raise BadPrompt(f"{path.name} is not 16-bit mono at 8 kHz")
            if file.getnframes() > _LONGEST_S * RATE:
                raise BadPrompt(f"{path.name} is longer than {_LONGEST_S} s")
            octets = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise BadPrompt(f"{path.name} can't be read") from error
    samples = np.frombuffer(octets[: len(octets) // 2 * 2], "<i2").astype(np.int16)
    samples.flags.writeable = False
    return samples
