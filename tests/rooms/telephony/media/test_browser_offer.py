"""A browser's offer and our answer to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media import BadOffer
from caasis.telephony.adapters.embedded.media.browser.sdp import read_offer, write_answer
from tests.rooms.telephony.media.browser_peer import BrowserPeer
from tests.rooms.telephony.media.telephone import PATIENT, Exchange


@pytest.fixture(scope="module")
def peer() -> BrowserPeer:
    return BrowserPeer()


@pytest.fixture
def text(peer: BrowserPeer) -> str:
    return peer.offer()


def answer(text: str) -> list[str]:
    made = write_answer(
        read_offer(text),
        address="192.0.2.7",
        port=20_000,
        user="uuuu",
        password="p" * 22,
        fingerprint="AA:BB",
        source=7,
    )
    assert made.endswith("\r\n")
    return made.split("\r\n")


def test_what_an_offer_says(peer: BrowserPeer, text: str):
    offer = read_offer(text)
    assert (offer.sound, offer.mid, offer.user, offer.password) == (0, "0", peer.user, peer.password)
    assert offer.fingerprints == {("sha-256", peer.fingerprint)}
    assert (offer.events_type, offer.direction) == (126, "sendrecv")
    assert [one.media for one in offer.sections] == ["audio", "video"]


def test_the_answer_takes_the_sound_and_declines_the_rest(text: str):
    lines = answer(text)
    assert [line for line in lines if line.startswith("m=")] == [
        "m=audio 20000 UDP/TLS/RTP/SAVPF 0 126",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
    ]
    for line in (
        "a=ice-lite", "a=group:BUNDLE 0", "a=mid:0", "a=mid:1", "a=sendrecv", "a=rtcp-mux", "a=setup:passive",
        "a=ice-ufrag:uuuu", "a=fingerprint:sha-256 AA:BB", "a=rtpmap:0 PCMU/8000", "a=rtpmap:126 telephone-event/8000",
        "a=candidate:1 1 udp 2130706431 192.0.2.7 20000 typ host",
    ):  # fmt: skip
        assert line in lines


@pytest.mark.parametrize(
    ("offered", "answered"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_the_direction_is_turned_around(text: str, offered: str, answered: str):
    assert f"a={answered}" in answer(text.replace("a=sendrecv", f"a={offered}"))


def test_attributes_of_the_session_count_where_the_section_has_none(peer: BrowserPeer, text: str):
    moved = [f"a=ice-ufrag:{peer.user}", f"a=ice-pwd:{peer.password}", f"a=fingerprint:sha-256 {peer.fingerprint}"]
    for line in moved:
        text = text.replace(line + "\r\n", "")
    text = text.replace("t=0 0\r\n", "t=0 0\r\n" + "\r\n".join(moved) + "\r\n")
    assert read_offer(text).fingerprints == {("sha-256", peer.fingerprint)}


def test_keys_are_sound_where_no_events_are_offered(text: str):
    offer = read_offer(text.replace("a=rtpmap:126 telephone-event/8000\r\n", ""))
    assert offer.events_type is None


def test_without_a_mid_there_is_no_bundle(text: str):
    lines = answer(text.replace("a=mid:0\r\n", "").replace("a=mid:1\r\n", ""))
    assert not [line for line in lines if "mid" in line or "BUNDLE" in line]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("111 0 8 110 126", "111 8 126", "PCMU"),
        ("m=audio", "m=image", "PCMU"),
        ("UDP/TLS/RTP/SAVPF 111", "RTP/AVP 111", "DTLS"),
        ("a=rtcp-mux\r\n", "", "share"),
        ("a=setup:actpass", "a=setup:passive", "handshake"),
        ("a=ice-ufrag:", "a=x:", "ICE"),
        ("a=ice-pwd:", "a=ice-pwd:short\r\na=x:", "ICE"),
        ("a=fingerprint:sha-256", "a=fingerprint:md5", "fingerprint"),
        ("a=fingerprint:", "a=x:", "fingerprint"),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96", "m=video", "broken"),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96", "m=video 9 UDP/TLS/RTP/SAVPF \u3042", "broken"),
        ("s=-", "s=" + "x" * 70_000, "long"),
    ],
)
def test_an_offer_that_can_not_be_answered(exchange: Exchange, text: str, old: str, new: str, why: str):
    assert old in text
    with pytest.raises(BadOffer, match=why):
        exchange.engine.open_browser_leg("b", text.replace(old, new))
    assert exchange.engine.statistics().legs == 0


@PATIENT
@given(st.text(max_size=300))
def test_any_text_is_a_bad_offer(text: str):
    with pytest.raises(BadOffer):
        read_offer(text)


@PATIENT
@given(st.data())
def test_a_mangled_offer_is_read_or_refused_and_puts_nothing_into_the_answer(peer: BrowserPeer, data: st.DataObject):
    text = peer.offer()
    at = data.draw(st.integers(0, len(text)))
    mangled = text[:at] + data.draw(st.text(max_size=20)) + text[at + data.draw(st.integers(0, 40)) :]
    try:
        offer = read_offer(mangled)
    except BadOffer:
        return
    made = write_answer(
        offer, address="192.0.2.7", port=2, user="uuuu", password="p" * 22, fingerprint="AA", source=7
    ).split("\r\n")
    assert made.count("a=setup:passive") == 1 and sum(line.startswith("a=candidate") for line in made) == 1
    assert all(line.isprintable() for line in made)
