"""``CAASIS_HOME``: where an installation keeps everything that isn't code."""

import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from caasis.platform.database import place

DEFAULT_HOME = "var"
DEFAULT_PORT = 8000
# supervisord binds a temporary name (the socket's name, a dot and its process id) and then links it.
SUPERVISOR_SUFFIX = ".4194304"


@dataclass(frozen=True)
class Home:
    """The folders and files of an installation. Making an object creates nothing; ``prepare`` does."""

    path: Path

    @property
    def run(self) -> Path:
        """Files of the running processes: lock, generated supervisor configuration, socket."""
        return self.path / "run"

    @property
    def log(self) -> Path:
        """Logs of all processes, rotated."""
        return self.path / "log"

    @property
    def tls(self) -> Path:
        """The local certificate and its key."""
        return self.path / "tls"

    @property
    def lock(self) -> Path:
        """Held by the running ``caasis up``; names its process and port."""
        return self.run / "up.lock"

    @property
    def supervisor_configuration(self) -> Path:
        """The generated configuration of supervisord."""
        return self.run / "supervisord.conf"

    @cached_property
    def supervisor_socket(self) -> Path:
        """The supervisor's control socket, elsewhere when the home's path is too long for a socket."""
        folder = self.run if self._short_enough(self.run) else self._short_run_folder()
        return folder / "supervisor.sock"

    def prepare(self) -> None:
        """Make the folders, private to this account."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.run, self.log):
                folder.mkdir(mode=0o700, exist_ok=True)
                if stat.S_IMODE(folder.stat().st_mode) & 0o077:
                    folder.chmod(0o700)
        except OSError as error:
            raise click.ClickException(
                f"データの置き場所に書き込めません。CAASIS_HOMEを確かめてください。\n{error}"
            ) from error

    def prepare_supervisor_socket(self) -> None:
        """Make the folder of the control socket when it lies outside the home."""
        if self.supervisor_socket.parent != self.run:
            place.make_private_folder(self.supervisor_socket.parent, place.current_account())

    def _short_run_folder(self) -> Path:
        name = f"caasis-{os.geteuid()}-{place.instance_name(self.path)}-run"
        return Path("/tmp") / name  # noqa: S108 (private folder, its owner is checked)

    @staticmethod
    def _short_enough(folder: Path) -> bool:
        name = os.fsencode(folder / f"supervisor.sock{SUPERVISOR_SUFFIX}")
        return len(name) <= place.LONGEST_SOCKET_PATH


def current_home() -> Home:
    """Return the home that the environment names."""
    return Home(Path(os.environ.get("CAASIS_HOME") or DEFAULT_HOME).absolute())


def current_port() -> int:
    """Return the port that the environment names; a wrong one is an error in the operator's words."""
    text = os.environ.get("CAASIS_PORT") or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise click.ClickException(f"CAASIS_PORTは1から65535までの数にしてください（今は「{text}」）。")
    return int(text)
