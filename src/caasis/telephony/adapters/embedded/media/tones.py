"""Keys told by sound: two tones at once (ITU-T Q.23), made for one leg and looked for at many legs at once.

A digit is taken after 30 ms without a break, so that 40 ms of it and 30 ms of pause are enough wherever they fall. What
speech has and keys have not: anything beside the two tones. That, levels up to 9 dB apart and frequencies off by up to 1.8 %
are the limits; tests/rooms/telephony/media/test_tones.py measures them, and minutes of speech without a false digit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import FRAME, RATE, AnyArray, Flags, Places, Samples

#: The keys by their number in RFC 4733.
KEYS = "0123456789*#ABCD"
_LOW = np.array((697, 770, 852, 941))
_HIGH = np.array((1209, 1336, 1477, 1633))
#: Keys by row (low tone) and column (high tone).
_KEYPAD = "123A456B789C*0#D"
_LEVEL = 6_000
_HOP = FRAME // 2
#: Windows in a row with the same digit before it is taken, and without it before it has ended.
_TAKEN, _ENDED = 3, 3
#: Share of the sound that the two tones make up at least.
_PURITY = 0.88
#: Amplitude that each tone has at least; −46 dB of the loudest.
_QUIETEST = 150.0
#: The next tone of the same group has less than this share of the found one's amplitude.
_NEXT = 0.5
_TWIST = 10 ** (9 / 20)
#: Each tone is looked for at its frequency and off it by this share to both sides.
_OFF = 0.015
_NONE = -1


def tone(digit: str, seconds: float) -> Samples:
    """The sound of a key: int16, both tones at the same level. Raises ValueError for a digit that is none."""
    row, column = divmod(_KEYPAD.index(digit), 4)
    time = np.arange(round(seconds * RATE)) / RATE
    waves = np.sin(2 * np.pi * _LOW[row] * time) + np.sin(2 * np.pi * _HIGH[column] * time)
    samples: Samples = (_LEVEL * waves).astype(np.int16)
    return samples


def _bank() -> tuple[AnyArray, AnyArray]:
    window = np.hanning(FRAME + 1)[:-1]
    tones = np.concatenate([_LOW, _HIGH])
    tones = np.concatenate([tones, tones * (1 - _OFF), tones * (1 + _OFF)])
    angles = 2 * np.pi * np.outer(np.arange(FRAME), tones) / RATE
    scale = window[:, None] * 2 / window.sum()
    bank = np.concatenate([scale * np.cos(angles), scale * np.sin(angles)], axis=1)
    return bank.astype(np.float32), (window / window.sum()).astype(np.float32)


_BANK, _WINDOW = _bank()


def digits_in(windows: AnyArray) -> AnyArray:
    """The key that sounds in each window of 20 ms, as its number on the keypad, −1 for none. float32 (n, 160) → (n,)."""
    parts = windows @ _BANK
    half = parts.shape[1] // 2
    amplitudes = np.sqrt(parts[:, :half] ** 2 + parts[:, half:] ** 2).reshape(-1, 3, 8)
    power = (windows * windows) @ _WINDOW
    rows = np.arange(len(windows))
    nominal, best = amplitudes[:, 0], amplitudes.max(axis=1)
    found, level, clear = [], [], np.ones(len(windows), np.bool_)
    for group in (slice(0, 4), slice(4, 8)):
        in_group = nominal[:, group]
        loudest = in_group.argmax(axis=1)
        found.append(loudest)
        level.append(best[rows, group.start + loudest])
        # The other tones of the group must be quieter than the found one, at its nominal frequency.
        second = np.partition(in_group, 2, axis=1)[:, 2]
        clear &= second < _NEXT * in_group[rows, loudest]
    low, high = level
    clear &= (np.minimum(low, high) > _QUIETEST) & (high < low * _TWIST) & (low < high * _TWIST)
    clear &= (low * low + high * high) / 2 > _PURITY * power
    return np.where(clear, found[0] * 4 + found[1], _NONE)


class Heard(NamedTuple):
    """A key began to sound at a leg, or ended after `duration_ms`."""

    place: int
    digit: str
    duration_ms: int
    ended: bool


class ToneDetector:
    """Looks for keys at those legs where it is wanted."""

    def __init__(self, places: int) -> None:
        self._wanted = np.zeros(places, np.bool_)
        self._places: Places = np.zeros(0, np.intp)
        self._half = np.zeros((places, _HOP), np.int16)
        self._candidate = np.full(places, _NONE, np.int64)
        self._run = np.zeros(places, np.int64)
        self._sounding = np.full(places, _NONE, np.int64)
        self._without = np.zeros(places, np.int64)
        self._lasted = np.zeros(places, np.int64)

    def listen(self, place: int, on: bool) -> None:
        """Begin to look for keys at a leg, or stop."""
        self._wanted[place] = on
        self._places = np.flatnonzero(self._wanted)
        self._half[place] = 0
        self._candidate[place] = self._sounding[place] = _NONE
        self._run[place] = self._without[place] = 0

    def tick(self, said: Samples) -> list[Heard]:
        """Look at the next frame of every leg, by place."""
        places = self._places[self._places < len(said)]
        if not len(places):
            return []
        frames = said[places]
        windows = np.stack([np.concatenate([self._half[places], frames[:, :_HOP]], axis=1), frames])
        self._half[places] = frames[:, _HOP:]
        digits = digits_in(windows.reshape(-1, FRAME).astype(np.float32)).reshape(2, -1)
        return [heard for half in digits for heard in self._follow(places, half)]

    def _follow(self, places: Places, digits: AnyArray) -> list[Heard]:
        same = digits == self._candidate[places]
        self._run[places] = np.where(same, self._run[places] + 1, 1)
        self._candidate[places] = digits
        sounding = self._sounding[places]
        goes_on = (sounding != _NONE) & (digits == sounding)
        self._without[places] = np.where(goes_on, 0, self._without[places] + 1)
        self._lasted[places] += 1
        ended = (sounding != _NONE) & (self._without[places] >= _ENDED)
        told = self._tell(places, ended, ended=True)
        self._sounding[places[ended]] = _NONE
        began = (self._sounding[places] == _NONE) & (digits != _NONE) & (self._run[places] >= _TAKEN)
        self._sounding[places[began]] = digits[began]
        self._without[places[began]] = 0
        self._lasted[places[began]] = _TAKEN
        return told + self._tell(places, began, ended=False)

    def _tell(self, places: Places, which: Flags, *, ended: bool) -> list[Heard]:
        milliseconds = 1000 * _HOP // RATE
        return [
            Heard(
                int(place),
                _KEYPAD[self._sounding[place]],
                int(self._lasted[place] - self._without[place] + 1) * milliseconds,
                ended,
            )
            for place in places[which]
        ]
