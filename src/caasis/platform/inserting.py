"""Making and inserting rows of several tables together, in one trip and without the ORM's cost per value.

Each table's rows travel as one JSON document that PostgreSQL unfolds (`json_populate_recordset`), and the statements
of all tables go out in one pipeline. For a case of ten rows that is a quarter of the ORM's time, for a batch of some
hundred a tenth (`bin/bench spine`). COPY would be faster still, but row-level security refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from django.db import connections, models, router, transaction
from django.db.models.base import ModelState

#: Rows of one statement: keeps a document below some megabytes.
ROWS_AT_ONCE = 1000

Row = TypeVar("Row", bound=models.Model)

_PLAIN = (
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.UUIDField,
    models.DateField,
    models.JSONField,
    models.BinaryField,
    models.ForeignKey,
)


def new_row(model: type[Row], /, **values: Any) -> Row:
    """An unsaved row as `model(**values)` makes it, for a tenth of the time: no signals, and each value is set once.

    `values` are named by column (`case_id`) or relation (`case`). A case that has walked its whole life is forty rows.

    :raises TypeError: a name is no field of the model.
    """
    shape = _shape(model)
    row = model.__new__(model)
    row._state = ModelState()
    known = row.__dict__
    known.update(shape.fixed)
    for name, make in shape.made:
        if name not in values:
            known[name] = make()
    for name, value in values.items():
        if name in shape.columns:
            known[name] = value
        elif name in shape.relations:
            known[shape.relations[name]] = None if value is None else value.pk
            row._state.fields_cache[name] = value
        else:
            raise TypeError(f"{model.__name__} has no field {name}")
    return row


class _Shape:
    """What a new row of a model starts with."""

    def __init__(self, model: type[models.Model]) -> None:
        self.columns: frozenset[str] = frozenset(field.attname for field in model._meta.concrete_fields)
        #: relation → its column
        self.relations = {field.name: field.attname for field in model._meta.concrete_fields if field.remote_field}
        self.fixed: dict[str, Any] = {}
        self.made: list[tuple[str, Callable[[], Any]]] = []
        for field in model._meta.concrete_fields:
            if field.has_default() and callable(field.default):
                self.made.append((field.attname, field.default))
            else:
                # Also of fields with a default of their own making: sealed columns start with the empty seal.
                self.fixed[field.attname] = field.get_default()


@cache
def _shape(model: type[models.Model]) -> _Shape:
    return _Shape(model)


def insert_together(*groups: Iterable[models.Model]) -> None:
    """Insert the rows of each group, in the order of the groups, in one transaction.

    Each group holds rows of one model, with every key already known (UUIDs made in Python). Signals are not sent,
    as with `bulk_create`; triggers of the database run.

    :raises django.db.IntegrityError: and its siblings, like the ORM; nothing is written then, and the transaction can
        go on.
    """
    statements: list[tuple[str, str]] = []
    lists = [list(group) for group in groups]
    written = [rows for rows in lists if rows]
    if not written:
        return
    for rows in written:
        sql, columns = _statement(type(rows[0]))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            statements.append((sql, _document(part, columns)))
    alias = router.db_for_write(type(written[0][0]))
    connection = connections[alias]
    if connection.in_atomic_block:
        _send(connection, statements)
    else:
        with transaction.atomic(using=alias):
            _send(connection, statements)
    for rows in written:
        for row in rows:
            row._state.adding = False
            row._state.db = alias


def _send(connection: Any, statements: Sequence[tuple[str, str]]) -> None:
    """All statements in one pipeline, inside a savepoint that travels with them: what fails leaves the transaction as
    it was, and costs no trip of its own."""
    raw = connection.connection
    with connection.wrap_database_errors:
        try:
            with raw.pipeline(), psycopg.Cursor(raw) as cursor:
                cursor.execute(f"SAVEPOINT {_SAVEPOINT}")
                for sql, document in statements:
                    # Prepared once for each connection: planning an insert behind a wall costs as much as doing it.
                    cursor.execute(sql, (document,), prepare=True)  # type: ignore[arg-type]
                cursor.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")
        except psycopg.Error:
            if not raw.closed:
                raw.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
            raise


_SAVEPOINT = "insert_together"


@cache
def _statement(model: type[models.Model]) -> tuple[str, list[tuple[str, Callable[[Any], Any]]]]:
    """The INSERT of a model, and for each column how its value is taken from a row."""
    columns: list[tuple[str, Callable[[Any], Any]]] = []
    for field in model._meta.concrete_fields:
        if not isinstance(field, _PLAIN) or field.generated:
            raise TypeError(f"{model.__name__}.{field.name}: this kind of field is not inserted here")
        columns.append((str(field.column), _taking(field)))
    names = ", ".join(f'"{column}"' for column, _ in columns)
    table = model._meta.db_table
    # The names are those of our own models.
    sql = f'INSERT INTO "{table}" ({names}) SELECT {names} FROM json_populate_recordset(NULL::"{table}", %s::json)'  # noqa: S608
    return sql, columns


def _taking(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    name = field.attname
    if isinstance(field, models.DateField) and not (field.auto_now or field.auto_now_add):
        return lambda row: None if (value := getattr(row, name)) is None else value.isoformat()
    if type(field).pre_save is not models.Field.pre_save:
        return lambda row: field.pre_save(row, True)
    if isinstance(field, models.BinaryField):
        # Sealed columns refuse what isn't sealed.
        return lambda row: field.get_prep_value(getattr(row, name))
    if isinstance(field, models.UUIDField | models.ForeignKey):
        return lambda row: value.hex if isinstance(value := getattr(row, name), UUID) else value
    if isinstance(field, models.CharField | models.TextField):
        # Members of an enumeration are written by their value.
        return lambda row: None if (value := getattr(row, name)) is None else str(value)
    return lambda row: getattr(row, name)


def _document(rows: Sequence[models.Model], columns: Sequence[tuple[str, Callable[[Any], Any]]]) -> str:
    values = [{column: take(row) for column, take in columns} for row in rows]
    # Rows are no circles: not looking for any saves a fifth.
    return json.dumps(values, default=_told, ensure_ascii=False, check_circular=False, separators=(",", ":"))


def _told(value: Any) -> Any:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in a row")
