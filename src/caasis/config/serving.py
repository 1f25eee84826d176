"""Django beside the browser streams: each request is answered whole by one thread of a pool of fixed size.

Django's own ASGI handler starts a thread for each request and hands it to and fro between loop and thread, which costs
more than a plain page does (3.4 against 0.9 ms of CPU for `/healthz`). All middleware and views here are synchronous,
so one hop is enough, and the number of threads is what bounds the number of database connections.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

Send = Callable[[dict[str, Any]], Awaitable[None]]


class ThreadedHandler(ASGIHandler):
    """ASGI application that runs Django synchronously in its own threads.

    :param threads: requests that are answered at once; more wait their turn.
    """

    def __init__(self, threads: int) -> None:
        # The parent would load the middleware in its asynchronous form.
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        try:
            body, length = await self._read(receive)
        except RequestAborted:
            return
        if length > settings.REQUEST_MAX_BYTES:
            # Said by no header, if it came in chunks: the guard among the middleware refuses by the header.
            others = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
            scope = {**scope, "headers": [*others, (b"content-length", str(length).encode())]}
        loop = asyncio.get_running_loop()
        try:
            start, content = await loop.run_in_executor(self._pool, self._answer, scope, body, loop, send)
            if start is not None:
                await send(start)
            await send({"type": "http.response.body", "body": content})
        finally:
            body.close()

    async def _read(self, receive: Any) -> tuple[IO[bytes], int]:
        """The body and its length; of one that is too long only so much as shows that it is."""
        body = tempfile.SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE, mode="w+b")  # noqa: SIM115
        length, more = 0, True
        while more and length <= settings.REQUEST_MAX_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise RequestAborted
            part = message.get("body", b"")
            length += len(part)
            body.write(part)
            more = message.get("more_body", False)
        body.seek(0)
        return cast("IO[bytes]", body), length

    def _answer(
        self, scope: dict[str, Any], body: Any, loop: asyncio.AbstractEventLoop, send: Send
    ) -> tuple[dict[str, Any] | None, bytes]:
        """In a thread: the whole of one request, with its signals, so that its connection goes back to the pool.

        Returns the response's start and its content; a stream is sent from here but for its last part, and then the
        start is None.
        """
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refused = self.create_request(scope, body)
        response: Any = refused if request is None else self.get_response(request)
        response._handler_class = self.__class__
        try:
            start = _start(response)
            if isinstance(response, HttpResponse):
                return start, response.content
            return self._stream(response, start, loop, send)
        finally:
            response.close()

    def _stream(
        self, response: StreamingHttpResponse, start: dict[str, Any], loop: asyncio.AbstractEventLoop, send: Send
    ) -> tuple[dict[str, Any] | None, bytes]:
        # One thread reads the whole stream, because a database cursor behind it belongs to this thread.
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size

        def tell(message: dict[str, Any]) -> None:
            # Waits until the client has taken it: what is read ahead stays small.
            asyncio.run_coroutine_threadsafe(_sent(send, message), loop).result()

        held: bytes | None = None
        for chunk in cast("Iterator[bytes]", response):
            tell(start if held is None else {"type": "http.response.body", "body": held, "more_body": True})
            held = chunk
        return (start, b"") if held is None else (None, held)


async def _sent(send: Send, message: dict[str, Any]) -> None:
    await send(message)


def _start(response: HttpResponseBase) -> dict[str, Any]:
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    headers += [(b"Set-Cookie", c.output(header="").encode("ascii").strip()) for c in response.cookies.values()]
    return {"type": "http.response.start", "status": response.status_code, "headers": headers}
