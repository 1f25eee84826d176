"""Cursors: opaque texts that continue exactly the search they came from."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b

from caasis.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Cursor:
    """`value` is the last sorting key, or how many candidates are used up (sorted by relevance)."""

    search: str
    value: int


def fingerprint(*parts: object) -> str:
    """A short digest of what makes up a search. The parts are dataclasses and texts with a stable repr."""
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def encode_cursor(cursor: Cursor) -> str:
    return urlsafe_b64encode(json.dumps([cursor.search, cursor.value]).encode()).decode().rstrip("=")


def decode_cursor(text: str | None, search: str) -> int | None:
    """The cursor's value; None without a cursor. Raises `Invalid` for one of another search, or a broken one."""
    if not text:
        return None
    try:
        known, value = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError):
        known, value = None, None
    if known != search or isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise Invalid("続きの位置が変わりました。もう一度検索してください。")
    return value
