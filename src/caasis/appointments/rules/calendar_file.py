"""One appointment as an iCalendar file (RFC 5545)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

#: Octets of a line without its line break (RFC 5545, 3.1).
LINE_OCTETS = 75


@dataclass(frozen=True, slots=True)
class Entry:
    """What the file says. `sequence` grows with each change, so that calendars replace the entry with the same `uid`."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    written_at: datetime
    title: str
    place: str = ""
    note: str = ""
    cancelled: bool = False


def escaped(text: str) -> str:
    """A TEXT value (3.3.11)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets; no character is cut in two."""
    pieces, piece, size = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LINE_OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece += letter
        size += octets
    return "\r\n".join([*pieces, piece])


def stamp(moment: datetime) -> str:
    """A time in UTC (3.3.5, form 2)."""
    if moment.tzinfo is None:
        raise ValueError("a calendar needs a time with a zone")
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def calendar_file(entry: Entry) -> str:
    """The whole file, with CRLF."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//CaaSIS//Booking//JA",
        f"METHOD:{'CANCEL' if entry.cancelled else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{escaped(entry.uid)}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{stamp(entry.written_at)}",
        f"DTSTART:{stamp(entry.starts_at)}",
        f"DTEND:{stamp(entry.ends_at)}",
        f"SUMMARY:{escaped(entry.title)}",
    ]
    if entry.place:
        lines.append(f"LOCATION:{escaped(entry.place)}")
    if entry.note:
        lines.append(f"DESCRIPTION:{escaped(entry.note)}")
    lines += [f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}", "END:VEVENT", "END:VCALENDAR"]
    return "".join(folded(line) + "\r\n" for line in lines)
