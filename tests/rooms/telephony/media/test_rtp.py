"""Packets on the wire, and octets that only look like one."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media.inbox import WIDTH, Inbox
from caasis.telephony.adapters.embedded.media.rtp import HEADER, Packet, pack, payload_range, unpack
from tests.rooms.telephony.media.telephone import PATIENT

PACKETS = st.builds(
    Packet,
    payload_type=st.integers(0, 127),
    marker=st.booleans(),
    sequence=st.integers(0, 65_535),
    timestamp=st.integers(0, 2**32 - 1),
    source=st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=500),
)


def dressed(packet: Packet, *, contributing: int = 0, extension: int | None = None, padding: int = 0) -> bytes:
    """The same packet with contributing sources, an extension of so many words, and padding."""
    plain = pack(packet)
    first = 0x80 | contributing | (0x10 if extension is not None else 0) | (0x20 if padding else 0)
    middle = bytes(4 * contributing)
    if extension is not None:
        middle += b"\xbe\xde" + extension.to_bytes(2, "big") + bytes(4 * extension)
    end = bytes(padding - 1) + bytes([padding]) if padding else b""
    return bytes([first]) + plain[1:HEADER] + middle + plain[HEADER:] + end


@PATIENT
@given(PACKETS)
def test_a_packet_is_read_as_it_was_written(packet):
    assert unpack(pack(packet)) == packet


@PATIENT
@given(PACKETS, st.integers(0, 15), st.none() | st.integers(0, 20), st.integers(0, 200))
def test_contributing_sources_extension_and_padding_are_left_out(packet, contributing, extension, padding):
    data = dressed(packet, contributing=contributing, extension=extension, padding=padding)
    assert unpack(data) == packet


@PATIENT
@given(st.binary(max_size=80))
@example(b"\x8f" + bytes(20))
@example(b"\x90" + bytes(13))
@example(b"\x90" + bytes(13) + b"\xff\xff")
@example(b"\xa0" + bytes(11) + b"\x00")
@example(b"\xa0" + bytes(11) + b"\xff")
@example(b"")
def test_a_payload_always_lies_within_its_packet(data):
    where = payload_range(data)
    if where is not None:
        assert HEADER <= where[0] <= where[1] <= len(data)
        assert data[0] >> 6 == 2


def read(*packets: bytes) -> tuple[list[Packet], list[int]]:
    """What an inbox makes of packets, each of a leg of its own, and the places of those that are none."""
    inbox = Inbox(8)
    # What lay there before must not come into the next packet.
    inbox.block[:] = 0x55
    for place, packet in enumerate(packets):
        inbox.put(place, packet)
    batch, broken = inbox.read()
    found = [
        Packet(
            int(batch.payload_types[row]),
            False,
            int(batch.sequence[row]),
            int(batch.timestamps[row]),
            int(batch.sources[row]),
            inbox.payload(int(batch.rows[row]), int(batch.sizes[row])).tobytes(),
        )
        for row in range(len(batch.rows))
    ]
    return found, broken.tolist()


@PATIENT
@given(st.lists(st.binary(max_size=60) | PACKETS.map(pack), max_size=8))
def test_many_packets_at_once_are_read_as_one_by_one(datagrams):
    singly = [unpack(data) for data in datagrams]
    found, broken = read(*datagrams)
    good = [one for one in singly if one is not None and one.payload]
    assert [(one.sequence, one.timestamp, one.source, one.payload) for one in found] == [
        (one.sequence, one.timestamp, one.source, one.payload) for one in good
    ]
    assert broken == [place for place, one in enumerate(singly) if one is None or not one.payload]


def test_a_packet_larger_than_any_sound_is_none():
    assert read(pack(Packet(0, False, 1, 2, 3, bytes(WIDTH - HEADER)))) == ([], [0])
    assert read(pack(Packet(0, False, 1, 2, 3, bytes(WIDTH - HEADER - 1))))[1] == []


def test_the_first_frame_of_a_payload_is_found_by_rows():
    inbox = Inbox(2)
    payload = bytes(range(160))
    inbox.put(0, dressed(Packet(0, False, 1, 2, 3, payload), contributing=3, extension=2))
    inbox.put(1, pack(Packet(0, False, 1, 2, 3, payload)))
    batch, _ = inbox.read()
    assert inbox.frames(batch.rows).tobytes() == payload * 2 and np.array_equal(batch.sizes, [160, 160])
