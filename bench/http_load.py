"""A client for load that costs next to nothing: keep-alive connections in one event loop, which count bytes, not headers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Load:
    """What came back. `times` are seconds from sending to the last byte."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    wrong: int = 0

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0


class _Reader(asyncio.Protocol):
    """Asks for the same page again and again; an answer that isn't 200 or has another length is a wrong one."""

    def __init__(self, request: bytes, load: Load, until: float) -> None:
        self._request, self._load, self._until = request, load, until
        self._left = 0
        self._status = b""
        self._began = 0.0
        self._head = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._left, self._head = -1, b""
        self._began = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower()
            at = head.find(b"content-length:")
            if at < 0:
                self._load.wrong += 1
                self._finish()
                return
            self._status = head[9:12]
            self._left = int(head[at + 15 :].split(b"\r\n", 1)[0]) - (len(self._head) - end - 4)
        else:
            self._left -= len(data)
        if self._left > 0:
            return
        if self._left < 0 or self._status != b"200":
            self._load.wrong += 1
        now = time.perf_counter()
        self._load.times.append(now - self._began)
        if now < self._until:
            self._ask()
        else:
            self._finish()

    def _finish(self) -> None:
        self._transport.close()
        if not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._load.wrong += 1
            self.done.set_result(None)


def ask_again_and_again(port: int, path: str, *, seconds: float, connections: int, headers: dict[str, str] | None = None) -> Load:
    """Load one page over kept connections, each with one request at a time."""

    async def run() -> Load:
        load = Load()
        # As a browser says it: readers are counted as well.
        browser = {"Host": f"127.0.0.1:{port}", "Accept-Encoding": "gzip", "User-Agent": "Mozilla/5.0 (benchmark)"}
        lines = {**browser, **(headers or {})}
        request = f"GET {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        began = time.perf_counter()
        loop = asyncio.get_running_loop()
        readers = [
            (await loop.create_connection(lambda: _Reader(request.encode(), load, began + seconds), "127.0.0.1", port))[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(reader.done for reader in readers))
        load.seconds = time.perf_counter() - began
        return load

    return asyncio.run(run())
