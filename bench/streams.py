"""Many event streams at once: every client must get every event once, over a reconnection, with commits out of order."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from bench.installation import Installation, say


@dataclass(slots=True)
class Client:
    """One browser: which event ids it got, and the last position for its reconnection."""

    got: dict[int, int] = field(default_factory=dict)
    last: str = ""
    hello: bool = False


async def listen(client: Client, host: str, port: int, cookie: str) -> None:
    """Hear until cancelled; like a browser, come back with the last position when the server ends the stream."""
    while True:
        reader, writer = await asyncio.open_connection(host, port)
        again = f"Last-Event-ID: {client.last}\r\n" if client.last else ""
        writer.write(f"GET /desk/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n{again}\r\n".encode())
        try:
            await writer.drain()
            rest = b""
            while chunk := await reader.read(1 << 16):
                *blocks, rest = (rest + chunk).split(b"\n\n")
                for block in blocks:
                    hear(client, block)
        except OSError:
            pass
        finally:
            writer.close()
        await asyncio.sleep(0.5)


def hear(client: Client, block: bytes) -> None:
    """One event as it stands in the stream, perhaps with marks of the chunked encoding before it."""
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
    client.hello = client.hello or fields.get(b"event") == b"hello"
    if b"id" in fields:
        client.last = fields[b"id"].decode().strip()
    if fields.get(b"event") == b"change" and b"bench.happened" in fields.get(b"data", b""):
        position = int(client.last)
        client.got[position] = client.got.get(position, 0) + 1


def publish_with_delays(count: int, centre_id: UUID, rate: float) -> None:
    """Events from four threads; every third transaction commits 0.3 s after it inserted: out of order on purpose."""
    from dataclasses import dataclass as dc
    from typing import ClassVar

    from django.db import close_old_connections, connection, transaction

    from caasis.kernel.actor import SYSTEM
    from caasis.kernel.events import Event
    from caasis.kernel.ids import uuid7
    from caasis.platform.outbox.publish import publish

    @dc(frozen=True, slots=True, kw_only=True)
    class BenchHappened(Event):
        topic: ClassVar[str] = "bench.happened"

    def worker(numbers: range) -> None:
        for number in numbers:
            with transaction.atomic():
                publish(BenchHappened(subject=uuid7(), centre_id=centre_id), actor=SYSTEM)
                if number % 3 == 0:
                    time.sleep(0.3)
            time.sleep(4 / rate)
        close_old_connections()
        connection.close()

    threads = [threading.Thread(target=worker, args=(range(first, count, 4),)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _expected() -> set[int | None]:
    from caasis.platform.outbox.models import OutboxEvent
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        return set(OutboxEvent.objects.filter(topic="bench.happened").values_list("position", flat=True))


async def _run(installation: Installation, cookie: str, clients: list[Client], events: int, centre_id: UUID) -> float:
    """First a third while connected, then everybody is cut off while events go on, then everybody comes back.

    Returns the seconds from the last event until everybody had everything, or nothing more came for ten seconds.
    """

    def connect() -> list[asyncio.Task[None]]:
        return [asyncio.create_task(listen(c, "127.0.0.1", installation.port, cookie)) for c in clients]

    async def greeted() -> None:
        for _ in range(600):
            if all(client.hello for client in clients):
                return
            await asyncio.sleep(0.1)

    async def cut(tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    tasks = connect()
    await greeted()
    await asyncio.to_thread(publish_with_delays, events // 3, centre_id, 100.0)
    # In the midst of what is still being sent.
    await cut(tasks)
    await asyncio.to_thread(publish_with_delays, events // 3, centre_id, 100.0)
    tasks = connect()
    await asyncio.to_thread(publish_with_delays, events - 2 * (events // 3), centre_id, 100.0)
    began = moved = time.monotonic()
    before = -1
    while time.monotonic() - moved < 10:
        await asyncio.sleep(0.5)
        now = sum(len(client.got) for client in clients)
        if now != before:
            before, moved = now, time.monotonic()
        expected = await asyncio.to_thread(_expected)
        if None not in expected and now >= len(expected) * len(clients):
            break
    await cut(tasks)
    return moved - began


def measure(installation: Installation, cookie: str, centre_id: UUID, count: int = 1000, events: int = 300) -> dict[str, object]:
    """Hold `count` streams; returns delivered ÷ expected, doubles, and how many clients missed anything."""
    say(f"  {count} streams, {events} events, a third of the commits delayed, everybody cut off in between")
    clients = [Client() for _ in range(count)]
    seconds = asyncio.run(_run(installation, cookie, clients, events, centre_id))
    expected = _expected()
    delivered = sum(len(expected & client.got.keys()) for client in clients)
    return {
        "streams": count,
        "events": len(expected),
        "delivered_of_expected": round(delivered / max(1, len(expected) * count), 6),
        "clients_that_missed": sum(1 for client in clients if expected - client.got.keys()),
        "doubles": sum(1 for client in clients for times in client.got.values() if times > 1),
        "all_delivered_after_seconds": round(seconds, 1),
    }
