"""Making a backup while everything runs: one folder with database, files, keys and a manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from caasis.platform.backup import keybox
from caasis.platform.backup.fingerprint import TablePrint, fingerprint
from caasis.platform.database.binaries import wheel_binaries

MANIFEST = "manifest.json"
DATABASE = "database.dump"
FILES = "files"
#: Folders of the home beside `files` that hold what can't be made anew, under their own names: sealed recordings of calls,
#: recorded prompts.
ALSO = ("telephone/recordings", "telephone/prompts/recorded")
KEYS = "keys.sealed"
OPEN_KEYS = "keys.tar"
ANCHORS = "anchors.tar"
#: Settings with passwords (phones and lines, the provider of SMS), sealed as the keys are.
SETTINGS_FILES = ("*.toml", "telephone/*.toml")
SETTINGS, OPEN_SETTINGS = "settings.sealed", "settings.tar"
FORMAT = 1

Say = Callable[[str], None]


class BackupProblem(Exception):
    """A backup or restore that can't go on; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `files` maps a file's path (below `files`, or from the home on: `ALSO`) to its SHA-256."""

    format: int
    version: str
    made_at: str
    tables: dict[str, dict[str, Any]]
    files: dict[str, str]
    keys_sealed: bool

    def prints(self) -> dict[str, TablePrint]:
        return {name: TablePrint(**entry) for name, entry in self.tables.items()}


def program(name: str) -> str:
    """Path of a PostgreSQL client program of the server's own version."""
    return str(wheel_binaries().program(name))


def make_backup(*, home: Path, owner_url: str, target: Path, version: str, passphrase: str, say: Say) -> Manifest:
    """Write a backup into `target`, which must not exist. A stopped backup leaves only `target` + `.part`.

    Database counts, digests and dump come from one snapshot. Files are copied after it: a file lies on disk before its
    row is committed, so every row's file is there.
    """
    if target.exists():
        raise BackupProblem(f"{target} はもうあります。別の名前にしてください。")
    part = target.with_name(target.name + ".part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(mode=0o700, parents=True)
    say("データベースを写しています")
    with psycopg.connect(owner_url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        _run(
            [program("pg_dump"), "--format=custom", "--compress=6", f"--snapshot={row[0]}", "--no-owner",
             f"--file={part / DATABASE}", owner_url]
        )  # fmt: skip
        tables = fingerprint(connection)
    say("ファイルを写しています")
    files = _copy_files(home / "files", part / FILES)
    for folder in ALSO:
        files |= {f"{folder}/{name}": digest for name, digest in _copy_files(home / folder, part / folder).items()}
    say("鍵を写しています")
    for secret, sealed, plain in (
        (keybox.pack(home / "keys"), KEYS, OPEN_KEYS),
        (keybox.pack(home, *SETTINGS_FILES), SETTINGS, OPEN_SETTINGS),
    ):
        _write(part / (sealed if passphrase else plain), keybox.seal(secret, passphrase) if passphrase else secret)
    if (home / "anchors").exists():
        _write(part / ANCHORS, keybox.pack(home / "anchors"))
    manifest = Manifest(
        format=FORMAT,
        version=version,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        tables={name: asdict(entry) for name, entry in tables.items()},
        files=files,
        keys_sealed=bool(passphrase),
    )
    _write(part / MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode())
    part.rename(target)
    return manifest


def place_of(source: Path, name: str) -> Path:
    """Where a file of the manifest lies in a backup."""
    return source / name if name.startswith(tuple(f"{folder}/" for folder in ALSO)) else source / FILES / name


def read_manifest(source: Path) -> Manifest:
    try:
        raw = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**raw)
    except (OSError, ValueError, TypeError) as error:
        raise BackupProblem(f"{source} はバックアップではないか、こわれています。") from error
    if manifest.format != FORMAT:
        raise BackupProblem(f"このバックアップの形（{manifest.format}）は読めません。新しい版で戻してください。")
    return manifest


def _copy_files(source: Path, target: Path) -> dict[str, str]:
    digests: dict[str, str] = {}
    target.mkdir(mode=0o700, parents=True)
    for path in sorted(source.rglob("*")) if source.exists() else []:
        # Files that are being written have a temporary name and no row yet.
        if not path.is_file() or path.suffix == ".part":
            continue
        name = str(path.relative_to(source))
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, copy)
        except FileNotFoundError:
            continue
        digests[name] = digest_of(copy)
    return digests


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupProblem(f"{Path(argv[0]).name} が失敗しました。\n{done.stderr.strip()[-2000:]}")
