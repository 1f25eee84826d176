"""kill -9 of every process while cases are being saved: what was acknowledged is there, the index catches up, doctor is
content. The ledger of acknowledged saves is kept outside the database."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from bench.installation import ROOT, Installation, installation

from caasis.platform.database import EmbeddedCluster
from caasis.platform.search.adapters.tantivy.folder import IndexFolder

VICTIMS = ("web", "jobs", "indexer", "relay", "database")


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    with installation() as made:
        # A proxy or an outer test server must not be used by the installation's own processes.
        for name in [name for name in made.environment if name.startswith(("CAASIS_TEST", "PYTEST", "CAASIS_NO_POOL"))]:
            made.environment.pop(name)
        made.environment.pop("CAASIS_NO_POOL", None)
        made.start()
        made.command("twin", "seed", "--people-only")
        yield made


class Saver(threading.Thread):
    """Saves case after case and notes each one that was acknowledged (201) in a file of its own."""

    def __init__(self, running: Installation, ledger: Path, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.running, self.ledger, self.stop_event = running, ledger, stop
        self.acknowledged = 0

    def run(self) -> None:
        client: httpx.Client | None = None
        with self.ledger.open("a") as file:
            while not self.stop_event.is_set():
                try:
                    client = client or self.running.client("counsellor")
                    answer = client.post("/api/v1/cases", json={"card": {"title": "止まっても残る相談"}}, timeout=20)
                except (httpx.HTTPError, AssertionError):
                    client = None
                    time.sleep(0.1)
                    continue
                if answer.status_code == 201:
                    file.write(answer.json()["id"] + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                    self.acknowledged += 1
                else:
                    # The database is away: nothing was acknowledged, the session is tried again.
                    client = None
                    time.sleep(0.1)


def pid_of(running: Installation, name: str) -> int | None:
    if name == "database":
        return EmbeddedCluster(running.home).pid
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        with contextlib.suppress(psutil.Error):
            if words[-2:] == ["process", name] and process.environ().get("CAASIS_HOME") == str(running.home):
                return int(process.pid)
    return None


def wait_for(what: str, condition, seconds: float = 90) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(Exception):
            if condition():
                return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen in {seconds:.0f} s")


def kill_and_see_it_back(running: Installation, name: str, saver: Saver) -> None:
    wait_for(f"{name} is there", lambda: pid_of(running, name) is not None)
    victim = pid_of(running, name)
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    wait_for(f"another {name}", lambda: pid_of(running, name) not in (None, victim))
    before = saver.acknowledged
    wait_for(f"saves go on after {name} was killed", lambda: saver.acknowledged > before + 2)


def prove(running: Installation, ledger: Path) -> int:
    """Every acknowledged case is in the database; the index catches up by itself; doctor finds no problem."""
    acknowledged = set(ledger.read_text().split())
    cluster = EmbeddedCluster(running.home)
    with psycopg.connect(cluster.dsn("owner")) as connection:
        found = {str(row[0]) for row in connection.execute("SELECT id FROM cases_case")}
    assert acknowledged and acknowledged <= found, f"{len(acknowledged - found)} acknowledged saves are lost"

    def caught_up() -> bool:
        with psycopg.connect(cluster.dsn("owner")) as connection:
            head = connection.execute("SELECT last_position FROM platform_outbox_head").fetchone()[0]
            waiting = connection.execute("SELECT count(*) FROM platform_outbox WHERE position IS NULL").fetchone()[0]
        return waiting == 0 and IndexFolder(running.home / "index").position() == head

    wait_for("the index caught up", caught_up)
    doctor = subprocess.run(
        [str(ROOT / "bin" / "caasis"), "doctor"], env=running.environment, capture_output=True, text=True, check=False
    )
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    return len(acknowledged)


def kill_in_turn(running: Installation, ledger: Path, victims: list[str]) -> None:
    stop = threading.Event()
    saver = Saver(running, ledger, stop)
    saver.start()
    try:
        wait_for("the first save", lambda: saver.acknowledged > 2)
        for name in victims:
            kill_and_see_it_back(running, name, saver)
    finally:
        stop.set()
        saver.join(30)
    prove(running, ledger)


@pytest.mark.timeout(600)
def test_one_kill_of_each_process_loses_no_acknowledged_save(running, tmp_path):
    kill_in_turn(running, tmp_path / "ledger", list(VICTIMS))


@pytest.mark.timeout(300)
def test_an_index_deleted_under_the_running_system_comes_back_and_is_told_meanwhile(running):
    client = running.client("counsellor")
    title = "索引が消えても見つかる相談"
    assert client.post("/api/v1/cases", json={"card": {"title": title}}).status_code == 201

    def shown() -> str:
        return client.get("/desk/search", params={"q": title}).text

    wait_for("the case is found", lambda: "app-found" in shown())
    folder = running.home / "index"
    # The indexer must not be quicker than the look at the page.
    indexer = pid_of(running, "indexer")
    assert indexer is not None
    os.kill(indexer, signal.SIGSTOP)
    try:
        folder.rename(running.home / "index-removed")
        page = shown()
        assert "検索の索引を作り直しています" in page and "結果がそろっていないことがあります。" in page
        assert client.get("/readyz").json()["search"] != "ok"
        doctor = subprocess.run(
            [str(ROOT / "bin" / "caasis"), "doctor"], env=running.environment, capture_output=True, text=True, check=False
        )
        assert "索引がないか、作り直しが必要です。" in doctor.stdout
    finally:
        os.kill(indexer, signal.SIGCONT)
    wait_for("the index is whole again", lambda: client.get("/readyz").json()["search"] == "ok")
    page = shown()
    assert "app-found" in page and "結果がそろっていない" not in page


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_twenty_kills_of_each_process_lose_no_acknowledged_save(running, tmp_path):
    victims = list(VICTIMS) * 20
    random.Random(20).shuffle(victims)
    kill_in_turn(running, tmp_path / "ledger", victims)
