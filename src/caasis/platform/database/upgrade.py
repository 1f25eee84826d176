"""Moving a data folder of an older major version to the server's own, with pg_upgrade in copy mode.

The old folder stays beside the new one until the operator deletes it, so that a way back exists.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from caasis.platform.database.binaries import PACKAGE, WHEEL, Binaries, wheel_binaries
from caasis.platform.database.cluster import EmbeddedCluster
from caasis.platform.database.errors import DatabaseProblem
from caasis.platform.database.roles import SUPERUSER

Say = Callable[[str], None]
MINIMUM = 13


def stored_version(cluster: EmbeddedCluster) -> int:
    """Major version of the data folder."""
    return int((cluster.place.data / "PG_VERSION").read_text(encoding="ascii").strip())


def own_version(binaries: Binaries) -> int:
    answer = subprocess.run([str(binaries.program("postgres")), "--version"], capture_output=True, text=True, check=True)
    return int(answer.stdout.split()[2].split(".")[0])


def programs_of(major: int, cluster: EmbeddedCluster) -> Path:
    """The folder with the programs of an older major version: one that the wheel brings, or a kept copy.

    :raises DatabaseProblem: there is none on this machine.
    """
    package = wheel_binaries().root / PACKAGE
    candidates = [*package.glob("pginstall*/bin"), *cluster.base.glob(f"server-{major}*/{PACKAGE}/pginstall*/bin")]
    for folder in candidates:
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            answer = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True)
            if answer.stdout.split()[2].split(".")[0] == str(major):
                return folder
    raise DatabaseProblem(
        f"PostgreSQL {major} のプログラムがこの機械にありません。前の版のライブラリー（{WHEEL}）を残したまま、もう一度実行してください。"
    )


def upgrade_cluster(cluster: EmbeddedCluster, say: Say) -> tuple[int, int] | None:
    """Upgrade a stopped cluster; returns (old, new) major versions, or None when there is nothing to do.

    :raises DatabaseProblem: the server runs, the old programs are missing, or pg_upgrade refused. The old data are
        untouched then.
    """
    if not cluster.initialised:
        raise DatabaseProblem("まだデータがありません。先に caasis up を実行してください。")
    old, new = stored_version(cluster), own_version(cluster.binaries)
    if old == new:
        return None
    if old > new or old < MINIMUM:
        raise DatabaseProblem(f"PostgreSQL {old} のデータは、この版（{new}）では移せません。")
    if cluster.pid is not None:
        raise DatabaseProblem("データベースが動いています。caasis down で止めてから実行してください。")
    place = cluster.place
    work = place.root / "upgrade"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    _own(cluster, work)
    try:
        old_programs = _reachable(programs_of(old, cluster), cluster, work)
        fresh = work / "data"
        say(f"PostgreSQL {new} のデータの置き場を作っています")
        fresh.mkdir(mode=0o700)
        _own(cluster, fresh)
        _run(
            cluster,
            [str(cluster.binaries.program("initdb")), "-D", str(fresh), "-E", "UTF8", "-U", SUPERUSER, "--no-locale",
             "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums", "--auth=trust", "--no-instructions"],
            work,
        )  # fmt: skip
        say("データを移しています（量によっては、かかります）")
        # Only the server's own account reaches the socket in this private folder, while it is being moved.
        copy = work / "old"
        _run(cluster, ["cp", "-a", str(place.data), str(copy)], work)
        (copy / "pg_hba.conf").write_text("local all all trust\n", encoding="ascii")
        (copy / "postmaster.pid").unlink(missing_ok=True)
        (copy / "postgresql.conf").write_text("", encoding="ascii")
        (copy / "postgresql.auto.conf").write_text("", encoding="ascii")
        _run(
            cluster,
            [str(cluster.binaries.program("pg_upgrade")), "--old-datadir", str(copy), "--new-datadir", str(fresh),
             "--old-bindir", str(old_programs), "--new-bindir", str(cluster.binaries.program("postgres").parent),
             "--username", SUPERUSER, "--socketdir", str(work)],
            work,
        )  # fmt: skip
        kept = place.data.with_name(f"data.{old}")
        shutil.rmtree(kept, ignore_errors=True)
        place.data.rename(kept)
        fresh.rename(place.data)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say("統計を作り直しています")
    cluster.prepare()
    cluster.start()
    try:
        cluster.wait_ready()
        cluster.ensure_roles_and_database()
        cluster.psql("ANALYZE")
    finally:
        cluster.stop()
    return old, new


def _reachable(programs: Path, cluster: EmbeddedCluster, work: Path) -> Path:
    """The old programs where the server's account can run them."""
    if not cluster.place.separate_account or programs.is_relative_to(cluster.base):
        return programs
    tree = work / "old-server" / PACKAGE / programs.parent.name
    shutil.copytree(programs.parent, tree, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a", "__pycache__"))
    libraries = wheel_binaries().root / f"{PACKAGE}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, work / "old-server" / libraries.name, symlinks=True)
    for folder, _, files in os.walk(work / "old-server"):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    return tree / "bin"


def _own(cluster: EmbeddedCluster, path: Path) -> None:
    if cluster.place.separate_account:
        os.chown(path, cluster.place.server.uid, cluster.place.server.gid)


def _run(cluster: EmbeddedCluster, argv: list[str], work: Path) -> None:
    arguments = {**cluster._as_server(), "cwd": str(work)}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **arguments)
    if done.returncode != 0:
        raise DatabaseProblem(
            f"{Path(argv[0]).name} が失敗しました。元のデータはそのままです。", detail=(done.stdout + done.stderr)[-3000:]
        )
