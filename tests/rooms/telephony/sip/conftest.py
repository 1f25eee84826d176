"""A running engine with phones for the tests of SIP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from caasis.telephony.commands import Answer, Command, Endpoint, Originate
from caasis.telephony.signals import IncomingCall, Signal
from tests.rooms.telephony.sip.phone import Call, Phone, Voices, eventually
from tests.rooms.telephony.sip.running import RunningEngine, free_port

PASSWORD = "みほん1001"


class House:
    """An engine, phones 1001 and 1002, a phone 9001 that stands for the public, and a carrier's line."""

    def __init__(self, folder: Path) -> None:
        self.voices = Voices()
        port = free_port()
        phones: dict[str, dict[str, Any]] = {user: {"password": PASSWORD} for user in ("1001", "1002")}
        phones["9001"] = {"password": PASSWORD, "outside": "+819055550101"}
        self.running = RunningEngine(folder, phones=phones, trunks={"line": {"address": ["127.0.0.1", port]}})
        self.line = Phone("line", self.running.address, voices=self.voices, port=port)
        self._phones: list[Phone] = [self.line]
        self._next = 0

    def phone(self, user: str = "1001", *, password: str = PASSWORD, registered: bool = True, **how: Any) -> Phone:
        made = Phone(user, self.running.address, password=password, voices=self.voices, **how)
        self._phones.append(made)
        if registered:
            assert made.register() == 200
        return made

    def signals(self) -> list[Signal]:
        return list(self.running.engine.signals(boot="", after=0, timeout_s=0))

    def told(self, kind: type[Signal], **facts: Any) -> Any:
        """The newest signal of a kind with these facts, waiting for it."""

        def find() -> Any:
            for one in reversed(self.signals()):
                if isinstance(one, kind) and all(getattr(one, key) == value for key, value in facts.items()):
                    return one
            return None

        return eventually(find, what=f"{kind.__name__} {facts}")

    def send(self, kind: type[Command], **facts: Any) -> None:
        self._next += 1
        self.running.engine.send(kind(command_id=f"c{self._next}", **facts))

    def answered(self, phone: Phone, number: str = "0355550100", *headers: str, **how: Any) -> tuple[Call, str]:
        """A call that the engine has answered, and its leg."""
        before = len([one for one in self.signals() if isinstance(one, IncomingCall)])
        call = phone.call(number, *headers, **how)

        def come() -> Any:
            found = [one for one in self.signals() if isinstance(one, IncomingCall)]
            return found[-1] if len(found) > before else None

        leg: str = eventually(come, what="IncomingCall").leg
        self.send(Answer, leg=leg)
        eventually(lambda: call.state == "up", what="the call is up")
        return call, leg

    def dial(self, user: str, leg: str = "out", **how: Any) -> None:
        self.send(Originate, leg=leg, call="call", to=Endpoint(kind="sip_user", address=user), **how)

    def close(self) -> None:
        self.running.stop()
        for one in self._phones:
            one.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()
