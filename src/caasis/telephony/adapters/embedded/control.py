"""What passes over the engine's control socket: one JSON object a line, and the sound of a tap as it is."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from caasis.telephony.ports import Snapshot
from caasis.telephony.vocabulary import Capability

#: What our engine can do.
CAPABILITIES = frozenset(Capability)
#: An offer of a browser is the longest thing that is told.
LONGEST_LINE = 200_000
#: Signals in one answer, at most.
MOST_SIGNALS = 1_000
#: 100 ms of 16-bit sound at 8 kHz.
PIECE = 1_600
SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)


class Gone(Exception):
    """The other end closed the connection, or what came is no line of ours."""


def connect(path: Path, timeout_s: float) -> socket.socket:
    """A connection to the engine. Raises OSError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(timeout_s)
    try:
        made.connect(str(path))
    except BaseException:
        made.close()
        raise
    return made


class Lines:
    """Lines over one connection. Raises Gone, and TimeoutError where the socket has a timeout."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._kept = bytearray()

    def write(self, told: Mapping[str, Any]) -> None:
        """Tell one object."""
        try:
            self._socket.sendall(to_json(told) + b"\n")
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone from error

    def read(self) -> dict[str, Any]:
        """The next object."""
        while (end := self._kept.find(b"\n")) < 0:
            if len(self._kept) > LONGEST_LINE * MOST_SIGNALS:
                raise Gone
            try:
                more = self._socket.recv(65_536)
            except ConnectionResetError as error:
                raise Gone from error
            if not more:
                raise Gone
            self._kept += more
        line = bytes(self._kept[:end])
        del self._kept[: end + 1]
        try:
            found = from_json(line)
        except ValueError as error:
            raise Gone from error
        if not isinstance(found, dict):
            raise Gone
        return found

    def read_exactly(self, octets: int) -> bytes:
        """So many octets, as they are; fewer when the connection ends."""
        while len(self._kept) < octets:
            try:
                more = self._socket.recv(65_536)
            except ConnectionResetError:
                more = b""
            if not more:
                break
            self._kept += more
        piece = bytes(self._kept[:octets])
        del self._kept[:octets]
        return piece
