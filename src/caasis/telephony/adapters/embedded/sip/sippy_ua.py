"""SIP by sippy (RFC 3261). To be imported on the thread that will run it: sippy's loop belongs to whoever imports it.

What we do beside it, and why:

- Every datagram passes `gate` first, on the thread that receives.
- Answers and further requests go to where the other side's messages come from, never to a host that a message names:
  phones behind a router are reached, and no name is looked up because a stranger wrote it.
- Nobody calls or registers without a password, except the addresses of trunks.
- UPDATE, REFER, NOTIFY and OPTIONS within a call, which sippy leaves out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from sippy.CCEvents import (
    CCEventTry,
)
from sippy.Core.EventDispatcher import ED2
from sippy.MsgBody import MsgBody
from sippy.SipCallId import SipCallId
from sippy.SipConf import SipConf
from sippy.SipHeader import SipHeader
from sippy.SipWWWAuthenticate import SipWWWAuthenticate
from sippy.Time.Timeout import Timeout

from caasis.telephony.adapters.embedded.settings import EngineSettings, Phone, Trunk
from caasis.telephony.adapters.embedded.sip import identity
from caasis.telephony.adapters.embedded.sip.gate import Gate
from caasis.telephony.adapters.embedded.sip.ports import Calls, Destination, Invitation
from caasis.telephony.adapters.embedded.sip.registrar import Registrar
from caasis.telephony.adapters.embedded.sip.sippy_dialog import SERVER, SippyDialog, respond, text_of
from caasis.telephony.adapters.embedded.sip.sippy_line import Line
from caasis.telephony.adapters.embedded.sip.sippy_socket import GatedServer, Transactions, point_to

log = logging.getLogger(__name__)

#: How often registrations are looked through.
LOOK_S = 5.0
#: Turns of sippy's loop in a second.
TURNS = 200.0
_EXTENSIONS = {"timer", "replaces", "norefersub", "outbound", "path", "gruu"}
_ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REFER, NOTIFY"


class _Silent:
    """sippy's own log would hold whole messages, and so the numbers of callers."""

    def write(self, *_: Any, **__: Any) -> None:
        """Nothing is written."""


