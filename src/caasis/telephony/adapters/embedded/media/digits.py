"""Keys pressed at the other side: by events (RFC 4733), by sound, or by both at once, told once each."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from caasis.telephony.adapters.embedded.media.sound import RATE
from caasis.telephony.adapters.embedded.media.tones import KEYS, Heard
from caasis.telephony.vocabulary import DtmfWay

#: Octets of an event in a packet.
EVENT = 4
#: Seconds without a packet after which an event is over, though its last packets were lost.
_LOST_END_S = 0.15
#: Seconds within which a key told by sound and by an event is the same.
_SAME_S = 0.2
_END = 0x80


def signed(difference: int) -> int:
    """The difference of two RTP timestamps, by the shorter way around."""
    return (difference + (1 << 31)) % (1 << 32) - (1 << 31)


@dataclass(slots=True)
class _Event:
    """A key that is down, as events tell it. `before` is the length of the segments before this one (RFC 4733, 2.5.1.3)."""

    digit: str
    stamp: int
    began_at: float
    seen_at: float
    duration: int = 0
    before: int = 0


@dataclass(slots=True)
class _Sound:
    """A key heard that nobody was told of yet; `duration_ms` once it has ended."""

    digit: str
    began_at: float
    duration_ms: int | None = None


class Digits:
    """The keys of all legs, by place.

    A key is told when it is let go, with its duration, but `on_down` is called when it goes down. One that is heard waits
    for 200 ms for an event of the same key, which would win, where the leg can send events at all.

    on_digit: place, digit, way, milliseconds. on_down: place.
    """

    def __init__(self, on_digit: Callable[[int, str, DtmfWay, int], None], on_down: Callable[[int], None]) -> None:
        self._on_digit, self._on_down = on_digit, on_down
        self._down: dict[int, _Event] = {}
        # The last event of each leg that was told: its repeated ends come later.
        self._told: dict[int, tuple[_Event, float]] = {}
        self._sounds: dict[int, list[_Sound]] = {}

    def forget(self, place: int) -> None:
        """A leg goes."""
        for kept in (self._down, self._told, self._sounds):
            kept.pop(place, None)

    def restart(self, place: int) -> None:
        """Another stream begins, whose timestamps have nothing to do with those before."""
        if (event := self._down.get(place)) is not None:
            self._let_go(place, event, event.seen_at)
        self._told.pop(place, None)

    def event(self, place: int, stamp: int, payload: bytes, now: float) -> None:
        """A packet with an event. Events that mean no key (RFC 4733 has many) are nothing."""
        if len(payload) < EVENT:
            return
        number, flags, duration = struct.unpack_from("!BBH", payload)
        if number >= len(KEYS):
            return
        digit, event = KEYS[number], self._down.get(place)
        if event is None or event.stamp != stamp:
            event = self._new(place, digit, stamp, now, event)
            if event is None:
                return
        event.seen_at, event.duration = now, max(event.duration, duration)
        if flags & _END:
            self._let_go(place, event, now)

    def heard(self, sound: Heard, now: float) -> None:
        """A key began to sound, or ended."""
        waiting = self._sounds.setdefault(sound.place, [])
        if sound.ended:
            for one in waiting:
                if one.digit == sound.digit and one.duration_ms is None:
                    one.duration_ms = sound.duration_ms
        elif not self._told_by_event(sound.place, sound.digit, now):
            waiting.append(_Sound(sound.digit, now))
            self._on_down(sound.place)

    def tick(self, now: float, sends_events: Callable[[int], bool]) -> None:
        """Tell what is due: events whose end was lost, and keys heard that no event told."""
        for place, event in [one for one in self._down.items() if now - one[1].seen_at > _LOST_END_S]:
            self._let_go(place, event, now)
        for place, waiting in list(self._sounds.items()):
            wait = _SAME_S if sends_events(place) else 0.0
            while waiting and waiting[0].duration_ms is not None and now - waiting[0].began_at >= wait:
                sound = waiting.pop(0)
                self._on_digit(place, sound.digit, DtmfWay.IN_BAND, sound.duration_ms or 0)
            if not waiting:
                del self._sounds[place]

    def _new(self, place: int, digit: str, stamp: int, now: float, down: _Event | None) -> _Event | None:
        """The event that begins with this packet; None when the packet belongs to one that is past."""
        if down is not None:
            ahead = signed(stamp - down.stamp)
            if ahead < 0:
                return None
            if digit == down.digit and ahead == down.duration:
                # A long event goes on in another segment.
                down.before += down.duration
                down.stamp, down.duration = stamp, 0
                return down
            self._let_go(place, down, now)
        if place in self._told and signed(stamp - self._told[place][0].stamp) <= 0:
            return None
        event = self._down[place] = _Event(digit, stamp, now, now)
        # The event wins over the sound of the same key, had that been heard first.
        sounds = self._sounds.get(place, [])
        sounds[:] = [one for one in sounds if one.digit != digit or now - one.began_at > _SAME_S]
        self._on_down(place)
        return event

    def _let_go(self, place: int, event: _Event, now: float) -> None:
        del self._down[place]
        self._told[place] = event, now
        self._on_digit(place, event.digit, DtmfWay.EVENT, round((event.before + event.duration) * 1000 / RATE))

    def _told_by_event(self, place: int, digit: str, now: float) -> bool:
        down = self._down.get(place)
        if down is not None and down.digit == digit:
            return True
        told = self._told.get(place)
        return told is not None and told[0].digit == digit and now - told[1] <= _SAME_S
