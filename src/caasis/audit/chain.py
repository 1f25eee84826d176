"""The chain's arithmetic: digests of access rows, of links, and of the chain. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: What the first link names as the one before it.
GENESIS = "0" * 64
#: The columns that a digest covers, in its order. A new column gets a new version, so that old digests stay true.
COLUMNS = (
    "id",
    "at",
    "actor_id",
    "actor_roles",
    "centre_id",
    "action",
    "object_kind",
    "object_id",
    "fields",
    "purpose",
    "reason",
    "reference",
)
_VERSION = "caasis-access-1"


@dataclass(frozen=True, slots=True)
class Link:
    """One link: a batch of rows and the link before."""

    number: int
    sealed_at: datetime
    row_count: int
    rows_digest: str


def row_digest(values: Iterable[Any]) -> bytes:
    """SHA-256 over a row's values in the order of COLUMNS: as a JSON array, which is one text for one row."""
    plain = [_VERSION, *(None if value is None else _text(value) for value in values)]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def rows_digest(digests: Iterable[bytes]) -> str:
    """The digest of a link's rows, which come in the order of their ids."""
    total = hashlib.sha256()
    for digest in digests:
        total.update(digest)
    return total.hexdigest()


def chain_digest(before: str, link: Link) -> str:
    """The digest by which the next link names this one, and with it everything before."""
    text = f"caasis-seal-1|{before}|{link.number}|{_text(link.sealed_at)}|{link.row_count}|{link.rows_digest}"
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)
