"""One hub a process: it listens to the relay's notifications and hands each client the events it may see.

Measured on two cores (see docs/benchmarks.md): one process holds thousands of streams, because a stream costs a queue
entry, never a database connection. A client that comes back names the last position it has seen and gets what it
missed: from the ring in memory, or, when that is too short, from the outbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from caasis.platform.outbox.relay import CHANNEL

log = logging.getLogger(__name__)

RING = 20_000
#: How much of the outbox's end is read at the start: after a restart all browsers come back at once, and catch up from
#: memory instead of with a database connection each.
PREFILL = 5_000
CATCH_UPS_AT_ONCE = 2
#: A browser that takes nothing for so long is gone, whatever its connection says.
WRITE_SECONDS = 30.0
HEARTBEAT_SECONDS = 15.0
RECHECK_SECONDS = 60.0
QUEUE_LIMIT = 5_000
CATCH_UP_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event as a browser may see it: what changed, never with what content."""

    position: int
    topic: str
    subject: str
    centre_id: UUID | None
    actor_id: UUID | None

    def encode(self) -> bytes:
        data = json.dumps({"topic": self.topic, "subject": self.subject, "actor": str(self.actor_id or "")})
        return f"id: {self.position}\nevent: change\ndata: {data}\n\n".encode()


#: Decides for one client whether an event is for it.
Sees = Callable[[StreamEvent], bool]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is behind a cookie: the subject that an event about a person's roles names, and what that person may see."""

    subject: str
    sees: Sees


#: Finds out who is behind a cookie; None when nobody is. Called again each minute and when that person's roles change.
Authorise = Callable[[str], Awaitable[Viewer | None]]


@dataclass(slots=True, eq=False)
class _Client:
    viewer: Viewer
    #: Set when the viewer's roles changed: nothing more is written before the viewer is asked for anew.
    recheck: bool = False
    queue: asyncio.Queue[StreamEvent | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LIMIT))


