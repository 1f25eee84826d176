"""RTCP (RFC 3550, 6): the report that goes out every five seconds, and what is read of the other side's."""

from __future__ import annotations

import struct
from dataclasses import dataclass

#: Payload types that mark a packet as RTCP where it shares a port with RTP (RFC 5761, 4).
TYPES = range(192, 224)
_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION = 200, 201, 202
_CNAME = 1
_VERSION = 0x80
#: Seconds from 1900, where NTP begins, to 1970.
_NTP_EPOCH = 2_208_988_800


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """What came from one source (RFC 3550, 6.4.1); jitter in samples, `delay_s` since its last report came."""

    source: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    delay_s: float


def report(
    *, source: int, name: str, wall: float, stamp: int, sent: int, octets: int, about: ReceptionReport | None
) -> bytes:
    """A compound packet: a sender's report (a receiver's when nothing was sent) and our canonical name.

    wall: seconds since 1970. stamp: the RTP timestamp that belongs to it.
    """
    block = _block(about) if about is not None else b""
    count = 1 if about is not None else 0
    if sent:
        seconds = int(wall) + _NTP_EPOCH & 0xFFFFFFFF
        fraction = int((wall % 1) * (1 << 32))
        body = struct.pack("!IIIIII", source, seconds, fraction, stamp, sent & 0xFFFFFFFF, octets & 0xFFFFFFFF)
        first = _packet(_SENDER_REPORT, count, body + block)
    else:
        first = _packet(_RECEIVER_REPORT, count, struct.pack("!I", source) + block)
    item = struct.pack("!IBB", source, _CNAME, len(name)) + name.encode("ascii")
    # The list of items ends with at least one octet of nothing, up to the next word.
    return first + _packet(_DESCRIPTION, 1, item + bytes(4 - len(item) % 4))


def last_report_of(data: bytes) -> tuple[int, int] | None:
    """Source and the middle 32 bits of the NTP time of a sender's report; None for anything else."""
    if len(data) < 28 or data[0] & 0xC0 != _VERSION or data[1] != _SENDER_REPORT:
        return None
    source, seconds, fraction = struct.unpack_from("!III", data, 4)
    return source, (seconds & 0xFFFF) << 16 | fraction >> 16


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", _VERSION | count, kind, len(body) // 4) + body


def _block(about: ReceptionReport) -> bytes:
    return struct.pack(
        "!IIIIII",
        about.source,
        about.fraction_lost << 24 | min(about.lost, 0x7FFFFF),
        about.highest,
        about.jitter,
        about.last_report,
        min(round(about.delay_s * 65_536), 0xFFFFFFFF) if about.last_report else 0,
    )
