"""The embedded PostgreSQL cluster: roles, rights, recovery after a kill, long paths, both kinds of operating account."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from caasis.platform.database import DatabaseProblem, EmbeddedCluster, place, processes
from caasis.platform.database.binaries import copied_binaries, wheel_binaries
from caasis.platform.database.configuration import MEBIBYTE, OPERATOR_FILE, default_settings
from tests.support.database import HOME_PREFIX, SETTINGS, sweep

# Killing is tested with fsync left on: a test that recovers only because nothing was lost in the page cache is the
# same test either way, but the settings under test are then the product's.
KILL_SETTINGS = {"shared_buffers": "64MB"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    made = EmbeddedCluster(tmp_path_factory.mktemp("home"), settings=SETTINGS, durable=False)
    try:
        start(made)
        yield made
    finally:
        made.destroy()


@pytest.fixture
def disposable(tmp_path: Path) -> Iterator[EmbeddedCluster]:
    made = EmbeddedCluster(tmp_path / "home", settings=KILL_SETTINGS, durable=False)
    try:
        yield made
    finally:
        made.destroy()


def start(cluster: EmbeddedCluster) -> None:
    cluster.prepare()
    cluster.start()
    cluster.wait_ready(30)
    cluster.ensure_roles_and_database()


def wait_until(condition: object, timeout: float = 10.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_the_server_is_utf8_with_the_builtin_locale_and_listens_on_no_network(cluster: EmbeddedCluster) -> None:
    with psycopg.connect(cluster.dsn()) as connection:
        row = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale, current_setting('listen_addresses'),"
            " current_setting('data_checksums'), current_setting('server_version_num')::int >= 180000"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("UTF8", "b", "C.UTF-8", "", "on", True)


def test_neither_role_is_superuser_and_the_application_owns_nothing(cluster: EmbeddedCluster) -> None:
    with psycopg.connect(cluster.dsn("owner")) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname IN ('caasis_app', 'caasis_owner') ORDER BY rolname"
        ).fetchall()
        owners = connection.execute(
            "SELECT pg_get_userbyid(datdba), pg_get_userbyid(nspowner) FROM pg_database, pg_namespace"
            " WHERE datname = 'caasis' AND nspname = 'public'"
        ).fetchone()
    assert rows == [("caasis_app", *[False] * 5), ("caasis_owner", *[False] * 5)]
    assert owners == ("caasis_owner", "caasis_owner")


def test_the_application_uses_what_the_owner_makes_but_changes_no_structure(cluster: EmbeddedCluster) -> None:
    with psycopg.connect(cluster.dsn("owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text)")
        owner.execute("CREATE SEQUENCE counter")
        owner.execute("CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql RETURN n * 2")
        owner.execute("CREATE SCHEMA extra CREATE TABLE extra.thing (id int)")
    with psycopg.connect(cluster.dsn(), autocommit=True) as application:
        application.execute("INSERT INTO entry (word) VALUES ('相談')")
        application.execute("UPDATE entry SET word = '契約'")
        assert application.execute("SELECT id, word, twice(2), nextval('counter') FROM entry").fetchone() == (
            1,
            "契約",
            4,
            1,
        )
        application.execute("DELETE FROM entry")
        application.execute("INSERT INTO extra.thing VALUES (1)")
        for forbidden in (
            "CREATE TABLE other (id int)",
            "CREATE SCHEMA other",
            "ALTER TABLE entry ADD COLUMN more int",
            "TRUNCATE entry",
            "DROP TABLE entry",
            "ALTER ROLE caasis_app SUPERUSER",
            "CREATE ROLE somebody",
            "CREATE DATABASE somewhere",
            "SET ROLE caasis_owner",
            "SET ROLE postgres",
            "COPY entry FROM PROGRAM 'true'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(forbidden)


def test_row_level_security_binds_the_application(cluster: EmbeddedCluster) -> None:
    with psycopg.connect(cluster.dsn("owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE guarded (centre text)")
        owner.execute("ALTER TABLE guarded ENABLE ROW LEVEL SECURITY")
        owner.execute("CREATE POLICY own ON guarded USING (centre = current_setting('caasis.centre', true))")
    with psycopg.connect(cluster.dsn()) as application:
        application.execute("SELECT set_config('caasis.centre', 'A', true)")
        application.execute("INSERT INTO guarded VALUES ('A')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
            application.execute("INSERT INTO guarded VALUES ('B')")
        application.execute("SELECT set_config('caasis.centre', 'B', true)")
        assert application.execute("SELECT count(*) FROM guarded").fetchone() == (0,)


def test_no_role_of_the_application_may_log_in_as_superuser(cluster: EmbeddedCluster) -> None:
    if not cluster.place.separate_account:
        pytest.skip("without root the server's account is the current user, who owns the files anyway")
    with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer authentication"):
        psycopg.connect(cluster.dsn().replace("caasis_app@", "postgres@"))


def test_the_owner_may_create_databases_only_when_asked(cluster: EmbeddedCluster) -> None:
    with psycopg.connect(cluster.dsn("owner"), autocommit=True) as owner:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("CREATE DATABASE for_tests")
        cluster.owner_may_create_databases = True
        cluster.ensure_roles_and_database()
        owner.execute("CREATE DATABASE for_tests")
    with psycopg.connect(cluster.dsn("owner", database="for_tests"), autocommit=True) as owner:
        owner.execute("CREATE TABLE entry (id int)")
    with psycopg.connect(cluster.dsn("app", database="for_tests")) as application:
        application.execute("INSERT INTO entry VALUES (1)")
    cluster.owner_may_create_databases = False
    cluster.ensure_roles_and_database()
    with (
        psycopg.connect(cluster.dsn("owner"), autocommit=True) as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        owner.execute("CREATE DATABASE for_more_tests")


def test_the_log_keeps_values_out(cluster: EmbeddedCluster) -> None:
    with psycopg.connect(cluster.dsn("owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE person (phone text PRIMARY KEY)")
        owner.execute("INSERT INTO person VALUES ('09000000001')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            owner.execute("INSERT INTO person VALUES ('09000000001')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            owner.execute("INSERT INTO person VALUES (%s)", ["09000000001"])
    log = cluster.place.log.read_text(encoding="utf-8")
    assert "person_pkey" in log
    assert "09000000001" not in log


def test_files_and_socket_are_private(cluster: EmbeddedCluster) -> None:
    where = cluster.place
    assert where.data.stat().st_mode & 0o777 == 0o700
    assert where.socket.stat().st_mode & 0o007 == 0
    assert where.root.stat().st_mode & 0o027 == 0
    assert where.data.stat().st_uid == where.server.uid != 0


def test_a_second_start_leaves_the_server_alone_and_changes_nothing(cluster: EmbeddedCluster) -> None:
    first = cluster.pid
    again = EmbeddedCluster(cluster.home, settings=SETTINGS)
    start(again)
    assert again.pid == first is not None


def test_data_survives_a_stop_and_the_operators_values_win(disposable: EmbeddedCluster) -> None:
    start(disposable)
    with psycopg.connect(disposable.dsn("owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 7 AS number")
    disposable.stop()
    assert not disposable.ready()
    assert processes.leftover_pids(disposable.place.data) == []
    (disposable.place.data / OPERATOR_FILE).write_text("work_mem = '33MB'\n", encoding="utf-8")
    (disposable.place.data / OPERATOR_FILE).chmod(0o644)
    start(disposable)
    with psycopg.connect(disposable.dsn()) as application:
        row = application.execute("SELECT number, current_setting('work_mem') FROM kept").fetchone()
    assert row == (7, "33MB")


def test_a_killed_server_is_seen_as_dead_and_recovers(disposable: EmbeddedCluster) -> None:
    start(disposable)
    with psycopg.connect(disposable.dsn("owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE saved (id int)")
        for number in range(50):
            owner.execute("INSERT INTO saved VALUES (%s)", [number])
        server = disposable.pid
        assert server is not None
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: not psycopg_alive(owner))
    assert (disposable.place.data / processes.PID_FILE).exists(), "the stale lock file is the point of this test"
    assert not disposable.ready()
    with pytest.raises(DatabaseProblem):
        disposable.wait_ready(0.2)
    disposable.start()
    disposable.wait_ready(30)
    with psycopg.connect(disposable.dsn()) as application:
        assert application.execute("SELECT count(*) FROM saved").fetchone() == (50,)


def psycopg_alive(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def test_a_lock_file_with_a_number_given_to_another_process_does_not_hinder(disposable: EmbeddedCluster) -> None:
    start(disposable)
    server = disposable.pid
    assert server is not None
    os.kill(server, signal.SIGKILL)
    lock = disposable.place.data / processes.PID_FILE
    wait_until(lambda: not processes.leftover_pids(disposable.place.data))
    # The number now belongs to a living process of the very account that runs the server.
    account = disposable.place.server
    as_server = {"user": account.uid, "group": account.gid} if disposable.place.separate_account else {}
    other = subprocess.Popen(["sleep", "60"], cwd="/", **as_server)
    try:
        lines = lock.read_text(encoding="utf-8").splitlines(keepends=True)
        lock.write_text("".join([f"{other.pid}\n", *lines[1:]]), encoding="utf-8")
        socket_lock = disposable.place.socket / f"{place.SOCKET_NAME}.lock"
        lines = socket_lock.read_text(encoding="utf-8").splitlines(keepends=True)
        socket_lock.write_text("".join([f"{other.pid}\n", *lines[1:]]), encoding="utf-8")
        assert disposable.pid is None
        disposable.stop()
        assert other.poll() is None, "stopping must not hit a stranger"
        disposable.start()
        disposable.wait_ready(30)
    finally:
        other.kill()
        other.wait()


def test_a_torn_lock_file_does_not_hinder(disposable: EmbeddedCluster) -> None:
    disposable.prepare()
    (disposable.place.data / processes.PID_FILE).write_bytes(b"")
    disposable.start()
    disposable.wait_ready(30)


def test_an_interrupted_initdb_is_done_again(disposable: EmbeddedCluster) -> None:
    unfinished = disposable.place.data.with_name("data.unfinished")
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n", encoding="ascii")
    disposable.prepare()
    assert disposable.initialised
    assert not unfinished.exists()


def test_a_server_that_cannot_start_says_so_at_once(disposable: EmbeddedCluster) -> None:
    disposable.prepare()
    (disposable.place.data / OPERATOR_FILE).write_text("no_such_setting = 1\n", encoding="utf-8")
    (disposable.place.data / OPERATOR_FILE).chmod(0o644)
    disposable.start()
    began = time.monotonic()
    with pytest.raises(DatabaseProblem, match="no_such_setting"):
        disposable.wait_ready(60)
    assert time.monotonic() - began < 20


def test_data_of_another_major_version_is_not_touched(disposable: EmbeddedCluster) -> None:
    disposable.prepare()
    (disposable.place.data / "PG_VERSION").write_text("17\n", encoding="ascii")
    with pytest.raises(DatabaseProblem, match="caasis upgrade"):
        disposable.prepare()


def test_the_foreground_command_becomes_the_server_under_its_own_account(disposable: EmbeddedCluster) -> None:
    disposable.prepare()
    command = disposable.command()
    with (disposable.home / "out").open("wb") as out:
        supervised = subprocess.Popen(command.argv, env={**command.environment}, stdout=out, stderr=out)
    try:
        disposable.wait_ready(30)
        assert disposable.pid == supervised.pid, "the supervisor must hold the server itself, not a parent of it"
        assert Path(f"/proc/{supervised.pid}").stat().st_uid == disposable.place.server.uid
        supervised.send_signal(getattr(signal, f"SIG{command.stop_signal}"))
        assert supervised.wait(30) == 0
    finally:
        if supervised.poll() is None:
            supervised.kill()
            supervised.wait()
    assert processes.leftover_pids(disposable.place.data) == []


def test_a_home_with_a_very_long_path_works(tmp_path: Path) -> None:
    home = tmp_path / ("深い場所" * 10) / "home"
    made = EmbeddedCluster(home, settings=SETTINGS, durable=False)
    try:
        start(made)
        assert place.fits(made.place.socket)
        with psycopg.connect(made.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        made.destroy()
    assert not made.place.socket.exists()


@pytest.mark.parametrize("name", ["home", "長い名前" * 20], ids=["short path", "long path"])
def test_without_root_everything_lies_below_the_home(name: str) -> None:
    # Not below tmp_path: its parents are closed to other accounts.
    base = Path(tempfile.mkdtemp(prefix="caasis-plain-"))
    binaries = wheel_binaries()
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(base, nobody.pw_uid, nobody.pw_gid)
        binaries = copied_binaries(place.SYSTEM_BASE)  # A checkout below a private folder is closed to "nobody".
    home = base / name / "home"
    cluster = EmbeddedCluster(home, settings=SETTINGS, durable=False)
    cluster.binaries = binaries
    try:
        found = as_plain_user(lambda: start_kill_and_start_again(cluster))
        assert (found["user"], found["ready after kill"]) == ("caasis_app", False)
        assert (found["fits"], found["mode"]) == (True, 0o700)
        assert found["root"] == str(home / "postgres")
        assert found["socket"].startswith(str(home)) == (name == "home")
        assert found["server"] == found["uid"] != 0
    finally:
        shutil.rmtree(base)


def start_kill_and_start_again(cluster: EmbeddedCluster) -> dict[str, Any]:
    try:
        start(cluster)
        with psycopg.connect(cluster.dsn()) as connection:
            (user,) = connection.execute("SELECT current_user").fetchone() or ("",)
        killed = cluster.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        after = cluster.ready()
        wait_until(lambda: not processes.leftover_pids(cluster.place.data))
        cluster.start()
        cluster.wait_ready(30)
        where = cluster.place
        found = {
            "user": user,
            "ready after kill": after,
            "root": str(where.root),
            "socket": str(where.socket),
            "fits": place.fits(where.socket),
            "mode": where.socket.stat().st_mode & 0o777,
            "server": Path(f"/proc/{cluster.pid}").stat().st_uid,
            "uid": os.geteuid(),
        }
        cluster.stop()
        return found
    finally:
        cluster.destroy()


def as_plain_user(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run ``work`` as a user who isn't root: in a forked child that gives its rights away, or simply here."""
    if os.geteuid() != 0:
        return work()
    nobody = pwd.getpwnam("nobody")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.chdir("/")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            os.write(writing, json.dumps(work()).encode())
            status = 0
        except BaseException:
            os.write(writing, json.dumps(traceback.format_exc()).encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, json.loads(text)
    found: dict[str, Any] = json.loads(text)
    return found


def test_somebody_elses_socket_folder_is_refused(tmp_path: Path) -> None:
    account = place.current_account()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatabaseProblem, match="別の利用者"):
        place.make_private_folder(tmp_path / "link", account)
    (tmp_path / "open").mkdir(mode=0o777)
    place.make_private_folder(tmp_path / "open", account)
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps data outside the home")
def test_a_moved_home_keeps_its_data_and_a_copied_one_gets_its_own(tmp_path: Path) -> None:
    base = tmp_path / "base"
    first = place.settle(tmp_path / "a", base=base)
    (tmp_path / "a").rename(tmp_path / "b")
    assert place.settle(tmp_path / "b", base=base).root == first.root
    subprocess.run(["cp", "-r", str(tmp_path / "b"), str(tmp_path / "c")], check=True)
    assert place.settle(tmp_path / "c", base=base).root != first.root
    assert place.settle(tmp_path / "b", base=base).root == first.root


@pytest.mark.skipif(os.geteuid() != 0, reason="accounts are only created by root")
def test_an_account_that_cannot_be_created_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DatabaseProblem, match="useradd --system"):
        place.system_account("caasis-db-missing")
    with pytest.raises(DatabaseProblem, match="管理者"):
        place.system_account("root")


def test_the_cluster_of_a_killed_test_run_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen(["true"])
    gone.wait()
    left, kept = (EmbeddedCluster(tmp_path / f"{HOME_PREFIX}{pid}-x", durable=False) for pid in (gone.pid, os.getpid()))
    try:
        for each in (left, kept):
            each.prepare()
        left.start()
        left.wait_ready(30)
        sweep()
        assert left.pid is None
        assert not left.home.exists()
        assert not left.place.root.exists()
        assert kept.initialised
    finally:
        left.destroy()
        kept.destroy()


def test_memory_shares_follow_the_machine() -> None:
    large = default_settings(24 * 1024 * MEBIBYTE, 2)
    assert (large["shared_buffers"], large["effective_cache_size"]) == ("3072MB", "12288MB")
    small = default_settings(512 * MEBIBYTE, 1)
    assert (small["shared_buffers"], small["maintenance_work_mem"]) == ("128MB", "64MB")
