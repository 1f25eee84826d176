"""SIP telephones for the tests: they register, call, ring, answer, hold and hang up, and say a tone of their own.

Written from RFC 3261 without anything of ours below it but the packing of RTP, so that both sides don't share a mistake.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tests.rooms.telephony.media.telephone import EVENTS, LOUD, Telephone, level

KEYS = "0123456789*#ABCD"
TICK_S = 0.02


@dataclass
class Message:
    """A SIP message. headers: in order, names in lower case."""

    first: str
    headers: list[tuple[str, str]]
    body: str

    @classmethod
    def read(cls, data: bytes) -> Message:
        head, _, body = data.decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = [line.split(":", 1) for line in lines]
        return cls(first, [(name.strip().lower(), value.strip()) for name, value in pairs], body)

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def code(self) -> int:
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        return self.get("cseq").split()[1]


@dataclass
class Call:
    """One call of a phone."""

    phone: Phone
    call_id: str
    sound: Telephone
    incoming: bool
    invite: Message | None = None
    local: str = ""
    remote: str = ""
    target: str = ""
    cseq: int = 1
    via: str = ""
    state: str = "new"
    code: int = 0
    on_hold: bool = False
    events: deque[bytes] = field(default_factory=deque)
    again: tuple[float, Callable[[], None]] | None = None
    notified: list[str] = field(default_factory=list)
    refer_codes: list[int] = field(default_factory=list)

    @property
    def hz(self) -> float:
        return self.sound.hz

    def hears(self, candidates: dict[str, float], *, frames: int = 10) -> set[str]:
        """Which of these tones are in what came within the last moment."""
        self.sound.take_all()
        if time.monotonic() - self.sound.last > 0.3:
            return set()
        sound = self.sound.heard(frames)
        return {name for name, hz in candidates.items() if level(sound, hz) > 0.3 * LOUD}

    def keys_told(self) -> str:
        """The keys that came as events."""
        self.sound.take_all()
        found: dict[int, str] = {}
        for packet in self.sound.kept:
            if packet.payload_type == EVENTS:
                found.setdefault(packet.timestamp, KEYS[packet.payload[0]])
        return "".join(found.values())


class Sound(Telephone):
    """A telephone whose packets are taken by another thread than the one that looks at them."""

    def __init__(self, hz: float) -> None:
        super().__init__(hz)
        self.last = 0.0
        self.kept: list = []
        self.lock = threading.Lock()

    def take_all(self) -> None:
        with self.lock:
            before = len(self.got)
            self.take()
            new = self.got[before:]
            self.kept += [one for one in new if one.payload_type == EVENTS]
            if any(one.payload_type != EVENTS for one in new):
                self.last = time.monotonic()
            del self.got[:-200]


class Voices:
    """Hands out tones: multiples of 50 Hz, which a window of whole frames keeps apart."""

    def __init__(self) -> None:
        self._next = 400

    def take(self) -> float:
        hz, self._next = self._next, self._next + 50
        if self._next >= 1_900:
            self._next = 400
        return float(hz)


class Phone:
    """A telephone at a port of its own. ring: whether it answers an INVITE with 180 by itself."""

    def __init__(
        self,
        user: str,
        server: tuple[str, int],
        *,
        password: str = "",
        voices: Voices | None = None,
        ring: bool = True,
        port: int = 0,
        answers_by_itself: bool = False,
        busy: int = 0,
    ) -> None:
        self.user, self.server, self.password = user, server, password
        self.voices = voices or Voices()
        self.rings, self.answers_by_itself, self.busy = ring, answers_by_itself, busy
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(0.1)
        self.address: tuple[str, int] = self.socket.getsockname()
        self.calls: list[Call] = []
        self.answers: deque[Message] = deque(maxlen=200)
        self.requests: deque[Message] = deque(maxlen=200)
        self._closed = False
        self._pending: dict[str, str] = {}
        self._sequence = 1
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._speak)]
        for one in self._threads:
            one.start()

    # What a person does

    def register(self, seconds: int = 600) -> int:
        """Register, proving who it is. Returns the code of the last answer."""
        challenge = ""
        call_id = secrets.token_hex(8)
        for _ in range(2):
            uri = f"sip:{self.server[0]}:{self.server[1]}"
            me = f"<sip:{self.user}@{self.server[0]}>"
            head = [f"Contact: <sip:{self.user}@{self.address[0]}:{self.address[1]}>", f"Expires: {seconds}"]
            if challenge:
                head.append(self.authorise("REGISTER", uri, challenge))
            answer = self.ask("REGISTER", uri, me, me, call_id, head)
            if answer is None or answer.code != 401:
                return answer.code if answer else 0
            challenge = next(one for one in answer.all("www-authenticate") if "algorithm=MD5" in one)
        return answer.code

    def call(self, number: str, *headers: str, sender: str = "", sdp: bool = True) -> Call:
        """Call a number; `sender` is what From says."""
        call = Call(self, secrets.token_hex(8), Sound(self.voices.take()), incoming=False)
        call.local = f"{sender or f'<sip:{self.user}@{self.server[0]}>'};tag={secrets.token_hex(4)}"
        call.remote = f"<sip:{number}@{self.server[0]}>"
        call.target = f"sip:{number}@{self.server[0]}:{self.server[1]}"
        self.calls.append(call)
        self._invite(call, *headers, body=self.describe(call) if sdp else "")
        return call

    def answer(self, call: Call | None = None) -> None:
        call = call or next(one for one in reversed(self.calls) if one.incoming and one.state == "ringing")
        call.state = "up"
        assert call.invite is not None
        self._respond(call.invite, 200, "OK", call, body=self.describe(call))

    def refuse(self, code: int, call: Call | None = None) -> None:
        call = call or next(one for one in reversed(self.calls) if one.incoming and one.state == "ringing")
        assert call.invite is not None
        call.state = "over"
        self._respond(call.invite, code, "No", call)

    def hang_up(self, call: Call) -> None:
        if call.state == "up":
            self._request(call, "BYE")
        elif not call.incoming:
            self._send(f"CANCEL {call.target} SIP/2.0", call, "CANCEL", call.cseq, via=call.via)
        elif call.state == "ringing":
            self.refuse(480, call)
        call.state = "over"

    def hold(self, call: Call, on: bool) -> None:
        call.on_hold = on
        self._invite(call, body=self.describe(call, "sendonly" if on else "sendrecv"), again=True)

    def transfer(self, call: Call, target: str) -> None:
        self._request(call, "REFER", f"Refer-To: <{target}>")

    def press(self, call: Call, digits: str) -> None:
        for digit in digits:
            for duration, end in [(n * 160, n == 5) for n in range(1, 6)] + [(800, True)] * 2:
                call.events.append(struct.pack("!BBH", KEYS.index(digit), (0x80 if end else 0) | 10, duration))

    def press_by_info(self, call: Call, digit: str) -> None:
        body = f"Signal={digit}\r\nDuration=160\r\n"
        self._request(call, "INFO", "Content-Type: application/dtmf-relay", body=body)

    def close(self) -> None:
        self._closed = True
        for one in self._threads:
            one.join()
        self.socket.close()
        for call in self.calls:
            call.sound.close()

    # Messages

    def describe(self, call: Call, direction: str = "sendrecv") -> str:
        port = call.sound.address[1]
        return (
            f"v=0\r\no=- 1 {time.monotonic_ns()} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0 {EVENTS}\r\na=rtpmap:0 PCMU/8000\r\n"
            f"a=rtpmap:{EVENTS} telephone-event/8000\r\na=ptime:20\r\na={direction}\r\n"
        )

    def authorise(self, method: str, uri: str, challenge: str, *, header: str = "Authorization") -> str:
        found = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
        first = hashlib.md5(f"{self.user}:{found['realm']}:{self.password}".encode()).hexdigest()
        second = hashlib.md5(f"{method}:{uri}".encode()).hexdigest()
        cnonce = secrets.token_hex(4)
        response = hashlib.md5(f"{first}:{found['nonce']}:00000001:{cnonce}:auth:{second}".encode()).hexdigest()
        return (
            f'{header}: Digest username="{self.user}",realm="{found["realm"]}",nonce="{found["nonce"]}",uri="{uri}",'
            f'response="{response}",algorithm=MD5,qop=auth,nc=00000001,cnonce="{cnonce}"'
        )

    def ask(
        self, method: str, uri: str, sender: str, to: str, call_id: str, headers: list[str], *, within_s: float = 3.0
    ) -> Message | None:
        """Send a request outside a call and wait for its final answer."""
        self._sequence += 1
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch={branch};rport",
            f"From: {sender};tag={secrets.token_hex(4)}", f"To: {to}", f"Call-ID: {call_id}",
            f"CSeq: {self._sequence} {method}", "Max-Forwards: 70", *headers, "Content-Length: 0", "", "",
        ]  # fmt: skip
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            self.send("\r\n".join(lines).encode())
            again = min(until, time.monotonic() + 0.5)
            while time.monotonic() < again:
                for one in list(self.answers):
                    if branch in one.get("via") and one.code >= 200:
                        return one
                time.sleep(0.01)
        return None

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self.server)

    def _invite(self, call: Call, *headers: str, body: str, again: bool = False) -> None:
        if again:
            call.cseq += 1
        call.via = f"SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch=z9hG4bK{secrets.token_hex(8)};rport"
        more = [f"Contact: <sip:{self.user}@{self.address[0]}:{self.address[1]}>", *headers]
        if body:
            more.append("Content-Type: application/sdp")
        self._pending[call.call_id] = "\r\n".join(headers)
        again_at = time.monotonic() + 0.5
        call.again = (again_at, partial(self._send, f"INVITE {call.target} SIP/2.0", call, "INVITE", call.cseq, *more,
                                        via=call.via, body=body))  # fmt: skip
        call.again[1]()

    def _request(self, call: Call, method: str, *headers: str, body: str = "") -> None:
        call.cseq += 1
        contact = f"Contact: <sip:{self.user}@{self.address[0]}:{self.address[1]}>"
        self._send(f"{method} {call.target} SIP/2.0", call, method, call.cseq, contact, *headers, body=body)

    def _send(
        self, first: str, call: Call, method: str, cseq: int, *headers: str, via: str = "", body: str = ""
    ) -> None:
        via = via or f"SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch=z9hG4bK{secrets.token_hex(8)};rport"
        lines = [
            first, f"Via: {via}", f"From: {call.local}", f"To: {call.remote}", f"Call-ID: {call.call_id}",
            f"CSeq: {cseq} {method}", "Max-Forwards: 70", *headers, f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        self.send("\r\n".join(lines).encode())

    def _respond(self, request: Message, code: int, reason: str, call: Call | None = None, *, body: str = "") -> None:
        to = request.get("to")
        if call is not None and "tag=" not in to:
            to = call.local
        lines = [f"SIP/2.0 {code} {reason}", *(f"Via: {one}" for one in request.all("via"))]
        lines += [f"From: {request.get('from')}", f"To: {to}", f"Call-ID: {request.get('call-id')}"]
        lines += [f"CSeq: {request.get('cseq')}", f"Contact: <sip:{self.user}@{self.address[0]}:{self.address[1]}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        lines += [f"Content-Length: {len(body)}", "", body]
        self.send("\r\n".join(lines).encode())

    # What comes

    def _listen(self) -> None:
        while not self._closed:
            try:
                data, _ = self.socket.recvfrom(16_384)
            except (TimeoutError, ConnectionError):
                continue
            message = Message.read(data)
            if message.code:
                self.answers.append(message)
                self._answered(message)
            else:
                self.requests.append(message)
                self._asked(message)

    def _find(self, message: Message) -> Call | None:
        return next((one for one in reversed(self.calls) if one.call_id == message.get("call-id")), None)

    def _answered(self, message: Message) -> None:
        call = self._find(message)
        if call is None:
            return
        if message.method == "INVITE":
            call.again = None
        if message.method == "REFER" and message.code >= 200:
            call.refer_codes.append(message.code)
        if message.method != "INVITE" or message.code < 200:
            if message.method == "INVITE" and message.code >= 180 and call.state == "new":
                call.state, call.code = "ringing", message.code
            return
        cseq = int(message.get("cseq").split()[0])
        if message.code >= 300:
            acknowledged = Call(self, call.call_id, call.sound, False, local=call.local, remote=message.get("to"))
            self._send(f"ACK {call.target} SIP/2.0", acknowledged, "ACK", cseq, via=call.via)
            challenge = next((one for one in message.all("www-authenticate") if "algorithm=MD5" in one), "")
            if message.code == 401 and challenge and cseq == call.cseq and call.state != "over" and self.password:
                held = [one for one in self._pending[call.call_id].split("\r\n") if one]
                proof = self.authorise("INVITE", call.target, challenge)
                if not any(one.startswith("Authorization") for one in held):
                    call.cseq += 1
                    self._invite(call, *held, proof, body=self.describe(call))
                    return
            if cseq == call.cseq:
                call.state, call.code = "over", message.code
            return
        call.remote = message.get("to")
        call.target = re.search(r"<(sip:[^>]+)>", message.get("contact"))[1]  # type: ignore[index]
        self._hear(call, message.body)
        self._send(f"ACK {call.target} SIP/2.0", call, "ACK", cseq)
        if call.state == "over":
            self._request(call, "BYE")
        else:
            call.state, call.code = "up", message.code

    def _asked(self, message: Message) -> None:
        call = self._find(message)
        match message.method:
            case "INVITE" if call is None:
                self._rings(message)
            case "INVITE":
                assert call is not None
                if call.invite is not None and call.state == "ringing":
                    self._respond(message, 180, "Ringing", call)
                else:
                    self._respond(message, 200, "OK", call, body=self.describe(call))
            case "ACK":
                pass
            case "CANCEL":
                self._respond(message, 200, "OK", call)
                if call is not None and call.state == "ringing" and call.invite is not None:
                    call.state = "over"
                    self._respond(call.invite, 487, "Request Terminated", call)
            case "BYE":
                self._respond(message, 200, "OK", call)
                if call is not None:
                    call.state = "over"
            case "NOTIFY":
                if call is not None:
                    call.notified.append(message.body)
                self._respond(message, 200, "OK", call)
            case _:
                self._respond(message, 200, "OK", call)

    def _rings(self, message: Message) -> None:
        call = Call(self, message.get("call-id"), Sound(self.voices.take()), incoming=True, invite=message)
        call.local = f"{message.get('to')};tag={secrets.token_hex(4)}"
        call.remote = message.get("from")
        call.target = re.search(r"<(sip:[^>]+)>", message.get("contact"))[1]  # type: ignore[index]
        call.state = "ringing"
        self._hear(call, message.body)
        self.calls.append(call)
        if self.busy:
            self.refuse(self.busy, call)
            return
        if self.rings:
            self._respond(message, 180, "Ringing", call)
        if self.answers_by_itself or "answer-after=0" in message.get("call-info"):
            self.answer(call)

    def _hear(self, call: Call, sdp: str) -> None:
        if match := re.search(r"m=audio (\d+)", sdp):
            call.sound.port = int(match[1])

    def _speak(self) -> None:
        due = time.monotonic()
        while not self._closed:
            for call in list(self.calls):
                if (again := call.again) and again[0] < time.monotonic():
                    # RFC 3261, 17.1.1.2: an INVITE that nothing answers is sent again.
                    call.again = (time.monotonic() + 1.0, again[1])
                    again[1]()
                if call.state == "up" and call.sound.port and not (call.on_hold and not call.events):
                    self._say(call)
                if call.state == "up":
                    call.sound.take_all()
            due += TICK_S
            if (left := due - time.monotonic()) > 0:
                time.sleep(left)
            elif left < -0.2:
                due = time.monotonic()

    def _say(self, call: Call) -> None:
        if call.events:
            payload = call.events.popleft()
            first = struct.unpack("!BBH", payload)[2] == 160
            if first:
                call.sound.event_stamp = call.sound.stamp  # type: ignore[attr-defined]
            stamp = getattr(call.sound, "event_stamp", call.sound.stamp)
            call.sound.send(
                call.sound.packet(payload, payload_type=EVENTS, marker=int(first), timestamp=stamp & 0xFFFFFFFF)
            )
        else:
            call.sound.send()


def eventually(check, within_s: float = 5.0, what: str = ""):  # type: ignore[no-untyped-def]
    """Wait until something is so; what `check` gave."""
    until = time.monotonic() + within_s
    while not (found := check()):
        assert time.monotonic() < until, f"did not happen in {within_s} s: {what}"
        time.sleep(0.02)
    return found
