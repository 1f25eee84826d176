"""The anchor: heads of the chain in a file outside the database, so that who rewrites the tables is found out.

`CAASIS_HOME/anchors/audit.jsonl`, append-only, one JSON object a line: {"number", "chain", "at"}. An operator who copies
this file to another place now and then (or lets a log collector follow it) has a witness that no administrator of
the database can change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line. `restored` marks a restore from a backup: links after `number` were lost with it, knowingly."""

    number: int
    chain: str
    at: str
    restored: bool = False


class AnchorUnreadable(ValueError):
    """A line in the middle of the file is none: somebody or something damaged it."""


def path() -> Path:
    return Path(settings.CAASIS_HOME) / "anchors" / "audit.jsonl"


def append(number: int, chain: str, at: datetime, *, restored: bool = False) -> None:
    """Write one anchor and sync it to the disk."""
    file = path()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = {"number": number, "chain": chain, "at": at.isoformat()} | ({"restored": True} if restored else {})
    _drop_cut_off_line(file)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(json.dumps(line).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def _drop_cut_off_line(file: Path) -> None:
    """Take away an end that a crash left without its line break: no whole line was ever written there."""
    if not file.exists() or file.stat().st_size == 0:
        return
    with file.open("r+b") as stream:
        end = stream.seek(0, os.SEEK_END)
        start = max(0, end - 4096)
        stream.seek(start)
        tail = stream.read()
        if not tail.endswith(b"\n"):
            stream.truncate(start + tail.rfind(b"\n") + 1)


def read_all() -> Iterator[Anchor]:
    """All anchors, oldest first. A last line that a crash cut off is left out.

    :raises AnchorUnreadable: at any other line that can't be read.
    """
    file = path()
    if not file.exists():
        return
    with file.open(encoding="utf-8", errors="replace") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.endswith("\n"):
                return
            yield _parse(line, f"{file}: {number}")


def last() -> Anchor | None:
    """The newest anchor, or None. Reads the end of the file only.

    :raises AnchorUnreadable: when the last whole line is none of ours.
    """
    file = path()
    if not file.exists():
        return None
    with file.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 4096))
        whole, _, _ = stream.read().rpartition(b"\n")
    text = whole.rpartition(b"\n")[2].decode("utf-8", "replace")
    return _parse(text, str(file)) if text else None


def _parse(line: str, where: str) -> Anchor:
    try:
        raw = json.loads(line)
        return Anchor(int(raw["number"]), str(raw["chain"]), str(raw["at"]), bool(raw.get("restored", False)))
    except (ValueError, KeyError, TypeError):
        raise AnchorUnreadable(where) from None
