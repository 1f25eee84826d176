"""``caasis up`` as an operator uses it: starting, being refused, killing children, ending, and the checks of doctor."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from caasis.config.processes import wanted
from caasis.config.supervision.home import Home
from caasis.config.supervision.readiness import program_states
from caasis.config.supervision.remote import ProgramState
from caasis.platform.database import EmbeddedCluster
from caasis.platform.database.processes import end_with_parent

ROOT = Path(__file__).resolve().parents[2]
SUPERVISED = {"postgres", *wanted({})}
# Two shared cores import Django six times; what is waited for is an event, never the clock.
PATIENCE = 200.0


@dataclass
class Installation:
    """A home, a port, and the ``caasis up`` that may be running in it."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The operator's environment: nothing of the test run's own database."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "PYTEST_"))}
        return kept | {"CAASIS_HOME": str(self.home), "CAASIS_PORT": str(self.port), "PYTHONPATH": python_path()}

    @property
    def output(self) -> Path:
        return self.home.parent / "up.out"

    def begin(self, *options: str) -> None:
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [*COMMAND, "up", *options],
                env=self.environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=end_with_parent,  # A test run that is killed leaves nothing behind.
            )

    def up(self, *options: str) -> None:
        self.begin(*options)
        assert self.process is not None
        wait_until(lambda: "で開けます" in self.printed() or self.process is None or self.process.poll() is not None)
        assert self.process.poll() is None, self.printed()

    def printed(self) -> str:
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def caasis(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def processes(self) -> dict[str, ProgramState]:
        return {each.name: each for each in program_states(Home(self.home))}

    def all_running(self) -> bool:
        found = self.processes()
        return set(found) == SUPERVISED and all(each.running for each in found.values())

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def answers(self, scheme: str = "http") -> bool:
        unverified = ssl.create_default_context()
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        try:
            with urllib.request.urlopen(f"{scheme}://localhost:{self.port}/", timeout=5, context=unverified) as page:
                return page.status == 200
        except urllib.error.HTTPError:
            return False
        except OSError:
            return False

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def nothing_left(self) -> bool:
        """No process of this installation lives: none works in its folders, none listens on its port."""
        folders = {self.home}
        if EmbeddedCluster.exists(self.home):
            folders.add(EmbeddedCluster(self.home).place.data)
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()) in folders and process.status() != psutil.STATUS_ZOMBIE:
                    return False
            except (psutil.Error, OSError):
                continue
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0


COMMAND = [sys.executable, "-P", "-m", "caasis.config.command"]


def python_path() -> str:
    return os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], timeout: float = PATIENCE) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    # The characters are those that the supervisor's configuration and a shell treat specially.
    yield from installed(tmp_path_factory.mktemp("相談 100%;支援#1"))


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    yield from installed(tmp_path, start=False)


def installed(folder: Path, *, start: bool = True) -> Iterator[Installation]:
    made = Installation(folder / "home", free_port())
    cluster = EmbeddedCluster(made.home, durable=False)
    try:
        cluster.prepare()
        if start:
            made.up()
            wait_until(made.all_running)
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.process.terminate()
            made.process.wait(PATIENCE)
        cluster.destroy()


def test_the_page_opens_and_every_process_runs(running: Installation) -> None:
    assert running.answers()
    assert f"http://localhost:{running.port}/ で開けます" in running.printed()
    status = running.caasis("status", "--json")
    assert status.returncode == 0
    assert {each["name"] for each in json.loads(status.stdout)["processes"]} == SUPERVISED


def test_a_second_up_is_refused_with_port_and_process(running: Installation) -> None:
    assert running.process is not None
    second = running.caasis("up")
    assert second.returncode == 1
    assert f"すでに動いています（ポート{running.port}、pid {running.process.pid}）" in second.stderr
    assert running.answers(), "the first one must go on"


def test_every_process_comes_back_when_all_are_killed_at_once(running: Installation) -> None:
    wait_until(running.all_running)
    before = {name: each.pid for name, each in running.processes().items()}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: running.all_running() and changed(before, running.processes()) == SUPERVISED)
    wait_until(running.answers)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(SUPERVISED))
def test_a_killed_process_comes_back_alone(running: Installation, name: str) -> None:
    wait_until(running.all_running)
    before = {each: state.pid for each, state in running.processes().items()}
    os.kill(before[name], signal.SIGKILL)
    wait_until(lambda: running.all_running() and name in changed(before, running.processes()))
    wait_until(running.answers)
    assert changed(before, running.processes()) == {name}, "the others must not notice"


