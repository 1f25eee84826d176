"""Row counts and digests of all tables: what a restore must bring back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True)
class TablePrint:
    """One table: how many rows, and a digest that does not depend on their order."""

    rows: int
    digest: str


#: What the running processes write all the time, or what belongs to one run.
VOLATILE = frozenset({"procrastinate_workers"})


def fingerprint(connection: psycopg.Connection[Any]) -> dict[str, TablePrint]:
    """Count and digest every table that the connection's transaction sees.

    The digest adds up 60 bits of each row's MD5: any changed, missing or doubled row changes it, order doesn't, and the
    server streams the table once. It guards against loss, not against an attacker (the audit chain does that).
    """
    names = [
        row[0]
        for row in connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname"
        )
    ]
    prints: dict[str, TablePrint] = {}
    for name in names:
        if name in VOLATILE:
            continue
        query = sql.SQL(
            "SELECT count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint::numeric), 0)::text FROM {} t"
        ).format(sql.Identifier(name))
        row = connection.execute(query).fetchone()
        assert row is not None
        prints[name] = TablePrint(int(row[0]), str(row[1]))
    return prints


def differences(expected: dict[str, TablePrint], found: dict[str, TablePrint]) -> list[str]:
    """Sentences for every table that is not as it was."""
    problems: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        before, after = expected.get(name), found.get(name)
        if before is None or after is None:
            problems.append(f"表 {name} が{'増えて' if before is None else '欠けて'}います。")
        elif before.rows != after.rows:
            problems.append(f"表 {name} の行数が違います（{before.rows}行が{after.rows}行）。")
        elif before.digest != after.digest:
            problems.append(f"表 {name} の内容が違います。")
    return problems
