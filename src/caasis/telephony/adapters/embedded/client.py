"""`EmbeddedEngine`: the port to the engine's process. Imports neither SIP nor sound."""

from __future__ import annotations

import base64
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from caasis.telephony.adapters.embedded.framing import NAME, PIECE, VERSION, BadLine, Lines, hello, line_of
from caasis.telephony.adapters.embedded.settings import socket_path
from caasis.telephony.commands import Command, StartRecording
from caasis.telephony.ports import EngineUnreachable, SignalsForgotten, Snapshot
from caasis.telephony.signals import SIGNALS, Signal
from caasis.telephony.vocabulary import Capability
from caasis.telephony.wire import from_wire, to_wire

_CONNECT_S = 2.0
_ANSWER_S = 2.0
#: A leg that is tapped gives a piece every 100 ms; an engine that gives none for so long is none.
_PIECE_S = 5.0
#: Octets of commands that may wait for an engine that stands still.
_BUFFER = 1 << 21
_IDLE = 8
_SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
_NUMBERS = count(1)


class _Connection:
    """One connection, past its hello."""

    def __init__(self, path: Path, *, tap: dict[str, str] | None = None) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(_CONNECT_S)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            self.socket.connect(str(path))
            self.lines = Lines(self.socket)
            self.socket.sendall(line_of(hello() if tap is None else hello(tap=tap)))
            self.first = self.lines.read(until=time.monotonic() + _CONNECT_S)
            if "error" not in self.first and (self.first.get("hello"), self.first.get("version")) != (NAME, VERSION):
                raise BadLine("what answers is no engine")
        except BaseException:
            self.socket.close()
            raise

    def write_at_once(self, octets: bytes) -> None:
        """Write without waiting. Raises OSError; the connection is then of no use any more."""
        if self.socket.send(octets, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) < len(octets):
            raise BlockingIOError("the engine takes nothing more")

    def ask(self, question: dict[str, Any], *, wait_s: float) -> dict[str, Any]:
        """Ask and wait for the answer. Raises OSError and BadLine."""
        number = next(_NUMBERS)
        self.socket.settimeout(_ANSWER_S)
        self.socket.sendall(line_of({"ask": number, **question}))
        answer = self.lines.read(until=time.monotonic() + wait_s)
        if answer.get("answer") != number:
            raise BadLine("an answer to another question")
        return answer

    def close(self) -> None:
        """End it."""
        self.socket.close()


