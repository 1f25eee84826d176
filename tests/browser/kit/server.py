"""A small server for the front end alone: renders kit pages with the real bases, fields and scripts, answers autosave,
undo and the event stream as a test asks it to. No database, no session; the policy is that of the product."""

from __future__ import annotations

import json
import mimetypes
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.staticfiles import finders
from django.http import QueryDict
from django.template import engines

from caasis.platform.middleware.headers import POLICY
from tests.browser.kit.forms import ContractForm

PAGES = Path(__file__).parent / "pages"
NAV = [
    {"label": "ホーム", "url": "/list", "icon": "home", "current": False, "count": 0},
    {"label": "相談", "url": "/list", "icon": "cases", "current": True, "count": 3},
    {"label": "決裁", "url": "/approval", "icon": "assignment_turned_in", "current": False, "count": 0},
]
PORTAL_NAV = [
    {"label": label, "url": "/form", "current": label == "相談する"}
    for label in ("調べる", "相談する", "窓口", "注意喚起")
]
LANGUAGES = [{"code": "en", "label": "English", "url": "/form"}]


class Kit(ThreadingHTTPServer):
    """What tests set, and what they may look at afterwards."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.saves: list[dict[str, str]] = []
        self.answer: tuple[int, str, str] = (200, "application/json", '{"saved_at": "14:03:21", "draft_version": 7}')
        self.undone: list[str] = []
        self.signed_in = True
        self.events: list[dict[str, Any]] = []
        self.streams: list[str] = []
        self.drop_streams = threading.Event()
        self.fragments = 0
        self.posts = 0
        self.delay = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def publish(self, topic: str, subject: str = "") -> None:
        self.events.append({"topic": topic, "subject": subject, "actor": ""})


def render(name: str, **context: Any) -> str:
    source = (PAGES / f"{name}.html").read_text(encoding="utf-8")
    defaults = {
        "nav": NAV,
        "csrf_token": "token-of-the-page",
        "search_url": "/list",
        "languages": LANGUAGES,
        "footer_links": [{"label": "相談でできること・できないこと", "url": "/form"}],
    }
    return str(engines["django"].from_string(source).render({**defaults, **context}))


class Handler(BaseHTTPRequestHandler):
    server: Kit
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: a test's output is its own."""

    def _send(self, body: str | bytes, status: int = 200, kind: str = "text/html; charset=utf-8") -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_HEAD(self) -> None:
        self._send("", 200 if self.server.signed_in else 401)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            if not found:
                self._send("", 404)
                return
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            self._send(Path(str(found)).read_bytes(), kind=f"{kind}; charset=utf-8")
        elif path == "/stream":
            self._stream()
        elif path == "/fragment":
            self.server.fragments += 1
            self._send(f"<p>{self.server.fragments}回目の内容</p>")
        elif path == "/form":
            self._form(None)
        elif path == "/card":
            self._send(render("card", stream_url="/stream"))
        elif (PAGES / f"{path[1:]}.html").is_file():
            self._send(render(path[1:]))
        else:
            self._send("", 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        path = urlsplit(self.path).path
        if path == "/draft":
            if not self.server.signed_in:
                self._send("", 401)
                return
            status, kind, answer = self.server.answer
            if status == 200:
                self.server.saves.append({k: v[-1] for k, v in parse_qs(body, keep_blank_values=True).items()})
            self._send(answer, status, kind)
        elif path == "/undo":
            self.server.undone.append(self.headers.get("X-CSRFToken", ""))
            self._send("{}", kind="application/json")
        elif path == "/form":
            self.server.posts += 1
            time.sleep(self.server.delay)
            self._form(body)
        else:
            self._send("", 404)

    def _form(self, body: str | None) -> None:
        form = ContractForm(QueryDict(body)) if body is not None else ContractForm()
        status = 422 if body is not None and not form.is_valid() else 200
        self._send(render("form", form=form, nav=PORTAL_NAV), status)

    def _stream(self) -> None:
        """The product's stream in small: after a position, with heartbeats, 401 without a session."""
        if not self.server.signed_in:
            self._send("ログインしてください。", 401, "text/plain; charset=utf-8")
            return
        after = parse_qs(urlsplit(self.path).query).get("after", [""])[0]
        self.server.streams.append(after)
        sent = int(after) if after else len(self.server.events)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self.wfile.write(f"id: {sent}\nevent: hello\ndata: {{}}\n\n".encode())
            beat = time.monotonic()
            while not self.server.drop_streams.is_set():
                for event in self.server.events[sent:]:
                    sent += 1
                    self.wfile.write(f"id: {sent}\nevent: change\ndata: {json.dumps(event)}\n\n".encode())
                if time.monotonic() - beat > 1:
                    beat = time.monotonic()
                    self.wfile.write(b": heartbeat\n\n")
                self.wfile.flush()
                time.sleep(0.02)
        except (BrokenPipeError, ConnectionResetError):
            return
