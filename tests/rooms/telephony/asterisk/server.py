"""The model of Asterisk behind HTTP and a WebSocket, as the real one is reached."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import queue
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.rooms.telephony.asterisk.asterisk import Asterisk
from tests.rooms.telephony.asterisk.model import Ari
from tests.rooms.telephony.asterisk.schema import Violation, check_request

USER, PASSWORD = "caasis", "secret"
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA


class Server:
    """An Asterisk that can be killed, started again, and made to stand still.

    violations: whatever was asked for that is not in the published interface; a test fails for any.
    """

    def __init__(self, *, sounds: dict[str, float]) -> None:
        self.sounds = sounds
        self.violations: list[str] = []
        self.requests: list[str] = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.port = 0
        #: So many of the next requests find their connection hung up.
        self.hangs_up_on = 0
        self.endpoints: dict[str, str] = {}
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ari"

    def start(self) -> None:
        """A new life; registrations are kept, as Asterisk keeps them."""
        self.asterisk = Asterisk(sounds=self.sounds)
        self.asterisk.endpoints = dict(self.endpoints)
        self._sockets: set[socket.socket] = set()
        self._events: queue.Queue[dict[str, Any] | None] | None = None
        server = self

        class Handler(_Handler):
            owner = server

        self._http = _Http(("127.0.0.1", self.port), Handler)
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), name="model-http", daemon=True).start()

    def kill(self) -> None:
        """As by kill -9."""
        self.goes_on.set()
        self.endpoints = dict(self.asterisk.endpoints)
        self._http.shutdown()
        self._http.server_close()
        self.asterisk.end()
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        if self._events:
            self._events.put(None)

    def listen(self) -> queue.Queue[dict[str, Any] | None]:
        """A WebSocket has come; the one before is told that it is replaced."""
        with self.asterisk.lock:
            if self._events:
                self.asterisk.tell("ApplicationReplaced")
            events: queue.Queue[dict[str, Any] | None] = queue.Queue()
            self._events = events
            self.asterisk.listener = events.put
        return events


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.owner._sockets.add(self.connection)

    def finish(self) -> None:
        self.owner._sockets.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, OSError, ValueError):
            super().handle()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._websocket()
        else:
            self._request()

    def do_POST(self) -> None:
        self._request()

    def do_DELETE(self) -> None:
        self._request()

    def _allowed(self) -> bool:
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {credentials}"

    def _request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.owner.goes_on.wait()
        if self.owner.hangs_up_on:
            self.owner.hangs_up_on -= 1
            self.close_connection = True
            return
        address = urlsplit(self.path)
        self.owner.requests.append(f"{self.command} {address.path}")
        status, answer = self._answer(address.path, address.query, body)
        content = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, path: str, query: str, body: bytes) -> tuple[int, Any]:
        if not self._allowed():
            return 401, {"message": "Authentication required"}
        try:
            parts = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
            route = check_request(self.command, unquote(path).removeprefix("/ari"), parts, body)
            variables = json.loads(body)["variables"] if body else {}
            answer = self.owner.asterisk.answer(route, {name: value[0] for name, value in parts.items()}, variables)
        except Ari as error:
            return error.status, {"message": error.reason}
        except RuntimeError:
            return 500, {"message": "Internal Server Error"}
        except (Violation, AssertionError, ValueError, KeyError) as error:
            self.owner.violations.append(f"{self.command} {self.path}: {error!r}")
            return 400, {"message": str(error)}
        return (204, None) if answer is None else (200, answer)

    # Events

    def _websocket(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if not self._allowed() or query.get("app") != [self.owner.asterisk.app]:
            self.send_error(401)
            return
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.close_connection = True
        events = self.owner.listen()
        writing = threading.Lock()

        def write(kind: int, payload: bytes) -> None:
            self.owner.goes_on.wait()
            with writing:
                self.wfile.write(_frame(kind, payload))

        def tell() -> None:
            with contextlib.suppress(OSError, ValueError):
                while (event := events.get()) is not None:
                    write(_TEXT, json.dumps(event).encode())

        threading.Thread(target=tell, name="model-events", daemon=True).start()
        try:
            while (message := self._read_frame()) is not None:
                kind, payload = message
                if kind == _PING:
                    write(_PONG, payload)
                elif kind == _CLOSE:
                    write(_CLOSE, payload)
                    return
        finally:
            events.put(None)

    def _read_frame(self) -> tuple[int, bytes] | None:
        head = self.rfile.read(2)
        if len(head) < 2:
            return None
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self.rfile.read(2))
        mask = self.rfile.read(4)
        return head[0] & 0x0F, bytes(one ^ mask[n % 4] for n, one in enumerate(self.rfile.read(length)))


def _frame(kind: int, payload: bytes) -> bytes:
    head = bytes([0x80 | kind])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    return head + bytes([126]) + struct.pack("!H", len(payload)) + payload
