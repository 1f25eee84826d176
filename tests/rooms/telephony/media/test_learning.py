"""Where a telephone's sound comes from, and who may say so: symmetric RTP and those who would abuse it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from caasis.telephony.adapters.embedded.media import MediaEngine, NoPortFree, UnknownLeg
from caasis.telephony.adapters.embedded.media.rtp import Packet, pack
from caasis.telephony.adapters.embedded.media.rtp_leg import LEARNING_S, RtpLeg
from tests.rooms.telephony.media.browser_peer import BrowserPeer
from tests.rooms.telephony.media.telephone import Exchange, Telephone

#: Another host of this machine's loopback.
ELSEWHERE = "127.0.0.2"


@pytest.fixture
def translated(exchange: Exchange) -> tuple[Exchange, Telephone, Telephone]:
    """A telephone behind an address translator: it says one port and sends from another. And the one it said."""
    exchange.call("agent", 700)
    said, real = Telephone(500), Telephone(500)
    exchange.connect("caller", said)
    real.port = said.port
    exchange.telephones["caller"] = real
    exchange.engine.set_hearing("caller", {"agent": 1.0})
    exchange.engine.set_hearing("agent", {"caller": 1.0})
    return exchange, said, real


def leg(exchange: Exchange, name: str = "caller") -> RtpLeg:
    found = exchange.engine._legs[name]
    assert isinstance(found, RtpLeg)
    return found


def intruder(exchange: Exchange, *, host: str = "127.0.0.1", source: int | None = None) -> Telephone:
    other = Telephone(1_300, host=host, source=source)
    other.port = leg(exchange).port
    return other


def test_before_anything_comes_sound_goes_where_it_was_asked_for(translated: tuple[Exchange, Telephone, Telephone]):
    exchange, said, real = translated
    exchange.talk(5, silent=["caller"])
    said.take()
    assert len(said.got) == 5 and not real.got
    said.close()


def test_the_port_is_learnt_from_what_comes(translated: tuple[Exchange, Telephone, Telephone]):
    exchange, said, _ = translated
    exchange.talk(40)
    assert exchange.hears("caller") == {700: 1.0} and exchange.hears("agent") == {500: 1.0}
    assert exchange.engine.statistics().refused == 0
    said.close()


def test_it_may_change_within_the_first_seconds_and_not_later(translated: tuple[Exchange, Telephone, Telephone]):
    exchange, said, real = translated
    exchange.talk(20)
    moved = intruder(exchange, source=real.source)
    moved.hz, moved.sequence, moved.stamp = 500, real.sequence, real.stamp
    exchange.telephones["caller"] = moved
    exchange.talk(20)
    assert leg(exchange).remote == moved.address and exchange.hears("agent") == {500: 1.0}
    exchange.talk(int(LEARNING_S / 0.02) + 2)
    real.sequence, real.stamp = moved.sequence, moved.stamp
    exchange.telephones["caller"] = real
    exchange.talk(30)
    assert leg(exchange).remote == moved.address and exchange.hears("agent") == {}
    for one in (said, moved):
        one.close()


def test_another_source_does_not_teach(translated: tuple[Exchange, Telephone, Telephone]):
    exchange, said, real = translated
    exchange.talk(10)
    other = intruder(exchange)
    for _ in range(30):
        for telephone in exchange.telephones.values():
            telephone.send()
        # The intruder's packet is the last one before sound is sent.
        other.send()
        exchange.tick()
    other.take()
    assert leg(exchange).remote == real.address and other.got == []
    assert exchange.hears("agent") == {500: 1.0} and exchange.engine.statistics().refused == 30
    for one in (said, other):
        one.close()


def test_another_host_never_teaches(translated: tuple[Exchange, Telephone, Telephone]):
    exchange, said, _ = translated
    other = intruder(exchange, host=ELSEWHERE)
    for _ in range(20):
        other.send()
        exchange.talk(1, silent=["caller"])
    assert leg(exchange).remote == said.address and exchange.hears("agent") == {}
    assert exchange.engine.statistics().refused == 20
    for one in (said, other):
        one.close()


@pytest.mark.parametrize("payload_type", [18, 72, 127])
def test_what_is_no_sound_does_not_teach(translated: tuple[Exchange, Telephone, Telephone], payload_type: int):
    exchange, said, real = translated
    for octets in (b"", b"\x00" * 40, b"\x80" * 12, pack(Packet(payload_type, False, 1, 1, 1, bytes(160)))):
        real.send(octets)
        exchange.tick()
    assert leg(exchange).remote == said.address and exchange.engine.statistics().refused == 4
    said.close()


def test_port_0_is_never_learnt():
    pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    made = RtpLeg("x", 1, 0, *pair)
    made.set_remote(("127.0.0.1", 4_000))
    assert not made.admits(("127.0.0.1", 0), 7, 1.0)
    assert made.remote == ("127.0.0.1", 4_000)
    made.close()


def test_after_the_first_seconds_nothing_is_learnt_even_from_the_same_source():
    made = RtpLeg("x", 1, 0, *(socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)))
    made.set_remote(("127.0.0.1", 4_000))
    assert made.admits(("127.0.0.1", 5_000), 7, 1.0)
    assert made.admits(("127.0.0.1", 5_001), 7, LEARNING_S)
    assert not made.admits(("127.0.0.1", 5_002), 7, LEARNING_S + 1.1)
    assert made.remote == ("127.0.0.1", 5_001)
    made.close()


def test_the_very_address_that_was_named_always_wins(translated: tuple[Exchange, Telephone, Telephone]):
    exchange, said, real = translated
    # What a former call from the same host still sends comes first.
    exchange.talk(3)
    assert leg(exchange).remote == real.address
    exchange.telephones["caller"] = said
    exchange.talk(40)
    assert leg(exchange).remote == said.address
    assert exchange.hears("caller") == {700: 1.0} and exchange.hears("agent") == {500: 1.0}
    real.close()


def test_from_the_very_address_nobody_else_is_listened_to_at_all(exchange: Exchange):
    exchange.call("agent", 700)
    caller = exchange.call("caller", 500)
    exchange.engine.set_hearing("agent", {"caller": 1.0})
    exchange.talk(40)
    assert leg(exchange).settled
    other = intruder(exchange, source=caller.source)
    other.sequence, other.stamp = caller.sequence, caller.stamp
    for _ in range(40):
        other.send()
        exchange.talk(1)
    assert exchange.hears("agent") == {500: 1.0} and leg(exchange).remote == caller.address
    assert exchange.engine.statistics().received == 160
    other.close()


def test_what_lay_in_the_socket_before_it_was_bound_is_not_trusted(exchange: Exchange):
    exchange.call("agent", 700)
    caller = exchange.call("caller", 500)
    exchange.engine.set_hearing("agent", {"caller": 1.0})
    exchange.tick()
    other = intruder(exchange, source=caller.source)
    caller.send()
    for _ in range(30):
        other.send()
    exchange.talk(40)
    assert exchange.hears("agent") == {500: 1.0} and exchange.engine.statistics().refused == 30
    other.close()


def test_a_call_moves_in_the_middle(exchange: Exchange):
    exchange.call("agent", 700)
    caller = exchange.call("caller", 500)
    exchange.engine.set_hearing("caller", {"agent": 1.0})
    exchange.engine.set_hearing("agent", {"caller": 1.0})
    exchange.talk(40)
    for _ in range(2):
        moved = Telephone(900, host=ELSEWHERE)
        moved.port = caller.port
        exchange.engine.set_remote("caller", moved.address, payload=0, events_payload=None)
        exchange.telephones["caller"] = moved
        exchange.talk(60)
        assert exchange.hears("caller") == {700: 1.0} and exchange.hears("agent") == {900: 1.0}
        assert leg(exchange).settled
        caller.take()
        caller.close()
        caller = moved


def test_saying_the_same_again_keeps_what_was_learnt(translated: tuple[Exchange, Telephone, Telephone]):
    exchange, said, real = translated
    exchange.talk(20)
    exchange.engine.set_remote("caller", said.address, payload=0, events_payload=None)
    exchange.talk(1, silent=["caller"])
    assert leg(exchange).remote == real.address
    exchange.talk(30)
    assert exchange.hears("caller") == {700: 1.0}
    said.close()


@pytest.mark.parametrize("address", [("0.0.0.0", 4_000), ("127.0.0.1", 0)])
def test_nothing_is_sent_to_nowhere(exchange: Exchange, address: tuple[str, int]):
    caller = exchange.call("caller", 500)
    exchange.talk(40)
    before = len(caller.got)
    exchange.engine.set_remote("caller", address, payload=0, events_payload=None)
    exchange.talk(10)
    assert len(caller.got) == before
    exchange.engine.set_remote("caller", caller.address, payload=0, events_payload=None)
    exchange.talk(10)
    assert len(caller.got) == before + 10


def test_a_telephone_whose_port_is_closed_disturbs_nobody(exchange: Exchange):
    exchange.call("agent", 700)
    exchange.call("caller", 500)
    exchange.engine.set_hearing("caller", {"agent": 1.0})
    exchange.talk(40)
    exchange.telephones.pop("agent").close()
    exchange.talk(40)
    assert exchange.engine.statistics().ticks == 80
    caller = exchange.telephones["caller"]
    assert len(caller.got) == 80 and exchange.hears("caller") == {}
    # Should somebody come back to that port, he hears again.
    back = Telephone(700)
    exchange.telephones["agent"] = back
    exchange.engine.set_remote("agent", back.address, payload=0, events_payload=None)
    back.port = leg(exchange, "agent").port
    exchange.talk(30)
    assert exchange.hears("caller") == {700: 1.0} and len(back.got) >= 29


@pytest.mark.parametrize("address", [("localhost", 1), ("::1", 1), ("127.0.0.1", -1), ("127.0.0.1", 65_536), ("", 1)])
def test_what_is_no_address_is_refused(exchange: Exchange, address: tuple[str, int]):
    exchange.call("a")
    with pytest.raises(ValueError):
        exchange.engine.set_remote("a", address, payload=0, events_payload=None)


@pytest.mark.parametrize(("payload", "events"), [(1, None), (18, 101), (0, 0), (0, 128)])
def test_what_is_not_spoken_here_is_refused(exchange: Exchange, payload: int, events: int | None):
    telephone = exchange.call("a")
    with pytest.raises(ValueError, match="PCMU"):
        exchange.engine.set_remote("a", telephone.address, payload=payload, events_payload=events)
    with pytest.raises(UnknownLeg):
        exchange.engine.set_remote("b", telephone.address, payload=0, events_payload=None)


def test_ports_are_even_with_the_next_for_rtcp_and_come_back(exchange: Exchange):
    first = exchange.engine.open_leg("a")
    assert first.port % 2 == 0 and first.rtcp.getsockname()[1] == first.port + 1
    exchange.engine.close_leg("a")
    exchange.tick()
    # The port that was freed last is taken last.
    second = exchange.engine.open_leg("b")
    assert second.port != first.port


def test_a_port_that_another_program_has_is_left_out(tmp_path: Path):
    taken = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    # The RTP port of the first pair, the RTCP port of the second.
    for one, port in zip(taken, (23_500, 23_503), strict=True):
        one.bind(("127.0.0.1", port))
    engine = MediaEngine(
        host="127.0.0.1", ports=range(23_500, 23_506), keys=lambda name: b"", recordings=tmp_path, on_happening=print
    )
    assert engine.open_leg("a").port == 23_504
    with pytest.raises(NoPortFree, match="range"):
        engine.open_leg("b")
    # A browser has no RTCP port.
    assert engine.open_browser_leg("b", BrowserPeer().offer())[0].port == 23_502
    with pytest.raises(NoPortFree):
        engine.open_browser_leg("c", BrowserPeer().offer())
    taken[0].close()
    assert engine.open_leg("c").port == 23_500
    engine.stop()
    taken[1].close()


def test_what_the_system_does_not_send_is_not_counted_as_sent(exchange: Exchange):
    exchange.call("a", 500)
    exchange.engine.open_leg("b")
    # Nobody may send to all at once.
    exchange.engine.set_remote("b", ("255.255.255.255", 4_000), payload=0, events_payload=101)
    exchange.talk(5)
    exchange.engine.send_digits("b", "1")
    exchange.talk(10)
    assert exchange.engine.statistics().sent == 15 and len(exchange.telephones["a"].got) == 15


def test_there_are_as_many_legs_as_places(exchange: Exchange):
    for number in range(16):
        exchange.engine.open_leg(f"leg{number}")
    with pytest.raises(NoPortFree):
        exchange.engine.open_leg("one more")
    exchange.engine.close_leg("leg3")
    exchange.engine.close_leg("leg3")
    exchange.tick()
    exchange.engine.open_leg("one more")
    with pytest.raises(ValueError, match="exists"):
        exchange.engine.open_leg("leg4")
    assert exchange.engine.statistics().legs == 16
