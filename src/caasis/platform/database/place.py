"""Where a cluster lies and which operating-system account runs it.

PostgreSQL refuses to run as root. Under root the server runs as a system account of its own, and its files lie below
``/var/lib/caasis``, which that account can reach; ``CAASIS_HOME`` then only keeps a small text file that names the
place. Without root everything lies below ``CAASIS_HOME/postgres`` and the server runs as the current user.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from caasis.platform.database.errors import DatabaseProblem

SYSTEM_BASE = Path("/var/lib/caasis")
SYSTEM_ACCOUNT = "caasis-db"
POINTER = "postgres.place"
SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un.sun_path holds 108 bytes on Linux, the last of which is the terminating zero (man 7 unix).
LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True)
class Account:
    """An operating-system account."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """Folders and accounts of one cluster."""

    root: Path
    socket: Path
    server: Account
    application: Account

    @property
    def data(self) -> Path:
        """The data folder (``PGDATA``)."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """The server's log when no supervisor collects it."""
        return self.root / "server.log"

    @property
    def separate_account(self) -> bool:
        """Whether the server runs as another account than the application."""
        return self.server.uid != self.application.uid


def current_account() -> Account:
    """Return the account of this process; peer authentication needs it to have a name."""
    uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise DatabaseProblem(
            "実行中の利用者に名前がありません。/etc/passwdに登録するか、DATABASE_URLを指定してください。",
            detail=f"uid {uid} has no entry in the password database",
        ) from None
    return Account(entry.pw_name, uid, entry.pw_gid)


def system_account(name: str = SYSTEM_ACCOUNT) -> Account:
    """Return the unprivileged account that runs the server under root, creating it when it is missing."""
    with contextlib.suppress(KeyError):
        return _unprivileged(pwd.getpwnam(name))
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
    reason = ""
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        reason = made.stderr.strip()
    except OSError as error:
        reason = str(error)
    try:
        # Two first starts at the same moment both try; whoever comes second finds the account.
        return _unprivileged(pwd.getpwnam(name))
    except KeyError:
        raise DatabaseProblem(
            "データベース用の利用者を作れません。次の命令を実行してから、やり直してください。",
            detail=f"{' '.join(command)}\n{reason}".strip(),
        ) from None


def _unprivileged(entry: pwd.struct_passwd) -> Account:
    if entry.pw_uid == 0:
        raise DatabaseProblem(f"利用者{entry.pw_name}は管理者です。管理者でない利用者にしてください。")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def settle(home: Path, *, base: Path = SYSTEM_BASE) -> Place:
    """Decide where the cluster of ``home`` lies and make its folders with private modes.

    ``home`` must be absolute. Raises ``DatabaseProblem`` when a folder can't be made or isn't ours.
    """
    application = current_account()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if application.uid == 0:
            return _settle_as_root(home, base, application, system_account())
        return _settle_as_user(home, application)
    except PermissionError as error:
        raise DatabaseProblem(
            "データの置き場所に書き込めません。権限を確かめてください。", detail=str(error)
        ) from error


def _settle_as_user(home: Path, account: Account) -> Place:
    root = home / "postgres"
    root.mkdir(mode=0o700, exist_ok=True)
    socket = root / "socket"
    if not fits(socket):
        # The folder's name is derived from the home so that every process of this installation finds the same one.
        socket = Path(tempfile.gettempdir()) / f"caasis-{account.uid}-{instance_name(home)}"
        if not fits(socket):
            socket = Path("/tmp") / socket.name  # noqa: S108 (private folder, ownership is checked below)
    make_private_folder(socket, account)
    return Place(root=root, socket=socket, server=account, application=account)


def _settle_as_root(home: Path, base: Path, application: Account, server: Account) -> Place:
    if not base.is_dir():
        base.mkdir(mode=0o755, parents=True)
        base.chmod(0o755)  # We have just made it: the mode doesn't depend on the umask.
    root = _instance_folder(home, base)
    if not root.is_dir():
        root.mkdir()
    # The server's account passes through this folder and can't list or change it.
    os.chown(root, 0, server.gid)
    root.chmod(0o710)
    (root / "home").write_text(f"{home}\n", encoding="utf-8")
    (home / POINTER).write_text(f"{root}\n", encoding="utf-8")
    (home / POINTER).chmod(0o600)
    socket = root / "socket"
    make_private_folder(socket, server)
    # Root may reach the socket without being able to override modes (a container without CAP_DAC_OVERRIDE).
    os.chown(socket, server.uid, application.gid)
    socket.chmod(0o710)
    return Place(root=root, socket=socket, server=server, application=application)


def _instance_folder(home: Path, base: Path) -> Path:
    """Return the instance folder: the one that ``home`` names, if it is still this home's, else one of its own.

    A home that was moved keeps its data. A home that was copied must not share a running cluster with the original, so
    the pointer is ignored as long as the original still points to the same place.
    """
    own = base / instance_name(home)
    pointer = home / POINTER
    if not pointer.is_file():
        return own
    named = Path(pointer.read_text(encoding="utf-8").strip())
    if named == own or not (named / "home").is_file() or named.parent != base:
        return own
    original = Path((named / "home").read_text(encoding="utf-8").strip())
    if original != home and (original / POINTER).is_file():
        return own
    return named


def instance_name(home: Path) -> str:
    """Return a short name that follows from the absolute path of the home."""
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def fits(socket: Path) -> bool:
    """Whether the server's socket in this folder has a path short enough for the kernel."""
    return len(os.fsencode(socket / SOCKET_NAME)) <= LONGEST_SOCKET_PATH


def make_private_folder(path: Path, owner: Account) -> None:
    """Make ``path`` a folder that only ``owner`` can enter; refuse one that somebody else has put there."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        if owner.uid != os.geteuid():
            os.chown(path, owner.uid, owner.gid)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid:
        raise DatabaseProblem("別の利用者のフォルダーがあります。取り除いてからやり直してください。", detail=str(path))
    if stat.S_IMODE(found.st_mode) & 0o077 and owner.uid == os.geteuid():
        path.chmod(0o700)


def remove(place: Place, home: Path) -> None:
    """Delete every file of a stopped cluster."""
    shutil.rmtree(place.socket, ignore_errors=True)
    shutil.rmtree(place.root, ignore_errors=True)
    (home / POINTER).unlink(missing_ok=True)