class EmbeddedEngine:
    """TelephonyPort over the engine's socket. It may be used by several threads, and finds the engine again by itself.

    key_of: the 32 octets of a recording's key by its name; asked when a recording is started, on the caller's thread.
    """

    def __init__(self, path: Path, *, key_of: Callable[[str], bytes]) -> None:
        self._path, self._key_of = path, key_of
        self._lock = threading.Lock()
        self._telling: _Connection | None = None
        self._idle: list[_Connection] = []

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this engine can do: everything."""
        return frozenset(Capability)

    def send(self, command: Command) -> None:
        """Tell the engine; CommandDone or CommandRefused follows. Raises EngineUnreachable, and whatever key_of raises."""
        octets = line_of({"tell": to_wire(command)})
        if isinstance(command, StartRecording):
            key = base64.b64encode(self._key_of(command.key_name)).decode()
            octets = to_json({"key": command.key_name, "octets": key}) + b"\n" + octets
        with self._lock:
            try:
                self._tell(octets)
            except (OSError, BadLine) as error:
                raise EngineUnreachable("the engine takes no command") from error

    def signals(self, *, boot: str, after: int, timeout_s: float) -> Sequence[Signal]:
        """What followed signal `after` of life `boot`; of very many, the first. Raises as the port says."""
        question = {"signals": {"boot": boot, "after": after, "timeout_s": timeout_s}}
        answer = self._ask(question, wait_s=timeout_s + _ANSWER_S)
        if "forgotten" in answer:
            raise SignalsForgotten(str(answer["forgotten"]))
        try:
            return tuple(from_wire(one, SIGNALS) for one in answer["signals"])
        except (KeyError, TypeError, ValueError) as error:
            raise EngineUnreachable("what answers is another version of the engine") from error

    def snapshot(self) -> Snapshot:
        """What lives now. Raises EngineUnreachable."""
        answer = self._ask({"snapshot": {}}, wait_s=_ANSWER_S)
        try:
            return _SNAPSHOT.validate_json(to_json(answer["snapshot"]), strict=True)
        except (KeyError, ValidationError) as error:
            raise EngineUnreachable("what answers is another version of the engine") from error

    def tap(self, leg: str, *, side: Literal["said", "heard"]) -> Iterator[bytes]:
        """Live sound of one side of a leg. Raises EngineUnreachable, KeyError."""
        try:
            connection = _Connection(self._path, tap={"leg": leg, "side": side})
        except (OSError, BadLine) as error:
            raise EngineUnreachable("the engine does not answer") from error
        if "error" in connection.first:
            connection.close()
            raise KeyError(leg)
        return _pieces(connection)

    def close(self) -> None:
        """Let go of the connections; calls go on."""
        with self._lock:
            connections = [*self._idle, *([self._telling] if self._telling else [])]
            self._idle, self._telling = [], None
        for one in connections:
            one.close()

    def _tell(self, octets: bytes) -> None:
        """Through the connection that there is, or else a new one: an engine that was started again has closed the old."""
        if self._telling is not None and not _is_closed(self._telling):
            try:
                self._telling.write_at_once(octets)
                return
            except OSError:
                self._telling.close()
                self._telling = None
                raise
        if self._telling is not None:
            self._telling.close()
        self._telling = None
        fresh = _Connection(self._path)
        try:
            if "error" in fresh.first:
                raise BadLine(str(fresh.first["error"]))
            fresh.write_at_once(octets)
        except BaseException:
            fresh.close()
            raise
        self._telling = fresh

    def _ask(self, question: dict[str, Any], *, wait_s: float) -> dict[str, Any]:
        try:
            with self._asking() as connection:
                return connection.ask(question, wait_s=wait_s)
        except (OSError, BadLine) as error:
            raise EngineUnreachable("the engine does not answer") from error

    @contextmanager
    def _asking(self) -> Iterator[_Connection]:
        """A connection of one's own; one that failed, or whose answer may still come, is not used again."""
        with self._lock:
            self._idle = [one for one in self._idle if not _closed(one)]
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = _Connection(self._path)
            if "error" in connection.first:
                connection.close()
                raise BadLine(str(connection.first["error"]))
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if len(self._idle) < _IDLE:
                self._idle.append(connection)
                return
        connection.close()


def open_engine(key_of: Callable[[str], bytes]) -> EmbeddedEngine:
    """The engine of this installation, as the environment says where it is."""
    return EmbeddedEngine(socket_path(os.environ), key_of=key_of)


def _is_closed(connection: _Connection) -> bool:
    """Whether the engine has ended this connection. Nothing else is ever to be read from one that nobody asks through."""
    try:
        return not connection.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _closed(connection: _Connection) -> bool:
    """The same; what is closed is let go of."""
    if _is_closed(connection):
        connection.close()
        return True
    return False


def _pieces(connection: _Connection) -> Iterator[bytes]:
    pieces = bytearray(connection.lines.rest)
    connection.socket.settimeout(_PIECE_S)
    try:
        while True:
            while len(pieces) < PIECE:
                try:
                    more = connection.socket.recv(1 << 14)
                except ConnectionError:
                    return
                except OSError as error:
                    raise EngineUnreachable("no sound comes from the engine") from error
                if not more:
                    return
                pieces += more
            yield bytes(pieces[:PIECE])
            del pieces[:PIECE]
    finally:
        connection.close()
