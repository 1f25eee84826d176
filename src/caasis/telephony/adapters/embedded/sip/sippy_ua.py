"""SIP by sippy (RFC 3261). To be imported on the thread that will run it: sippy's loop belongs to whoever imports it.

What we do beside it, and why:

- Every datagram passes `gate` first, on the thread that receives.
- Answers and further requests go to where the other side's messages come from, never to a host that a message names:
  phones behind a router are reached, and no name is looked up because a stranger wrote it.
- Nobody calls or registers without a password, except the addresses of trunks.
- UPDATE, REFER, NOTIFY and OPTIONS within a call, which sippy leaves out.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from sippy.CCEvents import (
    CCEventConnect,
    CCEventDisconnect,
    CCEventFail,
    CCEventInfo,
    CCEventRedirect,
    CCEventRing,
    CCEventTry,
    CCEventUpdate,
)
from sippy.Core.EventDispatcher import ED2
from sippy.MsgBody import MsgBody
from sippy.Network_server import Remote_address
from sippy.SipAddress import SipAddress
from sippy.SipCallId import SipCallId
from sippy.SipConf import SipConf
from sippy.SipContentType import SipContentType
from sippy.SipHeader import SipHeader
from sippy.SipRegistrationAgent import SipRegistrationAgent
from sippy.SipRequest import SipRequest
from sippy.SipTransactionManager import SipTransactionManager
from sippy.SipURL import SipURL
from sippy.SipWWWAuthenticate import SipWWWAuthenticate
from sippy.Time.Timeout import Timeout
from sippy.UA import UA
from sippy.UaStateConnected import UaStateConnected
from sippy.UaStateGeneric import UaStateGeneric
from sippy.Udp_server import Udp_server, Udp_server_opts

from caasis.telephony.adapters.embedded.settings import EngineSettings, Phone, Trunk
from caasis.telephony.adapters.embedded.sip import identity
from caasis.telephony.adapters.embedded.sip.gate import Gate
from caasis.telephony.adapters.embedded.sip.ports import Calls, Destination, Invitation
from caasis.telephony.adapters.embedded.sip.registrar import Registrar

log = logging.getLogger(__name__)

SERVER = "CaaSIS"
#: How often registrations are looked through, and lines without registration asked whether they are there.
LOOK_S, ASK_S = 5.0, 30.0
#: Turns of sippy's loop in a second.
TURNS = 200.0
_EXTENSIONS = {"timer", "replaces", "norefersub", "outbound", "path", "gruu"}
_ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REFER, NOTIFY"
_DIGIT = re.compile(r"Signal\s*=\s*([0-9*#A-D])")
_DURATION = re.compile(r"Duration\s*=\s*(\d{1,5})")
_FRAGMENT = re.compile(r"SIP/2\.0 (\d{3})")


class _Silent:
    """sippy's own log would hold whole messages, and so the numbers of callers."""

    def write(self, *_: Any, **__: Any) -> None:
        """Nothing is written."""


class _Server(Udp_server):  # type: ignore[misc]
    """The socket: what comes in passes the gate, what goes out goes to an address."""

    gate = Gate()

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


class _Transactions(SipTransactionManager):  # type: ignore[misc]
    model_udp_server = (_Server, _Options)

    def incomingResponse(self, msg: Any, t: Any, checksum: bytes) -> None:
        _point_to(msg, msg.getSource())
        super().incomingResponse(msg, t, checksum)

    def transmitReq(self, t: Any, msg: Any, *rest: Any, **more: Any) -> None:
        # The ACK: to where the INVITE went.
        super().transmitReq(t, msg, t.address, *rest[1:], **more)


def _point_to(message: Any, address: tuple[str, int]) -> None:
    """Let the contact of a message be where it came from, and no route lead elsewhere."""
    message.delHFs("record-route")
    if message.countHFs("contact"):
        contact = message.getHFBody("contact")
        if not contact.asterisk:
            url = contact.getUrl()
            url.host, url.port = address


