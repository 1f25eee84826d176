"""Keys pressed towards a leg: as events (RFC 4733), or as sound where the other side takes no events."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass

from caasis.telephony.adapters.embedded.media.sound import FRAME, TICK_S, Samples
from caasis.telephony.adapters.embedded.media.tones import KEYS, tone

#: A key is down for 100 ms, and 60 ms pass before the next.
_DOWN, _PAUSE = 5, 3
#: Packets that tell the end, two of them in the pause.
_ENDS = 3
_END = 0x80
#: −10 dBm0.
_VOLUME = 10
_TONES = {digit: tone(digit, _DOWN * TICK_S).reshape(_DOWN, FRAME) for digit in KEYS}


@dataclass(frozen=True, slots=True)
class EventPacket:
    """What is sent in the place of sound in one tick. All packets of one event have the timestamp of the first."""

    payload: bytes
    first: bool


class KeyPresses:
    """The keys that wait to be pressed towards one leg; asked once a tick, in one way or the other."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._tick = 0

    def press(self, digits: str) -> None:
        """Press keys after those that wait. Raises ValueError for what is no key."""
        if not set(digits) <= set(KEYS):
            raise ValueError("digits are 0–9, *, # and A–D")
        self._waiting.extend(digits)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def event(self) -> EventPacket | None:
        """The packet of this tick; None between two keys. The end is told three times."""
        digit, tick = self._waiting[0], self._step()
        if tick >= _DOWN - 1 + _ENDS:
            return None
        ended = tick >= _DOWN - 1
        duration = min(tick + 1, _DOWN) * FRAME
        payload = struct.pack("!BBH", KEYS.index(digit), _VOLUME | (_END if ended else 0), duration)
        return EventPacket(payload, tick == 0)

    def sound(self) -> Samples | None:
        """The frame of this tick; None between two keys."""
        digit, tick = self._waiting[0], self._step()
        return _TONES[digit][tick] if tick < _DOWN else None

    def _step(self) -> int:
        tick, self._tick = self._tick, self._tick + 1
        if self._tick == _DOWN + _PAUSE:
            self._tick = 0
            self._waiting.popleft()
        return tick
