"""A running engine of our own: its process, its port, and what others see of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caasis.telephony.adapters.embedded.client import EmbeddedEngine
from caasis.telephony.ports import EngineUnreachable, Snapshot

#: Below the ports that the system hands out by itself.
_FIRST_RTP, _RTP = 10_000, 400
_next = 0


def free_port() -> int:
    """A UDP port that nobody has at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def rtp_ports() -> tuple[int, int]:
    """Ports for sound that no other engine of this process, and of no other test process, takes."""
    global _next
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0)
    first = _FIRST_RTP + worker * 4 * _RTP + (_next % 4) * _RTP
    _next += 1
    return first, first + _RTP


class RunningEngine:
    """`python -m tests.rooms.telephony.sip.engine_main` in `folder`, which holds `prompts`."""

    def __init__(
        self,
        folder: Path,
        *,
        phones: Mapping[str, Mapping[str, Any]] | None = None,
        trunks: Mapping[str, Mapping[str, Any]] | None = None,
        **settings: Any,
    ) -> None:
        self.folder = folder
        (folder / "prompts").mkdir(exist_ok=True)
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self._told = {
            "folder": str(folder), "port": self.port, "rtp_ports": rtp_ports(),
            "phones": phones or {}, "trunks": trunks or {}, **settings,
        }  # fmt: skip
        self._process: subprocess.Popen[bytes]
        self.engine = EmbeddedEngine(folder / "engine.sock")
        self.start()

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DJANGO_")}
        self._log = (self.folder / "engine.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.rooms.telephony.sip.engine_main", json.dumps(self._told)],
            env=environment, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                self.snapshot()
                return
            except EngineUnreachable:
                assert self._process.poll() is None, (self.folder / "engine.log").read_text()
                time.sleep(0.05)
        raise AssertionError("the engine did not start")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def snapshot(self) -> Snapshot:
        return self.engine.snapshot()

    def said(self) -> str:
        """What the process logged."""
        return (self.folder / "engine.log").read_text()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """As by kill -9."""
        self._process.send_signal(signal.SIGCONT)
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """End it as the supervisor does; its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
        try:
            code = self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self.engine.close()
        self._log.close()
        return code
