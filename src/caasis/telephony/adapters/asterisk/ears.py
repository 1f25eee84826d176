"""Taps: Asterisk sends the sound of a snoop over AudioSocket, and readers get it in pieces of 100 ms.

AudioSocket is TCP; each message is a kind (1 byte), a length (2 bytes, big-endian) and a payload. The first says by a UUID
which tap it is; sound is 16-bit little-endian mono at 8 kHz. Source: Asterisk's documentation of its channel driver.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from uuid import UUID

PIECE = 1_600
KEPT_PIECES = 50
_HANGUP, _NAME, _SOUND = 0x00, 0x01, 0x10


class Tap:
    """The pieces of one tap; a slow reader loses the oldest."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque(maxlen=KEPT_PIECES)
        self._rest = bytearray()
        self._changed = threading.Condition()
        self.ended = False

    def put(self, sound: bytes) -> None:
        """Sound of any length comes in."""
        with self._changed:
            self._rest += sound
            while len(self._rest) >= PIECE:
                self._pieces.append(bytes(self._rest[:PIECE]))
                del self._rest[:PIECE]
            self._changed.notify_all()

    def end(self) -> None:
        """The leg is over: the reader gets what is left, then StopIteration."""
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def __iter__(self) -> Tap:
        return self

    def __next__(self) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._pieces) or self.ended)
            if self._pieces:
                return self._pieces.popleft()
            raise StopIteration


@dataclass(slots=True, eq=False)
class _Caller:
    """A connection of Asterisk's, and the tap that it named."""

    socket: socket.socket
    unread: bytearray = field(default_factory=bytearray)
    tap: Tap | None = None


class Ears:
    """The place to which Asterisk sends tapped sound; one thread for all taps."""

    def __init__(self, host: str, port: int) -> None:
        self._listener = socket.create_server((host, port))
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._waker, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._taps: dict[UUID, Tap] = {}
        self._thread = threading.Thread(target=self._listen, name="asterisk-ears", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """host:port, as Asterisk is told."""
        host, port = self._listener.getsockname()[:2]
        return f"{host}:{port}"

    def expect(self, name: UUID, tap: Tap) -> None:
        """Sound under this name is for this tap."""
        self._taps[name] = tap

    def forget(self, name: UUID) -> None:
        """No more sound is wanted under this name."""
        if tap := self._taps.pop(name, None):
            tap.end()

    def close(self) -> None:
        """End every tap and stop to listen."""
        for name in list(self._taps):
            self.forget(name)
        self._waker.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._hang_up_all()
                    return
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._read(key.data)

    def _accept(self) -> None:
        caller, _ = self._listener.accept()
        caller.setblocking(False)
        self._selector.register(caller, selectors.EVENT_READ, _Caller(caller))

    def _read(self, caller: _Caller) -> None:
        try:
            received = caller.socket.recv(65_536)
        except OSError:
            received = b""
        caller.unread += received
        if not received or not self._understand(caller):
            self._selector.unregister(caller.socket)
            caller.socket.close()

    def _understand(self, caller: _Caller) -> bool:
        """Take all whole messages; False where the connection is no good any more."""
        while len(caller.unread) >= 3:
            kind, length = caller.unread[0], int.from_bytes(caller.unread[1:3])
            if len(caller.unread) < 3 + length:
                break
            payload = bytes(caller.unread[3 : 3 + length])
            del caller.unread[: 3 + length]
            if kind == _NAME and length == 16:
                caller.tap = self._taps.get(UUID(bytes=payload))
            elif kind == _HANGUP:
                return False
            elif kind == _SOUND and caller.tap:
                caller.tap.put(payload)
            # A stranger, or one whose tap is over, is not listened to.
            if caller.tap is None or caller.tap.ended:
                return False
        return True

    def _hang_up_all(self) -> None:
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
