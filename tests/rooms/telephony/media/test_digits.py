"""Keys by events and by sound: each told once, with its duration, whatever is lost."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media import Digit, PlayEnd
from caasis.telephony.adapters.embedded.media.digits import Digits
from caasis.telephony.adapters.embedded.media.sound import FRAME
from caasis.telephony.adapters.embedded.media.tones import KEYS, Heard, tone
from caasis.telephony.vocabulary import DtmfWay
from caasis.telephony.vocabulary import PlayEnd as Reason
from tests.rooms.telephony.media.telephone import EVENTS, PATIENT, Exchange, sine

TICK = 0.02


class Keyboard:
    """The digits of one leg, driven tick by tick."""

    def __init__(self, *, sends_events: bool = True) -> None:
        self.told: list[tuple[str, DtmfWay, int]] = []
        self.down = 0
        self.now = 10.0
        self._sends_events = sends_events
        self._digits = Digits(lambda place, digit, way, ms: self.told.append((digit, way, ms)), self._down)

    def _down(self, place: int) -> None:
        self.down += 1

    def event(self, digit: str, stamp: int, duration: int, *, end: bool = False) -> None:
        payload = struct.pack("!BBH", KEYS.index(digit), 0x8A if end else 0x0A, duration)
        self._digits.event(0, stamp % 2**32, payload, self.now)

    def raw(self, payload: bytes) -> None:
        self._digits.event(0, 5, payload, self.now)

    def sound(self, digit: str, duration: int = 60, *, ended: bool) -> None:
        self._digits.heard(Heard(0, digit, duration, ended), self.now)

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            self.now += TICK
            self._digits.tick(self.now, lambda place: self._sends_events)

    def restart(self) -> None:
        self._digits.restart(0)

    def forget(self) -> None:
        self._digits.forget(0)

    @property
    def text(self) -> str:
        return "".join(digit for digit, _, _ in self.told)


def press(keyboard: Keyboard, digit: str, stamp: int, lost: set[int] = frozenset()) -> None:  # type: ignore[assignment]
    """A key of 100 ms as RFC 4733 has it: eight packets, of which some are lost."""
    for number in range(8):
        if number not in lost:
            keyboard.event(digit, stamp, min(number + 1, 5) * FRAME, end=number >= 5)
        keyboard.tick()


def test_a_key_is_told_once_when_it_is_let_go():
    keyboard = Keyboard()
    for number in range(5):
        keyboard.event("5", 1_000, (number + 1) * FRAME)
        keyboard.tick()
        assert keyboard.down == 1 and keyboard.told == []
    for _ in range(3):
        keyboard.event("5", 1_000, 5 * FRAME, end=True)
        keyboard.tick()
    keyboard.tick(50)
    assert keyboard.told == [("5", DtmfWay.EVENT, 100)]


@PATIENT
@given(st.sets(st.integers(0, 7), max_size=7))
def test_any_packet_that_comes_is_enough(lost):
    keyboard = Keyboard()
    press(keyboard, "7", 2**32 - 100, lost)
    keyboard.tick(10)
    assert [digit for digit, _, _ in keyboard.told] == ["7"]
    press(keyboard, "8", 2**32 - 100 + 1_280, lost)
    keyboard.tick(10)
    assert keyboard.text == "78" and keyboard.down == 2


def test_the_same_key_twice_is_two():
    keyboard = Keyboard()
    press(keyboard, "1", 1_000)
    press(keyboard, "1", 3_000)
    assert keyboard.text == "11"


def test_the_next_key_ends_one_whose_end_was_lost():
    keyboard = Keyboard()
    keyboard.event("1", 1_000, 160)
    keyboard.event("2", 3_000, 160)
    assert keyboard.told == [("1", DtmfWay.EVENT, 20)]


def test_an_event_that_was_overtaken_is_no_new_key():
    keyboard = Keyboard()
    press(keyboard, "1", 1_000)
    keyboard.event("2", 3_000, 160)
    keyboard.event("1", 1_000, 800, end=True)
    keyboard.event("2", 3_000, 320, end=True)
    assert keyboard.text == "12"


def test_a_key_held_for_long_goes_on_in_segments():
    keyboard = Keyboard()
    keyboard.event("1", 0, 65_535)
    keyboard.event("1", 65_535, 160)
    keyboard.event("1", 65_535, 14_465, end=True)
    assert keyboard.told == [("1", DtmfWay.EVENT, 10_000)]


def test_another_stream_begins_anew():
    keyboard = Keyboard()
    press(keyboard, "1", 500_000)
    keyboard.event("2", 600_000, 160)
    keyboard.restart()
    assert keyboard.text == "12"
    press(keyboard, "3", 1_000)
    assert keyboard.text == "123"


@PATIENT
@given(st.binary(max_size=8))
def test_octets_that_are_no_key_are_none(payload):
    keyboard = Keyboard()
    good = len(payload) >= 4 and payload[0] < 16
    keyboard.raw(payload)
    keyboard.tick(20)
    assert len(keyboard.told) == good


def test_a_key_by_sound_waits_for_an_event_and_is_told_when_none_comes():
    keyboard = Keyboard()
    keyboard.sound("4", ended=False)
    assert keyboard.down == 1
    keyboard.tick(3)
    keyboard.sound("4", 60, ended=True)
    keyboard.tick(6)
    assert keyboard.told == []
    keyboard.tick(2)
    assert keyboard.told == [("4", DtmfWay.IN_BAND, 60)]


def test_a_key_by_sound_is_told_at_once_where_no_events_come():
    keyboard = Keyboard(sends_events=False)
    keyboard.sound("4", ended=False)
    keyboard.tick(3)
    keyboard.sound("4", 60, ended=True)
    keyboard.tick()
    assert keyboard.told == [("4", DtmfWay.IN_BAND, 60)]


@pytest.mark.parametrize("ticks", range(-9, 10, 3))
def test_a_key_by_both_ways_is_told_once_as_the_event(ticks: int):
    keyboard = Keyboard()
    for tick in range(-12, 30):
        if tick == 0:
            keyboard.event("9", 1_000, 160)
        if tick == 4:
            keyboard.event("9", 1_000, 800, end=True)
        if tick == ticks:
            keyboard.sound("9", ended=False)
        if tick == ticks + 4:
            keyboard.sound("9", 80, ended=True)
        keyboard.tick()
    assert keyboard.told == [("9", DtmfWay.EVENT, 100)]


def test_the_same_key_by_the_other_way_later_on_is_another():
    keyboard = Keyboard()
    press(keyboard, "9", 1_000)
    keyboard.tick(20)
    keyboard.sound("9", ended=False)
    keyboard.sound("9", 80, ended=True)
    keyboard.tick(15)
    assert [way for _, way, _ in keyboard.told] == [DtmfWay.EVENT, DtmfWay.IN_BAND]


def test_different_keys_by_both_ways_are_two():
    keyboard = Keyboard()
    keyboard.sound("1", ended=False)
    keyboard.event("2", 1_000, 160, end=True)
    keyboard.sound("1", 80, ended=True)
    keyboard.tick(15)
    assert keyboard.text == "21"


def test_a_leg_that_goes_takes_its_keys_along():
    keyboard = Keyboard()
    keyboard.event("2", 1_000, 160)
    keyboard.sound("1", 80, ended=False)
    keyboard.forget()
    keyboard.tick(30)
    assert keyboard.told == []


def told(exchange: Exchange) -> list[tuple[str, str, DtmfWay]]:
    return [(one.leg, one.digit, one.way) for one in exchange.all(Digit)]


def send_event(exchange: Exchange, leg: str, digit: str, *, payload_type: int = EVENTS) -> None:
    """A key of 100 ms over the line."""
    telephone = exchange.telephones[leg]
    stamp = telephone.stamp
    for number in range(7):
        ended = number >= 4
        payload = struct.pack("!BBH", KEYS.index(digit), 0x8A if ended else 0x0A, min(number + 1, 5) * FRAME)
        telephone.send(telephone.packet(payload, payload_type=payload_type, timestamp=stamp, marker=number == 0))
        exchange.tick()


def send_sound(exchange: Exchange, leg: str, digit: str) -> None:
    telephone, codes = exchange.telephones[leg], tone(digit, 0.1)
    for number in range(5):
        telephone.send(telephone.packet(_coded(telephone.law, codes[number * FRAME :][:FRAME])))
        exchange.tick()


def _coded(law: int, sound: object) -> bytes:
    from caasis.telephony.adapters.embedded.media.g711 import encode_alaw, encode_ulaw

    return (encode_alaw if law == 8 else encode_ulaw)(sound).tobytes()  # type: ignore[arg-type]


def test_events_over_the_line(exchange: Exchange):
    exchange.call("a")
    exchange.talk(5)
    for digit in KEYS:
        send_event(exchange, "a", digit)
        exchange.talk(3)
    assert told(exchange) == [("a", digit, DtmfWay.EVENT) for digit in KEYS]
    assert {one.duration_ms for one in exchange.all(Digit)} == {100}


def test_events_of_a_payload_type_that_was_not_agreed_are_refused(exchange: Exchange):
    exchange.call("a", events=96)
    exchange.talk(5)
    send_event(exchange, "a", "1")
    assert told(exchange) == [] and exchange.engine.statistics().refused == 7


@pytest.mark.parametrize("law", [0, 8])
@pytest.mark.parametrize("events", [None, EVENTS])
def test_sounds_over_the_line(exchange: Exchange, law: int, events: int | None):
    exchange.call("a", law=law, events=events)
    exchange.engine.listen_for_tones("a", True)
    exchange.talk(5)
    for digit in "19#D":
        send_sound(exchange, "a", digit)
        exchange.talk(12)
    assert told(exchange) == [("a", digit, DtmfWay.IN_BAND) for digit in "19#D"]


def test_sounds_are_not_looked_for_unasked(exchange: Exchange):
    exchange.call("a")
    exchange.talk(5)
    send_sound(exchange, "a", "1")
    exchange.talk(20)
    exchange.engine.listen_for_tones("a", True)
    exchange.engine.listen_for_tones("a", False)
    send_sound(exchange, "a", "1")
    exchange.talk(20)
    assert told(exchange) == []


def test_a_key_ends_a_play_that_waits_for_one_as_soon_as_it_is_down(exchange: Exchange):
    exchange.call("a")
    exchange.call("b")
    for leg, until_key in (("a", True), ("b", False)):
        exchange.engine.play(leg, f"to {leg}", [sine(500, 80_000)], loop=False, until_key=until_key, over=False)
    exchange.talk(5)
    send_event(exchange, "b", "1")
    assert exchange.all(PlayEnd) == []
    send_event(exchange, "a", "1")
    assert [(one.play, one.reason) for one in exchange.all(PlayEnd)] == [("to a", Reason.KEY)]
    # It was ended when the key went down, before the digit was told.
    kinds = [type(one) for one in exchange.told]
    assert kinds.index(PlayEnd) < len(kinds) - 1 - kinds[::-1].index(Digit)
