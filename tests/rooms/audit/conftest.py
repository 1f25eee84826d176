"""Fixtures of the access log: an empty log, an anchor of its own, and hands that may tamper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection, connections

from caasis.audit.models import AccessRecord
from caasis.audit.services import access_row
from caasis.kernel.actor import Actor, Role
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import system_transaction

ACTOR = Actor(id=uuid7(), centre_id=uuid7(), roles=frozenset({Role.COUNSELLOR}), name="見本")


@pytest.fixture(autouse=True)
def empty_log(transactional_db: None, settings, tmp_path: Path) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Django doesn't empty the partitioned table: its model is not managed."""
    settings.CAASIS_HOME = tmp_path
    _empty()
    yield
    _empty()


def _empty() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE audit_access, audit_seal, audit_sealed_row")


@pytest.fixture
def see() -> Callable[..., UUID]:
    """Write one access row and commit it."""

    def write(reason: str = "") -> UUID:
        with system_transaction():
            row = access_row(
                actor=ACTOR, action="open_personal_data", object_kind="person", object_id=uuid7(), reason=reason
            )
            row.save(force_insert=True)
            return row.id

    return write


@pytest.fixture
def as_owner() -> Callable[..., None]:
    """What somebody with the owner's rights on the database could do."""

    def execute(query: str, *values: object) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(query, values)

    return execute


@pytest.fixture
def other_connection() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A second connection of the application, whose transaction stays open until the test ends it."""
    own = connection.settings_dict
    with psycopg.connect(dbname=own["NAME"], user=own["USER"], host=own["HOST"]) as other:
        yield other


def insert(other: psycopg.Connection[tuple[object, ...]], row: AccessRecord) -> None:
    other.execute(
        "INSERT INTO audit_access (id, at, action, object_kind) VALUES (%s, %s, %s, %s)",
        [row.id, row.at, row.action, row.object_kind],
    )
