"""Our own engine, seen from the switchboard: TelephonyPort over the control socket."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic_core import to_json

from caasis.telephony.adapters.embedded.control import CAPABILITIES, PIECE, SNAPSHOT, Gone, Lines, connect
from caasis.telephony.commands import Command
from caasis.telephony.ports import EngineUnreachable, SignalsForgotten, Snapshot
from caasis.telephony.signals import SIGNALS, Signal
from caasis.telephony.vocabulary import Capability
from caasis.telephony.wire import NotOurs, from_wire, to_wire

#: An engine that takes longer than this, beyond the time that it was given, does not answer.
PATIENCE_S = 1.0
#: For so long after its last answer, an engine that stands still is only one that has nothing to tell.
STANDS_STILL_S = 5.0


class StandsStill(EngineUnreachable):
    """The engine is there, and does not answer."""


class EmbeddedEngine:
    """TelephonyPort for the engine whose control socket is at `path`. One thread tells, one asks; taps as many as wanted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._telling: socket.socket | None = None
        self._asking: tuple[socket.socket, Lines] | None = None
        self._lock = threading.Lock()
        self._asks = threading.Lock()
        self._answered = float("-inf")

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What our engine can do, whether it runs or not."""
        return CAPABILITIES

    def send(self, command: Command) -> None:
        """Hand a command over, without waiting for anything. Raises EngineUnreachable."""
        line = to_json({"ask": "command", "command": to_wire(command)}) + b"\n"
        with self._lock:
            # A connection of an engine that is gone is noticed by writing to it: the next one is another life's.
            for attempt in range(2):
                connection = self._telling or self._connect()
                self._telling = connection
                connection.setblocking(False)
                try:
                    if connection.send(line) == len(line):
                        return
                except BlockingIOError:
                    pass
                except OSError:
                    self._close_telling()
                    if attempt == 0:
                        continue
                # It does not read: half a line is worth nothing, and waiting is not ours.
                self._close_telling()
                raise EngineUnreachable("the engine takes no commands")

    def signals(self, *, boot: str, after: int, timeout_s: float) -> Sequence[Signal]:
        """As the port says."""
        try:
            answer = self._ask({"ask": "signals", "boot": boot, "after": after, "timeout_s": timeout_s}, timeout_s)
        except StandsStill:
            if time.monotonic() - self._answered < STANDS_STILL_S:
                return ()
            raise
        if "forgotten" in answer:
            raise SignalsForgotten(answer["forgotten"])
        try:
            return tuple(from_wire(one, SIGNALS) for one in answer["signals"])
        except (KeyError, TypeError, NotOurs) as error:
            raise EngineUnreachable("the engine is of another version") from error

    def snapshot(self) -> Snapshot:
        """What lives now. Raises EngineUnreachable."""
        answer = self._ask({"ask": "snapshot"}, 0.0)
        try:
            return SNAPSHOT.validate_json(to_json(answer["snapshot"]))
        except (KeyError, ValueError) as error:
            raise EngineUnreachable("the engine is of another version") from error

    def tap(self, leg: str, *, side: Literal["said", "heard"]) -> Iterator[bytes]:
        """Live sound of one side of a leg. Raises EngineUnreachable, KeyError."""
        connection = self._connect()
        lines = Lines(connection)
        try:
            lines.write({"ask": "tap", "leg": leg, "side": side})
            answer = lines.read()
        except (Gone, OSError) as error:
            connection.close()
            raise EngineUnreachable("the engine does not answer") from error
        if "tap" not in answer:
            connection.close()
            raise KeyError(leg)
        connection.settimeout(None)
        return _pieces(connection, lines)

    def statistics(self) -> dict[str, float]:
        """Figures of the sound since the engine's start, as `MediaStatistics`. Raises EngineUnreachable."""
        found: dict[str, float] = self._ask({"ask": "statistics"}, 0.0)["statistics"]
        return found

    def close(self) -> None:
        """Let go of the connections; calls go on."""
        with self._lock:
            self._close_telling()
        with self._asks:
            self._close_asking()

    def _connect(self) -> socket.socket:
        try:
            return connect(self._path, PATIENCE_S)
        except OSError as error:
            raise EngineUnreachable("the engine does not answer") from error

    def _ask(self, question: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        with self._asks:
            for attempt in range(2):
                if self._asking is None:
                    made = self._connect()
                    self._asking = (made, Lines(made))
                connection, lines = self._asking
                connection.settimeout(timeout_s + PATIENCE_S)
                try:
                    lines.write(question)
                    answer = lines.read()
                    self._answered = time.monotonic()
                    return answer
                except Gone:
                    # The connection was of another life; a fresh one tells whether there is an engine.
                    self._close_asking()
                    if attempt:
                        raise EngineUnreachable("the engine is gone") from None
                except OSError as error:
                    # An answer that comes later would be taken for the next one's.
                    self._close_asking()
                    raise StandsStill("the engine does not answer") from error
            raise EngineUnreachable("the engine is gone")

    def _close_telling(self) -> None:
        if self._telling is not None:
            self._telling.close()
            self._telling = None

    def _close_asking(self) -> None:
        if self._asking is not None:
            self._asking[0].close()
            self._asking = None


def _pieces(connection: socket.socket, lines: Lines) -> Iterator[bytes]:
    with contextlib.closing(connection):
        while len(piece := lines.read_exactly(PIECE)) == PIECE:
            yield piece
