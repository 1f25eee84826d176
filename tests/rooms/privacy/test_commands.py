"""The operator's commands for keys, erasure, the access log and the first administrator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.db import connections

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.audit.sealer import anchor_head, seal_all
from caasis.audit.services import record_access
from caasis.config import bootstrap
from caasis.config.command import main
from caasis.kernel.actor import Role
from caasis.people.models import Person
from caasis.platform.crypto.keyring import load_keyring
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten, record_key_bytes
from caasis.privacy.services import read_sealed
from tests.rooms.privacy.conftest import KNOWN

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def caasis(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command, in this process and on the test's database."""
    monkeypatch.setattr(bootstrap, "start_django", lambda **_: None)

    def run(*arguments: str, answer: str = "") -> Result:
        result = CliRunner().invoke(main, list(arguments), input=answer)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


@pytest.fixture
def person(make_person: Callable[..., Person], town: Any) -> Person:
    return make_person(town.centre_a.id)


def test_keys_rotate(caasis: Callable[..., Result], person: Person, own_home: Path) -> None:
    result = caasis("keys", "rotate")
    assert result.exit_code == 0 and "版2" in result.output and "版1" in result.output
    assert set(load_keyring(own_home).masters) == {2}
    with system_transaction():
        assert read_sealed(Person.objects.get(), "name") == {"name": KNOWN["name"]}


def test_privacy_reindex_and_the_old_key_afterwards(
    caasis: Callable[..., Result], person: Person, own_home: Path
) -> None:
    early = caasis("privacy", "reindex", "--drop-old")
    assert early.exit_code == 0 and "0個" in early.output
    assert caasis("privacy", "reindex").exit_code == 0
    assert set(load_keyring(own_home).blind_masters) == {1, 2}
    assert caasis("privacy", "reindex", "--drop-old").exit_code == 0
    assert set(load_keyring(own_home).blind_masters) == {2}


def test_privacy_erase_asks_first(caasis: Callable[..., Result], person: Person) -> None:
    arguments = ("privacy", "erase", "--key", str(person.record_key_id), "--reason", "consumer_request")
    assert caasis(*arguments, answer="n\n").exit_code == 1
    with system_transaction():
        assert record_key_bytes(person.record_key_id)
    assert caasis(*arguments, answer="y\n").exit_code == 0
    with system_transaction(), pytest.raises(Forgotten):
        record_key_bytes(person.record_key_id)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--receipt", "2026-0000-00000", "--reason", "retention"), 1),
        (("--receipt", "abc", "--reason", "retention"), 1),
        (("--key", "01a1ffae-a44b-7598-b8e4-6b3a302e6efd", "--reason", "retention", "--yes"), 1),
        (("--reason", "retention"), 2),
        (("--receipt", "2026-0000-00000"), 2),
        (("--key", "x", "--reason", "retention"), 2),
        (("--receipt", "x", "--reason", "嫌がらせ"), 2),
    ],
)
def test_privacy_erase_says_what_is_wrong(
    arguments: tuple[str, ...], code: int, caasis: Callable[..., Result], own_home: Path
) -> None:
    result = caasis("privacy", "erase", *arguments)
    assert result.exit_code == code and "Traceback" not in result.output


def test_audit_verify_tells_by_its_exit_code(caasis: Callable[..., Result], town: Any, own_home: Path) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE audit_access, audit_seal, audit_sealed_row")
    with system_transaction():
        record_access(actor=town.counsellor, action="open_case", object_kind="case", object_id=town.centre_a.id)
    seal_all()
    anchor_head()
    good = caasis("audit", "verify")
    assert good.exit_code == 0 and "問題はありません。" in good.output
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE audit_access SET actor_id = NULL")
    bad = caasis("audit", "verify")
    assert bad.exit_code == 1 and "書き換えられました" in bad.output
    report = json.loads(caasis("audit", "verify", "--json").output)
    assert (report["ok"], report["count"], report["findings"][0]["kind"]) == (False, 1, "changed")
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE audit_access, audit_seal, audit_sealed_row")


def test_create_admin(caasis: Callable[..., Result], transactional_db: None) -> None:
    result = caasis("create-admin", "--username", "root1", "--name", "見本 管理者")
    assert result.exit_code == 0
    password = result.output.partition("パスワード：")[2].splitlines()[0]
    user = User.objects.get(username="root1")
    assert user.check_password(password) and actor_of(user).roles == {Role.ADMIN}
    again = caasis("create-admin", "--username", "root1", "--name", "見本", "--password", "ながい あいことば 4つ")
    assert again.exit_code == 1 and "使われています" in again.output
