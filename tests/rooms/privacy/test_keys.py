"""Rotation of the master key, and the blind index under a new key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import WrongState
from caasis.people.models import ContactPoint, Person
from caasis.people.selectors import persons_by_phone
from caasis.platform.crypto.keyring import load_keyring
from caasis.platform.transactions import system_transaction
from caasis.privacy import reindex, rotation
from caasis.privacy.erasure import Reason, erase_record, history_of
from caasis.privacy.keys import move_record_key, record_key_bytes
from caasis.privacy.models import RecordKey
from caasis.privacy.services import read_sealed
from tests.rooms.privacy.conftest import KNOWN

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
MakePerson = Callable[..., Person]


@pytest.fixture
def people(make_person: MakePerson, town: Any) -> list[Person]:
    return [make_person(town.centre_a.id, name=f"見本 {n}") for n in range(5)] + [make_person(town.centre_b.id)]


def names() -> list[str]:
    with system_transaction():
        return sorted(read_sealed(person, "name")["name"] for person in Person.objects.all())


def test_everything_opens_before_during_and_after_a_rotation(people: list[Person], own_home: Path) -> None:
    before = names()
    assert not rotation.is_unfinished()
    assert rotation.start_rotation() == 2
    assert rotation.is_unfinished() and rotation.left_to_wrap() == 6
    assert rotation.wrap_batch(4) == 4
    assert names() == before, "half of the keys are wrapped with each master"
    assert rotation.wrap_batch(4) == 2 and rotation.wrap_batch(4) == 0
    assert rotation.drop_unused_masters() == {1}
    assert set(load_keyring(own_home).masters) == {2}
    assert names() == before
    with system_transaction():
        assert set(RecordKey.objects.values_list("version", flat=True)) == {2}
    assert not rotation.is_unfinished()


def test_the_old_master_opens_nothing_any_more(people: list[Person], own_home: Path) -> None:
    import base64
    import json

    from caasis.platform.crypto.ciphers import WrongKeyOrPlace
    from caasis.platform.crypto.keyring import keyring_path

    stolen = keyring_path(own_home).read_text()
    rotation.start_rotation()
    while rotation.wrap_batch():
        pass
    rotation.drop_unused_masters()
    now = json.loads(keyring_path(own_home).read_text())
    old = base64.b64decode(json.loads(stolen)["masters"]["1"])
    assert base64.b64decode(now["masters"]["2"]) != old
    now["masters"]["2"] = json.loads(stolen)["masters"]["1"]
    keyring_path(own_home).write_text(json.dumps(now, indent=2))
    with pytest.raises(WrongKeyOrPlace):
        names()


def test_a_key_saved_late_by_an_open_transaction_is_not_lost(
    people: list[Person], own_home: Path, make_person: MakePerson, town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that began under the old master commits while the rotation is about to forget it."""
    own = connection.settings_dict
    monkeypatch.setattr(rotation, "_LOOK_SECONDS", 0.02)
    with system_transaction():
        template = RecordKey.objects.get(id=people[0].record_key_id)
        old_bytes = record_key_bytes(template.id)
    with psycopg.connect(dbname=own["NAME"], user=own["USER"], host=own["HOST"]) as slow:
        slow.execute("SELECT set_config('caasis.scope', 'system', true)")
        # It takes the row away and will put the same one back: wrapped with master 1, invisible until it commits.
        slow.execute("DELETE FROM privacy_record_key WHERE id = %s", [template.id])
        slow.execute(
            "INSERT INTO privacy_record_key (id, centre_id, wrapped, version) VALUES (%s, %s, %s, 1)",
            [template.id, template.centre_id, bytes(template.wrapped)],
        )
        rotation.start_rotation()
        while rotation.wrap_batch():
            pass
        assert rotation.drop_unused_masters(patience_seconds=0.2) is None, "too early"
        assert set(load_keyring(own_home).masters) == {1, 2}
        result: list[set[int] | None] = []

        def finish() -> None:
            result.append(rotation.drop_unused_masters(patience_seconds=20))
            connection.close()

        thread = threading.Thread(target=finish)
        thread.start()
        time.sleep(0.3)
        assert not result, "it waits"
        slow.commit()
    thread.join(20)
    assert result == [{1}]
    with system_transaction():
        assert record_key_bytes(template.id) == old_bytes


def test_a_record_moves_to_another_centre_with_its_key(people: list[Person], town: Any) -> None:
    with system_transaction():
        plain = record_key_bytes(people[0].record_key_id)
        move_record_key(people[0].record_key_id, town.centre_b.id)
        assert record_key_bytes(people[0].record_key_id) == plain
        assert RecordKey.objects.get(id=people[0].record_key_id).centre_id == town.centre_b.id


def test_look_ups_find_everybody_while_two_index_versions_stand_side_by_side(
    people: list[Person], town: Any, make_person: MakePerson
) -> None:
    def found() -> int:
        with system_transaction():
            return len(persons_by_phone(actor=town.counsellor, phone=KNOWN["phone"]))

    assert found() == 5
    assert reindex.start_reindex() == 2
    assert reindex.remaining() == 18, "six people with two contact points each"
    assert found() == 5
    make_person(town.centre_a.id)
    assert found() == 6, "the new one stands under the new key"
    assert reindex.reindex_batch(10) == 10
    assert found() == 6
    with pytest.raises(WrongState):
        reindex.drop_old_versions()
    while reindex.reindex_batch(10):
        pass
    assert reindex.remaining() == 0 and found() == 6
    assert reindex.drop_old_versions() == {1}
    assert found() == 6
    with system_transaction():
        assert set(ContactPoint.objects.values_list("index_version", flat=True)) == {2}


def test_reindexing_is_no_change_by_a_person(people: list[Person]) -> None:
    (history,) = history_of(Person)
    with system_transaction():
        before = list(Person.objects.order_by("id").values_list("version", "updated_at"))
    reindex.start_reindex()
    while reindex.reindex_batch():
        pass
    with system_transaction():
        assert list(Person.objects.order_by("id").values_list("version", "updated_at")) == before
        assert history._default_manager.count() == 0, "history holds no copy of the old index"


def test_reindexing_passes_erased_people_by(people: list[Person]) -> None:
    erase_record(actor=SYSTEM, key_id=people[0].record_key_id, reason=Reason.RETENTION)
    reindex.start_reindex()
    while reindex.reindex_batch():
        pass
    assert reindex.remaining() == 0
    with system_transaction():
        assert Person.objects.get(id=people[0].id).name_index is None


def test_two_that_start_at_once_share_one_key_ring(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from caasis.platform.crypto.keyring import create_keyring

    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: create_keyring(tmp_path), range(16)))
    assert len({tuple(ring.masters.items()) for ring in rings}) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["keyring.json"]