class SippyUa:
    """`SipUa` by sippy: one in a process."""

    def __init__(self, settings: EngineSettings, calls: Calls) -> None:
        self.calls = calls
        self._settings = settings
        self._registrar = Registrar()
        self._by_address: Mapping[tuple[str, int], Trunk] = {one.address: one for one in settings.trunks.values()}
        self.gate = GatedServer.gate = Gate({one.address[0] for one in settings.trunks.values()})
        SipConf.my_uaname = SERVER
        SipConf.my_address, SipConf.my_port = settings.told_address, settings.port
        self.config: dict[str, Any] = {
            "_sip_address": settings.host,
            "_sip_port": settings.port,
            "_sip_logger": _Silent(),
        }
        self.transactions = self.config["_sip_tm"] = Transactions(self.config, self._requested)
        self._lines = [Line(self, one) for one in settings.trunks.values()]
        Timeout(self._look, LOOK_S, -1)

    # The thread

    def run(self) -> None:
        ED2.loop(freq=TURNS)

    def stop(self) -> None:
        ED2.callFromThread(ED2.breakLoop)

    def close(self) -> None:
        """Close the socket, after `run`."""
        self.transactions.shutdown()

    def soon(self, action: Callable[[], None]) -> None:
        ED2.callFromThread(action)

    def later(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        timer = Timeout(action, seconds, 1)
        return lambda: timer.cancel()

    # Whom can be called

    def find_user(self, user: str) -> tuple[str, tuple[str, int]] | None:
        found = self._registrar.find(user, time.monotonic())
        return (found.contact_user, found.address) if found else None

    def users(self) -> tuple[str, ...]:
        return self._registrar.online(time.monotonic())

    def trunks(self) -> tuple[str, ...]:
        return tuple(sorted(one.trunk.name for one in self._lines if one.up))

    def call(self, destination: Destination, sdp: str) -> SippyDialog:
        headers = [SipHeader(s=f"{name}: {value}") for name, value in destination.headers.items()]
        headers.append(SipHeader(s=f"Allow: {_ALLOW}"))
        if not destination.caller:
            headers.append(SipHeader(s="Privacy: id"))
        user, password = destination.account or (None, None)
        dialog = SippyDialog(
            self,
            destination.address,
            nh_address=destination.address,
            username=user,
            password=password,
            extra_headers=headers,
        )
        caller = destination.caller or "anonymous"
        name = None if destination.caller else "Anonymous"
        dialog.ua.recvEvent(CCEventTry((SipCallId(), caller, destination.user, MsgBody(sdp), None, name)))
        return dialog

    def _look(self) -> None:
        for user in self._registrar.expire(time.monotonic()):
            self.calls.user_changed(user, False, "")
        self._set_known()

    def _set_known(self) -> None:
        now = time.monotonic()
        phones = {one.address[0] for user in self._registrar.online(now) if (one := self._registrar.find(user, now))}
        self.gate.known = phones | {one[0] for one in self._by_address}

    # Requests outside a call

    def _requested(self, request: Any, transaction: Any) -> Any:
        try:
            return self._answer(request, transaction)
        except Exception:
            log.warning("a request of the telephone could not be read")
            return (respond(request, 400, "Bad Request"), None, None)

    def _answer(self, request: Any, transaction: Any) -> Any:
        method = request.getMethod()
        if request.getHFBody("to").getTag() is not None:
            return (respond(request, 481, "Call Leg/Transaction Does Not Exist"), None, None)
        if method == "INVITE":
            return self._invited(request, transaction)
        if method == "REGISTER":
            return (self._register(request), None, None)
        if method == "OPTIONS":
            return (respond(request, 200, "OK", f"Allow: {_ALLOW}"), None, None)
        return (respond(request, 501, "Not Implemented"), None, None)

    def _invited(self, request: Any, transaction: Any) -> Any:
        address = request.getSource()
        required = {one.strip().lower() for header in request.getHFs("require") for one in str(header.body).split(",")}
        if unknown := required - _EXTENSIONS:
            response = respond(request, 420, "Bad Extension", f"Unsupported: {', '.join(sorted(unknown))}")
            return (response, None, None)
        trunk = self._by_address.get(address)
        phone: Phone | None = None
        if trunk is None:
            phone, refusal = self._prove(request, "INVITE")
            if phone is None:
                return (refusal, None, None)
        if not request.countHFs("contact"):
            return (respond(request, 400, "Bad Request"), None, None)
        invitation = self._invitation(request, trunk, phone)
        point_to(request, address)
        dialog = SippyDialog(self, address)
        dialog.invitation = invitation
        answer = dialog.ua.recvRequest(request, transaction)
        dialog.ua.rAddr = (address, "udp")
        return answer

    def _invitation(self, request: Any, trunk: Trunk | None, phone: Phone | None) -> Invitation:
        headers: dict[str, list[str]] = {}
        for one in request.headers:
            headers.setdefault(one.name, []).append(str(one.body))
        caller, name = identity.caller_of(headers)
        hidden = identity.hides_itself(headers)
        if phone is not None:
            # Who has a password is whom it belongs to, whatever From says.
            caller = phone.outside or phone.user
        return Invitation(
            called=identity.called_of(headers, request.getRURI().username or ""),
            caller=caller,
            caller_name=name,
            hidden=hidden,
            diverted_from=identity.diverted_from(headers),
            user=phone.user if phone and not phone.outside else "",
            trunk=trunk.name if trunk else "",
            sdp=text_of(request.getBody()),
            headers={key: value[0][:200] for key, value in headers.items() if key.startswith("x-")},
        )

    # Passwords

    def _prove(self, request: Any, method: str) -> tuple[Phone | None, Any]:
        """The phone that a request comes from, or what to answer: a challenge, or that nobody is let in any more."""
        host, now = request.getSource()[0], time.monotonic()
        if self._registrar.is_locked(host, now):
            return None, respond(request, 403, "Forbidden")
        if request.countHFs("authorization"):
            given = request.getHFBody("authorization")
            phone = self._settings.phones.get(given.username or "")
            fresh = given.realm == self._settings.realm and given.qop in (None, "auth")
            if phone and fresh and given.verify(phone.password, method):
                return phone, None
            if fresh and given.ho.validate_challenge(given.nonce, (_mask(given.algorithm),)):
                # A password that is wrong, not a challenge that is too old.
                self._registrar.failed(host, now)
        response = respond(request, 401, "Unauthorized")
        # Beside a challenge of RFC 8760 (SHA-256) some phones take none at all (libre 1.x: "Function not implemented").
        body = SipWWWAuthenticate(realm=self._settings.realm, algorithm="MD5")
        response.appendHeader(SipHeader(body=body))
        return None, response

    def _register(self, request: Any) -> Any:
        phone, refusal = self._prove(request, "REGISTER")
        if phone is None:
            return refusal
        if request.getHFBody("to").getUrl().username != phone.user or not request.countHFs("contact"):
            return respond(request, 403, "Forbidden")
        contact = request.getHFBody("contact")
        seconds = _expires(request, contact)
        now = time.monotonic()
        was_there = self._registrar.find(phone.user, now) is not None
        if contact.asterisk or seconds == 0:
            if self._registrar.unregister(phone.user):
                self.calls.user_changed(phone.user, False, "")
            return respond(request, 200, "OK")
        device = str(request.getHFBody("user-agent")) if request.countHFs("user-agent") else ""
        user = contact.getUrl().username or phone.user
        held = self._registrar.register(phone.user, request.getSource(), user, device[:80], seconds, now)
        self._set_known()
        if not was_there:
            self.calls.user_changed(phone.user, True, device[:80])
        response = respond(request, 200, "OK")
        told = contact.getCopy()
        told.address.params["expires"] = str(held)
        response.appendHeader(SipHeader(name="contact", body=told))
        return response


def _mask(algorithm: str | None) -> Any:
    from sippy.SipAuthorization import NameList2AlgMask

    return NameList2AlgMask((algorithm,))[0]


def _expires(request: Any, contact: Any) -> int:
    told = "3600"
    if not contact.asterisk and "expires" in contact.address.params:
        told = str(contact.address.params["expires"])
    elif request.countHFs("expires"):
        told = str(request.getHFBody("expires").getNum())
    return int(told) if told.isdigit() else 3_600
