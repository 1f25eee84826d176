"""The engine's side of the Unix socket: a thread for each connection, so that a slow client holds up only itself."""

from __future__ import annotations

import base64
import binascii
import logging
import os
import socket
import struct
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from caasis.telephony.adapters.embedded.engine import Engine
from caasis.telephony.adapters.embedded.framing import NAME, VERSION, BadLine, Lines, hello, line_of
from caasis.telephony.commands import COMMANDS
from caasis.telephony.ports import SignalsForgotten, Snapshot
from caasis.telephony.wire import NotOurs, from_wire, to_wire

log = logging.getLogger(__name__)

#: An answer holds so many signals at most; whoever wants more asks again.
MOST_SIGNALS = 5_000
_MOST_CLIENTS = 64
_LONGEST_WAIT_S = 30.0
_HELLO_S = 5.0
_WRITE_S = 10.0
#: Octets of live sound that wait in the socket; what a slow listener does not take is lost in the tap, not kept here.
_TAP_BUFFER = 1 << 14
_SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
_CREDENTIALS = struct.Struct("3i")


class AlreadyRunning(OSError):
    """Another engine answers at this socket."""


class Server:
    """Serves an engine to clients of the same user, or of root."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine, self._path = engine, path
        self._socket: socket.socket | None = None
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Listen. Raises AlreadyRunning, and OSError where there can be no socket."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _answers(self._path):
            raise AlreadyRunning(f"an engine is running at {self._path}")
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(str(self._path))
            self._path.chmod(0o600)
            listening.listen(_MOST_CLIENTS)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        threading.Thread(target=self._accept, args=(listening,), name="clients", daemon=True).start()

    def stop(self) -> None:
        """End every connection."""
        listening, self._socket = self._socket, None
        if listening is None:
            return
        _shut(listening)
        with self._lock:
            clients = tuple(self._clients)
        for client in clients:
            _shut(client)
        self._path.unlink(missing_ok=True)

    def _accept(self, listening: socket.socket) -> None:
        with closing(listening):
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with self._lock:
                    admitted = len(self._clients) < _MOST_CLIENTS and _is_ours(client)
                    if admitted:
                        self._clients.add(client)
                if admitted:
                    threading.Thread(target=self._serve, args=(client,), name="client", daemon=True).start()
                else:
                    client.close()

    def _serve(self, client: socket.socket) -> None:
        try:
            with closing(client):
                self._talk(client)
        except (OSError, BadLine, NotOurs):
            # Whoever doesn't speak our language, or not any more, is let go.
            return
        except Exception:
            log.exception("a client's connection failed")
        finally:
            with self._lock:
                self._clients.discard(client)

    def _talk(self, client: socket.socket) -> None:
        lines = Lines(client)
        first = lines.read(until=time.monotonic() + _HELLO_S)
        if first.get("hello") != NAME or first.get("version") != VERSION:
            _write(client, {"error": f"this is {NAME}, version {VERSION}"})
            return
        if "tap" in first:
            self._tap(client, first["tap"])
            return
        _write(client, hello(boot=self._engine.boot))
        while True:
            self._take(client, lines.read())

    def _take(self, client: socket.socket, message: dict[str, Any]) -> None:
        if "tell" in message:
            self._engine.send(from_wire(message["tell"], COMMANDS))
        elif "key" in message:
            try:
                self._engine.keys.give(str(message["key"]), base64.b64decode(str(message.get("octets")), validate=True))
            except (ValueError, binascii.Error) as error:
                raise BadLine("a key is no key") from error
        elif "ask" in message:
            _write(client, {"answer": message["ask"], **self._answer(message)})
        else:
            raise BadLine("neither told nor asked")

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        if "snapshot" in message:
            return {"snapshot": _SNAPSHOT.dump_python(self._engine.snapshot(), mode="json")}
        asked = message.get("signals")
        if not isinstance(asked, dict):
            raise BadLine("what is asked for is unknown")
        boot, after, timeout_s = asked.get("boot"), asked.get("after"), asked.get("timeout_s")
        if not isinstance(boot, str) or not isinstance(after, int) or not isinstance(timeout_s, int | float):
            raise BadLine("signals are asked for by boot, after and timeout_s")
        try:
            found = self._engine.signals(boot=boot, after=after, timeout_s=min(timeout_s, _LONGEST_WAIT_S))
        except SignalsForgotten as forgotten:
            return {"forgotten": str(forgotten)}
        return {"signals": [to_wire(one) for one in found[:MOST_SIGNALS]]}

    def _tap(self, client: socket.socket, wanted: Any) -> None:
        if not isinstance(wanted, dict) or wanted.get("side") not in ("said", "heard"):
            raise BadLine("a tap has a leg and a side")
        try:
            tap = self._engine.tap(str(wanted.get("leg")), wanted["side"])
        except KeyError:
            _write(client, {"error": "unknown leg"})
            return
        try:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _TAP_BUFFER)
            _write(client, hello(boot=self._engine.boot))
            client.settimeout(None)
            for piece in tap:
                client.sendall(piece)
        finally:
            tap.close()


def _write(client: socket.socket, message: dict[str, Any]) -> None:
    client.settimeout(_WRITE_S)
    client.sendall(line_of(message))


def _is_ours(client: socket.socket) -> bool:
    """Whether the other side runs under our user, or root."""
    _, uid, _ = _CREDENTIALS.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return uid in (0, os.getuid())


def _answers(path: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _shut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
