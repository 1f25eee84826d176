"""The life of ``caasis up``: database, migrations, processes, address, and an end that leaves nothing behind."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import click
import psutil

from caasis.config import bootstrap
from caasis.config.processes import wanted
from caasis.config.supervision import configuration, first_page, keys
from caasis.config.supervision.home import Home
from caasis.config.supervision.lock import AlreadyRunning, Holder, UpLock
from caasis.config.supervision.remote import Supervisor, SupervisorUnreachable
from caasis.config.supervision.tls import Certificate
from caasis.platform.database import DatabaseProblem, EmbeddedCluster
from caasis.platform.database.processes import end_with_parent

RECOVERY_SECONDS = 600.0
FIRST_PAGE_SECONDS = 60.0
REVIVE_SECONDS = 30.0
END_SECONDS = 180.0


class Interrupted(Exception):
    """Ctrl-C, SIGTERM or SIGHUP arrived."""


@dataclass(frozen=True)
class Serving:
    """Where the web process listens."""

    port: int
    bind: str = "127.0.0.1"
    certificate: Certificate | None = None

    @property
    def url(self) -> str:
        """The address that a person opens."""
        host = "localhost" if self.bind in {"127.0.0.1", "0.0.0.0", "::", "::1"} else self.bind  # noqa: S104 (compared)
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}/"


@dataclass
class Session:
    """One run of an installation.

    ``before_start`` runs after the migrations, while the web process loads, ``after_start`` when the first page has
    answered; both get the environment that a sub-process with Django needs.
    """

    home: Home
    serving: Serving
    before_start: Callable[["Session"], None] | None = None
    after_start: Callable[["Session"], None] | None = None
    names: list[str] = field(default_factory=wanted)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _supervisor: subprocess.Popen[bytes] | None = None
    _cluster: EmbeddedCluster | None = None
    _found: bootstrap.Addresses | None = None

    def run(self) -> int:
        """Run until told to end; return the exit code."""
        self.home.prepare()
        lock = UpLock(self.home.lock)
        try:
            lock.take(Holder(os.getpid(), self.serving.port, self.serving.url))
        except AlreadyRunning as error:
            click.echo(str(error), err=True)
            return 1
        code = 1
        with self._signals():
            try:
                require_free_port(self.serving)
                self._begin(lock)
                self._watch()
            except Interrupted:
                code = 0
            except (DatabaseProblem, click.ClickException) as error:
                message = error.message if isinstance(error, click.ClickException) else str(error)
                click.echo(message, err=True)
            finally:
                clean = self._end()
        return code if clean else 1

    def environment(self) -> dict[str, str]:
        """Return the environment for a ``caasis`` sub-command in a process of its own."""
        if self._found is None:
            raise RuntimeError("the database has no address yet")
        hidden = {"DATABASE_URL_FILE", "DATABASE_OWNER_URL_FILE"}
        # An outer supervisord marks us as its child; our own children are those of our own supervisor only.
        made = {
            name: value
            for name, value in os.environ.items()
            if name not in hidden and not name.startswith("SUPERVISOR_")
        }
        made |= {
            "CAASIS_HOME": str(self.home.path),
            "CAASIS_PORT": str(self.serving.port),
            "CAASIS_BIND": self.serving.bind,
            "CAASIS_URL": self.serving.url,
            "DATABASE_URL": self._found.application,
            "DATABASE_OWNER_URL": self._found.owner,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", bootstrap.SETTINGS),
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(configuration.SOURCE_FOLDER), os.environ.get("PYTHONPATH", "")])
            ),
            "PYTHONUNBUFFERED": "1",
        }
        if self.serving.certificate is not None:
            made["CAASIS_TLS"] = "1"
            made["CAASIS_TLS_CERT"] = str(self.serving.certificate.certificate)
            made["CAASIS_TLS_KEY"] = str(self.serving.certificate.key)
        return made

    def run_command(self, *arguments: str) -> None:
        """Run a ``caasis`` sub-command in a process of its own; an interruption ends it too."""
        argv = [sys.executable, "-P", "-m", "caasis.config.command", *arguments]
        # A session of its own: Ctrl-C at the terminal reaches us only, and we end it in order.
        child = subprocess.Popen(
            argv, env=self.environment(), stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=end_with_parent
        )
        try:
            while child.poll() is None:
                self.pause(0.05)
        finally:
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        if child.returncode != 0:
            raise click.ClickException(f"「caasis {' '.join(arguments)}」が失敗しました。上の記録を確かめてください。")

    def pause(self, seconds: float) -> None:
        """Wait; raise ``Interrupted`` as soon as we are told to end, and an error when the supervisor is gone."""
        if self._stopping.wait(seconds):
            raise Interrupted
        if self._supervisor is not None and self._supervisor.poll() is not None:
            raise click.ClickException(f"プロセスの監視が止まりました。{self.home.log}/supervisord.logを見てください。")

    def _begin(self, lock: UpLock) -> None:
        with step("データベースを準備しています"):
            self._found = bootstrap.external_addresses()
            if self._found is None:
                self._cluster = EmbeddedCluster(self.home.path)
                # We hold the home's lock: a server that runs now was left behind, or was started by hand. Only one that
                # the supervisor has started is watched.
                self._cluster.stop("fast")
                self._cluster.prepare()
                self._found = bootstrap.embedded_addresses(self._cluster)
            self._start_supervisor(lock)
            self._wait_for_database()
        keys.ensure(self.home.path, self._found.owner)
        self.run_command("migrate")
        supervisor = Supervisor(self.home.supervisor_socket)
        # The web process first and without the others: importing everything at once on two cores doubles the wait for a
        # page. What is written before the start keeps the other core busy meanwhile.
        if "web" in self.names:
            supervisor.start("web")
        if self.before_start is not None:
            self.before_start(self)
        with step("画面と裏方の処理を起動しています"):
            answered = self._wait_for_first_page()
            for name in self.names:
                supervisor.start(name)
        if answered:
            self._announce()
        else:
            click.echo(
                f"画面がまだ応答しません。続けて待ちます。{self.home.log}/web.logに原因があるかもしれません。", err=True
            )
            while not self._wait_for_first_page():
                self._revive()
            self._announce()
        if self.after_start is not None:
            self.after_start(self)

    def _start_supervisor(self, lock: UpLock) -> None:
        self.home.prepare_supervisor_socket()
        # Under root the supervisor wants to be told that this is meant.
        user = pwd.getpwuid(0).pw_name if os.geteuid() == 0 else None
        supervised = configuration.programs(embedded=self._cluster is not None, names=self.names)
        self.home.supervisor_configuration.write_text(configuration.render(supervised, user=user), encoding="utf-8")
        environment = self.environment() | {
            configuration.CHILD_VARIABLE: configuration.child_command(),
            configuration.SOCKET_VARIABLE: str(self.home.supervisor_socket),
        }
        if self._cluster is not None:
            command = self._cluster.command()
            environment |= {configuration.POSTGRES_VARIABLE: configuration.joined(command.argv)}
        with (self.home.log / "supervisord.out").open("wb") as out:
            self._supervisor = subprocess.Popen(
                configuration.supervisor_argv(self.home.supervisor_configuration),
                cwd=self.home.path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                pass_fds=[lock.fileno()],
                preexec_fn=end_with_parent,
            )

    def _wait_for_database(self) -> None:
        if self._cluster is None:
            if self._found is not None:
                bootstrap.require_database(self._found)
            self._wait_for_supervisor()
            return
        self._wait_for_supervisor()
        deadline = time.monotonic() + RECOVERY_SECONDS
        while not self._cluster.ready():
            if time.monotonic() > deadline:
                raise click.ClickException(f"データベースが応答しません。{self.home.log}/postgres.logを見てください。")
            self.pause(0.05)
        self._cluster.ensure_roles_and_database()

    def _wait_for_supervisor(self) -> None:
        supervisor = Supervisor(self.home.supervisor_socket)
        deadline = time.monotonic() + 30
        while True:
            try:
                supervisor.states()
                return
            except SupervisorUnreachable as error:
                if time.monotonic() > deadline:
                    raise click.ClickException(
                        f"プロセスの監視を起動できません。{self.home.log}/supervisord.outを見てください。"
                    ) from error
            self.pause(0.05)

    def _wait_for_first_page(self) -> bool:
        if "web" not in self.names:
            return True
        deadline = time.monotonic() + FIRST_PAGE_SECONDS
        while not first_page.answers(self.serving.bind, self.serving.port, tls=self.serving.certificate is not None):
            if time.monotonic() > deadline:
                return False
            self.pause(0.1)
        return True

    def _watch(self) -> None:
        """Wait for the end; meanwhile start again what the supervisor has given up."""
        while True:
            deadline = time.monotonic() + REVIVE_SECONDS
            while time.monotonic() < deadline:
                self.pause(0.5)
            self._revive()

    def _revive(self) -> None:
        supervisor = Supervisor(self.home.supervisor_socket)
        with contextlib.suppress(SupervisorUnreachable):
            for program in supervisor.states():
                if program.state == "FATAL":
                    supervisor.start(program.name)

    def _announce(self) -> None:
        click.echo(f"{self.serving.url} で開けます。止めるときは Ctrl+C を押してください。")

    def _end(self) -> bool:
        """End everything, the database last; return whether nothing is left."""
        if self._supervisor is None:
            return True
        click.echo("終了しています。")
        family = self._family()
        self._supervisor.terminate()
        try:
            self._supervisor.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()  # Its children end with it: each has asked the kernel for that.
            self._supervisor.wait()
        clean = True
        if self._cluster is not None:
            try:
                self._cluster.stop("fast")
            except DatabaseProblem as problem:
                click.echo(str(problem), err=True)
                clean = False
        # Whatever was still starting when its supervisor died is found by its environment.
        family += [process for process in self._family() if process not in family]
        _, alive = psutil.wait_procs(family, timeout=15)
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.kill()
        _, alive = psutil.wait_procs(alive, timeout=5)
        if self.home.supervisor_socket.parent != self.home.run:
            with contextlib.suppress(OSError):
                self.home.supervisor_socket.parent.rmdir()
        if alive or not clean:
            click.echo(f"終わらないプロセスがあります（pid {', '.join(str(each.pid) for each in alive)}）。", err=True)
            return False
        click.echo("終了しました。")
        return True

    def _family(self) -> list[psutil.Process]:
        """Return our descendants, and what our supervisor has started even when it is gone."""
        found = psutil.Process().children(recursive=True)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                marks = process.environ()
                if marks.get("SUPERVISOR_ENABLED") and marks.get("CAASIS_HOME") == str(self.home.path):
                    found.append(process)
        return list(dict.fromkeys(found))

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, lambda *_: self._stopping.set()) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done and how long it took."""
    click.echo(f"{text}…", nl=False)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        click.echo()
        raise
    click.echo(f"済み（{time.monotonic() - began:.1f}秒）")


def require_free_port(serving: Serving) -> None:
    """Raise when another program listens on the port already, before anything is started."""
    family = socket.AF_INET6 if ":" in serving.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((serving.bind, serving.port))
        except OSError as error:
            raise click.ClickException(
                f"ポート{serving.port}は使えません。CAASIS_PORTで別の番号を指定してください。\n{error.strerror}"
            ) from error
