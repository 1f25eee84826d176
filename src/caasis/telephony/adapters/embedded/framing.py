"""What passes between the engine's process and its clients: lines of JSON over a Unix socket, and live sound.

A connection begins with one line from each side. The client says `{"hello": "caasis-telephone", "version": 1}`, with
`"tap": {"leg": …, "side": …}` where it wants live sound; the engine answers with the same hello and the name of its life, or
with `{"error": …}` and ends the connection. After that:

    client → engine                                            engine → client
    {"tell": COMMAND}                                          nothing: what comes of it is a signal
    {"key": NAME, "octets": BASE64}                            nothing
    {"ask": N, "signals": {"boot": …, "after": …, "timeout_s": …}}   {"answer": N, "signals": [SIGNAL, …]}
                                                               or {"answer": N, "forgotten": WHY}
    {"ask": N, "snapshot": {}}                                 {"answer": N, "snapshot": SNAPSHOT}

COMMAND and SIGNAL are as in `telephony.wire`. On a tap's connection follow pieces of `PIECE` octets until the leg ends.
"""

from __future__ import annotations

import socket
import time
from typing import Any

from pydantic_core import from_json, to_json

NAME = "caasis-telephone"
VERSION = 1
LONGEST_LINE = 1 << 20
#: Octets of 100 ms of 16-bit mono at 8 kHz.
PIECE = 1_600
_CHUNK = 1 << 16


class BadLine(ValueError):
    """A line is too long, or no JSON object."""


class Gone(ConnectionError):
    """The other side ended the connection."""


def hello(**more: object) -> dict[str, object]:
    """The first line of either side."""
    return {"hello": NAME, "version": VERSION, **more}


def line_of(message: dict[str, Any]) -> bytes:
    """A message as a line."""
    return to_json(message) + b"\n"


class Lines:
    """Reads lines from a socket; for one thread. What is left over is `rest`."""

    def __init__(self, connected: socket.socket, *, longest: int = LONGEST_LINE) -> None:
        self._socket, self._longest = connected, longest
        self._pieces = bytearray()
        self._searched = 0

    def read(self, *, until: float | None = None) -> dict[str, Any]:
        """The next message, waiting for it until this moment of the monotonic clock (None: for ever).

        Raises Gone, BadLine, and TimeoutError.
        """
        while (end := self._pieces.find(b"\n", self._searched)) < 0:
            self._searched = len(self._pieces)
            if self._searched > self._longest:
                raise BadLine("a line is too long")
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            piece = self._socket.recv(_CHUNK)
            if not piece:
                raise Gone
            self._pieces += piece
        line = bytes(self._pieces[:end])
        del self._pieces[: end + 1]
        self._searched = 0
        try:
            message = from_json(line)
        except ValueError as error:
            raise BadLine("a line is no JSON") from error
        if not isinstance(message, dict):
            raise BadLine("a line is no object")
        return message

    @property
    def rest(self) -> bytes:
        """What came after the last line."""
        return bytes(self._pieces)
