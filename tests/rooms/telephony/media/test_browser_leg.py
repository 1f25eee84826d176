"""A browser's leg from its first check to its end, with a browser of ours whose time is ours."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from caasis.telephony.adapters.embedded.media import (
    BrowserLeg,
    BrowserState,
    Digit,
    MediaEngine,
    MediaHappening,
    Quality,
)
from caasis.telephony.adapters.embedded.media.browser.dtls import datagrams
from caasis.telephony.adapters.embedded.media.browser.leg import CONSENT_S
from caasis.telephony.adapters.embedded.media.rtcp import report
from caasis.telephony.vocabulary import DtmfWay
from tests.rooms.telephony.media.browser_peer import EVENTS, GCM, SHA1_80, BrowserPeer, attributes, is_sealed
from tests.rooms.telephony.media.telephone import LOUD, PORTS, Exchange, Telephone, level, tones_in

CALLER, AGENT = 500, 700


@dataclass
class Desk:
    """A caller by telephone, and a counsellor's browser that talks with him."""

    exchange: Exchange
    browser: BrowserPeer
    leg: BrowserLeg

    def talk(self, ticks: int, *, checks: bool = True, says: bool = True) -> None:
        for tick in range(ticks):
            if checks and tick % 25 == 0:
                self.browser.check()
            if says:
                self.browser.say()
            self.exchange.talk(1)
            self.browser.take()

    def connect(self) -> None:
        self.browser.check()
        self.talk(2, says=False)
        self.browser.shake()
        self.talk(10, says=False)

    @property
    def states(self) -> list[str]:
        return [one.state for one in self.exchange.all(BrowserState)]


def desk_of(exchange: Exchange, browser: BrowserPeer, offer: str = "") -> Desk:
    if "caller" not in exchange.telephones:
        exchange.call("caller", CALLER)
    leg, answer = exchange.engine.open_browser_leg("agent", offer or browser.offer())
    browser.take_answer(answer)
    exchange.engine.set_hearing("caller", {"agent": 1.0})
    exchange.engine.set_hearing("agent", {"caller": 1.0})
    return Desk(exchange, browser, leg)


@pytest.fixture
def desk(exchange: Exchange) -> Iterator[Desk]:
    browser = BrowserPeer(AGENT)
    yield desk_of(exchange, browser)
    browser.socket.close()


@pytest.mark.parametrize("profile", [GCM, SHA1_80])
def test_both_hear_each_other(exchange: Exchange, profile: str):
    desk = desk_of(exchange, BrowserPeer(AGENT, profile=profile))
    desk.connect()
    assert desk.states == ["connected"]
    desk.talk(60)
    assert tones_in(exchange.telephones["caller"].heard(), [CALLER, AGENT]) == {AGENT: 1.0}
    assert tones_in(desk.browser.heard(), [CALLER, AGENT]) == {CALLER: 1.0}
    assert {one.source for one in desk.browser.got} == {desk.leg.source}
    desk.browser.socket.close()


def test_checks_are_answered_with_the_address_they_came_from(desk: Desk):
    desk.browser.check()
    desk.talk(1, checks=False)
    [answered] = desk.browser.answered
    assert is_sealed(answered, desk.browser.remote_password)
    host, port = desk.browser.socket.getsockname()
    mapped = struct.unpack("!BBHI", attributes(answered)[0x0020])
    assert mapped == (0, 1, port ^ 0x2112, 0x7F000001 ^ 0x2112A442) and host == "127.0.0.1"


def test_a_browser_that_believes_itself_controlled_is_corrected(desk: Desk):
    desk.browser.check(controlled=True)
    desk.talk(1, checks=False)
    assert attributes(desk.browser.answered[0])[0x0009].startswith(b"\x00\x00\x04\x57")
    assert desk.leg.remote is None


def test_nothing_counts_before_ice(desk: Desk):
    desk.browser.shake()
    desk.browser.send(b"\x80" + bytes(171))
    desk.browser.check(password="wrong-password-wrong-password")
    desk.talk(5, checks=False, says=False)
    assert desk.browser.answered == [] and desk.leg.remote is None
    assert desk.exchange.engine.statistics().refused == 3


def test_packets_that_are_not_the_browsers_are_refused(desk: Desk):
    desk.connect()
    desk.talk(40)
    before = desk.exchange.engine.statistics().refused
    other = Telephone(1_300)
    other.port = desk.leg.port
    for octets in (other.packet(), b"\x17" * 60, b"", bytes(30), b"\x80\xc8" + bytes(40)):
        other.send(octets)
    # And from the browser's own address: plain, too long, of unknown kinds, repeated.
    for octets in (
        other.packet(),
        b"\x80" + bytes(1_400),
        b"\x80",
        b"\x80\xc8" + bytes(40),
        b"\x60" * 20,
        b"\xff" * 99,
    ):
        desk.browser.send(octets)
    desk.talk(40)
    assert desk.exchange.engine.statistics().refused - before == 11
    assert tones_in(desk.exchange.telephones["caller"].heard(), [CALLER, AGENT]) == {AGENT: 1.0}
    assert desk.leg.remote == desk.browser.socket.getsockname()
    other.close()


