"""sippy's socket and transactions, with the gate before them and addresses that nobody can choose for us."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import Any

from sippy.Core.EventDispatcher import ED2
from sippy.Network_server import Remote_address
from sippy.SipTransactionManager import SipTransactionManager
from sippy.Udp_server import Udp_server, Udp_server_opts

from caasis.telephony.adapters.embedded.sip.gate import Gate


class GatedServer(Udp_server):  # type: ignore[misc]
    """The socket: what comes in passes the gate, what goes out goes to an address."""

    gate = Gate()

    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        # A burst of noise must not push out the call that comes behind it.
        self.skt.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)

    def handle_read(self, data: bytes, address: tuple[str, int], rtime: Any, delayed: bool = False) -> None:
        if self.gate.lets_in(data, address[0], time.monotonic()):
            ED2.callFromThread(super().handle_read, data, Remote_address(address, self.transport), rtime)

    def send_to(self, data: Any, address: Any, delayed: bool = False) -> None:
        try:
            ipaddress.IPv4Address(address[0])
        except ValueError:
            return
        super().send_to(data, address, delayed)


class _Options(Udp_server_opts):  # type: ignore[misc]
    #: Several receivers change the order of messages.
    nworkers = 1
    # The receiving thread looks at each datagram itself.
    direct_dispatch = True
    # Two of our engines on one port would share the calls between them.
    flags = 0


class Transactions(SipTransactionManager):  # type: ignore[misc]
    model_udp_server = (GatedServer, _Options)

    def incomingResponse(self, msg: Any, t: Any, checksum: bytes) -> None:
        point_to(msg, msg.getSource())
        super().incomingResponse(msg, t, checksum)

    def transmitReq(self, t: Any, msg: Any, *rest: Any, **more: Any) -> None:
        # The ACK: to where the INVITE went.
        super().transmitReq(t, msg, t.address, *rest[1:], **more)


def point_to(message: Any, address: tuple[str, int]) -> None:
    """Let the contact of a message be where it came from, and no route lead elsewhere."""
    message.delHFs("record-route")
    if message.countHFs("contact"):
        contact = message.getHFBody("contact")
        if not contact.asterisk:
            url = contact.getUrl()
            url.host, url.port = address
