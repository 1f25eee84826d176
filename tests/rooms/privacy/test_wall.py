"""Row-level security: the second wall, tried with raw SQL by the application's own role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import psycopg_pool
import pytest
from django.db import DatabaseError, connection, connections

from caasis.kernel.actor import PUBLIC, SYSTEM
from caasis.people.models import Person
from caasis.people.services import update_person
from caasis.platform.transactions import actor_transaction, set_scope, system_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

#: Tables with personal data, each with the column that names the centre.
PERSONAL = {
    "people_person": "centre_id",
    "people_contact_point": "centre_id",
    "people_personevent": "centre_id",
    "people_contactpointevent": "centre_id",
    "privacy_record_key": "centre_id",
}


@pytest.fixture
def two_centres(make_person: Callable[..., Person], town: Any) -> Any:
    """One person with a history in each centre."""
    for centre in (town.centre_a, town.centre_b):
        person = make_person(centre.id)
        with system_transaction():
            update_person(person, {"name": "鵯越 改", "phone": "090-5821-0000"})
    return town


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("table", PERSONAL)
def test_raw_sql_shows_the_own_centre_and_nothing_else(table: str, two_centres: Any) -> None:
    with system_transaction():
        everything = count(table)
    assert everything >= 2
    for role in ("counsellor", "supervisor", "official", "outsider"):
        actor = two_centres.actors[role]
        with actor_transaction(actor), connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT {PERSONAL[table]} FROM {table}")
            assert cursor.fetchall() == [(actor.centre_id,)]
            assert count(table) == everything // 2
            for statement in (f"UPDATE {table} SET centre_id = centre_id", f"DELETE FROM {table}"):
                cursor.execute("SAVEPOINT attempt")
                cursor.execute(f"{statement} WHERE centre_id <> %s", [actor.centre_id])
                assert cursor.rowcount == 0
                cursor.execute("ROLLBACK TO attempt")


@pytest.mark.parametrize("table", PERSONAL)
@pytest.mark.parametrize("role", ["ncac", "analyst", "admin", "public", "nobody"])
def test_whoever_has_no_centre_sees_no_row(role: str, table: str, two_centres: Any) -> None:
    if role == "nobody":
        assert count(table) == 0, "outside of any scope"
        return
    with actor_transaction(PUBLIC if role == "public" else two_centres.actors[role]):
        assert count(table) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO privacy_record_key (id, centre_id, wrapped, version) VALUES (gen_random_uuid(), %s, '', 1)",
        "UPDATE people_person SET centre_id = %s",
    ],
)
def test_nobody_writes_a_row_into_another_centre(statement: str, two_centres: Any) -> None:
    actor, other = two_centres.counsellor, two_centres.centre_b.id
    with pytest.raises(DatabaseError, match="row-level security"), actor_transaction(actor):
        execute(statement, other)


def test_every_table_with_sealed_values_stands_behind_the_wall() -> None:
    """A new room that seals values and forgets the wall is found here."""
    from django.apps import apps

    from caasis.privacy.sealed import SealedField

    sealed = {
        model._meta.db_table
        for model in apps.get_models()
        if any(isinstance(field, SealedField) for field in model._meta.get_fields())
    }
    assert len(sealed) >= 6
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relrowsecurity"
            " AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)"
        )
        walled = {row[0] for row in cursor.fetchall()}
    assert sealed - walled == set()
    assert {"privacy_record_key", "platform_file"} <= walled


def test_the_applications_role_can_not_climb_over(two_centres: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user AND schemaname = 'public'")
        assert cursor.fetchone() == (0,)
    for statement in (
        "ALTER TABLE people_person DISABLE ROW LEVEL SECURITY",
        "DROP POLICY people_person_wall ON people_person",
        "SET ROLE caasis_owner",
        "TRUNCATE pg_class",
    ):
        with pytest.raises(Exception), system_transaction(), connection.cursor() as cursor:  # noqa: B017
            cursor.execute(statement)


def scope_of(cursor: Any) -> tuple[str, str]:
    cursor.execute(
        "SELECT coalesce(current_setting('caasis.scope', true), ''), coalesce(current_setting('caasis.centre', true), '')"
    )
    row = cursor.fetchone()
    return (row[0], row[1])


@pytest.mark.parametrize("end", ["commit", "rollback", "error"])
def test_the_scope_ends_with_the_transaction(end: str, two_centres: Any) -> None:
    try:
        with actor_transaction(two_centres.counsellor):
            with connection.cursor() as cursor:
                assert scope_of(cursor) == ("centre", str(two_centres.centre_a.id))
            if end == "rollback":
                raise KeyError
            if end == "error":
                count("no_such_table")
    except Exception:
        pass
    with connection.cursor() as cursor:
        assert scope_of(cursor) == ("", "")
    assert count("people_person") == 0


def test_a_scope_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        set_scope(SYSTEM)


def test_an_inner_scope_gives_way_to_the_outer_one_again(two_centres: Any) -> None:
    with actor_transaction(two_centres.counsellor):
        with system_transaction():
            assert count("people_person") == 2
        assert count("people_person") == 1
        with pytest.raises(KeyError), system_transaction():
            raise KeyError
        with connection.cursor() as cursor:
            assert scope_of(cursor) == ("centre", str(two_centres.centre_a.id))
        assert count("people_person") == 1


def test_one_pooled_connection_serves_two_centres_in_turn_without_a_leak(two_centres: Any) -> None:
    """The same connection of a pool goes from one centre's request to the next one's, after commit, rollback and error."""
    own = connection.settings_dict
    pool = psycopg_pool.ConnectionPool(
        kwargs={"dbname": own["NAME"], "user": own["USER"], "host": own["HOST"]}, min_size=1, max_size=1, open=True
    )
    backends = set()

    def request(centre: Any, end: str) -> list[Any]:
        with pool.connection() as borrowed:
            backends.add(borrowed.info.backend_pid)
            row = borrowed.execute("SELECT coalesce(current_setting('caasis.scope', true), '')").fetchone()
            assert row == ("",), "what the request before has set is gone"
            assert borrowed.execute("SELECT count(*) FROM people_person").fetchone() == (0,)
            borrowed.execute(
                "SELECT set_config('caasis.scope', 'centre', true), set_config('caasis.centre', %s, true)",
                [str(centre.id)],
            )
            seen = borrowed.execute("SELECT centre_id FROM people_person").fetchall()
            if end == "rollback":
                borrowed.rollback()
            if end == "error":
                try:
                    borrowed.execute("SELECT 1 / 0")
                except psycopg.Error:
                    borrowed.rollback()
            return [row[0] for row in seen]

    try:
        for _ in range(3):
            for end in ("commit", "rollback", "error"):
                for centre in (two_centres.centre_a, two_centres.centre_b):
                    assert request(centre, end) == [centre.id]
    finally:
        pool.close()
    assert len(backends) == 1, "it was one connection all the time"


def test_the_scope_is_never_set_for_a_session() -> None:
    """`set_config(…, false)` or SET would outlive the transaction on a pooled connection."""
    import re
    from pathlib import Path

    import caasis

    source = Path(caasis.__file__).parent
    found = []
    for path in source.rglob("*.py"):
        text = path.read_text()
        for hit in re.finditer(r"set_config\([^)]*\)", text):
            if not hit.group().rstrip(")").rstrip().endswith("true"):
                found.append((path.name, hit.group()))
        if re.search(r"""["']\s*SET\s+(SESSION\s+)?caasis\.""", text, re.IGNORECASE):
            found.append((path.name, "SET"))
    assert found == []
