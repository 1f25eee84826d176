"""Binding requests: proven, refused, or not answered at all."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media.browser import stun
from tests.rooms.telephony.media.browser_peer import attributes, is_sealed
from tests.rooms.telephony.media.telephone import PATIENT

USER, PASSWORD = "us+r", "p" * 24
TRANSACTION = bytes(range(12))


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


NAME = attribute(0x0006, b"us+r:them")
CONTROLLING = attribute(0x802A, bytes(8))


def request(body: bytes = NAME + CONTROLLING, *, kind: int = 1, password: str = PASSWORD) -> bytes:
    return stun.seal(kind, TRANSACTION, body, password)


def read(data: bytes) -> stun.BindingRequest | None:
    return stun.read_request(data, user=USER, password=PASSWORD)


def test_a_request_with_integrity_is_read():
    assert read(request()) == stun.BindingRequest(TRANSACTION, nominates=False)
    assert read(request(NAME + attribute(0x0025, b""))) == stun.BindingRequest(TRANSACTION, nominates=True)


def test_a_request_that_was_made_elsewhere_is_read():
    from aioice import stun as other

    message = other.Message(message_method=other.Method.BINDING, message_class=other.Class.REQUEST)
    message.attributes["USERNAME"] = "us+r:them"
    message.attributes["PRIORITY"] = 7
    message.attributes["ICE-CONTROLLING"] = 9
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(PASSWORD.encode())
    found = read(bytes(message))
    assert found is not None and found.nominates and found.transaction == message.transaction_id
    answered = other.parse_message(stun.answer(found, password=PASSWORD, address=("192.0.2.1", 32_853)))
    assert answered.check_message_integrity(PASSWORD.encode())
    assert answered.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.1", 32_853)
    assert (answered.message_class, answered.transaction_id) == (other.Class.RESPONSE, message.transaction_id)


def test_the_answer_is_sealed_and_tells_the_address():
    found = read(request())
    assert found is not None
    message = stun.answer(found, password=PASSWORD, address=("192.0.2.1", 32_853))
    assert message[:2] == b"\x01\x01" and message[8:20] == TRANSACTION and is_sealed(message, PASSWORD)
    # The example of RFC 5769, 2.2: the same address and port.
    assert attributes(message)[0x0020] == bytes.fromhex("0001a147e112a643")


def test_who_believes_himself_controlled_is_told_of_the_conflict():
    found = read(request(NAME + attribute(0x8029, bytes(8))))
    assert found is not None and found.error == stun.ROLE_CONFLICT
    message = stun.answer(found, password=PASSWORD, address=("192.0.2.1", 1))
    assert message[:2] == b"\x01\x11" and is_sealed(message, PASSWORD)
    assert attributes(message)[0x0009] == b"\x00\x00\x04\x57Role Conflict"


def test_what_must_be_understood_and_is_not_is_named():
    found = read(request(NAME + attribute(0x0026, b"1234") + attribute(0x7FFF, b"") + attribute(0xC057, b"1234")))
    assert found is not None and found.error == stun.UNKNOWN_ATTRIBUTE
    message = stun.answer(found, password=PASSWORD, address=("192.0.2.1", 1))
    assert attributes(message)[0x000A] == b"\x00\x26\x7f\xff"
    assert attributes(message)[0x0009].startswith(b"\x00\x00\x04\x14")


@pytest.mark.parametrize(
    "data",
    [
        request(password="q" * 24),
        request(attribute(0x0006, b"other:them")),
        request(attribute(0x0006, b"us+rx:them")),
        request(CONTROLLING),
        request(kind=0x0011),
        request(kind=0x0101),
        request()[:-8] + b"\x80\x28\x00\x04\x00\x00\x00\x00",
        request()[:-12],
        request()[:4] + b"\x21\x12\xa4\x43" + request()[8:],
        request()[:2] + b"\x00\x00" + request()[4:],
        b"\x00\x01\x00\x04\x21\x12\xa4\x42" + TRANSACTION + b"\x00\x06\xff\xff",
        b"",
        bytes(20),
    ],
)
def test_what_proves_nothing_is_not_answered(data: bytes):
    assert read(data) is None


def test_what_follows_the_integrity_counts_for_nothing():
    sealed = request()[:-8]
    added = sealed[:2] + struct.pack("!H", len(sealed) - 20 + 4) + sealed[4:] + attribute(0x0025, b"")
    found = read(added)
    assert found is not None and not found.nominates


@PATIENT
@given(st.binary(max_size=200))
def test_any_octets_are_not_answered(data: bytes):
    assert read(data) is None
    assert read(b"\x00\x01" + struct.pack("!H", len(data)) + b"\x21\x12\xa4\x42" + TRANSACTION + data) is None


@PATIENT
@given(st.integers(0, len(request()) - 1), st.integers(0, 7))
def test_no_bit_of_a_request_may_change(at: int, bit: int):
    data = bytearray(request())
    data[at] ^= 1 << bit
    found = read(bytes(data))
    # An attribute that is no fingerprint any more is one that need not be understood.
    assert found is None or at >= len(data) - 8
