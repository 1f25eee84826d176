"""From the ring to the card: an INVITE that reaches the engine, and how long until the desk's page shows who rings.

Everything is the product's: engine, switchboard, relay, web and its stream, each in its own process of a throw-away
installation. The page's part is played by a client that does what `telephone.js` does: it listens to the stream, waits its
60 ms when its own agent's state has changed, and loads the bar. Drawing the bar in the browser isn't in it.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from tests.rooms.telephony.sip.phone import Phone, Voices, eventually
from tests.rooms.telephony.sip.running import free_port, rtp_ports

from bench.installation import ROOT, Installation, installation, percentile
from caasis.twin.phones import write_phones

LINE = "0355550100"
#: What `telephone.js` waits for more events before it loads the bar.
PAGE_WAITS_S = 0.06
#: A number whose callers come to the queue at once, without a greeting, and the counsellor's desk phone.
_TELEPHONE = """
from caasis.config.bootstrap import start_django
start_django()
from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.platform.transactions import system_transaction
from caasis.queues.services import default_queue
from caasis.telephony.services import save_number, set_station
chief, agent = (actor_of(User.objects.get(username=name)) for name in ("supervisor", "counsellor"))
with system_transaction():
    queue = default_queue(centre_id=chief.centre_id)
save_number(actor=chief, centre_id=chief.centre_id, number="03-5555-0100", label="代表", queue_id=queue.id)
set_station(actor=agent, user="1001")
"""


class Desk:
    """An installation with its telephone: the counsellor's desk phone, and a telephone of the public."""

    def __init__(self, running: Installation, address: tuple[str, int]) -> None:
        self.running = running
        told = tomllib.loads((running.home / "telephone" / "telephone.toml").read_text(encoding="utf-8"))
        words, voices = {one["user"]: one["password"] for one in told["phone"]}, Voices()
        self.desk = Phone("1001", address, password=words["1001"], voices=voices)
        self.public = Phone("9001", address, password=words["9001"], voices=voices)

    def inside(self, program: str) -> None:
        """Run a program beside the installation, on its database."""
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=self.running.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2_000:]

    def close(self) -> None:
        self.desk.close()
        self.public.close()


D = TypeVar("D", bound=Desk)


@contextmanager
def desk(kind: type[D]) -> Iterator[D]:
    """Start an installation whose phones are registered; `kind` is made of it."""
    with installation() as running:
        for name in [
            name for name in running.environment if name.startswith(("CAASIS_TEST", "PYTEST", "CAASIS_NO_POOL"))
        ]:
            running.environment.pop(name)
        port, (first, last) = free_port(), rtp_ports()
        running.environment |= {
            "CAASIS_TELEPHONE": "embedded", "CAASIS_SIP_PORT": str(port), "CAASIS_RTP_PORTS": f"{first}-{last - 1}",
        }  # fmt: skip
        write_phones(running.home / "telephone" / "telephone.toml")
        running.start()
        running.command("twin", "seed", "--people-only")
        made = kind(running, ("127.0.0.1", port))
        try:
            made.inside(_TELEPHONE)
            registered = lambda: (made.desk.register(), made.public.register()) == (200, 200)  # noqa: E731
            eventually(registered, 60, "the phones are registered")
            yield made
        finally:
            made.close()


class Page:
    """What an open page of the counsellor's does with the stream; notes when the bar rang."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        html = client.get("/desk/").text
        found = re.search(r'<app-telephone[^>]* agent="([^"]+)"', html)
        assert found, "the page has no telephone"
        self._agent = found[1]
        self.told_at = self.rang_at = 0.0
        self._ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self._ready.wait(30), "the stream does not answer"

    def bar(self) -> str:
        return self._client.get("/desk/telephone/", headers={"HX-Request": "true"}).text

    def choose(self, state: str) -> None:
        answer = self._client.post("/desk/telephone/state", data={"choice": state}, headers={"HX-Request": "true"})
        assert answer.status_code == 200, answer.text[:300]

    def close(self) -> None:
        self._stop.set()

    def _listen(self) -> None:
        # A client of its own: the stream never ends.
        with (
            httpx.Client(base_url=self._client.base_url, cookies=self._client.cookies, timeout=None) as mine,
            mine.stream("GET", "/desk/stream", headers={"Accept": "text/event-stream"}) as answer,
        ):
            for line in answer.iter_lines():
                self._ready.set()
                if self._stop.is_set():
                    return
                if line.startswith("data:"):
                    self._take(line[5:])

    def _take(self, text: str) -> None:
        try:
            told = json.loads(text)
        except ValueError:
            return
        if not isinstance(told, dict) or told.get("topic") != "queues.agent_state_changed":
            return
        if told.get("subject") == self._agent:
            heard = time.monotonic()
            time.sleep(PAGE_WAITS_S)
            if "data-rings" in self.bar():
                self.told_at, self.rang_at = heard, time.monotonic()


def measure_ring_to_card(times: int) -> dict[str, Any]:
    """Calls one after the other, each given up as soon as the page shows it."""
    with desk(Desk) as made:
        page = Page(made.running.client("counsellor"))
        page.choose("available")
        took, told, rang = [], [], []
        for _ in range(times):
            eventually(lambda: 'data-state="available"' in page.bar(), 30, "the counsellor is free")
            time.sleep(0.5)
            page.rang_at, before, began = 0.0, len(made.desk.calls), time.monotonic()
            call = made.public.call(LINE)
            phone_rang: list[float] = []

            def both(before: int = before, phone_rang: list[float] = phone_rang) -> bool:
                if not phone_rang and len(made.desk.calls) > before:
                    phone_rang.append(time.monotonic())
                return bool(page.rang_at and phone_rang)

            eventually(both, 30, "it rings on the page")
            took.append(page.rang_at - began)
            told.append(page.told_at - began)
            rang.append(phone_rang[0] - began)
            made.public.hang_up(call)
        page.close()
        return {
            "times": times, "p50_ms": _ms(statistics.median(took)), "p95_ms": _ms(percentile(took, 0.95)),
            "worst_ms": _ms(max(took)), "desk_phone_rings_p50_ms": _ms(statistics.median(rang)),
            "event_p50_ms": _ms(statistics.median(told)),
        }  # fmt: skip


def _ms(seconds: float) -> int:
    return round(1_000 * seconds)
