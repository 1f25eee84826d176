"""Speech as the prompts see it: text in, sound of a telephone out.

Adapters: `open_jtalk` (Japanese, on this machine, without a network) and `tones` (a signal where nothing can speak).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

#: Samples a second of everything that is played on the telephone.
RATE = 8000
#: Sound: int16, one dimension, `RATE` samples a second.
Samples = npt.NDArray[np.int16]


class CannotSpeak(Exception):
    """The text has nothing that can be said, or the synthesiser failed. The message is a sentence for the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How it is said. name: "" for the adapter's own; speed: 1.0 is the voice's pace; half_tone: higher or lower.

    Raises ValueError outside of 0.5 … 2.0 and of -12 … 12.
    """

    name: str = ""
    speed: float = 1.0
    half_tone: float = 0.0

    def __post_init__(self) -> None:
        if not (0.5 <= self.speed <= 2.0 and -12 <= self.half_tone <= 12):
            raise ValueError("a voice's speed is 0.5 to 2.0, its half tones -12 to 12")


class Speech(Protocol):
    """Something that speaks."""

    @property
    def version(self) -> str:
        """Another one when the same text would sound otherwise; kept sounds are then made anew."""

    @property
    def notice(self) -> str:
        """What whoever runs the centre has to know, as a sentence; "" for nothing."""

    def speaks(self, language: str) -> bool:
        """Whether it can say texts of this language."""

    def speak(self, text: str, *, voice: Voice) -> Samples:
        """The text as sound. Numbers are spelled by `engines.japanese.spoken`. Raises CannotSpeak."""
