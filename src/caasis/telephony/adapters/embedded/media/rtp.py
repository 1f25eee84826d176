"""RTP packets (RFC 3550, 5.1): the header as it is on the wire, one packet and many at once."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import FRAME

#: Octets of a header without contributing sources or an extension.
HEADER = 12
#: A packet of 20 ms as a numpy record: a block of them is filled at once, and each row is sent as it lies.
PACKET = np.dtype(
    [
        ("first", "u1"),
        ("kind", "u1"),
        ("sequence", ">u2"),
        ("timestamp", ">u4"),
        ("source", ">u4"),
        ("payload", "u1", (FRAME,)),
    ]
)
#: Version 2, neither padding nor extension nor contributing sources.
PLAIN = 0x80
MARKER = 0x80
_VERSION, _PADDING, _EXTENSION, _CONTRIBUTING = 0xC0, 0x20, 0x10, 0x0F


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that was read."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    source: int
    payload: bytes


def pack(packet: Packet) -> bytes:
    """The octets of a packet without contributing sources, extension or padding."""
    kind = packet.payload_type | (MARKER if packet.marker else 0)
    return struct.pack("!BBHII", PLAIN, kind, packet.sequence, packet.timestamp, packet.source) + packet.payload


def payload_range(data: bytes | bytearray | memoryview) -> tuple[int, int] | None:
    """Where the payload of a packet begins and ends; None when what it says of itself can't be true."""
    size = len(data)
    if size < HEADER or data[0] & _VERSION != PLAIN:
        return None
    begin, end = HEADER + 4 * (data[0] & _CONTRIBUTING), size
    if data[0] & _EXTENSION:
        if begin + 4 > size:
            return None
        begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")
    if data[0] & _PADDING:
        padding = data[size - 1]
        if padding == 0:
            return None
        end -= padding
    return (begin, end) if begin <= end else None


def unpack(data: bytes) -> Packet | None:
    """Read a packet; None when it is none."""
    where = payload_range(data)
    if where is None:
        return None
    _, kind, sequence, timestamp, source = struct.unpack_from("!BBHII", data)
    return Packet(kind & ~MARKER, bool(kind & MARKER), sequence, timestamp, source, data[slice(*where)])