class StreamHub:
    """ASGI application for `GET /desk/stream`."""

    def __init__(
        self, conninfo: Callable[[], str], authorise: Authorise, *, recheck_topics: tuple[str, ...] = ()
    ) -> None:
        self._conninfo = conninfo
        self._authorise = authorise
        self._recheck_topics = recheck_topics
        self._clients: set[_Client] = set()
        self._ring: deque[StreamEvent] = deque(maxlen=RING)
        self._position: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._catching_up = asyncio.Semaphore(CATCH_UPS_AT_ONCE)
        self._watchers: list[Callable[[StreamEvent], None]] = []

    def watch(self, watcher: Callable[[StreamEvent], None]) -> None:
        """Call a function of this process with every event: at the start with the last ones that are kept (`PREFILL`), then
        with each as it comes. It is called in the event loop and must be quick; the same event may come again after a
        restart. A hub that is watched follows the outbox from the start of the process, also without a browser."""
        self._watchers.append(watcher)

    async def lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self._watchers:
                    self._start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for client in list(self._clients):
            self._drop(client)

    # --- reading the outbox ---------------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """Follow the outbox for ever; a lost connection is made anew and nothing between is missed."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo(), autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    if self._position is None:
                        await self._begin(connection)
                    self._ready.set()
                    while True:
                        await self._fetch(connection)
                        # A notification is only a wake-up: what is read is decided by position.
                        async for _ in connection.notifies(timeout=5.0, stop_after=1):
                            pass
            except (psycopg.Error, OSError):
                log.warning("the stream lost its database connection, trying again")
                await asyncio.sleep(0.5)

    async def _head(self, connection: psycopg.AsyncConnection[Any]) -> int:
        row = await (await connection.execute("SELECT last_position FROM platform_outbox_head")).fetchone()
        return int(row[0]) if row else 0

    async def _begin(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Take the head as the place to begin, and the end of the outbox before it into the ring."""
        head = await self._head(connection)
        at = max(0, head - PREFILL)
        while at < head:
            events = [event for event in await self._read(connection, at) if event.position <= head]
            if not events:
                break
            self._ring.extend(events)
            for event in events:
                self._tell_watchers(event)
            at = events[-1].position
        self._position = head

    async def _fetch(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            events = await self._read(connection, self._position or 0)
            for number, event in enumerate(events):
                self._hand_out(event)
                if number % 50 == 49:
                    # Thousands of clients times a full batch would hold up every other request of this process.
                    await asyncio.sleep(0)
            if len(events) < 1000:
                return

    def _tell_watchers(self, event: StreamEvent) -> None:
        for watcher in self._watchers:
            watcher(event)

    def _hand_out(self, event: StreamEvent) -> None:
        """Put one event into the ring and before every client that may see it, in one go."""
        self._ring.append(event)
        self._position = event.position
        self._tell_watchers(event)
        about_roles = event.topic in self._recheck_topics
        for client in list(self._clients):
            concerned = about_roles and client.viewer.subject == event.subject
            if concerned:
                client.recheck = True
            # A client whose roles just changed gets everything: the new permission is asked before it is written.
            if concerned or client.recheck or client.viewer.sees(event):
                try:
                    client.queue.put_nowait(event)
                except asyncio.QueueFull:
                    # Too slow a client is disconnected; it comes back with its last position.
                    self._drop(client)

    async def _read(self, connection: psycopg.AsyncConnection[Any], after: int, limit: int = 1000) -> list[StreamEvent]:
        cursor = await connection.execute(
            "SELECT position, topic, subject, centre_id, actor_id FROM platform_outbox"
            " WHERE position > %s ORDER BY position LIMIT %s",
            [after, limit],
        )
        return [StreamEvent(r[0], r[1], str(r[2]), r[3], r[4]) for r in await cursor.fetchall()]

    def _drop(self, client: _Client) -> None:
        self._clients.discard(client)
        while not client.queue.empty():
            client.queue.get_nowait()
        client.queue.put_nowait(None)

    async def _missed(self, after: int) -> list[StreamEvent] | None:
        """Events after a position up to now; None when they are no longer kept and the page must load anew."""
        if after == self._position:
            return []
        if self._ring and self._ring[0].position <= after + 1 and after < (self._position or 0):
            return [event for event in self._ring if event.position > after]
        async with (
            self._catching_up,
            await psycopg.AsyncConnection.connect(self._conninfo(), autocommit=True) as connection,
        ):
            if after > (self._position or 0):
                # Another process was ahead of this one, or the database was restored to an earlier day.
                return [] if after <= await self._head(connection) else None
            oldest = await (await connection.execute("SELECT min(position) FROM platform_outbox")).fetchone()
            if oldest is None or oldest[0] is None or oldest[0] > after + 1:
                return None
            events: list[StreamEvent] = []
            while len(events) <= CATCH_UP_LIMIT:
                batch = await self._read(connection, events[-1].position if events else after)
                events += batch
                if len(batch) < 1000:
                    return events
            return None

    # --- serving one client ---------------------------------------------------------------------------------------

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
        cookies = headers.get("cookie", "")
        viewer = await self._authorise(cookies)
        if viewer is None:
            await _answer(send, 401, "ログインしてください。")
            return
        self._start()
        try:
            await asyncio.wait_for(self._ready.wait(), 10)
        except TimeoutError:
            await _answer(send, 503, "ただいま準備中です。")
            return
        after = _last_position(scope, headers)
        client = _Client(viewer)
        # Without a pause between: whatever comes after `sent` lies in the client's queue.
        sent = self._position or 0
        self._clients.add(client)
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [
                        (b"content-type", b"text/event-stream; charset=utf-8"),
                        (b"cache-control", b"no-store"),
                        (b"x-accel-buffering", b"no"),
                    ],
                }
            )
            begin = sent if after is None else after
            await _write(send, f"retry: 2000\nid: {begin}\nevent: hello\ndata: {{}}\n\n".encode())
            told = sent if after is None else await self._catch_up(client, cookies, send, after, sent)
            if told is not None:
                await self._serve(client, cookies, send, gone, told)
        except (TimeoutError, psycopg.Error, OSError):
            # The browser takes nothing any more, or the database went away: it comes back and catches up.
            log.info("a stream was ended")
        finally:
            self._clients.discard(client)
            gone.cancel()

    async def _catch_up(self, client: _Client, cookies: str, send: Any, after: int, sent: int) -> int | None:
        """Write what the client missed. Returns the position up to which it has been told; None when it may hear nothing
        any more."""
        missed = await self._missed(after)
        if missed is None:
            await _write(send, f"id: {sent}\nevent: reload\ndata: {{}}\n\n".encode())
            return sent
        for event in missed:
            if client.recheck and not await self._ask_again(client, cookies, send):
                return None
            if client.viewer.sees(event):
                await _write(send, event.encode())
            sent = max(sent, event.position)
        return sent

    async def _ask_again(self, client: _Client, cookies: str, send: Any) -> bool:
        """Find out anew who this is; False, and the stream is ended, when nobody is behind the cookie any more."""
        client.recheck = False
        viewer = await self._authorise(cookies)
        if viewer is None:
            await _write(send, b"event: login\ndata: {}\n\n")
            await _end(send)
            return False
        client.viewer = viewer
        return True

    async def _serve(self, client: _Client, cookies: str, send: Any, gone: asyncio.Task[None], sent: int) -> None:
        loop = asyncio.get_running_loop()
        checked = loop.time()
        while not gone.done():
            getter = asyncio.ensure_future(client.queue.get())
            done, _ = await asyncio.wait({getter, gone}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if getter not in done:
                getter.cancel()
                if gone.done():
                    return
            event = getter.result() if getter in done else None
            if getter in done and event is None:
                await _end(send)
                return
            if client.recheck or loop.time() - checked > RECHECK_SECONDS:
                checked = loop.time()
                if not await self._ask_again(client, cookies, send):
                    return
            if event is None:
                await _write(send, b": heartbeat\n\n")
            elif event.position > sent:
                sent = event.position
                # Asked again: the permission may have changed since the event was put into the queue.
                if client.viewer.sees(event):
                    await _write(send, event.encode())


async def _write(send: Any, body: bytes) -> None:
    """:raises TimeoutError: when the client's side takes nothing for WRITE_SECONDS."""
    await asyncio.wait_for(send({"type": "http.response.body", "body": body, "more_body": True}), WRITE_SECONDS)


async def _end(send: Any) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Any, status: int, text: str) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")],
        }
    )
    await send({"type": "http.response.body", "body": text.encode()})


def _last_position(scope: dict[str, Any], headers: dict[str, str]) -> int | None:
    text = headers.get("last-event-id", "")
    if not text:
        for part in scope.get("query_string", b"").decode("latin-1").split("&"):
            if part.startswith("after="):
                text = part[6:]
    return int(text) if text.isdecimal() and len(text) < 19 else None
