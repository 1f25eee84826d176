"""One call over sippy, and the requests within a call that sippy leaves out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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
from sippy.MsgBody import MsgBody
from sippy.SipAddress import SipAddress
from sippy.SipConf import SipConf
from sippy.SipContact import SipContact
from sippy.SipContentType import SipContentType
from sippy.SipHeader import SipHeader
from sippy.SipURL import SipURL
from sippy.UA import UA
from sippy.UaStateConnected import UaStateConnected
from sippy.UaStateGeneric import UaStateGeneric

from caasis.telephony.adapters.embedded.sip.ports import Invitation

if TYPE_CHECKING:
    from caasis.telephony.adapters.embedded.sip.sippy_ua import SippyUa


#: What we call ourselves.
SERVER = "CaaSIS"
_DIGIT = re.compile(r"Signal\s*=\s*([0-9*#A-D])")
_DURATION = re.compile(r"Duration\s*=\s*(\d{1,5})")
_FRAGMENT = re.compile(r"SIP/2\.0 (\d{3})")


class SippyDialog:
    """`Dialog` on one UA of sippy."""

    def __init__(self, owner: SippyUa, address: tuple[str, int], **how: Any) -> None:
        self._owner, self._address = owner, address
        self.ua = UA(owner.config, self._happened, **how)
        self.ua.dialog = self
        self.ua.local_ua = SERVER
        # sippy's own contact has a display name, over which simple peers stumble.
        url = SipURL(host=SipConf.my_address, port=SipConf.my_port)
        self.ua.lContact = SipContact(address=SipAddress(url=url, hadbrace=True))
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
                    calls.progressed(self, code, text_of(body))
            case CCEventConnect():
                self._connected(event)
            case CCEventUpdate():
                answer = calls.changed(self, text_of(event.getData()))
                if answer is None:
                    ua.recvEvent(CCEventFail((488, "Not Acceptable Here")))
                else:
                    ua.recvEvent(CCEventConnect((200, "OK", MsgBody(answer))))
            case CCEventInfo():
                self._pressed(text_of(event.getData()))
            case CCEventDisconnect() | CCEventFail() | CCEventRedirect():
                self._ended(event)

    def _connected(self, event: Any) -> None:
        body = text_of(event.getData()[2])
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
        answer = self._owner.calls.changed(self, text_of(body)) if body is not None else ""
        if answer is None:
            return respond(request, 488, "Not Acceptable Here")
        response = respond(request, 200, "OK", *more)
        if answer:
            response.setBody(MsgBody(answer))
        response.appendHeader(SipHeader(name="contact", body=self.ua.lContact.getCopy()))
        return response

    def refer(self, request: Any) -> Any:
        """REFER (RFC 3515): the engine decides; the phone is told that somebody tries."""
        if not request.countHFs("refer-to") or not self._answered:
            return respond(request, 400, "Bad Request")
        target = str(request.getHFBody("refer-to"))
        self._owner.soon(lambda: self._owner.calls.wants_transfer(self, target))
        self._owner.soon(self._notify_trying)
        return respond(request, 202, "Accepted")

    def _notify_trying(self) -> None:
        if not self._over and self.ua.isConnected():
            kind = SipContentType("message/sipfrag;version=2.0")
            kind.parse()
            head = [SipHeader(s="Event: refer"), SipHeader(s="Subscription-State: active;expires=60")]
            body = MsgBody("SIP/2.0 100 Trying\r\n", kind)
            self._send(self.ua.genRequest("NOTIFY", body, extra_headers=head), lambda _: None)

    def notify(self, request: Any) -> Any:
        """NOTIFY of a REFER of ours."""
        match = _FRAGMENT.match(text_of(request.getBody()))
        if match and self._told_of_transfer is not None:
            told, code = self._told_of_transfer, int(match[1])
            self._owner.soon(lambda: told(code))
        return respond(request, 200, "OK")


def text_of(body: Any) -> str:
    return "" if body is None else str(body)


def respond(request: Any, code: int, reason: str, *headers: str) -> Any:
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
    state.ua.global_config["_sip_tm"].sendResponse(respond(request, 200, "OK"))


def _not_now(state: Any, request: Any) -> Any:
    """Whatever a state has no handler for: answered all the same, so that nobody repeats it for half a minute."""
    handler = state.recv_request_handlers.get(request.getMethod())
    if handler is not None:
        return handler(state, request)
    if request.getMethod() != "ACK":
        code, reason = (200, "OK") if request.getMethod() in ("OPTIONS", "UPDATE") else (481, "Not Now")
        state.ua.global_config["_sip_tm"].sendResponse(respond(request, code, reason))
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