class SippyDialog:
    """`Dialog` on one UA of sippy."""

    def __init__(self, owner: SippyUa, address: tuple[str, int], **how: Any) -> None:
        self._owner, self._address = owner, address
        self.ua = UA(owner.config, self._happened, **how)
        self.ua.dialog = self
        self.ua.local_ua = SERVER
        self.invitation: Invitation | None = None
        self._answered = self._over = False
        self._told_of_transfer: Callable[[int], None] | None = None

    def ring(self) -> None:
        self.ua.recvEvent(CCEventRing((180, "Ringing", None)))

    def accept(self, sdp: str) -> None:
        self._answered = True
        self.ua.recvEvent(CCEventConnect((200, "OK", MsgBody(sdp))))

    def refuse(self, code: int, reason: str) -> None:
        self._over = True
        self.ua.recvEvent(CCEventFail((code, reason)))

    def end(self) -> None:
        self._over = True
        self.ua.recvEvent(CCEventDisconnect())

    def hand_over(self, target: str, told: Callable[[int], None]) -> None:
        self._told_of_transfer = told
        request = self.ua.genRequest("REFER", extra_headers=[SipHeader(s=f"Refer-To: <{target}>")])
        self._send(request, lambda answer: told(answer.getSCode()[0]))

    def ask_alive(self, dead: Callable[[], None]) -> None:
        def take(answer: Any) -> None:
            if answer.getSCode()[0] in (408, 481) and not self._over:
                dead()

        if not self._over and self.ua.isConnected():
            self._send(self.ua.genRequest("OPTIONS"), take)

    def _send(self, request: Any, take: Callable[[Any], None]) -> None:
        def answered(answer: Any) -> None:
            if answer.getSCode()[0] >= 200:
                take(answer)

        self.ua.newTransaction(request, resp_cb=answered)

    # What sippy tells

    def _happened(self, event: Any, ua: Any) -> None:
        ua.rAddr = (self._address, "udp")
        calls = self._owner.calls
        match event:
            case CCEventTry():
                assert self.invitation is not None
                calls.invited(self, self.invitation)
            case CCEventRing():
                code, _, body = event.getData() or (180, "", None)
                if code > 100:
                    calls.progressed(self, code, _text(body))
            case CCEventConnect():
                self._connected(event)
            case CCEventUpdate():
                answer = calls.changed(self, _text(event.getData()))
                if answer is None:
                    ua.recvEvent(CCEventFail((488, "Not Acceptable Here")))
                else:
                    ua.recvEvent(CCEventConnect((200, "OK", MsgBody(answer))))
            case CCEventInfo():
                self._pressed(_text(event.getData()))
            case CCEventDisconnect() | CCEventFail() | CCEventRedirect():
                self._ended(event)

    def _connected(self, event: Any) -> None:
        body = _text(event.getData()[2])
        if self.invitation is None and not self._answered:
            self._answered = True
            self._owner.calls.accepted(self, body)
        elif self.invitation is not None and not self.invitation.sdp and body:
            # We offered in our 200; this is the answer in the ACK.
            self._owner.calls.accepted(self, body)

    def _ended(self, event: Any) -> None:
        if not self._over:
            self._over = True
            data = event.getData()
            code = data[0] if isinstance(event, CCEventFail | CCEventRedirect) and data else 0
            self._owner.calls.ended(self, code)

    def _pressed(self, body: str) -> None:
        if match := _DIGIT.search(body):
            duration = _DURATION.search(body)
            self._owner.calls.pressed(self, match[1], int(duration[1]) if duration else 0)

    # Requests within the call that sippy does not know

    def update(self, request: Any) -> Any:
        """UPDATE (RFC 3311, RFC 4028): a refresh, or another description of the sound."""
        more = []
        if request.countHFs("session-expires"):
            more = [f"Session-Expires: {request.getHFBody('session-expires')}", "Require: timer"]
        body = request.getBody()
        answer = self._owner.calls.changed(self, _text(body)) if body is not None else ""
        if answer is None:
            return _respond(request, 488, "Not Acceptable Here")
        response = _respond(request, 200, "OK", *more)
        if answer:
            response.setBody(MsgBody(answer))
        response.appendHeader(SipHeader(name="contact", body=self.ua.lContact.getCopy()))
        return response

    def refer(self, request: Any) -> Any:
        """REFER (RFC 3515): the engine decides; the phone is told that somebody tries."""
        if not request.countHFs("refer-to") or not self._answered:
            return _respond(request, 400, "Bad Request")
        target = str(request.getHFBody("refer-to"))
        self._owner.soon(lambda: self._owner.calls.wants_transfer(self, target))
        self._owner.soon(self._notify_trying)
        return _respond(request, 202, "Accepted")

    def _notify_trying(self) -> None:
        if not self._over and self.ua.isConnected():
            kind = SipContentType("message/sipfrag;version=2.0")
            kind.parse()
            head = [SipHeader(s="Event: refer"), SipHeader(s="Subscription-State: active;expires=60")]
            body = MsgBody("SIP/2.0 100 Trying\r\n", kind)
            self._send(self.ua.genRequest("NOTIFY", body, extra_headers=head), lambda _: None)

    def notify(self, request: Any) -> Any:
        """NOTIFY of a REFER of ours."""
        match = _FRAGMENT.match(_text(request.getBody()))
        if match and self._told_of_transfer is not None:
            told, code = self._told_of_transfer, int(match[1])
            self._owner.soon(lambda: told(code))
        return _respond(request, 200, "OK")


