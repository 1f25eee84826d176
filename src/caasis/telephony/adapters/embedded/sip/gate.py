"""What is let in: every datagram is looked at before anything parses it.

Most of what reaches a SIP port from outside is noise of scanners. What has not the shape of a SIP message is dropped
without an answer; who sends more than a telephone or a carrier would is not heard for the rest.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Collection

#: UDP datagrams of ours are never longer; IP would cut them into pieces anyway.
LONGEST = 8_192
_SHORTEST = 64
_MOST_LINES, _LONGEST_LINE, _MOST_VIAS = 120, 2_048, 10
#: Messages a second that one source may send on average, and at once. A carrier's line carries 60 set-ups a second and more.
STRANGER, KNOWN = (40.0, 120.0), (2_000.0, 4_000.0)
_MOST_SOURCES = 20_000

_METHODS = "INVITE|ACK|BYE|CANCEL|REGISTER|OPTIONS|INFO|UPDATE|PRACK|REFER|NOTIFY|MESSAGE|SUBSCRIBE|PUBLISH"
_START = re.compile(
    rf"(?:(?P<method>{_METHODS}) sips?:[!-~]{{1,300}} SIP/2\.0|SIP/2\.0 [1-6][0-9]{{2}} [^\r\n]{{0,200}})"
)
_HEADER = re.compile(r"([A-Za-z0-9.!%*_+`'~-]{1,60})[ \t]*:[ \t]*(.*)", re.DOTALL)
_LONG_NAMES = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
_VIA = re.compile(
    r"SIP ?/ ?2\.0 ?/ ?UDP [A-Za-z0-9.\-]{1,255}(?::[0-9]{1,5})?(?: ?;[A-Za-z0-9_=.\-:\[\]*+!~@%]{1,200})*", re.I
)
_BRANCH = re.compile(r";\s*branch=z9hG4bK", re.I)
_CSEQ = re.compile(rf"(\d{{1,10}})[ \t]+({_METHODS})")
_ADDRESS = re.compile(
    r'(?:"[^"\r\n]{0,200}"|[^"<>\r\n;,]{0,200})?\s*<sips?:[^<>"\s]{1,255}>[^<>\r\n]{0,300}|sips?:[^<>"\s,]{1,255}'
)
_CALL_ID = re.compile(r"[!-~]{1,200}")
_ONCE = ("call-id", "cseq", "from", "to")


def faults_of(data: bytes) -> str:
    """Why a datagram is no SIP message that we take, "" when it is one."""
    if not _SHORTEST <= len(data) <= LONGEST:
        return "its length"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    head, separator, body = text.partition("\r\n\r\n")
    if not separator or "\0" in head or any(sign in head for sign in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"):
        return "no head"
    first, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    start = _START.fullmatch(first)
    if start is None or len(lines) > _MOST_LINES:
        return "its first line"
    found: dict[str, list[str]] = {}
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None or len(line) > _LONGEST_LINE or "\n" in line or "\r" in line:
            return "a header"
        name = match[1].lower()
        found.setdefault(_LONG_NAMES.get(name, name), []).append(match[2].strip())
    if any(len(found.get(name, ())) != 1 for name in _ONCE):
        return "a header that is missing, or there twice"
    vias = [one.strip() for value in found.get("via", []) for one in value.split(",")]
    if not 1 <= len(vias) <= _MOST_VIAS or not all(_VIA.fullmatch(one) for one in vias) or not _BRANCH.search(vias[0]):
        return "Via"
    if not all(0 < int(port) < 1 << 16 for one in vias for port in re.findall(r"(?:rport=|^[^;]*:)(\d+)", one)):
        return "Via"
    sequence = _CSEQ.fullmatch(found["cseq"][0])
    if sequence is None or int(sequence[1]) >= 1 << 31 or start["method"] not in (None, sequence[2]):
        return "CSeq"
    if not _CALL_ID.fullmatch(found["call-id"][0]):
        return "Call-ID"
    addresses = [*found["from"], *found["to"], *(one for one in found.get("contact", []) if one != "*")]
    if not all(_ADDRESS.fullmatch(one) for one in addresses):
        return "an address"
    if "tag=" not in found["from"][0]:
        return "From without a tag"
    length = found.get("content-length", [str(len(body.encode()))])
    if len(length) != 1 or not re.fullmatch(r"\d{1,5}", length[0]) or int(length[0]) > len(body.encode()):
        return "Content-Length"
    return ""


class Gate:
    """Counts what sources send. `now` are seconds of a clock that never goes back."""

    def __init__(self, known: Collection[str] = ()) -> None:
        #: Addresses from which more may come: those of trunks, and of phones that have registered.
        self.known = set(known)
        self.dropped = 0
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def lets_in(self, data: bytes, host: str, now: float) -> bool:
        """Whether a datagram from this address is looked at."""
        if self._is_too_much(host, now) or faults_of(data):
            self.dropped += 1
            return False
        return True

    def _is_too_much(self, host: str, now: float) -> bool:
        rate, most = KNOWN if host in self.known else STRANGER
        left, since = self._left.pop(host, (most, now))
        left = min(most, left + (now - since) * rate)
        self._left[host] = (max(0.0, left - 1), now)
        if len(self._left) > _MOST_SOURCES:
            self._left.popitem(last=False)
        return left < 1
