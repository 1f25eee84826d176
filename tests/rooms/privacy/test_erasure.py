"""Erasure and retention: nothing of a record can be read any more — live, in history, in files, after a restore."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.people.models import Person
from caasis.people.selectors import persons_by_phone
from caasis.people.services import update_person
from caasis.platform.files.models import StoredFile
from caasis.platform.files.store import path_of, read_file, store_file
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import system_transaction
from caasis.privacy import retention
from caasis.privacy.erasure import Reason, erase_again_after_restore, erase_record, history_of
from caasis.privacy.keys import (
    Forgotten,
    complete_tombstones,
    destroy_record_key,
    read_tombstones,
    record_key_bytes,
    tombstones_path,
)
from caasis.privacy.models import RecordKey
from caasis.privacy.retention import RetentionRule, erase_expired, register_retention
from caasis.privacy.services import read_sealed
from tests.rooms.privacy.conftest import KNOWN

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
MakePerson = Callable[..., Person]


@pytest.fixture
def person(make_person: MakePerson, town: Any) -> Person:
    """A person whose name was corrected once, so that there is a history, and one more who stays."""
    person = make_person(town.centre_a.id)
    with system_transaction():
        update_person(person, {"name": "鵯越 黎明", "phone": "090-5821-9999"})
        connection.check_constraints()
    make_person(town.centre_a.id, name="残る 人", phone="03-3333-4444")
    return person


def history(person: Person) -> Any:
    (model,) = history_of(Person)
    return model._default_manager.filter(pgh_obj_id=person.pk)


def test_before_erasure_row_history_and_file_can_be_read(person: Person) -> None:
    with system_transaction():
        assert read_sealed(person, "name") == {"name": "鵯越 黎明"}
        (old,) = history(person)
        assert old.name and old.name_index and old.record_key_id == person.record_key_id


def test_after_erasure_nothing_can_be_read_or_found(person: Person, town: Any) -> None:
    with system_transaction():
        key = record_key_bytes(person.record_key_id)
        stored = store_file(
            content="鵯越の手紙".encode(),
            name="鵯越の手紙.txt",
            key=key,
            record_key_id=person.record_key_id,
            centre_id=person.centre_id,
        )
        assert persons_by_phone(actor=town.counsellor, phone="090-5821-9999") == [person.id]
    erase_record(actor=town.official, key_id=person.record_key_id, reason=Reason.CONSUMER_REQUEST)

    with system_transaction():
        with pytest.raises(Forgotten):
            record_key_bytes(person.record_key_id)
        live = Person.objects.get(id=person.id)
        assert not live.name and not live.address and live.name_index is None and live.erased_at is not None
        assert persons_by_phone(actor=town.counsellor, phone="090-5821-9999") == []
        (old,) = history(person)
        assert old.name_index is None and old.kana_index is None
        # What history still holds is ciphertext without a key. As proof: the very row, opened as if it lived.
        live.name = old.name
        with pytest.raises(Forgotten):
            read_sealed(live, "name")
        file = StoredFile.objects.get(id=stored.id)
        assert file.deleted_at is not None and not path_of(file.id).exists() and bytes(file.sealed_name) == b""
        with pytest.raises(NotFound):
            read_file(file, key=key)
        other = Person.objects.exclude(id=person.id).get()
        assert read_sealed(other, "name") == {"name": "残る 人"}, "nobody else is touched"
        assert other.name_index is not None


def test_erasure_is_logged_and_told(person: Person, town: Any) -> None:
    erase_record(actor=town.official, key_id=person.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        row = AccessRecord.objects.get(action="erase_personal_data", object_id=person.record_key_id)
        assert (row.actor_id, row.reason, row.centre_id) == (town.official.id, "consumer_request", person.centre_id)
        event = OutboxEvent.objects.get(topic="privacy.record_erased")
        assert (event.subject, event.payload) == (person.record_key_id, {"reason": "consumer_request"})
    erase_record(actor=town.official, key_id=person.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        assert OutboxEvent.objects.filter(topic="privacy.record_erased").count() == 1, "twice does no harm"


@pytest.mark.parametrize(
    ("role", "error"),
    [
        ("counsellor", NotAllowed),
        ("supervisor", NotAllowed),
        ("outsider", NotFound),
        ("outside_official", NotFound),
        ("ncac", NotFound),
        ("analyst", NotFound),
        ("admin", NotFound),
    ],
)
def test_only_an_official_of_the_centre_erases(role: str, error: type[Exception], person: Person, town: Any) -> None:
    with pytest.raises(error):
        erase_record(actor=town.actors[role], key_id=person.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        assert record_key_bytes(person.record_key_id)
    with pytest.raises(NotFound):
        erase_record(actor=town.official, key_id=uuid4(), reason=Reason.CONSUMER_REQUEST)
    with pytest.raises(Invalid):
        erase_record(actor=town.official, key_id=person.record_key_id, reason="本人が嫌だと言った")  # type: ignore[arg-type]


def test_an_erasure_that_is_rolled_back_leaves_the_record_alive_also_for_restores(
    person: Person, own_home: Path
) -> None:
    with system_transaction():
        erase_record(actor=SYSTEM, key_id=person.record_key_id, reason=Reason.RETENTION)
        transaction.set_rollback(True)
    assert read_tombstones() == {}
    with system_transaction():
        assert read_sealed(Person.objects.get(id=person.id), "name") == {"name": "鵯越 黎明"}


def rows_of(table: str) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return cursor.fetchall()


def test_a_restored_backup_forgets_again(person: Person, own_home: Path) -> None:
    with system_transaction():
        backup = RecordKey.objects.get(id=person.record_key_id)
        rows = Person.objects.filter(id=person.id).values("name", "name_index").get()
    erase_record(actor=SYSTEM, key_id=person.record_key_id, reason=Reason.CONSUMER_REQUEST)
    assert list(read_tombstones()) == [person.record_key_id]
    # The restore brings back the key and the values as they were; the tombstones lie outside the database.
    with system_transaction():
        backup.save()
        Person.objects.filter(id=person.id).update(**rows, erased_at=None)
        assert read_sealed(Person.objects.get(id=person.id), "name") == {"name": "鵯越 黎明"}
    assert erase_again_after_restore() == 1
    assert erase_again_after_restore() == 0
    with system_transaction():
        live = Person.objects.get(id=person.id)
        assert not live.name and live.name_index is None
        with pytest.raises(Forgotten):
            record_key_bytes(person.record_key_id)


def test_a_tombstone_lost_in_a_crash_is_written_by_the_job(person: Person, own_home: Path) -> None:
    erase_record(actor=SYSTEM, key_id=person.record_key_id, reason=Reason.CONSUMER_REQUEST)
    whole = tombstones_path().read_text()
    tombstones_path().write_text(whole[: len(whole) // 2])
    assert read_tombstones() == {}
    with system_transaction():
        assert complete_tombstones() == 1
        assert complete_tombstones() == 0
    assert list(read_tombstones()) == [person.record_key_id]
    assert tombstones_path().stat().st_mode & 0o077 == 0
    assert set(json.loads(tombstones_path().read_text().splitlines()[-1])) == {"key", "at"}


def test_a_disk_that_refuses_the_tombstone_does_not_undo_the_erasure(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from caasis.privacy import keys

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(keys, "_write_tombstones", full)
        with system_transaction():
            destroy_record_key(person.record_key_id)
    with system_transaction():
        with pytest.raises(Forgotten):
            record_key_bytes(person.record_key_id)
        assert complete_tombstones() == 1


def test_the_retention_job_erases_what_the_rooms_say(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_rules", {})
    asked: list[int] = []

    def expired(now: Any, limit: int) -> list[UUID]:
        asked.append(limit)
        return list(
            RecordKey.objects.filter(id=person.record_key_id, destroyed_at=None).values_list("id", flat=True)[:limit]
        )

    register_retention(RetentionRule("test.people", expired))
    with pytest.raises(ValueError, match="twice"):
        register_retention(RetentionRule("test.people", expired))
    assert erase_expired(timezone.now(), limit=7) == 1
    assert erase_expired(timezone.now(), limit=7) == 0
    assert asked == [7, 7]
    with system_transaction():
        assert (
            AccessRecord.objects.get(action="erase_personal_data", object_id=person.record_key_id).reason == "retention"
        )


def test_history_does_not_gain_a_copy_by_the_erasure(person: Person) -> None:
    with system_transaction():
        before = history(person).count()
    erase_record(actor=SYSTEM, key_id=person.record_key_id, reason=Reason.RETENTION)
    with system_transaction():
        assert history(person).count() == before
    for needle in (KNOWN["phone"], "09058217745", "+819058217745"):
        assert needle not in str(rows_of("people_contactpointevent"))
