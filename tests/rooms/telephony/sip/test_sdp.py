"""Descriptions of sound: read, answered, refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.sip.sdp import BadSdp, Remote, read_sdp, write_sdp

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 9 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\na=sendrecv\r\n"
)


def test_the_first_law_that_we_know_and_the_keys():
    assert read_sdp(OFFER) == Remote(("192.0.2.1", 4000), 8, 96, "sendrecv")


def test_what_is_said_of_the_stream_goes_before_the_session():
    text = OFFER.replace("t=0 0", "t=0 0\r\na=inactive").replace("a=sendrecv", "c=IN IP4 192.0.2.7\r\na=recvonly")
    assert read_sdp(text) == Remote(("192.0.2.7", 4000), 8, 96, "recvonly")


def test_video_before_the_sound_is_passed_over():
    assert read_sdp(OFFER.replace("m=audio", "m=video 5000 RTP/AVP 97\r\nm=audio")).address == ("192.0.2.1", 4000)


@pytest.mark.parametrize(
    ("direction", "held", "ours"),
    [
        ("sendrecv", False, "sendrecv"),
        ("sendonly", True, "recvonly"),
        ("recvonly", False, "sendonly"),
        ("inactive", True, "inactive"),
    ],
)
def test_hold_by_direction(direction: str, held: bool, ours: str):
    remote = read_sdp(OFFER.replace("sendrecv", direction))
    assert (remote.on_hold, remote.our_direction) == (held, ours)


def test_hold_the_old_way():
    remote = read_sdp(OFFER.replace("192.0.2.1", "0.0.0.0"))
    assert (remote.on_hold, remote.our_direction) == (True, "recvonly")


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", OFFER.replace("m=audio 4000", "m=audio 0"), OFFER.replace("9 8 0 96", "9 18"),
        OFFER.replace("RTP/AVP", "RTP/SAVP"), OFFER.replace("c=IN IP4 192.0.2.1", "c=IN IP6 ::1"),
        OFFER.replace("c=IN IP4 192.0.2.1", "c=IN IP4 evil.example"), OFFER.replace("4000", "70000"), OFFER + "a" * 9_000,
    ],
)  # fmt: skip
def test_what_we_cannot_carry(text: str):
    with pytest.raises(BadSdp):
        read_sdp(text)


@given(st.text(max_size=300))
def test_noise_is_refused_and_nothing_else_happens(text: str):
    for one in (text, OFFER + text, OFFER.replace("audio", text)):
        try:
            read_sdp(one)
        except BadSdp:
            pass


def test_our_answer_can_be_read_by_ourselves():
    remote = read_sdp(OFFER)
    answer = write_sdp(
        "127.0.0.1", 20_000, session=1, version=2, payload=remote.payload, events_payload=remote.events_payload
    )
    assert read_sdp(answer) == Remote(("127.0.0.1", 20_000), 8, 96, "sendrecv")
    assert read_sdp(write_sdp("127.0.0.1", 20_000, session=1, version=1)).events_payload == 101
