"""Many event streams at once: every client must get every event once, over a reconnection, with commits out of order."""

from __future__ import annotations

import asyncio
import json
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


async def listen(client: Client, host: str, port: int, cookie: str, until: asyncio.Event) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    again = f"Last-Event-ID: {client.last}\r\n" if client.last else ""
    writer.write(f"GET /desk/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n{again}\r\n".encode())
    await writer.drain()
    event, position, data = "", "", ""
    try:
        while not until.is_set():
            try:
                line = (await asyncio.wait_for(reader.readline(), 1)).decode().rstrip("\r\n")
            except TimeoutError:
                continue
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("id: "):
                position = line[4:]
            elif line.startswith("data: "):
                data = line[6:]
            elif line == "" and event:
                client.hello = client.hello or event == "hello"
                if position:
                    client.last = position
                if event == "change" and "bench" in json.loads(data)["topic"]:
                    client.got[int(position)] = client.got.get(int(position), 0) + 1
                event, position, data = "", "", ""
    finally:
        writer.close()


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


async def _run(installation: Installation, cookie: str, clients: list[Client], events: int, centre_id: UUID) -> None:
    """First half connected, then everybody is cut off while events go on, then everybody comes back."""

    async def connected(publishing: int, rest: float) -> None:
        until = asyncio.Event()
        tasks = [asyncio.create_task(listen(c, "127.0.0.1", installation.port, cookie, until)) for c in clients]
        for _ in range(600):
            if all(client.hello for client in clients):
                break
            await asyncio.sleep(0.1)
        await asyncio.to_thread(publish_with_delays, publishing, centre_id, 100.0)
        await asyncio.sleep(rest)
        until.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in clients:
            client.hello = False

    await connected(events // 3, 1.0)
    await asyncio.to_thread(publish_with_delays, events // 3, centre_id, 100.0)
    await connected(events // 3, 4.0)


def measure(installation: Installation, cookie: str, centre_id: UUID, count: int = 1000, events: int = 300) -> dict[str, object]:
    """Hold `count` streams; returns delivered ÷ expected, doubles, and how many clients missed anything."""
    say(f"  {count} streams, {events} events, a third of the commits delayed, everybody cut off in between")
    clients = [Client() for _ in range(count)]
    asyncio.run(_run(installation, cookie, clients, events, centre_id))
    from caasis.platform.outbox.models import OutboxEvent
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        expected = set(OutboxEvent.objects.filter(topic="bench.happened").values_list("position", flat=True))
    delivered = sum(len(expected & client.got.keys()) for client in clients)
    return {
        "streams": count,
        "events": len(expected),
        "delivered_of_expected": round(delivered / max(1, len(expected) * count), 6),
        "clients_that_missed": sum(1 for client in clients if expected - client.got.keys()),
        "doubles": sum(1 for client in clients for times in client.got.values() if times > 1),
    }
