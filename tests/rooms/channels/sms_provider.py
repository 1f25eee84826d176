"""A provider of SMS made from Twilio's published interface: Messages of version 2010-04-01, its answers and its errors."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ACCOUNT, TOKEN = "AC" + "0" * 32, "mihon"
_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/Messages\.json")


class Provider:
    """`sent` is what was taken. `busy`: so many of the next requests get that status. `silent`: no answer comes."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.asked = 0
        self.busy: list[int] = []
        self.silent = False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                provider.asked += 1
                form = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
                status, told = provider.answer(self.path, self.headers.get("Authorization", ""), form)
                if provider.silent:
                    self.close_connection = True
                    return
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, path: str, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        if self.busy:
            return self.busy.pop(0), {"code": 20429, "message": "Too Many Requests", "status": 429}
        kind, _, given = authorization.partition(" ")
        known = kind == "Basic" and b64decode(given).decode() == f"{ACCOUNT}:{TOKEN}"
        match = _PATH.fullmatch(path)
        if not known or match is None or match[1] != ACCOUNT:
            return 401, {"code": 20003, "message": "Authenticate", "more_info": "https://…/20003", "status": 401}
        if not form.get("Body"):
            return 400, {"code": 21602, "message": "Message body is required", "status": 400}
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", form.get("To", "")):
            return 400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}
        if not (form.get("From") or form.get("MessagingServiceSid")):
            return 400, {"code": 21603, "message": "A 'From' number is required", "status": 400}
        self.sent.append(form)
        return 201, {
            "sid": f"SM{len(self.sent):032x}", "status": "queued", "error_code": None, "error_message": None,
            "to": form["To"], "from": form.get("From"), "body": form["Body"], "num_segments": "1",
            "api_version": "2010-04-01", "account_sid": ACCOUNT, "direction": "outbound-api",
        }  # fmt: skip

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