def _text(body: Any) -> str:
    return "" if body is None else str(body)


def _respond(request: Any, code: int, reason: str, *headers: str) -> Any:
    response = request.genResponse(code, reason, server=SERVER)
    for one in headers:
        response.appendHeader(SipHeader(s=one))
    return response


# sippy calls handlers with its state; the dialog answers.


def _by_dialog(name: str) -> Callable[[Any, Any], None]:
    def handle(state: Any, request: Any) -> None:
        response = getattr(state.ua.dialog, name)(request)
        state.ua.global_config["_sip_tm"].sendResponse(response)

    return handle


def _acknowledge(state: Any, request: Any) -> None:
    state.ua.global_config["_sip_tm"].sendResponse(_respond(request, 200, "OK"))


def _not_now(state: Any, request: Any) -> Any:
    """Whatever a state has no handler for: answered all the same, so that nobody repeats it for half a minute."""
    handler = state.recv_request_handlers.get(request.getMethod())
    if handler is not None:
        return handler(state, request)
    if request.getMethod() != "ACK":
        code, reason = (200, "OK") if request.getMethod() in ("OPTIONS", "UPDATE") else (481, "Not Now")
        state.ua.global_config["_sip_tm"].sendResponse(_respond(request, code, reason))
    return None


UaStateConnected.recv_request_handlers = {
    **UaStateConnected.recv_request_handlers,
    "UPDATE": _by_dialog("update"),
    "REFER": _by_dialog("refer"),
    "NOTIFY": _by_dialog("notify"),
    "PRACK": _acknowledge,
    "MESSAGE": _acknowledge,
}
UaStateGeneric.recvRequest = _not_now


class _Line:
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
            fr0m=_from(SERVER.lower()),
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


def _from(user: str) -> Any:
    from sippy.SipFrom import SipFrom

    made = SipFrom(address=SipAddress(url=SipURL(username=user), hadbrace=True))
    made.genTag()
    return made


