"""Each check of ``caasis doctor`` is shown the fault that it is there for."""

import dataclasses
import datetime
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from caasis.config.bootstrap import Addresses
from caasis.config.command import main
from caasis.config.doctor import OK, PROBLEM, WARN, Situation, check, machine, processes, registry, sending, telephone
from caasis.config.doctor import database as database_checks
from caasis.config.supervision.home import Home
from caasis.config.supervision.lock import AlreadyRunning, Holder, UpLock, is_held, read_holder
from caasis.platform.crypto.keyring import create_keyring, keyring_path


@pytest.fixture
def situation(tmp_path: Path) -> Situation:
    (tmp_path / "home").mkdir(mode=0o700)
    made = Situation(Home(tmp_path / "home"))
    made.__dict__["addresses"] = None  # Whatever database the environment names isn't this home's.
    return made


def with_addresses(situation: Situation, application: str, owner: str = "") -> Situation:
    made = dataclasses.replace(situation)
    made.__dict__["addresses"] = Addresses(application, owner or application, embedded=False)
    return made


def test_little_disk_space_is_a_problem_before_it_is_gone(
    situation: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, state in ((100, OK), (3, WARN), (0.5, PROBLEM)):
        usage = (200 * machine.GIBIBYTE, 0, int(free * machine.GIBIBYTE))
        monkeypatch.setattr(machine.shutil, "disk_usage", lambda _, usage=usage: _Usage(*usage))
        assert machine.disk_space(situation).state == state


@dataclasses.dataclass
class _Usage:
    total: int
    used: int
    free: int


def test_an_old_python_is_a_problem(situation: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.python_version(situation).state == OK
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    assert machine.python_version(situation).state == PROBLEM


def test_a_home_that_others_can_read_is_a_problem(situation: Situation) -> None:
    assert machine.home_permissions(situation).state == OK
    situation.home.path.chmod(0o750)
    found = machine.home_permissions(situation)
    assert found.state == PROBLEM
    assert f"chmod 700 {situation.home.path}" in found.remedy


def test_keys_are_missed_seen_open_and_seen_damaged(situation: Situation) -> None:
    assert machine.keys(situation).state == WARN, "nothing has been started yet"
    started = with_addresses(situation, "postgresql://caasis_app@/caasis")
    assert machine.keys(started).state == PROBLEM, "a database without keys can't be read any more"
    create_keyring(situation.home.path)
    assert machine.keys(started).state == OK
    keyring_path(situation.home.path).chmod(0o640)
    assert machine.keys(started).state == PROBLEM
    keyring_path(situation.home.path).chmod(0o600)
    keyring_path(situation.home.path).write_text('{"current": 1', encoding="utf-8")
    assert "壊れています" in machine.keys(started).text


def test_a_database_that_does_not_answer_is_a_problem_and_is_said_once(situation: Situation, tmp_path: Path) -> None:
    assert database_checks.database_reachable(situation).state == WARN
    away = with_addresses(situation, f"postgresql://caasis_app@/caasis?host={tmp_path}")
    assert database_checks.database_reachable(away).state == PROBLEM
    for function in (database_checks.roles_right, processes.relay_lag, processes.index_present):
        with pytest.raises(registry.Unavailable):
            function(away)


def test_an_application_that_owns_its_tables_is_a_problem(situation: Situation) -> None:
    application, owner = os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS owned_by_the_owner (id int)")
    try:
        assert database_checks.roles_right(with_addresses(situation, application, owner)).state == OK
        assert database_checks.database_reachable(with_addresses(situation, application)).state == OK
        found = database_checks.roles_right(with_addresses(situation, owner, owner))
        assert (found.state, "持ち主" in found.text) == (PROBLEM, True)
    finally:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("DROP TABLE owned_by_the_owner")


@pytest.fixture
def migrated(situation: Situation, transactional_db: None) -> Situation:
    from django.db import connections
    from psycopg.conninfo import make_conninfo

    own = connections["default"].settings_dict
    address = make_conninfo(dbname=own["NAME"], user=own["USER"], host=own["HOST"])
    return with_addresses(situation, address)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_events_that_wait_too_long_are_seen(migrated: Situation) -> None:
    from caasis.platform.outbox.models import OutboxEvent

    assert processes.relay_lag(migrated).state == OK
    event = OutboxEvent.objects.create(topic="t", subject="00000000-0000-7000-8000-000000000001")
    assert processes.relay_lag(migrated).state == OK, "it is on its way"
    for seconds, state in ((30, WARN), (600, PROBLEM)):
        earlier = event.created_at - datetime.timedelta(seconds=seconds)
        OutboxEvent.objects.filter(pk=event.pk).update(created_at=earlier)
        assert processes.relay_lag(migrated).state == state


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_reader_that_has_fallen_behind_and_a_dead_letter_are_seen(migrated: Situation) -> None:
    from caasis.platform.outbox.models import ConsumerCursor, DeadLetter, OutboxEvent

    event = OutboxEvent.objects.create(topic="t", subject="00000000-0000-7000-8000-000000000001", position=10**9)
    OutboxEvent.objects.filter(pk=event.pk).update(created_at=event.created_at - datetime.timedelta(seconds=60))
    cursor = ConsumerCursor.objects.create(consumer="slow", position=0)
    assert "slow" in processes.relay_lag(migrated).text
    cursor.position = 10**9
    cursor.save()
    assert processes.relay_lag(migrated).state == OK
    DeadLetter.objects.create(consumer="slow", position=1, topic="t", subject=event.subject, error="ValueError")
    assert processes.relay_lag(migrated).state == WARN


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_search_index_is_missed_and_its_troubles_are_told_apart(
    migrated: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from caasis.platform.search.adapters.tantivy.folder import IndexFolder
    from caasis.platform.search.ports import Quarantined

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=_name(), autocommit=True) as connection:
        connection.execute("UPDATE platform_outbox_head SET last_position = 5")
    assert processes.index_present(migrated).state == PROBLEM
    folder = IndexFolder(migrated.home.path / "index")
    folder.start(keep=False)
    folder.set_progress(42)
    assert "42%" in processes.index_present(migrated).text
    folder.finish(["case"])
    folder.set_position(5)
    assert processes.index_present(migrated).state == OK
    folder.set_quarantined([Quarantined("case", "00000000-0000-7000-8000-000000000001", "building failed: KeyError")])
    assert (processes.index_present(migrated).state, "1件" in processes.index_present(migrated).text) == (WARN, True)
    monkeypatch.setattr(IndexFolder, "trouble", lambda self: "read only")
    assert processes.index_present(migrated).state == PROBLEM


def _name() -> str:
    from django.db import connections

    return str(connections["default"].settings_dict["NAME"])


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "CHECKS", {})
    monkeypatch.setattr(registry, "MODULES", ())
    yield


@pytest.mark.usefixtures("checks")
def test_the_telephone_is_not_used_or_says_what_is_wrong(situation: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAASIS_TELEPHONE", raising=False)
    assert telephone.telephone(situation).state == OK
    monkeypatch.setenv("CAASIS_TELEPHONE", "embedded")
    assert telephone.telephone(situation).state == PROBLEM, "no engine answers"
    told = situation.home.path / "telephone" / "telephone.toml"
    told.parent.mkdir()
    told.write_text("lines = 10")
    told.chmod(0o644)
    assert "chmod 600" in telephone.telephone(situation).text


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_an_engine_without_its_line_and_orders_that_stay_behind_are_seen(
    migrated: Situation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from django.utils import timezone

    from caasis.platform.transactions import system_transaction
    from caasis.telephony.models import Order
    from tests.rooms.telephony.sip.running import RunningEngine

    monkeypatch.setenv("CAASIS_TELEPHONE", "embedded")
    engine = RunningEngine(tmp_path)
    try:
        monkeypatch.setenv("CAASIS_TELEPHONE_SOCKET", str(tmp_path / "engine.sock"))
        assert telephone.telephone(migrated).state == OK
        told = migrated.home.path / "telephone" / "telephone.toml"
        told.parent.mkdir()
        told.write_text('[[trunk]]\nname = "line"\naddress = "192.0.2.7"\n')
        told.chmod(0o600)
        found = telephone.telephone(migrated)
        assert (found.state, "line" in found.text) == (WARN, True)
        told.unlink()
        with system_transaction():
            order = Order.objects.create(command_id="c", record_key_id=uuid4(), boot="b", kind="play")
            assert telephone.telephone(migrated).state == OK
            Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - datetime.timedelta(seconds=60))
        assert telephone.telephone(migrated).state == PROBLEM
    finally:
        engine.stop()


@pytest.mark.parametrize(("what", "file"), [(sending.texts, "sms.toml"), (sending.mails, "mail.toml")])
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_what_goes_to_consumers_is_not_used_or_says_what_is_wrong(
    migrated: Situation, what: Callable[[Situation], registry.Finding], file: str
) -> None:
    from caasis.channels.models import MailMessage, TextMessage
    from caasis.platform.transactions import system_transaction

    told = migrated.home.path / file
    assert what(migrated).state == OK and file in what(migrated).text
    told.write_text('adapter = "folder"\nportal = "https://soudan.example.jp"\n')
    told.chmod(0o644)
    assert what(migrated).state == PROBLEM and "chmod 600" in what(migrated).text
    told.chmod(0o600)
    assert what(migrated).state == OK and "https://soudan.example.jp" in what(migrated).text
    with system_transaction():
        TextMessage.objects.create(centre_id=uuid4(), record_key_id=uuid4(), state="failed")
        MailMessage.objects.create(record_key_id=uuid4(), state="unknown")
    found = what(migrated)
    assert found.state == WARN and "1件" in found.text
    told.unlink()


def test_a_check_that_breaks_hides_neither_itself_nor_the_others(situation: Situation) -> None:
    @check("壊れた確認")
    def broken(situation: Situation) -> registry.Finding:
        raise KeyError("consumer's name")

    @check("正しい確認")
    def fine(situation: Situation) -> registry.Finding:
        return registry.Finding(OK, "よい")

    found = dict(registry.run_checks(situation))
    assert found["壊れた確認"].state == PROBLEM
    assert "consumer" not in found["壊れた確認"].text
    assert found["正しい確認"].state == OK
    with pytest.raises(ValueError, match="two checks"):
        check("正しい確認")(fine)


def test_the_lock_names_its_holder_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    assert not is_held(path)
    first = UpLock(path)
    first.take(Holder(1234, 8000, "http://localhost:8000/"))
    assert is_held(path)
    with pytest.raises(AlreadyRunning, match="すでに動いています（ポート8000、pid 1234）。"):
        UpLock(path).take(Holder(5678, 9000))
    holder = read_holder(path)
    assert holder is not None
    assert (holder.pid, holder.url) == (1234, "http://localhost:8000/")
    del first
    assert not is_held(path)


@pytest.mark.parametrize("port", ["0", "65536", "八千", "80a", "-1"])
def test_a_wrong_port_is_explained(port: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["up"], env={"CAASIS_HOME": str(tmp_path / "home"), "CAASIS_PORT": port})
    assert done.exit_code == 1
    assert "CAASIS_PORTは1から65535" in done.output


def test_commands_before_the_first_start_say_what_to_do(tmp_path: Path) -> None:
    environment = {"CAASIS_HOME": str(tmp_path / "home"), "DATABASE_URL": "", "DATABASE_OWNER_URL": ""}
    done = CliRunner().invoke(main, ["migrate"], env=environment)
    assert (done.exit_code, "先に caasis up" in done.output) == (1, True)
    assert CliRunner().invoke(main, ["status"], env=environment).exit_code == 3
    assert CliRunner().invoke(main, ["down"], env=environment).output == "動いていません。\n"
    assert not (tmp_path / "home").exists(), "looking must not make anything"
