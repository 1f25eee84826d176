"""What is told of a line every five seconds: quality, silence, and RTCP to the other side."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from caasis.telephony.adapters.embedded.media import MediaSilent, Quality
from caasis.telephony.adapters.embedded.media.rtcp import ReceptionReport, last_report_of, report
from tests.rooms.telephony.media.telephone import Exchange, Telephone

FIVE_S = 250


class Control:
    """The RTCP port of a telephone: the one after its RTP port."""

    def __init__(self, telephone: Telephone) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        host, port = telephone.address
        self.socket.bind((host, port + 1))

    def take(self) -> list[bytes]:
        got = []
        while True:
            try:
                got.append(self.socket.recv(1500))
            except BlockingIOError:
                return got


@pytest.fixture
def control(exchange: Exchange) -> Iterator[Control]:
    """The RTCP port of the telephone "a", which has the next port free."""
    telephone = Telephone(500)
    while True:
        try:
            made = Control(telephone)
            break
        except OSError:
            telephone.close()
            telephone = Telephone(500)
    exchange.connect("a", telephone)
    yield made
    made.socket.close()


def test_quality_is_told_every_five_seconds_and_at_the_end(exchange: Exchange):
    exchange.call("a", 500)
    exchange.talk(2 * FIVE_S + 20)
    exchange.hang_up("a")
    exchange.tick()
    told = exchange.all(Quality)
    assert [one.received for one in told] == [251, 501, 520]
    assert all((one.leg, one.lost, one.jitter_ms) == ("a", 0, 0.0) and one.silent_s <= 0.04 for one in told)


def test_loss_is_told(exchange: Exchange):
    telephone = exchange.call("a", 500)
    for tick in range(FIVE_S + 2):
        if tick % 10 == 5:
            telephone.packet()
        else:
            telephone.send()
        exchange.tick()
    [one] = exchange.all(Quality)
    assert one.lost == 25 and one.received == 226
    statistics = exchange.engine.statistics()
    assert (statistics.lost, statistics.expected, statistics.received) == (25, 252, 227)


def test_jitter_is_told(exchange: Exchange):
    telephone = exchange.call("a", 500)
    for tick in range(FIVE_S + 2):
        # Two packets every second tick: each second one comes 20 ms too late.
        if tick % 2:
            telephone.send()
            telephone.send()
        exchange.tick()
    # The engine takes both at once: they lie 20 ms apart by their timestamps and 0 ms by their arrival, then the reverse.
    assert 15 < exchange.all(Quality)[0].jitter_ms <= 20


def test_silence_is_told_every_five_seconds_and_ends(exchange: Exchange):
    exchange.call("a", 500)
    exchange.talk(100)
    exchange.tick(3 * FIVE_S)
    assert [round(one.seconds) for one in exchange.all(MediaSilent)] == [8, 13]
    exchange.talk(FIVE_S)
    assert len(exchange.all(MediaSilent)) == 2
    assert [round(one.silent_s) for one in exchange.all(Quality)] == [3, 8, 13, 0]


def test_a_line_that_has_nowhere_to_send_is_not_silent(exchange: Exchange):
    exchange.engine.open_leg("a")
    exchange.tick(3 * FIVE_S)
    assert exchange.all(MediaSilent) == [] and len(exchange.all(Quality)) == 2
    telephone = Telephone(500)
    exchange.engine.set_remote("a", telephone.address, payload=0, events_payload=None)
    exchange.tick(200)
    # From then on something should have come; before it did not matter.
    assert exchange.all(MediaSilent) == []
    exchange.tick(FIVE_S)
    assert [round(one.seconds) for one in exchange.all(MediaSilent)] == [5]
    telephone.close()


def words(data: bytes, at: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f"!{count}I", data, at)


def test_a_report_goes_to_the_port_after_every_five_seconds(exchange: Exchange, control: Control):
    telephone = exchange.telephones["a"]
    for tick in range(2 * FIVE_S + 5):
        if tick in (30, 31, 32):
            telephone.packet()
        else:
            telephone.send()
        exchange.tick()
    first, second = control.take()
    assert (first[0], first[1]) == (0x81, 200)
    source, _, _, stamp, sent, octets = words(first, 4, 6)
    assert source == telephone.got[0].source and sent == 251 and octets == 251 * 160
    assert stamp == telephone.got[250].timestamp
    about, lost, highest, jitter, last, _ = words(first, 28, 6)
    assert about == telephone.source and lost & 0xFFFFFF == 3 and lost >> 24 == 3 * 256 // 251
    assert (highest, jitter, last) == (250, 0, 0)
    assert words(second, 28, 6)[1] == 3
    # A compound packet: sender's report and description, to the end of the datagram.
    size = 4 * (struct.unpack_from("!H", first, 2)[0] + 1)
    assert first[size + 1] == 202 and len(first) == size + 4 * (struct.unpack_from("!H", first, size + 2)[0] + 1)


def test_the_other_sides_report_is_told_back(exchange: Exchange, control: Control):
    telephone = exchange.telephones["a"]
    exchange.talk(10)
    theirs = report(
        source=telephone.source, name="x", wall=1_800_000_000.5, stamp=7, sent=9, octets=9 * 160, about=None
    )
    control.socket.sendto(theirs, ("127.0.0.1", telephone.port + 1))
    for noise in (b"", b"\x80", b"\x80\xc8" + bytes(10), b"\x80\xc9" + bytes(40), bytes(1_400)):
        control.socket.sendto(noise, ("127.0.0.1", telephone.port + 1))
    exchange.talk(FIVE_S)
    [ours] = control.take()
    last, delay = words(ours, 44, 2)
    assert last == ((1_800_000_000 + 2_208_988_800) & 0xFFFF) << 16 | 0x8000
    assert 4.7 < delay / 65_536 < 4.9


def test_a_report_of_another_source_is_not_told_back(exchange: Exchange, control: Control):
    telephone = exchange.telephones["a"]
    exchange.talk(10)
    theirs = report(source=telephone.source + 1, name="x", wall=5.5, stamp=7, sent=9, octets=9, about=None)
    control.socket.sendto(theirs, ("127.0.0.1", telephone.port + 1))
    exchange.talk(FIVE_S)
    [ours] = control.take()
    assert words(ours, 44, 2) == (0, 0)


def test_a_telephone_that_is_sent_nothing_gets_a_receivers_report(exchange: Exchange, control: Control):
    exchange.engine.set_sending("a", False)
    exchange.talk(FIVE_S + 2)
    [ours] = control.take()
    assert (ours[0], ours[1]) == (0x81, 201)


@pytest.mark.parametrize("name", ["", "a", "ab", "abc", "abcd"])
@pytest.mark.parametrize("sent", [0, 5])
def test_every_packet_has_whole_words(name: str, sent: int):
    about = ReceptionReport(1, 255, 1 << 30, 2**32 - 1, 9, 5, 1e9)
    data = report(source=7, name=name, wall=0.0, stamp=1, sent=sent, octets=2**40, about=about)
    at, kinds = 0, []
    while at < len(data):
        kinds.append(data[at + 1])
        at += 4 * (struct.unpack_from("!H", data, at + 2)[0] + 1)
    assert at == len(data) and kinds == [200 if sent else 201, 202]
    assert name.encode() in data and data[-1] == 0


def test_only_a_senders_report_is_read():
    data = report(source=7, name="x", wall=0.25, stamp=1, sent=1, octets=1, about=None)
    assert last_report_of(data) == (7, (2_208_988_800 & 0xFFFF) << 16 | 0x4000)
    for wrong in (
        data[:27],
        b"\x40" + data[1:],
        report(source=7, name="x", wall=0, stamp=1, sent=0, octets=0, about=None),
    ):
        assert last_report_of(wrong) is None
