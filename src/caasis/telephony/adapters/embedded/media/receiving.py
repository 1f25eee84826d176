"""Reading the sockets: whatever has a packet is read once a round, so that nobody can take more than his share."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

from caasis.telephony.adapters.embedded.media.inbox import Inbox

#: Packets that one leg may bring each time that we look: 12 a tick, of which telephones send 1 or 2.
_ROUNDS = 3


class Receiver:
    """The sockets of all legs.

    A socket is read straight into the inbox when nothing can come but from its peer; every other one has a reader of its
    own, which takes one datagram and decides about it.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._poll = select.epoll()
        self._straight: dict[int, tuple[Callable[[memoryview], int], int]] = {}
        self._readers: dict[int, Callable[[float], None]] = {}

    def add(self, source: socket.socket, reader: Callable[[float], None]) -> None:
        """Read a socket by a reader of its own."""
        self._readers[source.fileno()] = reader
        self._straight.pop(source.fileno(), None)
        self._poll.register(source.fileno(), select.EPOLLIN)

    def go_straight(self, source: socket.socket, place: int) -> None:
        """From now on only the peer can send to this socket."""
        self._readers.pop(source.fileno(), None)
        self._straight[source.fileno()] = source.recv_into, place

    def go_by_reader(self, source: socket.socket, reader: Callable[[float], None]) -> None:
        """From now on anybody can send to this socket again."""
        self._straight.pop(source.fileno(), None)
        self._readers[source.fileno()] = reader

    def remove(self, source: socket.socket) -> None:
        """Before a socket is closed."""
        self._poll.unregister(source.fileno())
        self._readers.pop(source.fileno(), None)
        self._straight.pop(source.fileno(), None)

    def look(self, now: float, on_round: Callable[[], None]) -> None:
        """Read what has come; `on_round` is called with the inbox filled, up to three times."""
        for _ in range(_ROUNDS):
            ready = self._poll.poll(0, max(1, len(self._straight) + len(self._readers)))
            if not ready:
                return
            self._read(ready, now)
            if self._inbox.places:
                on_round()

    def close(self) -> None:
        """Give the descriptor back."""
        self._poll.close()

    def _read(self, ready: list[tuple[int, int]], now: float) -> None:
        inbox, straight, others = self._inbox, self._straight, []
        inbox.clear()
        views, places, lengths, count = inbox.views, inbox.places, inbox.lengths, 0
        for descriptor, _ in ready:
            found = straight.get(descriptor)
            if found is None:
                others.append(descriptor)
                continue
            receive, place = found
            try:
                length = receive(views[count])
            except OSError:
                # The peer's port is closed, as its system tells us: that is for the signalling to know.
                continue
            places.append(place)
            lengths.append(length)
            count += 1
        for descriptor in others:
            # A reader may close other sockets.
            if (reader := self._readers.get(descriptor)) is not None:
                reader(now)
