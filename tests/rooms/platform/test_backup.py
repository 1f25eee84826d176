"""A backup brings back every row, file and key; what was erased since stays erased."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import psycopg
import pytest

from caasis.platform.backup.archive import BackupProblem, make_backup
from caasis.platform.backup.fingerprint import fingerprint
from caasis.platform.backup.restoring import restore_backup
from caasis.platform.crypto.keyring import create_keyring, load_keyring
from caasis.platform.database import EmbeddedCluster

KEY = "11111111-1111-7111-8111-111111111111"


def quiet(text: str) -> None:
    pass


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    home = tmp_path_factory.mktemp("backup-cluster")
    running = EmbeddedCluster(home)
    running.prepare()
    running.start()
    running.wait_ready(60)
    running.ensure_roles_and_database()
    yield running
    running.destroy()


@pytest.fixture
def installation(tmp_path: Path, cluster) -> Path:
    with psycopg.connect(cluster.dsn("owner"), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO caasis_app")
        connection.execute(
            "CREATE TABLE django_migrations (id int);"
            "CREATE TABLE story (id int PRIMARY KEY, told text);"
            "INSERT INTO story SELECT n, '話' || n FROM generate_series(1, 500) n;"
            "CREATE TABLE privacy_record_key (id uuid PRIMARY KEY, wrapped bytea, destroyed_at timestamptz);"
            f"INSERT INTO privacy_record_key VALUES ('{KEY}', 'secret', NULL)"
        )
    home = tmp_path / "home"
    (home / "files" / "ab").mkdir(parents=True)
    (home / "files" / "ab" / "one").write_bytes(b"sealed bytes")
    create_keyring(home)
    return home


def back_up(home: Path, cluster, target: Path, passphrase: str = "みほんの合言葉"):
    return make_backup(home=home, owner_url=cluster.dsn("owner"), target=target, version="t", passphrase=passphrase, say=quiet)


def bring_back(home: Path, cluster, source: Path, passphrase: str = "みほんの合言葉", replace: bool = True):
    return restore_backup(home=home, owner_url=cluster.dsn("owner"), source=source, passphrase=passphrase, replace=replace, say=quiet)


def prints(cluster):
    with psycopg.connect(cluster.dsn("owner")) as connection:
        return fingerprint(connection)


def test_rows_files_and_keys_come_back_equal(installation, cluster, tmp_path):
    before, ring = prints(cluster), load_keyring(installation)
    back_up(installation, cluster, tmp_path / "backup")
    with psycopg.connect(cluster.dsn("owner")) as connection:
        connection.execute("UPDATE story SET told = 'lost' WHERE id < 400; DELETE FROM story WHERE id > 450")
    shutil.rmtree(installation / "files")
    shutil.rmtree(installation / "keys")
    bring_back(installation, cluster, tmp_path / "backup")
    assert prints(cluster) == before
    assert (installation / "files" / "ab" / "one").read_bytes() == b"sealed bytes"
    assert load_keyring(installation) == ring
    assert (installation / "keys" / "keyring.json").stat().st_mode & 0o777 == 0o600


def test_recordings_of_calls_come_back_and_a_changed_one_is_found(installation, cluster, tmp_path):
    recordings = installation / "telephone" / "recordings"
    recordings.mkdir(parents=True)
    (recordings / "call.rec").write_bytes(b"sealed sound")
    back_up(installation, cluster, tmp_path / "backup")
    shutil.rmtree(installation / "telephone")
    bring_back(installation, cluster, tmp_path / "backup")
    assert (recordings / "call.rec").read_bytes() == b"sealed sound"
    (tmp_path / "backup" / "telephone" / "recordings" / "call.rec").write_bytes(b"other sound!")
    with pytest.raises(BackupProblem, match=r"call\.rec"):
        bring_back(installation, cluster, tmp_path / "backup")


@pytest.mark.parametrize("passphrase", ["みほんの合言葉", ""])
def test_phones_and_lines_come_back_and_their_passwords_lie_sealed(installation, cluster, tmp_path, passphrase):
    told = installation / "telephone" / "telephone.toml"
    told.parent.mkdir()
    told.write_text('[[phone]]\npassword = "mihon-no-denwa"\n')
    back_up(installation, cluster, tmp_path / "backup", passphrase)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file())
    assert (b"mihon-no-denwa" in everything) == (not passphrase)
    shutil.rmtree(told.parent)
    bring_back(installation, cluster, tmp_path / "backup", passphrase=passphrase)
    assert "mihon-no-denwa" in told.read_text() and told.stat().st_mode & 0o777 == 0o600


def test_what_was_erased_since_the_backup_is_remembered(installation, cluster, tmp_path):
    (installation / "keys" / "erased.jsonl").write_text(json.dumps({"key": "before", "at": "2026-01-01"}) + "\n")
    back_up(installation, cluster, tmp_path / "backup")
    (installation / "keys" / "erased.jsonl").write_text(json.dumps({"key": KEY, "at": "2026-02-01"}) + "\n")
    bring_back(installation, cluster, tmp_path / "backup")
    lines = (installation / "keys" / "erased.jsonl").read_text().splitlines()
    assert {json.loads(line)["key"] for line in lines} == {"before", KEY}


def test_keys_lie_sealed_and_a_wrong_passphrase_changes_nothing(installation, cluster, tmp_path):
    back_up(installation, cluster, tmp_path / "backup")
    everything = b"".join(path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file())
    assert (installation / "keys" / "keyring.json").read_bytes()[10:60] not in everything
    before = prints(cluster)
    for wrong in ("", "ちがう"):
        with pytest.raises(BackupProblem):
            bring_back(installation, cluster, tmp_path / "backup", passphrase=wrong)
    assert prints(cluster) == before


def test_a_full_database_is_not_replaced_by_accident(installation, cluster, tmp_path):
    back_up(installation, cluster, tmp_path / "backup")
    with pytest.raises(BackupProblem, match="--replace"):
        bring_back(installation, cluster, tmp_path / "backup", replace=False)


def test_a_damaged_file_is_found_before_anything_is_touched(installation, cluster, tmp_path):
    back_up(installation, cluster, tmp_path / "backup")
    (tmp_path / "backup" / "files" / "ab" / "one").write_bytes(b"changed")
    before = prints(cluster)
    with pytest.raises(BackupProblem, match="こわれ"):
        bring_back(installation, cluster, tmp_path / "backup")
    assert prints(cluster) == before


def test_one_changed_row_is_noticed(installation, cluster):
    before = prints(cluster)
    with psycopg.connect(cluster.dsn("owner")) as connection:
        connection.execute("UPDATE story SET told = 'x' WHERE id = 7")
    assert prints(cluster)["story"].rows == before["story"].rows
    assert prints(cluster) != before
