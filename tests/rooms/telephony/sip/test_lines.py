"""A carrier's line that wants to know who we are: registration and calls with a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from caasis.telephony.commands import Endpoint, Originate
from caasis.telephony.signals import LegChanged, TrunkChanged
from caasis.telephony.vocabulary import LegPhase
from tests.rooms.telephony.sip.phone import Message, Phone, eventually
from tests.rooms.telephony.sip.running import RunningEngine, free_port

USER, PASSWORD = "0355550100", "みほんの回線"


class Carrier(Phone):
    """A registrar and gateway that challenges everything once; `refuses` says no to whoever has proved itself."""

    refuses = False

    def _asked(self, message: Message) -> None:
        if message.method in ("REGISTER", "INVITE") and self._find(message) is None:
            proof = message.get("authorization")
            if not proof:
                self._challenge(message)
                return
            assert f'username="{USER}"' in proof
            if self.refuses or self._expected(message, proof) not in proof:
                self._respond(message, 403, "Forbidden")
                return
        super()._asked(message)

    def _challenge(self, message: Message) -> None:
        lines = ["SIP/2.0 401 Unauthorized", *(f"Via: {one}" for one in message.all("via"))]
        lines += [f"{name.title()}: {message.get(name)}" for name in ("from", "call-id", "cseq")]
        lines += [
            f"To: {message.get('to')};tag=c",
            'WWW-Authenticate: Digest realm="carrier",nonce="abc",algorithm=MD5',
        ]
        self.send("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode())

    def _expected(self, message: Message, proof: str) -> str:
        import hashlib
        import re

        uri = re.search(r'uri="([^"]+)"', proof)[1]  # type: ignore[index]
        first = hashlib.md5(f"{USER}:carrier:{PASSWORD}".encode()).hexdigest()
        second = hashlib.md5(f"{message.method}:{uri}".encode()).hexdigest()
        return hashlib.md5(f"{first}:abc:{second}".encode()).hexdigest()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[tuple[RunningEngine, Carrier]]:
    port = free_port()
    account = {"user": USER, "password": PASSWORD, "register": True, "caller": "+81355550100"}
    running = RunningEngine(tmp_path, trunks={"line": {"address": ["127.0.0.1", port], **account}})
    carrier = Carrier("carrier", running.address, port=port)
    yield running, carrier
    running.stop()
    carrier.close()


def test_the_line_is_up_once_it_is_registered_and_called_with_a_password(line: tuple[RunningEngine, Carrier]):
    running, carrier = line
    eventually(lambda: running.snapshot().trunks == ("line",), 10, "registered")
    told = running.engine.signals(boot="", after=0, timeout_s=0)
    assert [one.up for one in told if isinstance(one, TrunkChanged)] == [True]
    to = Endpoint(kind="number", address="+81312345678")
    running.engine.send(Originate(command_id="c", leg="out", call="call", to=to))
    eventually(lambda: carrier.calls and carrier.calls[-1].state == "ringing", what="it rings at the carrier")
    call = carrier.calls[-1]
    assert call.invite is not None and "0312345678@" in call.invite.first
    assert "0355550100" in call.invite.get("from"), "the number that is shown"
    carrier.answer()

    def answered() -> bool:
        told = running.engine.signals(boot="", after=0, timeout_s=0)
        return any(isinstance(one, LegChanged) and one.phase is LegPhase.ANSWERED for one in told)

    eventually(answered, what="answered")


def test_a_line_that_refuses_is_down_and_nothing_is_called_by_it(tmp_path: Path):
    port = free_port()
    account = {"user": USER, "password": "falsch", "register": True}
    running = RunningEngine(tmp_path, trunks={"line": {"address": ["127.0.0.1", port], **account}})
    carrier = Carrier("carrier", running.address, port=port)
    try:
        eventually(lambda: [one for one in carrier.requests if one.get("authorization")], 10, "it tries")
        assert running.snapshot().trunks == ()
    finally:
        running.stop()
        carrier.close()