def changed(before: dict[str, int], now: dict[str, ProgramState]) -> set[str]:
    return {name for name, each in now.items() if each.pid != before[name]}


def test_doctor_finds_nothing_to_mend(running: Installation) -> None:
    wait_until(running.all_running)
    done = running.caasis("doctor", "--json")
    findings = {each["name"]: each for each in json.loads(done.stdout)}
    assert {each["state"] for each in findings.values()} == {"ok"}, findings
    assert done.returncode == 0


def test_doctor_names_a_key_that_others_can_read(running: Installation) -> None:
    ring = running.home / "keys" / "keyring.json"
    ring.chmod(0o644)
    try:
        done = running.caasis("doctor")
        assert done.returncode == 1
        assert "ほかの利用者が読めます" in done.stdout
        assert "chmod 600" in done.stdout
    finally:
        ring.chmod(0o600)


def test_ctrl_c_ends_everything(installation: Installation) -> None:
    installation.up()
    family = installation.family()
    assert family
    assert installation.end(signal.SIGINT) == 0
    assert [each for each in family if each.is_running()] == []
    assert installation.nothing_left()
    assert installation.caasis("status").returncode == 3


@pytest.mark.slow
def test_down_ends_it_from_elsewhere_and_a_new_start_works(installation: Installation) -> None:
    installation.up()
    down = installation.caasis("down")
    assert (down.returncode, installation.process and installation.process.wait(PATIENCE)) == (0, 0)
    assert installation.nothing_left()
    installation.up()
    assert installation.answers()


@pytest.mark.slow
def test_ctrl_c_during_the_start_ends_everything(installation: Installation) -> None:
    for text in ("データベースを準備", "表を更新", "画面と裏方"):
        installation.begin()
        wait_until(lambda text=text: text in installation.printed() or "表は最新" in installation.printed())
        assert installation.end(signal.SIGINT) == 0
        assert installation.nothing_left()
    installation.up()


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["up", "supervisor"])
def test_killing_the_watcher_leaves_no_process_and_the_next_start_works(installation: Installation, whom: str) -> None:
    installation.up("--tls")
    assert installation.answers("https")
    assert installation.process is not None
    supervisor = psutil.Process(installation.process.pid).children()[0]
    (installation.process if whom == "up" else supervisor).kill()
    installation.process.wait(PATIENCE)
    wait_until(installation.nothing_left)
    installation.up()
    assert installation.answers()
    assert installation.end(signal.SIGTERM) == 0
    assert installation.nothing_left()


@pytest.mark.slow
def test_a_server_left_behind_is_replaced_by_a_supervised_one(installation: Installation) -> None:
    left = EmbeddedCluster(installation.home)
    left.start()
    left.wait_ready(30)
    before = left.pid
    installation.up()
    assert installation.processes()["postgres"].pid == left.pid != before


def test_an_occupied_port_is_said_before_anything_starts(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        done = installation.caasis("up")
    assert done.returncode == 1
    assert f"ポート{installation.port}は使えません" in done.stderr
    assert installation.nothing_left()


def test_data_without_its_keys_is_not_given_new_ones(installation: Installation) -> None:
    cluster = EmbeddedCluster(installation.home)
    cluster.start()
    cluster.wait_ready(30)
    cluster.ensure_roles_and_database()
    with psycopg.connect(cluster.dsn("owner")) as owner:
        owner.execute("CREATE TABLE django_migrations (id int)")  # What an installation that was once started has.
    ring = installation.home / "keys" / "keyring.json"
    done = installation.caasis("up")
    assert done.returncode == 1
    assert "バックアップから戻してください" in done.stderr
    assert not ring.exists()
    assert installation.nothing_left()


def test_help_answers_at_once_and_lists_every_command() -> None:
    environment = {"PYTHONPATH": python_path(), "PATH": os.environ["PATH"]}
    argv = [sys.executable, "-P", "-X", "importtime", "-m", "caasis.config.command", "--help"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=True)
    for name in ("up", "down", "status", "doctor", "migrate"):
        assert f"\n  {name} " in done.stdout
    # Seconds on a shared machine say little; what makes the difference is which libraries are imported.
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert imported.isdisjoint({"django", "psycopg", "supervisor", "cryptography", "uvicorn"})
