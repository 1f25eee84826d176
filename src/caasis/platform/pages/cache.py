"""ASGI middleware: pages that say `Cache-Control: public` are answered before Django, and outlive it.

A page is fresh for a minute; after that one request makes it anew while the others get the old one. An event purges at
once: after a publication every page is made anew before it is shown again, after a withdrawal nothing that was kept is
shown any more. While Django fails or doesn't answer, kept pages are shown with a notice that says from when they are.

Whoever carries a session gets every page from Django: it may hold a message for that person.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from caasis.platform.pages.page import Page, may_be_kept, page_of
from caasis.platform.pages.snapshot import Key, Snapshot

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
#: Puts into a page's bytes, of a content type, that they are from a time (seconds since 1970).
Notice = Callable[[bytes, bytes, float], bytes]

FRESH_SECONDS = 60.0
#: So long after a minute is over the old page is still shown while the new one is being made.
GRACE_SECONDS = 30.0
#: Django has so long to make a page that there is an old one of.
PATIENCE_SECONDS = 3.0
#: After a failure kept pages are shown for so long without asking Django again.
TROUBLE_SECONDS = 5.0
MOST_BYTES = 64 * 1024 * 1024
LONGEST_QUESTION = 300
_WARM_AT_ONCE = 500


class PageCache:
    """Wraps an application. `lifespan` and everything that is no GET goes through untouched.

    :param session_cookie: name of the cookie whose bearer is never answered from here.
    :param folder: where pages lie for the time after a restart.
    """

    def __init__(self, application: Application, *, folder: Path, session_cookie: str, notice: Notice) -> None:
        self._application = application
        self._cookie = session_cookie.encode() + b"="
        self._snapshot = Snapshot(folder)
        self._notice = notice
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._bytes = 0
        self._making: dict[Key, asyncio.Task[Page | list[Message]]] = {}
        self._loaded = False
        #: Counts purges: what was begun before one is not kept after it.
        self._purges = 0
        self._trouble_until = 0.0
        self._background: set[asyncio.Task[Any]] = set()

    # --- purging --------------------------------------------------------------------------------------------------

    def published(self) -> None:
        """Something new is public: every page is made anew before it is shown again."""
        self._load()
        self._purges += 1
        for page in self._pages.values():
            page.valid = False

    def withdrawn(self) -> None:
        """Something is public no more: nothing that was kept is shown again, not even while the database is down.

        Called in the event loop. What was kept is asked for once more at once, so that there is something to show should
        the database fail next.
        """
        self._load()
        self._purges += 1
        keys = [key for key in self._pages if not key[3]]
        self._pages.clear()
        self._bytes = 0
        self._snapshot.forget_all()
        if keys:
            self._keep_running(self._warm(keys[:_WARM_AT_ONCE]))

    async def _warm(self, keys: list[Key]) -> None:
        for host, scheme, path, question in keys:
            headers = [(b"host", host)] + ([(b"x-forwarded-proto", scheme)] if scheme else [])
            scope = {
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": "GET",
                "scheme": "http",
                "path": path,
                "raw_path": path.encode(),
                "root_path": "",
                "query_string": question,
                "headers": headers,
                "client": ("127.0.0.1", 0),
                "server": ("127.0.0.1", 0),
            }
            try:
                await asyncio.wait_for(self._make((host, scheme, path, question), scope), PATIENCE_SECONDS)
            except Exception:
                # They come again when somebody asks for them.
                return

    # --- serving --------------------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or len(scope["query_string"]) > LONGEST_QUESTION:
            await self._application(scope, receive, send)
            return
        host = scheme = encoding = known = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"accept-encoding":
                encoding = value
            elif name == b"if-none-match":
                known = value
            elif name == b"x-forwarded-proto" and value in (b"http", b"https"):
                scheme = value
            elif name in (b"range", b"authorization", b"x-forwarded-proto") or (name == b"cookie" and self._cookie in value):
                await self._application(scope, receive, send)
                return
        key = (host, scheme, scope["path"], scope["query_string"])
        page = self._pages.get(key)
        if page is None and not self._loaded:
            self._load()
            page = self._pages.get(key)
        if page is None:
            await self._first(key, scope, receive, send)
            return
        now = time.monotonic()
        if page.valid and now < page.fresh_until:
            await _answer(page, scope["method"], encoding, known, send)
            return
        await self._again(key, page, scope, (encoding, known), send)

    async def _first(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """The first request for an address: passed through, and kept if it says that it may be."""
        purges = self._purges
        start: Message = {}
        parts: list[bytes] = []

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and may_be_kept(message) and scope["method"] == "GET":
                start.update(message)
                return
            if not start:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            page = page_of(start, b"".join(parts), time.time())
            if page is None:
                await send(start)
                await send({"type": "http.response.body", "body": b"".join(parts)})
                return
            if purges == self._purges:
                self._keep(key, page)
            asked = dict(scope["headers"])
            await _answer(page, "GET", asked.get(b"accept-encoding", b""), asked.get(b"if-none-match", b""), send)

        await self._application(scope, receive, tell)

    async def _again(
        self, key: Key, page: Page, scope: Scope, asked: tuple[bytes, bytes], send: Send
    ) -> None:
        """A page that is no longer fresh: made anew by one request for all who ask meanwhile."""
        now = time.monotonic()
        if now < self._trouble_until:
            await self._answer_old(page, scope["method"], send)
            return
        task = self._making.get(key)
        if task is None:
            task = self._keep_running(self._make(key, scope))
            self._making[key] = task
            task.add_done_callback(lambda done: self._made(key, done))
        if page.valid and now < page.fresh_until + GRACE_SECONDS:
            await _answer(page, scope["method"], *asked, send)
            return
        try:
            made = await asyncio.wait_for(asyncio.shield(task), PATIENCE_SECONDS)
        except Exception:
            made = []
            # One that hangs is waited for no more: the next try asks anew.
            self._made(key, task)
        if isinstance(made, Page):
            await _answer(made, scope["method"], *asked, send)
        elif made and made[0]["status"] < 500:
            for message in made:
                await send(message if scope["method"] == "GET" or "body" not in message else message | {"body": b""})
        else:
            self._trouble_until = time.monotonic() + TROUBLE_SECONDS
            # A withdrawal may have come while this one waited: then what was kept is shown no more.
            if self._pages.get(key) is page:
                await self._answer_old(page, scope["method"], send)
            elif made:
                for message in made:
                    await send(message)
            else:
                await _send(send, 503, [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"5")], _WAIT)

    def _made(self, key: Key, task: asyncio.Task[Page | list[Message]]) -> None:
        if self._making.get(key) is task:
            del self._making[key]

    async def _make(self, key: Key, scope: Scope) -> Page | list[Message]:
        """Ask Django for a page. Whatever is no page to be kept comes back as the messages of its answer."""
        purges = self._purges
        headers = [(name, value) for name, value in scope["headers"] if name in (b"host", b"x-forwarded-proto", b"user-agent")]
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def tell(message: Message) -> None:
            messages.append(message)

        await self._application({**scope, "method": "GET", "headers": headers}, receive, tell)
        start, parts = messages[0], messages[1:]
        if may_be_kept(start):
            page = page_of(start, b"".join(part.get("body", b"") for part in parts), time.time())
            if page is not None:
                if purges == self._purges:
                    self._keep(key, page)
                return page
        if start["status"] < 500:
            self._drop(key)
        return messages

    async def _answer_old(self, page: Page, method: str, send: Send) -> None:
        """A page from before the trouble, with a notice; no browser or proxy keeps it."""
        body = self._notice(page.body, page.content_type, page.made_at)
        headers = [(name, value) for name, value in page.headers if name != b"cache-control"]
        headers += [(b"cache-control", b"no-store"), (b"x-stale", b"1")]
        await _send(send, 200, headers, b"" if method == "HEAD" else body)

    # --- keeping --------------------------------------------------------------------------------------------------

    def _keep(self, key: Key, page: Page) -> None:
        page.fresh_until = time.monotonic() + FRESH_SECONDS
        self._trouble_until = 0.0
        before = self._pages.pop(key, None)
        self._pages[key] = page
        self._bytes += page.size - (before.size if before else 0)
        while self._bytes > MOST_BYTES:
            _, oldest = self._pages.popitem(last=False)
            self._bytes -= oldest.size
        if not key[3] and (before is None or before.etag != page.etag):
            self._keep_running(asyncio.to_thread(self._snapshot.write, key, page))

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._bytes -= page.size
            if not key[3]:
                self._snapshot.forget(key)

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        for key, page in self._snapshot.read():
            if self._bytes + page.size > MOST_BYTES:
                break
            self._pages[key] = page
            self._bytes += page.size

    def _keep_running(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("a page could not be made anew: %s", type(task.exception()).__name__)


_WAIT = "ただいま混み合っています。少したってから、もう一度開いてください。お急ぎのときは188へお電話ください。".encode()


async def _answer(page: Page, method: str, encoding: bytes, known: bytes, send: Send) -> None:
    packed = bool(page.packed) and b"gzip" in encoding
    etag = page.packed_etag if packed else page.etag
    if known and (etag in known or page.etag in known or known == b"*"):
        await send(page.not_modified(etag))
        await send({"type": "http.response.body", "body": b""})
        return
    await send(page.packed_start if packed else page.plain_start)
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else page.packed if packed else page.body})


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
