"""A data folder of the older server that the wheel brings moves to the newer one with every row."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from caasis.platform.database import DatabaseProblem, EmbeddedCluster
from caasis.platform.database.binaries import PACKAGE, wheel_binaries
from caasis.platform.database.upgrade import upgrade_cluster

OLD = wheel_binaries().root / PACKAGE / "pginstall" / "bin"


def quiet(text: str) -> None:
    pass


@pytest.fixture
def cluster(tmp_path_factory):
    made = EmbeddedCluster(tmp_path_factory.mktemp("upgrade"), durable=False)
    yield made
    made.destroy()


def make_old_data(cluster: EmbeddedCluster) -> str:
    """An older server's data folder in the cluster's place, with a table of 1,000 rows."""
    place = cluster.place
    tree = place.root / "older"
    subprocess.run(["cp", "-a", str(OLD.parent), str(tree)], check=True)
    libraries = wheel_binaries().root / f"{PACKAGE}.libs"
    arguments = cluster._as_server()
    if place.separate_account:
        subprocess.run(["chmod", "-R", "a+rX", str(tree)], check=True)
    programs = tree / "bin"
    environment = {**arguments.pop("env"), "LD_LIBRARY_PATH": f"{tree / 'lib'}:{libraries}"}
    if place.separate_account and libraries.is_dir():
        subprocess.run(["cp", "-a", str(libraries), str(place.root / "libs")], check=True)
        subprocess.run(["chmod", "-R", "a+rX", str(place.root / "libs")], check=True)
        environment["LD_LIBRARY_PATH"] = f"{tree / 'lib'}:{place.root / 'libs'}"

    def run(*argv: str) -> str:
        done = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False, **arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    data = place.data
    data.mkdir(mode=0o700, exist_ok=True)
    if place.separate_account:
        os.chown(data, place.server.uid, place.server.gid)
    run(str(programs / "initdb"), "-D", str(data), "-E", "UTF8", "-U", "postgres", "--no-locale", "--data-checksums", "--auth=trust", "-N")
    socket = str(place.root / "s")
    Path(socket).mkdir(mode=0o755)
    if place.separate_account:
        os.chown(socket, place.server.uid, place.server.gid)
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log.txt"), "-o", f"-c listen_addresses='' -c unix_socket_directories={socket}", "start")
    try:
        psql = [str(programs / "psql"), "-h", socket, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-c"]
        run(*psql, "CREATE ROLE caasis_owner LOGIN")
        run(*psql, "CREATE DATABASE caasis OWNER caasis_owner")
        run(*psql[:-1], "-d", "caasis", "-c", "CREATE TABLE story AS SELECT n, '話' || n AS told FROM generate_series(1, 1000) n")
        return run(*psql[:-1], "-d", "caasis", "-At", "-c", "SELECT md5(string_agg(told, ',' ORDER BY n)) FROM story").strip()
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-m", "fast", "stop")


@pytest.mark.skipif(not (OLD / "initdb").exists(), reason="the wheel brings no older server")
def test_older_data_move_with_every_row_and_the_old_folder_stays(cluster):
    before = make_old_data(cluster)
    with pytest.raises(DatabaseProblem, match="caasis upgrade"):
        cluster.prepare()
    old, new = upgrade_cluster(cluster, quiet)
    assert (old, new) == (16, 18)
    assert (cluster.place.data.with_name("data.16") / "PG_VERSION").read_text().strip() == "16"
    cluster.start()
    cluster.wait_ready(60)
    try:
        assert cluster.psql("SELECT md5(string_agg(told, ',' ORDER BY n)) FROM story").strip().endswith(before)
        with psycopg.connect(cluster.dsn("owner")) as connection:
            assert connection.execute("SHOW server_version").fetchone()[0].startswith("18")
    finally:
        cluster.stop()


def test_data_of_the_same_version_are_left_alone(cluster):
    cluster.prepare()
    assert upgrade_cluster(cluster, quiet) is None


def test_a_running_or_missing_database_is_refused_in_words(cluster):
    with pytest.raises(DatabaseProblem, match="まだデータがありません"):
        upgrade_cluster(cluster, quiet)
