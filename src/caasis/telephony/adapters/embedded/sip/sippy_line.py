"""A trunk over sippy: whether it is up, by registering there or by asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sippy.SipAddress import SipAddress
from sippy.SipConf import SipConf
from sippy.SipFrom import SipFrom
from sippy.SipRegistrationAgent import SipRegistrationAgent
from sippy.SipRequest import SipRequest
from sippy.SipURL import SipURL
from sippy.Time.Timeout import Timeout

from caasis.telephony.adapters.embedded.settings import Trunk
from caasis.telephony.adapters.embedded.sip.sippy_dialog import SERVER

if TYPE_CHECKING:
    from caasis.telephony.adapters.embedded.sip.sippy_ua import SippyUa


#: How often a line without registration is asked whether it is there.
ASK_S = 30.0


class Line:
    """A trunk: whether it is up, by registering there or by asking."""

    def __init__(self, owner: SippyUa, trunk: Trunk) -> None:
        self.trunk, self.up = trunk, False
        self._owner = owner
        if trunk.register:
            host, port = trunk.address
            ours = SipURL(username=trunk.user, host=SipConf.my_address, port=SipConf.my_port)
            agent = SipRegistrationAgent(
                owner.config,
                SipURL(username=trunk.user, host=host, port=port),
                ours,
                user=trunk.user,
                passw=trunk.password,
                exp=300,
                rok_cb=lambda *_: self.is_now(True, "registered"),
                rfail_cb=lambda line, *_: self.is_now(False, line),
                target=(trunk.address, "udp"),
            )
            agent.doregister()
        else:
            self.ask()

    def ask(self) -> None:
        host, port = self.trunk.address
        url = SipURL(host=host, port=port)
        request = SipRequest(
            method="OPTIONS",
            ruri=url,
            fr0m=_sender(SERVER.lower()),
            user_agent=SERVER,
            target=(self.trunk.address, "udp"),
        )

        def answered(answer: Any) -> None:
            code = answer.getSCode()[0]
            if code >= 200:
                self.is_now(code != 408, f"{code}")
                Timeout(self.ask, ASK_S, 1)

        self._owner.transactions.newTransaction(request, answered)

    def is_now(self, up: bool, detail: str) -> None:
        if up != self.up:
            self.up = up
            self._owner.calls.trunk_changed(self.trunk.name, up, detail)


def _sender(user: str) -> Any:
    made = SipFrom(address=SipAddress(url=SipURL(username=user), hadbrace=True))
    made.genTag()
    return made
