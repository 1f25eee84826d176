"""What is let in, and how much of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.sip.gate import KNOWN, STRANGER, Gate, faults_of

GOOD = (
    "INVITE sip:0355550100@127.0.0.1:5060 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKabc;rport\r\n"
    'From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=a1\r\n'
    "To: <sip:0355550100@127.0.0.1>\r\n"
    "Call-ID: one@127.0.0.1\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:caller@127.0.0.1:5070;transport=udp>\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Length: 4\r\n"
    "\r\n"
    "v=0\r"
)
ANSWER = GOOD.replace("INVITE sip:0355550100@127.0.0.1:5060 SIP/2.0", "SIP/2.0 180 Ringing")


def test_sound_messages_are_let_in():
    for text in (
        GOOD,
        ANSWER,
        GOOD.replace("From:", "f:").replace("Call-ID:", "i:").replace("Via:", "v:").replace("To:", "t:"),
        GOOD.replace("Max-Forwards: 70", "Subject: a\r\n  b"),
        GOOD.replace("Contact: <sip:caller@127.0.0.1:5070;transport=udp>", "Contact: *"),
    ):
        assert faults_of(text.encode()) == "", text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("INVITE sip:", "INVITE http:"),
        ("INVITE sip:", "BREW sip:"),
        ("SIP/2.0\r\nVia", "SIP/3.0\r\nVia"),
        ("Call-ID: one@127.0.0.1\r\n", ""),
        ("CSeq: 1 INVITE", "CSeq: 1 INVITE\r\nCSeq: 2 INVITE"),
        ("CSeq: 1 INVITE", "CSeq: 1 BYE"),
        ("CSeq: 1 INVITE", "CSeq: 4294967296 INVITE"),
        ("CSeq: 1 INVITE", "CSeq: x INVITE"),
        ("branch=z9hG4bKabc", "branch=abc"),
        ("SIP/2.0/UDP 127.0.0.1:5070", "SIP/2.0/UDP 127.0.0.1:70000"),
        ("SIP/2.0/UDP 127.0.0.1:5070", "SIP/2.0/UDP host name:5070"),
        (";tag=a1", ""),
        ("<sip:caller@127.0.0.1:5070;transport=udp>", "<javascript:alert(1)>"),
        ("<sip:0355550100@127.0.0.1>", "<sip:03 5555@127.0.0.1"),
        ("Content-Length: 4", "Content-Length: 99"),
        ("Content-Length: 4", "Content-Length: -1"),
        ("Max-Forwards: 70", "no colon here"),
        ("Max-Forwards: 70", "X: " + "a" * 3_000),
        ("Max-Forwards: 70", "X: a\0b"),
        ("Max-Forwards: 70", "X: a\rb"),
        ("\r\n\r\nv=0\r", ""),
    ],
)
def test_what_has_not_the_shape_is_dropped(old: str, new: str):
    assert old in GOOD
    assert faults_of(GOOD.replace(old, new, 1).encode()) != ""


def test_too_long_too_short_and_no_text():
    assert faults_of(b"") and faults_of(b"\r\n\r\n") and faults_of(GOOD.encode() + b" " * 9_000)
    assert faults_of(GOOD.encode().replace(b"Anonymous", b"\xff\xfe"))
    many = "".join(f"X-{n}: 1\r\n" for n in range(200))
    assert faults_of(GOOD.replace("Max-Forwards: 70\r\n", many).encode())


@given(st.binary(max_size=9_000))
def test_noise_never_raises(data: bytes):
    faults_of(data)


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3))
def test_no_change_of_a_message_raises(at: int, piece: bytes):
    data = GOOD.encode()
    faults_of(data[:at] + piece + data[at + len(piece) :])


def test_a_stranger_is_heard_for_a_while_and_again_later():
    gate = Gate()
    heard = sum(gate.lets_in(GOOD.encode(), "192.0.2.1", 0.0) for _ in range(1_000))
    assert heard == int(STRANGER[1]) and gate.dropped == 1_000 - heard
    assert gate.lets_in(GOOD.encode(), "192.0.2.2", 0.0), "another source is not touched"
    again = sum(gate.lets_in(GOOD.encode(), "192.0.2.1", 1.0) for _ in range(1_000))
    assert again == int(STRANGER[0])


def test_a_line_may_send_as_much_as_a_line_sends():
    gate = Gate({"192.0.2.9"})
    assert sum(gate.lets_in(GOOD.encode(), "192.0.2.9", 0.0) for _ in range(5_000)) == int(KNOWN[1])


def test_counting_sources_needs_no_more_than_so_much_memory():
    gate = Gate()
    for n in range(30_000):
        gate.lets_in(b"x", f"{n}", float(n))
    assert len(gate._left) <= 20_000
