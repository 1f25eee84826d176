"""Keys pressed towards a telephone, by events and by sound."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from caasis.telephony.adapters.embedded.media.g711 import decode_ulaw
from caasis.telephony.adapters.embedded.media.sound import FRAME
from caasis.telephony.adapters.embedded.media.tones import KEYS, ToneDetector
from tests.rooms.telephony.media.telephone import EVENTS, Exchange, level


def events(exchange: Exchange, leg: str) -> list[tuple[int, int, int, bool, bool]]:
    """Key, duration, timestamp, end and marker of each event packet that came."""
    found = []
    for packet in exchange.telephones[leg].got:
        if packet.payload_type == EVENTS:
            key, flags, duration = struct.unpack("!BBH", packet.payload)
            found.append((key, duration, packet.timestamp, bool(flags & 0x80), packet.marker))
    return found


def test_a_key_is_an_event_of_100_ms_whose_end_is_told_three_times(exchange: Exchange):
    exchange.call("a", 500)
    exchange.talk(3)
    exchange.engine.send_digits("a", "5")
    exchange.talk(12)
    found = events(exchange, "a")
    assert [(key, duration, end, marker) for key, duration, _, end, marker in found] == [
        (5, FRAME, False, True),
        (5, 2 * FRAME, False, False),
        (5, 3 * FRAME, False, False),
        (5, 4 * FRAME, False, False),
        (5, 5 * FRAME, True, False),
        (5, 5 * FRAME, True, False),
        (5, 5 * FRAME, True, False),
    ]
    assert len({stamp for _, _, stamp, _, _ in found}) == 1


def test_packets_stay_numbered_and_sound_goes_on_in_time(exchange: Exchange):
    exchange.call("a", 500)
    exchange.talk(3)
    exchange.engine.send_digits("a", "12")
    exchange.talk(25)
    got = exchange.telephones["a"].got
    assert np.array_equal(np.diff([one.sequence for one in got]) % 65_536, np.ones(len(got) - 1))
    sound = [(number, one.timestamp) for number, one in enumerate(got) if one.payload_type == 0]
    first = sound[0]
    assert all((stamp - first[1]) % 2**32 == (number - first[0]) * FRAME for number, stamp in sound)


def test_all_keys_follow_one_another_every_160_ms(exchange: Exchange):
    exchange.call("a")
    exchange.talk(3)
    exchange.engine.send_digits("a", KEYS)
    exchange.engine.send_digits("a", "1")
    exchange.talk(17 * 8 + 3)
    firsts = [(key, stamp) for key, _, stamp, _, marker in events(exchange, "a") if marker]
    assert [key for key, _ in firsts] == [*range(16), 1]
    assert set(np.diff([stamp for _, stamp in firsts]) % 2**32) == {8 * FRAME}


def test_a_telephone_that_takes_no_events_hears_the_keys(exchange: Exchange):
    exchange.call("a", 500, events=None)
    exchange.talk(3)
    exchange.engine.send_digits("a", "159D")
    exchange.talk(40)
    assert events(exchange, "a") == []
    detector, found = ToneDetector(1), []
    detector.listen(0, True)
    for packet in exchange.telephones["a"].got:
        found += detector.tick(decode_ulaw(np.frombuffer(packet.payload, np.uint8))[None])
    assert [(one.digit, one.duration_ms) for one in found if one.ended] == [(digit, 100) for digit in "159D"]


def test_the_others_do_not_hear_the_keys(exchange: Exchange):
    exchange.call("a", 500, events=None)
    exchange.call("b", 700)
    exchange.engine.set_hearing("b", {"a": 1.0})
    exchange.talk(10)
    exchange.engine.send_digits("a", "1")
    exchange.talk(12)
    assert level(exchange.telephones["b"].heard(20), 697) < 100


def test_what_is_no_key_is_refused(exchange: Exchange):
    exchange.call("a")
    with pytest.raises(ValueError, match="digits"):
        exchange.engine.send_digits("a", "1x")


def test_keys_wait_while_nothing_may_be_sent(exchange: Exchange):
    exchange.call("a")
    exchange.engine.set_sending("a", False)
    exchange.engine.send_digits("a", "7")
    exchange.talk(20)
    assert exchange.telephones["a"].got == []
    exchange.engine.set_sending("a", True)
    exchange.talk(20)
    assert [key for key, _, _, end, _ in events(exchange, "a") if end] == [7, 7, 7]
