"""A signal in the place of speech, for machines on which nothing can speak; and the sounds that need no words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from caasis.telephony.prompts.ports import RATE, Samples, Voice
from caasis.telephony.prompts.sound import Signal, as_samples

NOTICE = (
    "この機械では文を読み上げられません。案内のかわりに、短い合図の音が流れます。"
    "読み上げの部品（pyopenjtalk-plus）を入れるか、案内を録音してください。"
)
_LEVEL = 0.25
_FADE_S = 0.01


class Tones:
    """Says nothing: two tones and a pause for each text, whatever its language. `audible` False: the pause alone."""

    notice = NOTICE

    def __init__(self, *, audible: bool = True) -> None:
        self._audible = audible

    @property
    def version(self) -> str:
        return f"tones 1 {'audible' if self._audible else 'silent'}"

    def speaks(self, language: str) -> bool:
        return True

    def speak(self, text: str, *, voice: Voice) -> Samples:
        """Two tones and a second's pause; the same for every text and voice."""
        return as_samples(np.concatenate([_attention() * self._audible, np.zeros(RATE)]))


def attention() -> Samples:
    """Two tones, the second higher: something follows, or the words are missing."""
    return as_samples(_attention())


def beep() -> Samples:
    """One tone: speak now."""
    return as_samples(_tone(1000.0, 0.4))


def hold_music() -> Samples:
    """A quiet sequence of chords for those who wait, half a minute that can be played round and round.

    Made here, so that nobody has rights in it. Four chords of the major key, each broken upwards and left to fade.
    """
    chords = ((261.63, 329.63, 392.0, 523.25), (220.0, 261.63, 329.63, 440.0), (174.61, 261.63, 349.23, 440.0),
              (196.0, 246.94, 293.66, 392.0))  # fmt: skip
    step_s, bar = 0.5, 8
    sound = np.zeros(int(RATE * step_s * bar * len(chords) * 2))
    for place in range(bar * len(chords) * 2):
        chord = chords[place // bar % len(chords)]
        note = chord[(0, 1, 2, 3, 2, 3, 1, 2)[place % bar]]
        struck = _struck(note, 1.5)
        begin = int(place * step_s * RATE)
        # The last notes ring on into the beginning: the seam is not heard.
        np.add.at(sound, (begin + np.arange(len(struck))) % len(sound), struck)
    return as_samples(sound * (_LEVEL / float(np.abs(sound).max())))


#: Sounds that are there without anybody recording or writing them, by name.
BUILT_IN: Mapping[str, Callable[[], Samples]] = {"hold_music": hold_music, "beep": beep, "attention": attention}


def _attention() -> Signal:
    return np.concatenate([_tone(523.25, 0.25), _tone(783.99, 0.45)])


def _tone(hertz: float, seconds: float) -> Signal:
    at = np.arange(int(RATE * seconds)) / RATE
    edges = np.minimum(1.0, np.minimum(at, seconds - at) / _FADE_S)
    return _LEVEL * np.sin(2 * np.pi * hertz * at) * edges


def _struck(hertz: float, seconds: float) -> Signal:
    at = np.arange(int(RATE * seconds)) / RATE
    sound: Signal = (np.sin(2 * np.pi * hertz * at) + 0.3 * np.sin(4 * np.pi * hertz * at)) * np.exp(-3 * at)
    return sound * np.minimum(1.0, at / _FADE_S)
