"""An education event as an iCalendar file (RFC 5545), for the calendar of a phone or of an office. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

#: Octets in a line, without its end.
_LINE = 75


def calendar_text(
    *,
    event_id: UUID,
    version: int,
    title: str,
    place: str,
    about: str,
    url: str,
    starts_at: datetime,
    ends_at: datetime,
    changed_at: datetime,
    cancelled: bool = False,
) -> str:
    """One event; a later version of it replaces it in the calendar, and a cancelled one is struck out there."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//CaaSIS//events//JA",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{event_id}",
        f"SEQUENCE:{version}",
        f"DTSTAMP:{_moment(changed_at)}",
        f"DTSTART:{_moment(starts_at)}",
        f"DTEND:{_moment(ends_at)}",
        f"SUMMARY:{_escaped(title)}",
        f"LOCATION:{_escaped(place)}",
        f"DESCRIPTION:{_escaped(about)}",
        f"URL:{url}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for char in ("\\", ";", ","):
        text = text.replace(char, "\\" + char)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    """A long line in pieces of at most 75 octets, no letter cut in two."""
    pieces, piece, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _LINE:
            pieces.append(piece)
            # The blank before each further piece counts, too.
            piece, size = " ", 1
        piece, size = piece + char, size + width
    return "\r\n".join([*pieces, piece])
