"""Bringing a backup back, and proving that it is what was backed up."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from caasis.platform.backup import keybox
from caasis.platform.backup.archive import (
    ALSO,
    ANCHORS,
    DATABASE,
    FILES,
    KEYS,
    OPEN_KEYS,
    OPEN_SETTINGS,
    SETTINGS,
    BackupProblem,
    Manifest,
    Say,
    digest_of,
    place_of,
    program,
    read_manifest,
)
from caasis.platform.backup.fingerprint import differences, fingerprint


def restore_backup(
    *, home: Path, owner_url: str, source: Path, passphrase: str, replace: bool, say: Say
) -> Manifest:
    """Restore database, files and keys; returns the manifest.

    Tombstones of this home and of the backup are joined, so that what was erased since can be erased again
    (`privacy.erasure.erase_again_after_restore`, which the command calls next).

    :raises BackupProblem: wrong passphrase, damaged files, a database that isn't empty (without `replace`), or tables
        that differ from the manifest afterwards.
    """
    manifest = read_manifest(source)
    say("バックアップを確かめています")
    damaged = [name for name, digest in manifest.files.items() if not _same(place_of(source, name), digest)]
    if damaged:
        raise BackupProblem(f"バックアップのファイルがこわれています：{damaged[0]} ほか{len(damaged) - 1}件")
    keys = _opened(source, manifest, passphrase, KEYS, OPEN_KEYS)
    # A backup of an older version has none.
    known = (source / SETTINGS).exists() or (source / OPEN_SETTINGS).exists()
    passwords = _opened(source, manifest, passphrase, SETTINGS, OPEN_SETTINGS) if known else None
    with psycopg.connect(owner_url, autocommit=True) as connection:
        if _has_tables(connection) and not replace:
            raise BackupProblem("データベースが空ではありません。置きかえるなら --replace を付けてください。")
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        connection.execute("CREATE SCHEMA public")
        _grant_schema(connection, owner_url)
    say("データベースを戻しています")
    _pg_restore(source / DATABASE, owner_url)
    with psycopg.connect(owner_url) as connection:
        problems = differences(manifest.prints(), fingerprint(connection))
    if problems:
        raise BackupProblem("戻した内容がバックアップと違います。\n" + "\n".join(problems[:20]))
    say("ファイルと鍵を戻しています")
    tombstones = _tombstones(home / "keys")
    _put_files(source / FILES, home / "files")
    for folder in ALSO:
        # A backup of an older version has none.
        if (source / folder).exists():
            _put_files(source / folder, home / folder)
    keybox.unpack(keys, home / "keys")
    if passwords is not None:
        keybox.unpack(passwords, home)
    _join_tombstones(home / "keys", tombstones)
    if (source / ANCHORS).exists():
        keybox.unpack((source / ANCHORS).read_bytes(), home / "anchors")
    # The index is a projection: it is made anew from the restored rows.
    shutil.rmtree(home / "index", ignore_errors=True)
    return manifest


def _same(path: Path, digest: str) -> bool:
    return path.is_file() and digest_of(path) == digest


def _opened(source: Path, manifest: Manifest, passphrase: str, sealed: str, plain: str) -> bytes:
    if not manifest.keys_sealed:
        return (source / plain).read_bytes()
    if not passphrase:
        raise BackupProblem("鍵は合言葉で封じられています。CAASIS_BACKUP_PASSPHRASE（か _FILE）を指定してください。")
    try:
        return keybox.open_sealed((source / sealed).read_bytes(), passphrase)
    except keybox.WrongPassphrase as error:
        raise BackupProblem(str(error)) from error


def _has_tables(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = connection.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL").fetchone()
    return bool(row and row[0])


def _grant_schema(connection: psycopg.Connection[tuple[object, ...]], owner_url: str) -> None:
    owner = str(conninfo_to_dict(owner_url).get("user") or "caasis_owner")
    for role in ("caasis_app", owner):
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))


def _pg_restore(dump: Path, owner_url: str) -> None:
    # The dump brings its own `CREATE SCHEMA public` where the schema's owner differs: ours stands already.
    listing = subprocess.run(
        [program("pg_restore"), "--list", str(dump)], capture_output=True, text=True, check=True
    ).stdout
    wanted = "\n".join(line for line in listing.splitlines() if " SCHEMA - public " not in line)
    table_of_contents = dump.with_name("restore.list")
    table_of_contents.write_text(wanted)
    try:
        done = subprocess.run(
            [program("pg_restore"), "--no-owner", "--single-transaction", "--exit-on-error",
             f"--use-list={table_of_contents}", f"--dbname={owner_url}", str(dump)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        table_of_contents.unlink(missing_ok=True)
    if done.returncode != 0:
        raise BackupProblem(f"データベースを戻せませんでした。\n{done.stderr.strip()[-2000:]}")


def _put_files(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".restored")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(source, fresh)
    old = target.with_name(target.name + ".before-restore")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _tombstones(keys: Path) -> list[str]:
    path = keys / "erased.jsonl"
    return path.read_text().splitlines() if path.exists() else []


def _join_tombstones(keys: Path, before: list[str]) -> None:
    joined = dict.fromkeys([*_tombstones(keys), *before])
    descriptor = os.open(keys / "erased.jsonl", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{line}\n" for line in joined if line.strip())
