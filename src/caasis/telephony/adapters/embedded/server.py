"""The engine's control socket: takes commands, gives signals, snapshots and taps.

A Unix socket in a folder that its owner alone may enter: whoever can open it may do everything with the telephone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from caasis.telephony.adapters.embedded.control import MOST_SIGNALS, SNAPSHOT, Gone, Lines
from caasis.telephony.adapters.embedded.listeners import Listeners
from caasis.telephony.adapters.embedded.media import MediaStatistics, Tap
from caasis.telephony.adapters.journal import Journal
from caasis.telephony.commands import COMMANDS, Command
from caasis.telephony.ports import SignalsForgotten, Snapshot
from caasis.telephony.wire import NotOurs, from_wire, to_wire

log = logging.getLogger(__name__)

#: Nobody waits longer than this in one question.
LONGEST_WAIT_S = 30.0


class _HandedOver(Exception):
    """The connection is a tap's from now on."""


class AlreadyRunning(Exception):
    """Another engine has this socket."""


class Served(Protocol):
    """What the socket serves."""

    journal: Journal

    def tell(self, command: Command) -> None:
        """Carry out a command, later, on the engine's own thread."""

    def snapshot(self) -> Snapshot:
        """What lives now; waits for the engine's thread."""

    def statistics(self) -> MediaStatistics:
        """Figures of the sound since the start."""

    def tap(self, leg: str, side: str) -> Tap:
        """Live sound of one side. Raises KeyError."""


class ControlServer:
    """Listens at `path` until `close`."""

    def __init__(self, path: Path, served: Served) -> None:
        self._path, self._served = path, served
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_room(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(path))
        finally:
            os.umask(before)
        self._socket.listen(64)
        self._open: set[socket.socket] = set()
        self._listeners = Listeners()
        threading.Thread(target=self._accept, name="control", daemon=True).start()

    def close(self) -> None:
        """No more connections, and none of those that there are."""
        for one in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._listeners.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="control", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        lines, ours = Lines(connection), True
        try:
            while True:
                self._answer(lines.read(), lines, connection)
        except _HandedOver:
            ours = False
        except (Gone, OSError):
            pass
        except Exception:
            log.exception("a question to the telephone engine failed")
        finally:
            self._open.discard(connection)
            if ours:
                connection.close()

    def _answer(self, asked: dict[str, Any], lines: Lines, connection: socket.socket) -> None:
        match asked:
            case {"ask": "command", "command": told}:
                try:
                    self._served.tell(from_wire(told, COMMANDS))
                except NotOurs as error:
                    log.error("a command of another version of the switchboard: %s", error)
            case {"ask": "signals", "boot": str(boot), "after": int(after), "timeout_s": float() | int() as wait}:
                try:
                    found = self._served.journal.read(
                        boot=boot, after=after, timeout_s=min(float(wait), LONGEST_WAIT_S)
                    )
                except SignalsForgotten as error:
                    lines.write({"forgotten": str(error)})
                else:
                    lines.write({"signals": [to_wire(one) for one in found[:MOST_SIGNALS]]})
            case {"ask": "snapshot"}:
                lines.write({"snapshot": SNAPSHOT.dump_python(self._served.snapshot(), mode="json")})
            case {"ask": "statistics"}:
                lines.write({"statistics": asdict(self._served.statistics())})
            case {"ask": "tap", "leg": str(leg), "side": "said" | "heard" as side}:
                self._tap(leg, side, lines, connection)
            case _:
                raise Gone

    def _tap(self, leg: str, side: str, lines: Lines, connection: socket.socket) -> None:
        try:
            tap = self._served.tap(leg, side)
        except KeyError:
            lines.write({"unknown_leg": leg})
            return
        lines.write({"tap": leg})
        self._listeners.add(tap, connection)
        raise _HandedOver


def _make_room(path: Path) -> None:
    """Remove the socket that a killed engine left behind. Raises AlreadyRunning when somebody answers at it."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise AlreadyRunning(str(path))
