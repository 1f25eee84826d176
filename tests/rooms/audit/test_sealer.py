"""The sealer: every committed row gets into the chain, whenever it becomes visible."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from caasis.audit import anchor, sealer
from caasis.audit.chain import GENESIS, Link, chain_digest
from caasis.audit.models import AccessRecord, AccessSeal, SealedRow
from caasis.audit.sealer import anchor_head, long_look_from, seal_all, seal_once
from caasis.audit.services import access_row
from caasis.audit.verification import verify
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import system_transaction
from tests.rooms.audit.conftest import ACTOR, insert

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def fresh() -> AccessRecord:
    return access_row(actor=ACTOR, action="open_case", object_kind="case", object_id=uuid7())


def test_links_name_the_link_before(see) -> None:  # type: ignore[no-untyped-def]
    see()
    see()
    assert seal_all() == 2
    see()
    assert seal_all() == 1
    assert seal_all() == 0
    first, second = AccessSeal.objects.order_by("number")
    assert (first.number, first.row_count, second.number, second.row_count) == (1, 2, 2, 1)
    assert first.chain_digest == chain_digest(GENESIS, Link(1, first.sealed_at, 2, first.rows_digest))
    assert second.chain_digest == chain_digest(first.chain_digest, Link(2, second.sealed_at, 1, second.rows_digest))


def test_the_row_of_a_slow_transaction_is_not_skipped(see, other_connection) -> None:  # type: ignore[no-untyped-def]
    slow = fresh()
    insert(other_connection, slow)
    time.sleep(0.02)
    quick = see()
    look = seal_once(long_look_from())
    assert look.rows == 1 and SealedRow.objects.get().access_id == quick
    # More rows, more looks, and only then the slow commit.
    see()
    look = seal_once(look.look_from)
    assert look.look_from < slow.at, "the next look goes back to where the open transaction began"
    other_connection.commit()
    look = seal_once(look.look_from)
    assert look.rows == 1
    assert SealedRow.objects.filter(access_id=slow.id).exists()
    assert verify().ok is False and {each.kind for each in verify().findings} == {"anchor"}, "only not anchored yet"


def test_a_transaction_open_for_longer_than_the_skew_holds_the_look_back(other_connection, see, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(sealer, "SKEW", timedelta(0))
    other_connection.execute("SELECT 1")
    slow = fresh()
    insert(other_connection, slow)
    look = seal_once(long_look_from())
    for _ in range(3):
        time.sleep(0.05)
        see()
        look = seal_once(look.look_from)
    other_connection.commit()
    assert seal_once(look.look_from).rows == 1
    # Once nobody is in a transaction any more, the look moves on.
    time.sleep(0.05)
    assert seal_once(look.look_from).look_from > slow.at


def test_a_full_batch_goes_on_where_it_was(see, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(sealer, "BATCH", 2)
    for _ in range(5):
        see()
    assert seal_all() == 5
    assert [seal.row_count for seal in AccessSeal.objects.order_by("number")] == [2, 2, 1]


def test_two_sealers_take_turns(see) -> None:  # type: ignore[no-untyped-def]
    for _ in range(20):
        see()
    errors: list[Exception] = []

    def seal() -> None:
        try:
            seal_all()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not errors
    assert SealedRow.objects.count() == 20
    assert sum(seal.row_count for seal in AccessSeal.objects.all()) == 20


def test_the_process_seals_within_seconds_and_anchors_at_its_end(see) -> None:  # type: ignore[no-untyped-def]
    stop = threading.Event()
    thread = threading.Thread(target=sealer.run, args=(stop,))
    thread.start()
    try:
        see()
        deadline = time.monotonic() + 10
        while not SealedRow.objects.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        see()
        while SealedRow.objects.count() < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    head = AccessSeal.objects.order_by("-number")[0]
    newest = anchor.last()
    assert newest is not None and (newest.number, newest.chain) == (head.number, head.chain_digest)
    assert verify().ok


def test_the_process_survives_a_dropped_connection(see) -> None:  # type: ignore[no-untyped-def]
    stop = threading.Event()
    thread = threading.Thread(target=sealer.run, args=(stop,))
    thread.start()
    try:
        time.sleep(0.5)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
        see()
        deadline = time.monotonic() + 15
        while not SealedRow.objects.exists():
            assert time.monotonic() < deadline and thread.is_alive()
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(10)


def test_the_head_is_anchored_once(see) -> None:  # type: ignore[no-untyped-def]
    assert anchor_head() is False, "there is no head yet"
    see()
    seal_all()
    assert anchor_head() is True
    assert anchor_head() is False
    assert len(list(anchor.read_all())) == 1
    assert anchor.path().stat().st_mode & 0o077 == 0


def test_an_anchor_cut_off_by_a_crash_spoils_nothing(see) -> None:  # type: ignore[no-untyped-def]
    see()
    seal_all()
    anchor_head()
    with anchor.path().open("a") as file:
        file.write('{"number": 2, "ch')
    assert [each.number for each in anchor.read_all()] == [1]
    see()
    seal_all()
    assert anchor_head() is True
    assert [each.number for each in anchor.read_all()] == [1, 2]
    assert verify().ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_access SET reason = 'x'",
        "DELETE FROM audit_access",
        "UPDATE audit_seal SET row_count = 0",
        "DELETE FROM audit_seal",
        "UPDATE audit_sealed_row SET seal_number = 9",
        "DELETE FROM audit_sealed_row",
        "ALTER TABLE audit_access DISABLE TRIGGER ALL",
    ],
)
def test_the_application_can_not_change_or_delete_what_is_logged(statement: str, see) -> None:  # type: ignore[no-untyped-def]
    see()
    seal_all()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AccessRecord.objects.count() == 1


def test_the_months_own_partition_can_not_be_changed_either(see) -> None:  # type: ignore[no-untyped-def]
    see()
    month = timezone.localtime().strftime("%Y%m")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM audit_access_{month}")
        assert cursor.fetchone() == (1,)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM audit_access_{month}")


def test_the_job_makes_partitions_ahead() -> None:
    from caasis.audit.jobs import make_partitions_ahead

    with system_transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_access'::regclass")
        before = cursor.fetchone()[0]
        make_partitions_ahead()
        cursor.execute("SELECT audit_ensure_partitions(%s)", [5])
        assert cursor.fetchone() == (2,)
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_access'::regclass")
        assert cursor.fetchone()[0] == before + 2
        transaction.set_rollback(True)


def test_a_rolled_back_change_leaves_no_access_row(see) -> None:  # type: ignore[no-untyped-def]
    with system_transaction():
        fresh().save(force_insert=True)
        transaction.set_rollback(True)
    assert seal_all() == 0


def test_psycopg_and_django_see_the_same_values() -> None:
    """The digest is made of what the driver returns: a value that reads differently elsewhere would look changed."""
    row = fresh()
    with system_transaction():
        row.save(force_insert=True)
        found = AccessRecord.objects.get(id=row.id)
    from caasis.audit.chain import COLUMNS, row_digest

    own = connection.settings_dict
    with psycopg.connect(dbname=own["NAME"], user=own["USER"], host=own["HOST"], options="-c timezone=UTC") as other:
        raw = other.execute(f"SELECT {', '.join(COLUMNS)} FROM audit_access").fetchone()
    assert raw is not None
    assert row_digest(raw) == row_digest(getattr(found, name) for name in COLUMNS)
