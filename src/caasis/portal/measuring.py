"""Counts what is read on the portal, before the kept pages: no cookie, nothing of a person is written anywhere.

A reader's mark is a keyed hash of address and browser under a salt of the day; it only ever goes into a sketch
(`analytics/rules/readers.py`). Numbers are written down each few seconds, in a thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from caasis.analytics.rules.readers import Readings

log = logging.getLogger(__name__)

WRITE_EACH_SECONDS = 15.0
#: Header by which the search page says how many it has found; it stays on the kept page.
FOUND = "X-Found"

_ARTICLE = re.compile(r"/(?:(en|easy)/)?articles/([A-Z]-[0-9]{1,6})/")
_PAGES = {
    "/": "top",
    "/search/": "search",
    "/alerts/": "alerts",
    "/offices/": "offices",
    "/guide/": "guide",
    "/guides/": "guides",
    "/ask/": "ask",
    "/book/": "book",
    "/statistics/": "statistics",
    "/consult/": "consult",
    "/consult/done/": "consult_done",
}
_MACHINES = re.compile(rb"bot|crawl|spider|slurp|fetch|monitor|curl|wget|python|http-client", re.IGNORECASE)


def what_is_read(path: str) -> tuple[str, str] | None:
    """(what, which) of a page that is counted: ("article", "F-1001"), ("page", "top"); None for every other address."""
    page = _PAGES.get(path)
    if page is not None:
        return "page", page
    article = _ARTICLE.fullmatch(path)
    return ("article", article[2]) if article else None


class ReaderCount:
    """ASGI middleware.

    :param record: writes readings down. :param salt: the salt of a day. :param today: the day in Japan.
    :param address: who sends, out of a scope.
    """

    def __init__(
        self,
        application: Any,
        *,
        record: Callable[[Readings], None],
        salt: Callable[[date], bytes],
        now: Callable[[], datetime],
        address: Callable[[dict[str, Any]], str],
    ) -> None:
        self._application = application
        self._record, self._salt, self._now, self._address = record, salt, now, address
        self._open: Readings | None = None
        self._key = b""
        self._writing: asyncio.Task[None] | None = None
        self._last_day: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            await self.close()
            return
        read = what_is_read(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if read is None:
            await self._application(scope, receive, send)
            return

        async def tell(message: dict[str, Any]) -> None:
            # 304: the browser shows its own copy, and somebody reads it.
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                try:
                    self._count(scope, read, message)
                except Exception:
                    log.exception("a reading could not be counted")
            await send(message)

        await self._application(scope, receive, tell)

    def _count(self, scope: dict[str, Any], read: tuple[str, str], message: dict[str, Any]) -> None:
        browser = b""
        for name, value in scope["headers"]:
            if name == b"user-agent":
                browser = value
            elif name == b"sec-purpose" and b"prefetch" in value:
                return
        if not browser or _MACHINES.search(browser):
            return
        day = self._now().date()
        if self._open is None or self._open.day != day or not self._key:
            self._turn(day)
        open_ = self._open
        assert open_ is not None
        if not self._key:
            # Before the day's salt is known readers can't be told apart; what is read counts all the same.
            open_.counts[read] += 1
        else:
            mark = hashlib.blake2b(self._address(scope).encode() + b"\x00" + browser, digest_size=8, key=self._key).digest()
            open_.seen(*read, int.from_bytes(mark, "big"))
        if read == ("page", "search") and scope["query_string"].startswith(b"q="):
            open_.counts["search", ""] += 1
            if next((v for n, v in message["headers"] if n.lower() == b"x-found"), b"") == b"0":
                open_.counts["search_empty", ""] += 1

    def _turn(self, day: date) -> None:
        """A new day, or the first reader of this process."""
        if self._open is not None and self._open.day != day:
            self._in_background(self._open)
            self._open, self._key = None, b""
        self._open = self._open or Readings(day)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write_for_ever())

    def _in_background(self, readings: Readings) -> None:
        async def record() -> None:
            try:
                await asyncio.to_thread(self._record, readings)
            except Exception:
                log.warning("the readings of a day that is over could not be written down")

        self._last_day = asyncio.ensure_future(record())

    async def _write_for_ever(self) -> None:
        while True:
            day = self._now().date()
            with suppress(Exception):
                if not self._key and self._open is not None and self._open.day == day:
                    self._key = await asyncio.to_thread(self._salt, day)
            await asyncio.sleep(WRITE_EACH_SECONDS)
            await self.write()

    async def write(self) -> None:
        """Write down what was counted since the last time; what can't be written is kept for the next."""
        readings = self._open
        if readings is None or not (readings.counts or readings.readers):
            return
        self._open = Readings(readings.day)
        try:
            await asyncio.to_thread(self._record, readings)
        except Exception:
            log.warning("what was read could not be written down and is tried again")
            readings.merge(self._open)
            self._open = readings

    async def close(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing
        await self.write()
