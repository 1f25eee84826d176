"""A browser's offer and the answer to it (RFC 8866, RFC 8829): one section of sound, everything else declined."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from caasis.telephony.adapters.embedded.media.g711 import PCMU

_LARGEST = 65_536
_DIRECTIONS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
_HASHES = ("sha-256", "sha-384", "sha-512")


class BadOffer(ValueError):
    """The offer can't be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Section:
    """One m= line with what follows it."""

    media: str
    profile: str
    formats: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What an offer says that matters here.

    sections: every m= line, of which `sound` is the number of the one that is taken. fingerprints: hash name in small
    letters and hexadecimal value in capitals. events_type: the payload type of telephone-event/8000.
    """

    sections: tuple[Section, ...]
    sound: int
    mid: str
    user: str
    password: str
    fingerprints: frozenset[tuple[str, str]]
    events_type: int | None
    direction: str


def read_offer(text: str) -> Offer:
    """Read an offer. Raises BadOffer when PCMU by DTLS-SRTP over one port is not on offer."""
    if len(text) > _LARGEST:
        raise BadOffer("the offer is too long")
    session, sections = _sections(text)
    usable = [number for number, one in enumerate(sections) if one.media == "audio" and str(PCMU) in one.formats]
    if not usable:
        raise BadOffer("no PCMU is offered")
    sound = sections[usable[0]]
    if sound.profile not in ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"):
        raise BadOffer("no DTLS-SRTP is offered")
    if "a=rtcp-mux" not in sound.lines:
        raise BadOffer("RTCP has to share the port")
    if (_value(sound.lines, session, "setup") or "actpass") not in ("actpass", "active"):
        raise BadOffer("the browser has to begin the handshake")
    user, password = _value(sound.lines, session, "ice-ufrag"), _value(sound.lines, session, "ice-pwd")
    if not re.fullmatch(r"[A-Za-z0-9+/]{4,256}", user) or not re.fullmatch(r"[A-Za-z0-9+/]{22,256}", password):
        raise BadOffer("no ICE credentials are offered")
    lines = sound.lines if _value(sound.lines, (), "fingerprint") else session
    found = re.findall(r"^a=fingerprint:(\S+) ([0-9A-Fa-f:]+)$", "\n".join(lines), re.MULTILINE)
    fingerprints = frozenset((name.lower(), value.upper()) for name, value in found if name.lower() in _HASHES)
    if not fingerprints:
        raise BadOffer("no fingerprint of a certificate is offered")
    directions = [one for one in _DIRECTIONS if f"a={one}" in sound.lines]
    return Offer(
        sections=sections,
        sound=usable[0],
        mid=_value(sound.lines, (), "mid"),
        user=user,
        password=password,
        fingerprints=fingerprints,
        events_type=_events_type(sound),
        direction=directions[0] if directions else "sendrecv",
    )


def write_answer(
    offer: Offer, *, address: str, port: int, user: str, password: str, fingerprint: str, source: int
) -> str:
    """The answer: where we are, who we are, and PCMU with keys as events."""
    lines = ["v=0", f"o=- {secrets.randbits(62)} 1 IN IP4 {address}", "s=-", "t=0 0", "a=ice-lite"]
    if offer.mid:
        lines.append(f"a=group:BUNDLE {offer.mid}")
    for number, section in enumerate(offer.sections):
        if number != offer.sound:
            lines += [f"m={section.media} 0 {section.profile} {section.formats[0]}", "c=IN IP4 0.0.0.0"]
            if mid := _value(section.lines, (), "mid"):
                lines.append(f"a=mid:{mid}")
            continue
        events = [] if offer.events_type is None else [str(offer.events_type)]
        lines += [
            f"m=audio {port} {section.profile} {' '.join([str(PCMU), *events])}",
            f"c=IN IP4 {address}",
            *([f"a=mid:{offer.mid}"] if offer.mid else []),
            f"a={_DIRECTIONS[offer.direction]}",
            "a=rtcp-mux",
            f"a=ice-ufrag:{user}",
            f"a=ice-pwd:{password}",
            f"a=fingerprint:sha-256 {fingerprint}",
            "a=setup:passive",
            f"a=rtpmap:{PCMU} PCMU/8000",
            *(line for event in events for line in (f"a=rtpmap:{event} telephone-event/8000", f"a=fmtp:{event} 0-15")),
            "a=ptime:20",
            f"a=ssrc:{source} cname:{source:08x}",
            f"a=candidate:1 1 udp 2130706431 {address} {port} typ host",
            "a=end-of-candidates",
        ]
    return "\r\n".join([*lines, ""])


def _sections(text: str) -> tuple[tuple[str, ...], tuple[Section, ...]]:
    session: list[str] = []
    sections: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        if line.startswith("m="):
            words = line[2:].split()
            if len(words) < 4 or not all(re.fullmatch(r"[\x21-\x7e]{1,64}", word) for word in words):
                raise BadOffer("a media line is broken")
            sections.append((words, []))
        elif sections:
            sections[-1][1].append(line.strip())
        else:
            session.append(line.strip())
    made = (Section(words[0], words[2], tuple(words[3:]), tuple(lines)) for words, lines in sections)
    return tuple(session), tuple(made)


def _value(lines: tuple[str, ...], session: tuple[str, ...], name: str) -> str:
    """An attribute of the section, else of the session, "" when it is in neither or is no plain word."""
    for line in (*lines, *session):
        if line.startswith(f"a={name}:"):
            value = line.removeprefix(f"a={name}:")
            return value if name == "fingerprint" or re.fullmatch(r"[\x21-\x7e]{1,256}", value) else ""
    return ""


def _events_type(section: Section) -> int | None:
    for line in section.lines:
        found = re.fullmatch(r"a=rtpmap:(\d{1,3}) telephone-event/8000(/1)?", line)
        if found and found[1] in section.formats and 0 < int(found[1]) < 128:
            return int(found[1])
    return None
