"""One embedded PostgreSQL cluster, from its first preparation to its end."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from psycopg import pq

from caasis.platform.database import configuration, processes
from caasis.platform.database.binaries import MAJOR, Binaries, copied_binaries, wheel_binaries
from caasis.platform.database.errors import DatabaseProblem
from caasis.platform.database.place import POINTER, SOCKET_NAME, SYSTEM_BASE, Place, remove, settle
from caasis.platform.database.roles import (
    APPLICATION_ROLE,
    DATABASE_NAME,
    OWNER_ROLE,
    SUPERUSER,
    bootstrap_script,
)

SOURCE_FOLDER = Path(__file__).resolve().parents[3]
ROLES = {"app": APPLICATION_ROLE, "owner": OWNER_ROLE}
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


@dataclass(frozen=True)
class ForegroundCommand:
    """What a process supervisor runs. The program changes to the server's account itself, then becomes ``postgres``."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: str = "INT"
    """SIGINT is PostgreSQL's fast shutdown: sessions are ended, work that was acknowledged is on disk."""


class EmbeddedCluster:
    """The PostgreSQL cluster that belongs to one ``CAASIS_HOME``.

    ``settings`` are values for the server that stand above the computed ones (a test turns ``fsync`` off, for instance).
    ``owner_may_create_databases`` is for test runs only. ``durable=False`` skips writing through to the disk while the
    cluster is made. ``base`` is where data lies under root.
    """

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, str] | None = None,
        owner_may_create_databases: bool = False,
        durable: bool = True,
        base: Path = SYSTEM_BASE,
    ) -> None:
        self.home = home.absolute()
        self.base = base
        self.durable = durable
        self.owner_may_create_databases = owner_may_create_databases
        self._settings = dict(settings or {})
        self._child: subprocess.Popen[bytes] | None = None

    @staticmethod
    def exists(home: Path) -> bool:
        """Whether a cluster has ever been made for this home; looks without making anything."""
        return (home / POINTER).is_file() or (home / "postgres" / "data" / "PG_VERSION").is_file()

    @cached_property
    def place(self) -> Place:
        """Folders and accounts; asking for them makes the folders."""
        return settle(self.home, base=self.base)

    @cached_property
    def binaries(self) -> Binaries:
        """The server's programs, in a tree that the server's account can reach."""
        return copied_binaries(self.base) if self.place.separate_account else wheel_binaries()

    @property
    def initialised(self) -> bool:
        """Whether a data folder stands."""
        return (self.place.data / "PG_VERSION").is_file()

    @property
    def pid(self) -> int | None:
        """The living server's process id."""
        return processes.server_pid(self.place.data)

    def prepare(self) -> None:
        """Make the data folder if there is none, and write the configuration. Safe to repeat and to interrupt."""
        with self._lock():
            if not self.initialised:
                self._initialise()
            self._check_version()
            settings = configuration.default_settings(configuration.available_memory(), os.cpu_count() or 1)
            configuration.write_configuration(self.place, {**settings, **self._settings})

    def command(self) -> ForegroundCommand:
        """Return how a supervisor runs the server in the foreground. ``prepare()`` must have been called.

        It is a small program rather than ``postgres`` itself: what a killed server left behind is cleared before each
        start, also when the supervisor restarts it.
        """
        argv = [sys.executable, "-P", "-m", "caasis.platform.database", str(self.home), "--base", str(self.base)]
        return ForegroundCommand(argv, {"PYTHONPATH": str(SOURCE_FOLDER)})

    def start(self, foreground: bool = False) -> int | None:
        """Start the server and return; with ``foreground`` wait for its end and return its exit code.

        A server that runs already is left alone.
        """
        if self._child is not None:
            self._child.poll()  # A killed child that nobody waited for would keep its number.
        if self.pid is not None:
            return None
        self._clear_stale_locks()
        if foreground:
            return subprocess.run(self.server_argv(), check=False, **self._as_server()).returncode
        with self.place.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.server_argv(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_server(),
            )
        return None

    def run(self) -> None:
        """Become the server: clear leftovers, change to the server's account, replace this process. Never returns.

        Under supervisord the server shuts down when its supervisor dies (Linux).
        """
        self._clear_stale_locks()
        argv = self.server_argv()
        server = self.place.server
        os.chdir(self.place.data)
        if self.place.separate_account:
            os.setgroups([])
            os.setgid(server.gid)
            os.setuid(server.uid)
        os.umask(0o077)
        processes.end_with_supervisor(signal.SIGINT)  # After the change of account, which clears it.
        os.execve(argv[0], argv, _environment())  # noqa: S606 (the path is our own server tree)

    def server_argv(self) -> list[str]:
        """Return the bare server's command line; it must run as the server's account."""
        return [str(self.binaries.program("postgres")), "-D", str(self.place.data)]

    def ready(self) -> bool:
        """Whether the server accepts sessions now.

        The living process is looked at as well as the socket: a socket file outlives a killed server.
        """
        if self.pid is None:
            return False
        conninfo = (
            f"host='{_conninfo_quoted(str(self.place.socket))}' connect_timeout=2"
            f" user={APPLICATION_ROLE} dbname={DATABASE_NAME}"
        )
        return pq.PGconn.ping(conninfo.encode()) == pq.Ping.OK

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Wait until the server accepts sessions; raise ``DatabaseProblem`` after ``timeout`` seconds.

        Recovery after a crash takes as long as there is log to replay, so a supervisor should allow minutes.
        """
        deadline = time.monotonic() + timeout
        while not self.ready():
            if self._child is not None and self._child.poll() is not None:
                raise DatabaseProblem(
                    "データベースを起動できませんでした。記録を確かめてください。", detail=self.last_log_lines()
                )
            if time.monotonic() > deadline:
                raise DatabaseProblem(
                    f"データベースが{timeout:.0f}秒たっても応答しません。記録を確かめてください。",
                    detail=self.last_log_lines(),
                )
            time.sleep(0.02)

    def ensure_roles_and_database(self) -> None:
        """Make roles, database and rights on a running server. Safe to repeat."""
        script = bootstrap_script(owner_may_create_databases=self.owner_may_create_databases)
        try:
            self.psql(script, database="postgres")
        except subprocess.CalledProcessError as error:
            raise DatabaseProblem(
                "データベースの利用者を用意できませんでした。", detail=str(error.stderr).strip()
            ) from error

    def psql(self, script: str, *, database: str = DATABASE_NAME) -> str:
        """Run a ``psql`` script as the server's superuser and return its unaligned output.

        For setting up and for tests. Only the server's own account is mapped to the superuser, so this runs as it.
        """
        argv = [str(self.binaries.program("psql")), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        argv += ["-h", str(self.place.socket), "-U", SUPERUSER, "-d", database]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            argv, input=script, capture_output=True, text=True, check=True, timeout=120, **self._as_server()
        )
        return done.stdout

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast", timeout: float = 60.0) -> None:
        """End the server and wait until the last of its processes has left. Nothing happens when none runs."""
        pid = self.pid
        if pid is not None:
            processes.send(pid, STOP_SIGNALS[mode])
            if not self._wait_gone(timeout):
                processes.send(pid, signal.SIGQUIT)
                if not self._wait_gone(10.0):
                    raise DatabaseProblem("データベースを止められません。", detail=f"pid {pid}")
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=10.0)
            self._child = None

    def destroy(self) -> None:
        """Stop the server and delete all its data: for test runs."""
        self.stop("immediate")
        remove(self.place, self.home)

    def dsn(self, role: Literal["app", "owner"] = "app", *, database: str = DATABASE_NAME) -> str:
        """Return the connection address for the application's role or for the owner of the tables."""
        return f"postgresql://{ROLES[role]}@/{database}?host={quote(str(self.place.socket), safe='/')}"

    def last_log_lines(self, count: int = 20) -> str:
        """Return the end of the server's log."""
        try:
            lines = self.place.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])

    def _initialise(self) -> None:
        """Run ``initdb`` beside the final place and rename, so that an interrupted one is never taken for a cluster."""
        data = self.place.data
        unfinished = data.with_name("data.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        if data.exists():
            raise DatabaseProblem(
                "データベースのフォルダーが壊れています。バックアップから戻してください。", detail=str(data)
            )
        unfinished.mkdir(mode=0o700)
        if self.place.separate_account:
            os.chown(unfinished, self.place.server.uid, self.place.server.gid)
        argv = [str(self.binaries.program("initdb")), "-D", str(unfinished), "-E", "UTF8", "-U", SUPERUSER]
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale", "--auth=peer"]
        argv += ["--data-checksums", "--no-instructions"]
        argv += [] if self.durable else ["--no-sync"]
        done = self._run_as_server(argv)
        if done.returncode != 0:
            raise DatabaseProblem("データベースを作れませんでした。", detail=(done.stderr or done.stdout).strip())
        unfinished.rename(data)

    def _check_version(self) -> None:
        found = (self.place.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(MAJOR):
            raise DatabaseProblem(
                f"データはPostgreSQL {found}のものです。caasis upgrade を実行してください。",
                detail=str(self.place.data),
            )

    def _run_as_server(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300, **self._as_server())

    def _as_server(self) -> dict[str, Any]:
        """Return the arguments for ``subprocess`` that run a program as the server's account."""
        arguments: dict[str, Any] = {"env": _environment(), "cwd": "/", "umask": 0o077}
        if self.place.separate_account:
            server = self.place.server
            arguments |= {"user": server.uid, "group": server.gid, "extra_groups": []}
        return arguments

    def _clear_stale_locks(self) -> None:
        processes.clear_stale_locks(self.place.data, self.place.socket / f"{SOCKET_NAME}.lock")

    def _wait_gone(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._child is not None:
                self._child.poll()  # A child that isn't waited for stays as a zombie.
            if not processes.leftover_pids(self.place.data):
                return True
            time.sleep(0.02)
        return False

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.place.root / "prepare.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _environment() -> dict[str, str]:
    """Return a bare environment: no ``PG…`` variable or library path of the caller may change what the server does."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LANG": "C"}


def _conninfo_quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
