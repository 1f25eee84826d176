"""One kept page: its bytes as they go out, made once, and the form in which it lies on disk."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from dataclasses import dataclass, field

Header = tuple[bytes, bytes]

#: Headers that belong to one answer or that are made anew here.
_OWN = frozenset(
    {
        b"content-length",
        b"content-encoding",
        b"etag",
        b"vary",
        b"x-reference",
        b"date",
        b"connection",
        b"transfer-encoding",
    }
)
#: The same answer may depend on these and still be kept: the cache deals with them itself.
_HANDLED_VARY = frozenset({"", "accept-encoding"})
_LARGEST_BODY = 2 * 1024 * 1024
_SMALLEST_PACKED = 500


@dataclass(slots=True)
class Page:
    """A page that answers for everybody.

    `valid` turns false when an event said that something it may show has changed: then it serves only while nothing newer
    can be made. `fresh_until` is a reading of the monotonic clock, `made_at` seconds since 1970.
    """

    headers: list[Header]
    body: bytes
    made_at: float
    valid: bool = True
    fresh_until: float = 0.0
    etag: bytes = b""
    packed: bytes = b""
    plain_start: dict[str, object] = field(default_factory=dict)
    packed_start: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.body).hexdigest()[:24].encode()
        self.etag = b'"' + digest + b'"'
        if len(self.body) >= _SMALLEST_PACKED:
            self.packed = gzip.compress(self.body, 6, mtime=0)
        shared = [*self.headers, (b"vary", b"Accept-Encoding")]
        self.plain_start = _start(200, shared, self.body, (b"etag", self.etag))
        self.packed_start = _start(
            200, shared, self.packed, (b"content-encoding", b"gzip"), (b"etag", self.packed_etag)
        )

    @property
    def packed_etag(self) -> bytes:
        return self.etag[:-1] + b'-gz"'

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed) + 600

    @property
    def content_type(self) -> bytes:
        return next((value for name, value in self.headers if name == b"content-type"), b"")

    def not_modified(self, etag: bytes) -> dict[str, object]:
        """The start of a 304: what a browser needs to go on with its own copy."""
        kept = [(name, value) for name, value in self.headers if name in (b"cache-control", b"content-location", b"expires")]
        return {
            "type": "http.response.start",
            "status": 304,
            "headers": [*kept, (b"etag", etag), (b"vary", b"Accept-Encoding")],
        }

    def to_bytes(self) -> bytes:
        """For the disk: a line of JSON, then the body."""
        head = {
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers],
            "made_at": self.made_at,
        }
        return json.dumps(head).encode() + b"\n" + zlib.compress(self.body, 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> Page:
        """:raises ValueError: not a page."""
        head, _, body = data.partition(b"\n")
        try:
            said = json.loads(head)
            headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said["headers"]]
            return cls(headers, zlib.decompress(body), float(said["made_at"]), valid=False)
        except (KeyError, TypeError, AttributeError, zlib.error) as error:
            raise ValueError("not a kept page") from error


def _start(status: int, shared: list[Header], body: bytes, *more: Header) -> dict[str, object]:
    length = (b"content-length", str(len(body)).encode())
    return {"type": "http.response.start", "status": status, "headers": [*shared, length, *more]}


def may_be_kept(start: dict[str, object]) -> bool:
    """Whether an answer says of itself that everybody may have it: 200, `public`, no cookie, the same for all."""
    if start["status"] != 200:
        return False
    control = b""
    for name, value in start["headers"]:  # type: ignore[attr-defined]
        name = name.lower()
        if name == b"set-cookie":
            return False
        if name == b"cache-control":
            control = value.lower()
        if name == b"vary" and not {part.strip().lower() for part in value.decode("latin-1").split(",")} <= _HANDLED_VARY:
            return False
        if name == b"content-length" and int(value) > _LARGEST_BODY:
            return False
    return b"public" in control and b"no-store" not in control


def page_of(start: dict[str, object], body: bytes, made_at: float) -> Page | None:
    """The page of an answer that may be kept; None when its encoding is one that this cache can't undo."""
    encoding = b""
    kept: list[Header] = []
    for name, value in start["headers"]:  # type: ignore[attr-defined]
        name = name.lower()
        if name == b"content-encoding":
            encoding = value.lower()
        if name not in _OWN:
            kept.append((name, value))
    if encoding == b"gzip":
        body = gzip.decompress(body)
    elif encoding:
        return None
    return Page(kept, body, made_at) if len(body) <= _LARGEST_BODY else None