class SippyUa:
    """`SipUa` by sippy: one in a process."""

    def __init__(self, settings: EngineSettings, calls: Calls) -> None:
        self.calls = calls
        self._settings = settings
        self._registrar = Registrar()
        self._by_address: Mapping[tuple[str, int], Trunk] = {one.address: one for one in settings.trunks.values()}
        self.gate = _Server.gate = Gate({one.address[0] for one in settings.trunks.values()})
        SipConf.my_uaname = SERVER
        SipConf.my_address, SipConf.my_port = settings.told_address, settings.port
        self.config: dict[str, Any] = {
            "_sip_address": settings.host,
            "_sip_port": settings.port,
            "_sip_logger": _Silent(),
        }
        self.transactions = self.config["_sip_tm"] = _Transactions(self.config, self._requested)
        self._lines = [_Line(self, one) for one in settings.trunks.values()]
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
            return (_respond(request, 400, "Bad Request"), None, None)

    def _answer(self, request: Any, transaction: Any) -> Any:
        method = request.getMethod()
        if request.getHFBody("to").getTag() is not None:
            return (_respond(request, 481, "Call Leg/Transaction Does Not Exist"), None, None)
        if method == "INVITE":
            return self._invited(request, transaction)
        if method == "REGISTER":
            return (self._register(request), None, None)
        if method == "OPTIONS":
            return (_respond(request, 200, "OK", f"Allow: {_ALLOW}"), None, None)
        return (_respond(request, 501, "Not Implemented"), None, None)

    def _invited(self, request: Any, transaction: Any) -> Any:
        address = request.getSource()
        required = {one.strip().lower() for header in request.getHFs("require") for one in str(header.body).split(",")}
        if unknown := required - _EXTENSIONS:
            response = _respond(request, 420, "Bad Extension", f"Unsupported: {', '.join(sorted(unknown))}")
            return (response, None, None)
        trunk = self._by_address.get(address)
        phone: Phone | None = None
        if trunk is None:
            phone, refusal = self._prove(request, "INVITE")
            if phone is None:
                return (refusal, None, None)
        if not request.countHFs("contact"):
            return (_respond(request, 400, "Bad Request"), None, None)
        invitation = self._invitation(request, trunk, phone)
        _point_to(request, address)
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
            sdp=_text(request.getBody()),
            headers={key: value[0][:200] for key, value in headers.items() if key.startswith("x-")},
        )

    # Passwords

    def _prove(self, request: Any, method: str) -> tuple[Phone | None, Any]:
        """The phone that a request comes from, or what to answer: a challenge, or that nobody is let in any more."""
        host, now = request.getSource()[0], time.monotonic()
        if self._registrar.is_locked(host, now):
            return None, _respond(request, 403, "Forbidden")
        if request.countHFs("authorization"):
            given = request.getHFBody("authorization")
            phone = self._settings.phones.get(given.username or "")
            fresh = given.realm == self._settings.realm and given.qop in (None, "auth")
            if phone and fresh and given.verify(phone.password, method):
                return phone, None
            if fresh and given.ho.validate_challenge(given.nonce, (_mask(given.algorithm),)):
                # A password that is wrong, not a challenge that is too old.
                self._registrar.failed(host, now)
        response = _respond(request, 401, "Unauthorized")
        for algorithm in ("SHA-256", "MD5"):
            body = SipWWWAuthenticate(realm=self._settings.realm, algorithm=algorithm)
            response.appendHeader(SipHeader(body=body))
        return None, response

    def _register(self, request: Any) -> Any:
        phone, refusal = self._prove(request, "REGISTER")
        if phone is None:
            return refusal
        if request.getHFBody("to").getUrl().username != phone.user or not request.countHFs("contact"):
            return _respond(request, 403, "Forbidden")
        contact = request.getHFBody("contact")
        seconds = _expires(request, contact)
        now = time.monotonic()
        was_there = self._registrar.find(phone.user, now) is not None
        if contact.asterisk or seconds == 0:
            if self._registrar.unregister(phone.user):
                self.calls.user_changed(phone.user, False, "")
            return _respond(request, 200, "OK")
        device = str(request.getHFBody("user-agent")) if request.countHFs("user-agent") else ""
        user = contact.getUrl().username or phone.user
        held = self._registrar.register(phone.user, request.getSource(), user, device[:80], seconds, now)
        self._set_known()
        if not was_there:
            self.calls.user_changed(phone.user, True, device[:80])
        response = _respond(request, 200, "OK")
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


__all__ = ["SippyDialog", "SippyUa"]
