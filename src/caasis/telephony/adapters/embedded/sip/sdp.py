"""Offers and answers of plain RTP (RFC 3264, RFC 4566), as far as a telephone needs them: one sound, G.711, keys."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

PCMU, PCMA = 0, 8
EVENTS = 101
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
#: What the other side's direction leaves for us.
_OURS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
_LONGEST = 8_000


class BadSdp(ValueError):
    """There is no sound in it that we could carry."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Where the other side takes sound, and as what. events_payload: None where it takes no RFC 4733."""

    address: tuple[str, int]
    payload: int
    events_payload: int | None
    direction: str

    @property
    def on_hold(self) -> bool:
        """Whether the other side does not listen: its hold key (also the old way, c=0.0.0.0)."""
        return self.direction in ("sendonly", "inactive") or ipaddress.IPv4Address(self.address[0]).is_unspecified

    @property
    def our_direction(self) -> str:
        """What our answer says."""
        return "recvonly" if self.on_hold and self.direction == "sendrecv" else _OURS[self.direction]


def read_sdp(text: str) -> Remote:
    """What the other side's description says of its sound. Raises BadSdp."""
    if len(text) > _LONGEST or not text.startswith("v=0"):
        raise BadSdp("no description")
    session, *media = re.split(r"^(?=m=)", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    for one in media:
        match = re.match(r"m=audio (\d{1,5})(?:/\d+)? RTP/AVP ([\d ]{1,200})\n?", one)
        if match and int(match[1]):
            break
    else:
        raise BadSdp("no sound by plain RTP")
    payloads = [int(number) for number in match[2].split()]
    payload = next((number for number in payloads if number in (PCMU, PCMA)), None)
    address = _one(r"^c=IN IP4 ([\d.]+)", one) or _one(r"^c=IN IP4 ([\d.]+)", session)
    port = int(match[1])
    try:
        host = str(ipaddress.IPv4Address(address))
    except ValueError:
        raise BadSdp("no IPv4 address") from None
    if payload is None or port >= 1 << 16:
        raise BadSdp("no G.711")
    events = _one(r"^a=rtpmap:(\d{1,3}) telephone-event/8000", one)
    # The stream's own direction goes before that of the whole session.
    pattern = rf"^a=({'|'.join(DIRECTIONS)})\s*$"
    direction = _one(pattern, one) or _one(pattern, session) or "sendrecv"
    known = int(events) if events and 96 <= int(events) <= 127 and int(events) in payloads else None
    return Remote((host, port), payload, known, direction)


def write_sdp(
    address: str,
    port: int,
    *,
    session: int,
    version: int,
    payload: int | None = None,
    events_payload: int | None = EVENTS,
    direction: str = "sendrecv",
) -> str:
    """Our description. payload: the one that was agreed on; without it, both laws are offered, µ-law first."""
    payloads = [PCMU, PCMA] if payload is None else [payload]
    numbers = [*payloads, *([events_payload] if events_payload is not None else [])]
    lines = [
        "v=0",
        f"o=- {session} {version} IN IP4 {address}",
        "s=-",
        f"c=IN IP4 {address}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(map(str, numbers))}",
        *(f"a=rtpmap:{one} {'PCMU' if one == PCMU else 'PCMA'}/8000" for one in payloads),
    ]
    if events_payload is not None:
        lines += [f"a=rtpmap:{events_payload} telephone-event/8000", f"a=fmtp:{events_payload} 0-15"]
    lines += ["a=ptime:20", f"a={direction}", ""]
    return "\r\n".join(lines)


def _one(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE | re.IGNORECASE)
    return match[1] if match else ""
