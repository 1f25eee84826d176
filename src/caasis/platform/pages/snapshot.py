"""Kept pages on disk: one file each, so that a machine that starts while the database is down still has something to show.

Only addresses without a question are written: what people typed into the search box stays in memory.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from caasis.platform.pages.page import Page

log = logging.getLogger(__name__)

#: More are never read at a start or written: a portal has some hundred pages without a question.
MOST = 5_000
_END = ".page"

#: Host, scheme, path, question.
Key = tuple[bytes, bytes, str, bytes]


class Snapshot:
    """A folder of pages. Every method may be called from any thread; a full or broken disk is no error of a reader's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count: int | None = None

    def write(self, key: Key, page: Page) -> None:
        if key[3]:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place = self._place(key)
            if self._count is None:
                self._count = sum(1 for _ in self._folder.glob(f"*{_END}"))
            if not place.exists():
                if self._count >= MOST:
                    return
                self._count += 1
            beside = place.with_suffix(f".{os.getpid()}.new")
            address = b"\x00".join((key[0], key[1], key[2].encode()))
            beside.write_bytes(address.hex().encode() + b"\n" + page.to_bytes())
            beside.replace(place)
        except OSError as error:
            log.warning("a page could not be kept on disk: %s", error.strerror)

    def forget(self, key: Key) -> None:
        try:
            self._place(key).unlink(missing_ok=True)
        except OSError as error:
            log.warning("a page could not be taken off the disk: %s", error.strerror)

    def forget_all(self) -> None:
        for place in self._folder.glob(f"*{_END}"):
            place.unlink(missing_ok=True)
        self._count = None

    def read(self) -> Iterator[tuple[Key, Page]]:
        """Every page, each not valid any more: it serves only while nothing newer can be made."""
        for number, place in enumerate(sorted(self._folder.glob(f"*{_END}"))):
            if number >= MOST:
                return
            try:
                address, _, data = place.read_bytes().partition(b"\n")
                host, scheme, path = bytes.fromhex(address.decode("ascii")).split(b"\x00")
                yield (host, scheme, path.decode(), b""), Page.from_bytes(data)
            except (OSError, ValueError):
                log.warning("a kept page could not be read and is left out")

    def _place(self, key: Key) -> Path:
        address = b"\x00".join((key[0], key[1], key[2].encode()))
        return self._folder / (hashlib.sha256(address).hexdigest()[:40] + _END)
