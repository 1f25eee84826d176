"""Who calls, whom, and by which way, from the headers of an INVITE (RFC 3323, 3325, 5806). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

#: Headers by lower-case name, each with its values in their order.
Headers = Mapping[str, Sequence[str]]
_URI = re.compile(r"(?:sips?|tel):([^@;?>\s]{1,80})(?:@([^;?>\s]{1,255}))?", re.IGNORECASE)


def user_of(header: str) -> str:
    """The user part of the address in a header's value, "" for none."""
    match = _URI.search(header)
    if match is None:
        return ""
    # Without an @ what was found is a host, unless it is a tel: address.
    return match[1] if match[2] or match[0].lower().startswith("tel:") else ""


def name_of(header: str) -> str:
    """The display name in a header's value, "" for none."""
    match = re.match(r'\s*(?:"([^"]*)"|([^"<]*?))\s*<', header)
    return (match[1] or match[2] or "").strip() if match else ""


def hides_itself(headers: Headers) -> bool:
    """Whether the caller wants its number to be told to nobody."""
    asked = {one.strip().lower() for value in headers.get("privacy", ()) for one in re.split("[;,]", value)}
    sender = _first(headers, "from").lower()
    return bool(asked & {"id", "user", "header"}) or "anonymous" in user_of(sender) or "anonymous.invalid" in sender


def caller_of(headers: Headers) -> tuple[str, str]:
    """The caller's number as the line says it, and the display name, behind which some lines tell why there is none."""
    sender = _first(headers, "from")
    asserted = next((one for one in headers.get("p-asserted-identity", ()) if user_of(one)), "")
    return user_of(asserted) or user_of(sender), name_of(sender) or name_of(asserted)


def called_of(headers: Headers, request_user: str) -> str:
    """The number that was dialled: what the line says it was, else the address of the request, else that of To."""
    return user_of(_first(headers, "p-called-party-id")) or request_user or user_of(_first(headers, "to"))


def diverted_from(headers: Headers) -> str:
    """The number that was dialled before the call was diverted to us (188), "" for none.

    Diversion names the last one first. History-Info (RFC 7044) goes from the first to the present one.
    """
    if value := _first(headers, "diversion"):
        return user_of(value)
    entries = [one for value in headers.get("history-info", ()) for one in value.split(",")]
    users = [user for user in map(user_of, entries) if user]
    return users[-2] if len(users) > 1 else ""


def _first(headers: Headers, name: str) -> str:
    values = headers.get(name, ())
    return values[0] if values else ""