def test_a_browser_whose_certificate_is_another_fails(exchange: Exchange):
    browser = BrowserPeer(AGENT)
    desk = desk_of(exchange, browser, browser.offer().replace(browser.fingerprint, BrowserPeer().fingerprint))
    desk.connect()
    desk.talk(30)
    assert desk.states == ["failed"]
    assert browser.got == [] and tones_in(exchange.telephones["caller"].heard(), [AGENT]) == {}
    browser.socket.close()


def test_a_handshake_of_nonsense_fails_and_no_other_one(exchange: Exchange):
    browser = BrowserPeer(AGENT)
    desk = desk_of(exchange, browser)
    browser.check()
    desk.talk(1)
    for octets in (b"\x16" * 50, b"\x16\xfe\xfd" + bytes(10), b"\x14" + bytes(900), b"\x3f"):
        browser.send(octets)
    desk.talk(5, says=False)
    browser.shake()
    desk.talk(20, says=False)
    assert desk.states in (["failed"], ["connected"])
    exchange.engine.close_leg("agent")
    exchange.tick()
    other = desk_of(exchange, BrowserPeer(AGENT))
    other.connect()
    assert other.states[-1] == "connected"
    for one in (browser, other.browser):
        one.socket.close()


def test_a_fault_of_one_handshake_fails_that_leg_and_no_other(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    desk = desk_of(exchange, BrowserPeer(AGENT))

    def breaks(data: bytes, address: tuple[str, int]) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(desk.leg._handshake, "take", breaks)
    desk.connect()
    assert desk.states == ["failed"] and "a handshake failed" in caplog.text
    exchange.engine.close_leg("agent")
    exchange.tick(2)
    assert desk.leg.rtp.fileno() == -1
    other = desk_of(exchange, BrowserPeer(AGENT))
    other.connect()
    assert other.states == ["failed", "connected"]
    for one in (desk, other):
        one.browser.socket.close()


def test_a_lost_flight_of_the_handshake_is_sent_again(desk: Desk):
    desk.browser.check()
    desk.talk(1)
    desk.browser.shake()
    desk.exchange.talk(2)
    # What the engine sent is lost.
    lost = 0
    with contextlib.suppress(BlockingIOError):
        while desk.browser.socket.recv(4096):
            lost += 1
    assert lost
    handshakes = desk.exchange.engine._handshakes
    patience = time.monotonic() + 10
    while desk.states == [] and time.monotonic() < patience:
        # The time of DTLS is not ours: it sends again after a second.
        time.sleep(0.05)
        handshakes._again()
        desk.talk(2, says=False)
    assert desk.states == ["connected"]


def record(size: int) -> bytes:
    return b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + bytes(size)


@pytest.mark.parametrize(
    ("sizes", "sent"),
    [
        ([], []),
        ([50], [63]),
        ([500, 500], [1_026]),
        ([600, 600], [613, 613]),
        ([2_000, 10], [2_013, 23]),
        ([10] * 60, [1_196, 184]),
    ],
)
def test_records_go_out_whole_in_datagrams_that_fit(sizes: list[int], sent: list[int]):
    octets = b"".join(record(size) for size in sizes)
    made = datagrams(octets)
    assert [len(one) for one in made] == sent and b"".join(made) == octets


def test_a_browser_that_moves_is_followed_when_it_nominates_the_new_way(desk: Desk):
    desk.connect()
    desk.talk(30)
    desk.browser.socket, old = BrowserPeer(host="127.0.0.2").socket, desk.browser.socket
    desk.browser.check(nominate=False)
    desk.talk(3, checks=False, says=False)
    assert desk.leg.remote == old.getsockname()
    desk.browser.got.clear()
    desk.talk(40)
    assert desk.leg.remote == desk.browser.socket.getsockname()
    assert tones_in(desk.browser.heard(), [CALLER, AGENT]) == {CALLER: 1.0}
    assert tones_in(desk.exchange.telephones["caller"].heard(), [CALLER, AGENT]) == {AGENT: 1.0}
    old.close()


def test_a_browser_that_checks_no_more_is_closed_after_30_seconds(desk: Desk):
    desk.connect()
    desk.talk(int((CONSENT_S - 2) / 0.02), checks=False)
    assert desk.states == ["connected"]
    desk.talk(200, checks=False)
    assert desk.states == ["connected", "closed"]
    got = len(desk.browser.got)
    desk.browser.check()
    desk.talk(50)
    # Neither sound nor an answer comes any more.
    assert len(desk.browser.got) == got and desk.states == ["connected", "closed"]


def test_a_browser_that_never_comes_fails(desk: Desk):
    desk.exchange.tick(int((CONSENT_S + 2) / 0.02))
    assert desk.states == ["failed"]


def test_a_browser_that_says_farewell_is_closed_at_once(desk: Desk):
    desk.connect()
    desk.talk(20)
    desk.browser.close()
    desk.exchange.talk(3)
    assert desk.states == ["connected", "closed"]


def test_a_leg_that_is_closed_says_farewell_and_gives_its_port_back(desk: Desk):
    desk.connect()
    desk.talk(20)
    desk.exchange.engine.close_leg("agent")
    desk.exchange.talk(3)
    desk.browser.take()
    assert desk.browser.closed and desk.states == ["connected"]
    assert desk.leg.rtp.fileno() == -1
    assert desk.exchange.all(Quality, "agent")[-1].received > 10


def test_keys_both_ways(desk: Desk):
    desk.connect()
    desk.talk(10)
    stamp = desk.browser.said
    for number in range(7):
        payload = struct.pack("!BBH", 5, 0x8A if number >= 4 else 0x0A, min(number + 1, 5) * 160)
        desk.browser.say(payload, payload_type=EVENTS, stamp=stamp)
        desk.talk(1, says=False)
    assert [(one.leg, one.digit, one.way, one.duration_ms) for one in desk.exchange.all(Digit)] == [
        ("agent", "5", DtmfWay.EVENT, 100)
    ]
    desk.exchange.engine.send_digits("agent", "9")
    desk.talk(12)
    ends = [one for one in desk.browser.got if one.payload_type == EVENTS and one.payload[1] & 0x80]
    assert [one.payload[0] for one in ends] == [9, 9, 9]


def test_reports_both_ways(desk: Desk):
    desk.connect()
    desk.talk(100)
    desk.browser.report(report(source=desk.browser.source, name="x", wall=5.5, stamp=1, sent=1, octets=1, about=None))
    desk.talk(160)
    [ours] = desk.browser.reports
    assert ours[1] == 200
    about, _, _, _, last, _ = struct.unpack_from("!6I", ours, 28)
    assert about == desk.browser.source and last & 0xFFFF == 0x8000


def test_a_browser_that_wants_nothing_is_sent_nothing(exchange: Exchange):
    browser = BrowserPeer(AGENT)
    desk = desk_of(exchange, browser, browser.offer().replace("a=sendrecv", "a=sendonly"))
    desk.connect()
    desk.talk(40)
    assert browser.got == [] and tones_in(exchange.telephones["caller"].heard(), [CALLER, AGENT]) == {AGENT: 1.0}
    browser.socket.close()


def test_where_a_browser_is_only_ice_says(desk: Desk):
    with pytest.raises(ValueError, match="ICE"):
        desk.exchange.engine.set_remote("agent", ("127.0.0.1", 5), payload=0, events_payload=None)


def test_a_running_engine_shakes_hands_on_a_thread_of_its_own(tmp_path: Path):
    told: list[MediaHappening] = []
    engine = MediaEngine(
        host="127.0.0.1", ports=PORTS, keys=lambda name: b"", recordings=tmp_path, on_happening=told.append, capacity=4
    )
    engine.start()
    browsers = [BrowserPeer(400), BrowserPeer(600)]
    for number, browser in enumerate(browsers):
        browser.take_answer(engine.open_browser_leg(f"b{number}", browser.offer())[1])
    engine.set_hearing("b0", {"b1": 1.0})
    patience = time.monotonic() + 20
    while len(browsers[0].got) < 60 and time.monotonic() < patience:
        for browser in browsers:
            if browser.incoming is None:
                browser.check()
                browser.shake()
            browser.say()
            browser.take()
        time.sleep(0.02)
    browsers[1].close()
    while len(told) < 3 and time.monotonic() < patience:
        time.sleep(0.01)
    engine.stop()
    browsers[0].take()
    assert level(browsers[0].heard(50), 600) > LOUD / 2
    states = [(one.leg, one.state) for one in told if isinstance(one, BrowserState)]
    assert sorted(states[:2]) == [("b0", "connected"), ("b1", "connected")] and states[2:] == [("b1", "closed")]
    assert browsers[0].closed
    browsers[0].socket.close()


def test_a_browser_has_to_be_told_an_address(tmp_path: Path):
    engine = MediaEngine(
        host="0.0.0.0", ports=range(23_000, 23_010), keys=lambda name: b"", recordings=tmp_path, on_happening=print
    )
    with pytest.raises(ValueError, match="public_address"):
        engine.open_browser_leg("a", BrowserPeer().offer())
    engine.stop()
    engine = MediaEngine(
        host="0.0.0.0",
        ports=range(23_000, 23_010),
        public_address="203.0.113.5",
        keys=lambda name: b"",
        recordings=tmp_path,
        on_happening=print,
    )
    _, answer = engine.open_browser_leg("a", BrowserPeer().offer())
    assert "c=IN IP4 203.0.113.5" in answer
    engine.stop()
