"""Whatever comes over the network: never an error, never more work than a tick bears, never another call disturbed."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media.receiving import _ROUNDS
from caasis.telephony.adapters.embedded.media.rtp import Packet, pack
from tests.rooms.telephony.media.telephone import EVENTS, PATIENT, Exchange, Telephone

#: Octets that look like a packet for a while.
NEARLY = st.builds(
    lambda first, kind, rest: bytes([first, kind]) + rest,
    st.sampled_from([0x80, 0x8F, 0x90, 0xA0, 0xBF, 0x00, 0x40, 0xC0]),
    st.sampled_from([0, 8, 13, EVENTS, EVENTS | 0x80, 0x80, 200, 201, 72, 127]),
    st.binary(max_size=400),
)
NUMBERS = st.integers(0, 2**16 - 1)
LONG_NUMBERS = st.integers(0, 2**32 - 1)
FORGED = st.builds(
    lambda kind, sequence, stamp, payload: pack(Packet(kind, False, sequence, stamp, 0x1111, payload)),
    st.sampled_from([0, 8, 13, EVENTS]),
    NUMBERS,
    LONG_NUMBERS,
    st.binary(max_size=1_000),
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Two who talk, recorded and tapped and listened to for keys, and a third leg from which anything may come."""
    exchange = Exchange(Path(tmp_path_factory.mktemp("hostile")))
    exchange.call("a", 500)
    exchange.call("b", 700)
    exchange.connect("bad", Telephone(0, source=0x1111))
    exchange.engine.set_hearing("a", {"b": 1.0})
    exchange.engine.set_hearing("b", {"a": 1.0})
    exchange.engine.start_recording("bad", "rec", "key")
    exchange.engine.listen_for_tones("bad", True)
    exchange.engine.tap("bad", "said")
    exchange.talk(40)
    yield exchange
    exchange.close()


@pytest.fixture(autouse=True)
def nothing_fails(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.WARNING):
        yield
    assert not caplog.records


@PATIENT
@given(st.lists(st.binary(max_size=300) | NEARLY | FORGED, min_size=1, max_size=12))
def test_anything_on_the_port_of_sound(busy: Exchange, datagrams: list[bytes]):
    for data in datagrams:
        busy.telephones["bad"].send(data)
    before = busy.engine.statistics()
    # At most three are read a look.
    busy.talk(4, silent=["bad"])
    after = busy.engine.statistics()
    assert after.ticks == before.ticks + 4 and after.sent == before.sent + 12
    assert busy.hears("a") == {700: 1.0} and busy.hears("b") == {500: 1.0}
    # Every datagram counts for something.
    counted = after.received - before.received - 8 + after.refused - before.refused
    assert counted <= len(datagrams)


@PATIENT
@given(st.lists(st.binary(max_size=300) | NEARLY, min_size=1, max_size=8))
def test_anything_on_the_port_of_reports(busy: Exchange, datagrams: list[bytes]):
    bad = busy.telephones["bad"]
    for data in datagrams:
        bad.socket.sendto(data, ("127.0.0.1", bad.port + 1))
    busy.talk(2)
    assert busy.hears("a") == {700: 1.0}


@pytest.mark.parametrize("settled", [False, True])
def test_giants_and_nothings(exchange: Exchange, settled: bool):
    exchange.call("a", 500)
    exchange.call("b", 700)
    exchange.engine.set_hearing("a", {"b": 1.0})
    exchange.talk(40 if settled else 2)
    for size in (0, 1, 11, 12, 13, 1_023, 1_024, 1_025, 2_048, 65_000):
        exchange.telephones["b"].send(b"\x80" + bytes(max(0, size - 1)) if size else b"")
        exchange.talk(1)
    exchange.talk(30)
    assert exchange.hears("a") == {700: 1.0}
    assert exchange.engine.statistics().refused == 10


def test_a_flood_of_the_peers_is_bounded_and_disturbs_nobody_else(exchange: Exchange):
    exchange.call("a", 500)
    exchange.call("b", 700)
    flooder = exchange.call("flooder", 900)
    exchange.engine.set_hearing("a", {"b": 1.0})
    exchange.talk(40)
    before = exchange.engine.statistics()
    for _ in range(50):
        for _ in range(100):
            flooder.send()
        exchange.talk(1, silent=["flooder"])
        for look in (1, 2, 3):
            exchange.engine.step(exchange.now - 0.02 + look * 0.005)
    after = exchange.engine.statistics()
    received, refused = after.received - before.received - 100, after.refused - before.refused
    # Four looks a tick, three packets each; of these a leg may bring 60 at once and 2.5 a tick.
    assert received + refused == 4 * _ROUNDS * 50
    assert received <= 60 + 2.5 * 51
    assert exchange.hears("a") == {700: 1.0}
    # When it is over, what has gathered is soon read, and the telephone is heard again.
    exchange.tick(100)
    flooder.said = 0
    exchange.engine.set_hearing("a", {"flooder": 1.0})
    exchange.talk(60)
    assert exchange.hears("a") == {900: 1.0}


def test_a_flood_from_elsewhere_is_refused(exchange: Exchange):
    exchange.call("agent", 700)
    exchange.call("caller", 500)
    exchange.engine.set_hearing("agent", {"caller": 1.0})
    attacker = Telephone(1_300, host="127.0.0.2")
    attacker.port = exchange.telephones["caller"].port
    for _ in range(40):
        # Before the telephone's own first packet, and around it.
        for _ in range(2):
            attacker.send()
        exchange.talk(1)
    assert exchange.hears("agent") == {500: 1.0}
    assert exchange.engine.statistics().refused > 0
    attacker.close()


def test_a_flood_costs_no_more_time_than_it_may(exchange: Exchange):
    """Beyond all floods a tick does a bounded number of steps; measured in steps of the same machine, not in seconds."""
    for name in "abcdefgh":
        exchange.call(name, 500)
    exchange.talk(40)

    def seconds(packets: int) -> float:
        best = 1.0
        for _ in range(5):
            for telephone in exchange.telephones.values():
                for _ in range(packets):
                    telephone.send()
            began = time.thread_time()
            exchange.engine.step(exchange.now)
            best = min(best, time.thread_time() - began)
            exchange.now += 0.02
        return best

    usual = seconds(1)
    assert seconds(60) < 6 * usual + 0.002


def test_another_source_from_the_peers_address_is_refused_while_the_first_speaks(exchange: Exchange):
    exchange.call("a", 700)
    caller = exchange.call("caller", 500)
    exchange.engine.set_hearing("a", {"caller": 1.0})
    exchange.talk(40)
    for number in range(30):
        caller.send(pack(Packet(0, False, number, number * 160, 0x2222, bytes(160))))
        exchange.talk(1)
    assert exchange.hears("a") == {500: 1.0} and exchange.engine.statistics().refused == 30
    # A telephone that begins another stream once the first has ended is heard again.
    exchange.tick(10)
    caller.source, caller.sequence, caller.stamp = 0x3333, 60_000, 5
    exchange.talk(40)
    assert exchange.hears("a") == {500: 1.0}


def test_ten_thousand_keys_do_not_gather(exchange: Exchange):
    bad = exchange.call("bad")
    exchange.talk(2)
    for number in range(10_000):
        if number % 100 == 0:
            exchange.tick()
        bad.send(bad.packet(b"\x05\x0a\x00\xa0", payload_type=EVENTS, timestamp=number * 7_919))
    exchange.tick(10)
    digits = exchange.engine._processor.digits
    assert len(digits._down) + len(digits._told) + len(digits._sounds) <= 2
