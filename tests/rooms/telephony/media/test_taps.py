"""Live sound of a leg for whoever listens."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from caasis.telephony.adapters.embedded.media import Tap, UnknownLeg
from caasis.telephony.adapters.embedded.media.sound import RATE
from tests.rooms.telephony.media.telephone import Exchange, tones_in


def sound(pieces: list[bytes]) -> np.ndarray:
    assert all(len(piece) == 1_600 for piece in pieces)
    return np.frombuffer(b"".join(pieces), "<i2")


@pytest.fixture
def pair(exchange: Exchange) -> Exchange:
    exchange.call("a", 500)
    exchange.call("b", 700)
    exchange.engine.set_hearing("a", {"b": 1.0})
    exchange.talk(10)
    return exchange


def test_each_side_is_heard_by_itself(pair: Exchange):
    taps = pair.engine.tap("a", "said"), pair.engine.tap("a", "heard"), pair.engine.tap("b", "heard")
    pair.talk(53)
    said, heard, nothing = (sound(tap.take()) for tap in taps)
    assert len(said) == len(heard) == RATE
    assert tones_in(said, [500, 700]) == {500: 1.0} and tones_in(heard, [500, 700]) == {700: 1.0}
    assert not nothing.any()
    assert taps[0].take() == []


def test_a_slow_reader_loses_the_oldest(pair: Exchange):
    tap = pair.engine.tap("a", "said")
    pair.talk(50 * 6)
    pieces = tap.take()
    assert len(pieces) == 50
    assert tones_in(sound(pieces), [500]) == {500: 1.0}


def test_a_tap_ends_with_its_leg_and_what_is_left_is_read(pair: Exchange):
    tap, other = pair.engine.tap("a", "said"), pair.engine.tap("b", "said")
    pair.talk(20)
    pair.hang_up("a")
    pair.talk(10)
    assert len(list(tap)) == 4
    assert len(other.take()) == 6


def test_iterating_waits_for_the_next_piece(pair: Exchange):
    tap: Tap = pair.engine.tap("a", "said")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.extend(tap))
    reader.start()
    for _ in range(30):
        pair.talk(5)
    patience = time.monotonic() + 10
    while len(got) < 30 and time.monotonic() < patience:
        time.sleep(0.01)
    assert len(got) == 30
    pair.hang_up("a")
    pair.tick()
    reader.join(10)
    assert not reader.is_alive()


def test_a_reader_that_goes_costs_nothing_more(pair: Exchange):
    taps = [pair.engine.tap("a", "said") for _ in range(20)]
    for tap in taps[:15]:
        tap.close()
    pair.talk(20)
    assert [len(tap.take()) for tap in taps] == [0] * 15 + [4] * 5
    assert len(pair.engine._processor.taps._running) == 5


def test_taps_of_many_legs_keep_apart_when_some_end(exchange: Exchange):
    for number in range(6):
        exchange.call(f"leg{number}", 400 + 100 * number)
    exchange.talk(10)
    taps = []
    for number in range(6):
        taps.append(exchange.engine.tap(f"leg{number}", "said"))
        exchange.talk(3)
    for number in (1, 4):
        exchange.hang_up(f"leg{number}")
    for tap in taps:
        tap.take()
    exchange.talk(52)
    for number in (0, 2, 3, 5):
        pieces = taps[number].take()
        assert tones_in(sound(pieces[-10:]), [400 + 100 * one for one in range(6)]) == {400 + 100 * number: 1.0}


def test_a_tap_needs_a_leg(exchange: Exchange):
    with pytest.raises(UnknownLeg):
        exchange.engine.tap("nobody", "said")
