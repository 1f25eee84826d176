"""A throw-away installation for a benchmark: `caasis up` in a home of its own, and clients that are logged in."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Sender:
    """A logged-in client on one kept connection that costs next to nothing itself: it shares two cores with the server,
    and a comfortable client takes a tenth of what is measured."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = headers

    def get(self, path: str) -> int:
        return self._send("GET", path, None, {"Accept-Encoding": "gzip"})

    def post(self, path: str, body: bytes, media_type: str, **headers: str) -> int:
        return self._send("POST", path, body, {"Content-Type": media_type, **headers})

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
        self._connection.request(method, path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


class Installation:
    """A running installation with the demo's accounts."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.base = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "CAASIS_HOME": str(home),
            "CAASIS_PORT": str(port),
            "CAASIS_LOG_LEVEL": "WARNING",
        }
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            self.environment.pop(name, None)
        self._up: subprocess.Popen[bytes] | None = None
        self._web: psutil.Process | None = None
        self._sessions: dict[str, httpx.Client] = {}

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(ROOT / "bin" / "caasis"), *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"caasis {' '.join(arguments)}: {done.stdout[-500:]}{done.stderr[-2000:]}")
        return done.stdout

    def start(self) -> float:
        """Start it; returns the seconds until the first page answered."""
        began = time.monotonic()
        self._up = subprocess.Popen(
            [str(ROOT / "bin" / "caasis"), "up"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while time.monotonic() - began < 180:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.base}/", timeout=5).status_code == 200:
                    return time.monotonic() - began
            time.sleep(0.1)
        raise RuntimeError("the first page did not answer")

    def stop(self) -> None:
        if self._up is not None:
            self._up.send_signal(signal.SIGINT)
            self._up.wait(180)

    def django(self) -> None:
        """Set this process up for the installation's database."""
        os.environ["CAASIS_HOME"] = str(self.home)
        from caasis.config.bootstrap import start_django

        start_django()

    def settle(self, seconds: float = 1_800) -> None:
        """Wait until relay and indexer have dealt with everything written so far, so that what is measured next doesn't
        share the machine with work that an earlier part has left. After `django()`."""
        from caasis.platform.health import index_behind, lag

        deadline = time.monotonic() + seconds
        while any(n for name, n in lag().items() if name.startswith(("behind:", "outbox_unnumbered"))) or index_behind():
            if time.monotonic() > deadline:
                raise RuntimeError("relay and indexer do not catch up")
            time.sleep(0.2)

    def accounts(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads((self.home / "demo-accounts.json").read_text())
        return found

    def sender(self, role: str) -> Sender:
        """A light client. All of a role share one session: more than three would end the first."""
        client = self._sessions.get(role) or self._sessions.setdefault(role, self.client(role))
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return Sender(
            self.port,
            {"Cookie": cookies, "X-CSRFToken": client.headers["X-CSRFToken"], "Referer": self.base, "Host": f"127.0.0.1:{self.port}"},
        )

    def web_cpu(self) -> float:
        """Seconds of CPU that the web process has used so far."""
        if self._web is None:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if process.cmdline()[-2:] == ["process", "web"]:
                        self._web = process
            assert self._web is not None, "no web process runs below this one"
        times = self._web.cpu_times()
        return times.user + times.system

    def client(self, role: str) -> httpx.Client:
        """A client with a session, and the CSRF token in its headers."""
        account = self.accounts()[role]
        client = httpx.Client(base_url=self.base, timeout=60, follow_redirects=False)
        page = client.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text[:500]
        answer = client.post(
            "/accounts/login/",
            data={"login": account["username"], "password": account["password"], "csrfmiddlewaretoken": token[1]},
            headers={"Referer": f"{self.base}/accounts/login/"},
        )
        assert answer.status_code == 302, answer.status_code
        client.headers["X-CSRFToken"] = client.cookies["caasis_csrf"]
        client.headers["Referer"] = self.base
        return client


@contextlib.contextmanager
def installation() -> Iterator[Installation]:
    home = Path(tempfile.mkdtemp(prefix="caasis-bench-"))
    running = Installation(home, free_port())
    try:
        yield running
    finally:
        running.stop()
        with contextlib.suppress(Exception):
            from caasis.platform.database import EmbeddedCluster

            EmbeddedCluster(home).destroy()
        shutil.rmtree(home, ignore_errors=True)


def calibrate() -> float:
    """Milliseconds of CPU for a fixed piece of work: what the machine gives a process at this moment."""
    began, total = time.process_time(), 0
    for number in range(500_000):
        total += number * number
    return (time.process_time() - began) * 1000


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: list[float]) -> dict[str, Any]:
    """Median, 95th percentile and count, in milliseconds."""
    return {
        "p50_ms": round(percentile(values, 0.5) * 1000, 1),
        "p95_ms": round(percentile(values, 0.95) * 1000, 1),
        "n": len(values),
    }
