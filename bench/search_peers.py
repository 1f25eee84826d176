"""The peers: SQLite FTS5 and PostgreSQL full text over the same words, filters and cases, and the counts compared."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bench.installation import say, spread
from bench.search_corpus import Told
from caasis.platform.search.analysis import Analysis, analyse

_FIELDS = ("centre", "state", "product", "sales_form", "age_band")


class Peer(Protocol):
    """What a peer is asked. `words` are Sudachi's; `centre` is the actor's own."""

    def best(self, words: str, centre: str, *, newest: bool = False, product: str = "", since: str = "") -> list[int]: ...

    def count(self, words: str, centre: str) -> int: ...

    def facets(self, words: str, centre: str) -> int: ...


def _rows(cases: Iterable[Told], analysed: Callable[[str], Analysis]) -> Iterator[tuple[Any, ...]]:
    for number, told in enumerate(cases):
        title, body = analysed(told.title).words, analysed(told.body).words
        terms = [told.terms[field][-1] if told.terms[field] else "" for field in _FIELDS]
        yield (number, told.day.isoformat(), *terms, f"{title} {title} {body}")


class Sqlite:
    """FTS5 without contents; the words come separated by blanks."""

    def __init__(self, path: Path, cases: Iterable[Told]) -> None:
        began = time.monotonic()
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        # Sudachi's words hold signs, by which FTS5 would cut them anew.
        tokenizer = "unicode61 remove_diacritics 0 tokenchars '・_-.,%'"
        self._db.execute(f'CREATE VIRTUAL TABLE t USING fts5(w, content=\'\', tokenize="{tokenizer}")')
        self._db.execute(
            "CREATE TABLE m (id INTEGER PRIMARY KEY, day TEXT, centre TEXT, state TEXT, product TEXT, sales_form TEXT,"
            " age_band TEXT)"
        )
        with self._db:
            for row in _rows(cases, analyse):
                self._db.execute("INSERT INTO m VALUES (?,?,?,?,?,?,?)", row[:7])
                self._db.execute("INSERT INTO t (rowid, w) VALUES (?,?)", (row[0], row[7]))
        for field in ("day", "product"):
            self._db.execute(f"CREATE INDEX m_{field} ON m ({field})")
        self._db.execute("INSERT INTO t (t) VALUES ('optimize')")
        self._db.execute("ANALYZE")
        self.seconds = round(time.monotonic() - began, 1)

    _FROM = "FROM t JOIN m ON m.id = t.rowid WHERE t MATCH ? AND (m.state = 'registered' OR m.centre = ?)"

    @staticmethod
    def _match(words: str) -> str:
        return " ".join(f'"{word}"' for word in words.split())

    def best(self, words: str, centre: str, *, newest: bool = False, product: str = "", since: str = "") -> list[int]:
        sql, values = self._FROM, [self._match(words), centre]
        if product:
            sql, values = f"{sql} AND m.product = ? AND m.day >= ?", [*values, product, since]
        order = "m.day DESC, m.id" if newest else "bm25(t)"
        return [row[0] for row in self._db.execute(f"SELECT m.id {sql} ORDER BY {order} LIMIT 20", values)]

    def count(self, words: str, centre: str) -> int:
        return int(self._db.execute(f"SELECT count(*) {self._FROM}", (self._match(words), centre)).fetchone()[0])

    def facets(self, words: str, centre: str) -> int:
        found = 0
        for field in _FIELDS[1:]:
            sql = f"SELECT m.{field}, count(*) {self._FROM} GROUP BY 1"
            found += len(self._db.execute(sql, (self._match(words), centre)).fetchall())
        return found


class Postgres:
    """tsvector of configuration 'simple', GIN; the cluster is the product's embedded one."""

    def __init__(self, dsn: str, cases: Iterable[Told]) -> None:
        began = time.monotonic()
        self._db = psycopg.connect(dsn, autocommit=True)
        self._db.execute(
            "CREATE TABLE m (id int PRIMARY KEY, day date, centre text, state text, product text, sales_form text,"
            " age_band text, w tsvector)"
        )
        with self._db.cursor().copy("COPY m FROM STDIN") as copy:
            for row in _rows(cases, analyse):
                copy.write_row((*row[:7], _vector(row[7])))
        self._db.execute("SET maintenance_work_mem = '512MB'")
        self._db.execute("CREATE INDEX ON m USING gin (w)")
        self._db.execute("CREATE INDEX ON m (day)")
        self._db.execute("ANALYZE m")
        self.seconds = round(time.monotonic() - began, 1)

    _FROM = "FROM m WHERE w @@ %s::tsquery AND (state = 'registered' OR centre = %s)"

    @staticmethod
    def _match(words: str) -> str:
        return " & ".join(f"'{word}'" for word in words.split())

    def best(self, words: str, centre: str, *, newest: bool = False, product: str = "", since: str = "") -> list[int]:
        query = self._match(words)
        sql, values = self._FROM, [query, centre]
        if product:
            sql, values = f"{sql} AND product = %s AND day >= %s", [*values, product, since]
        order, extra = ("day DESC, id", []) if newest else ("ts_rank(w, %s::tsquery) DESC", [query])
        return [row[0] for row in self._db.execute(f"SELECT id {sql} ORDER BY {order} LIMIT 20", [*values, *extra])]

    def count(self, words: str, centre: str) -> int:
        row = self._db.execute(f"SELECT count(*) {self._FROM}", (self._match(words), centre)).fetchone()
        return int(row[0]) if row else 0

    def facets(self, words: str, centre: str) -> int:
        found = 0
        for field in _FIELDS[1:]:
            sql = f"SELECT {field}, count(*) {self._FROM} GROUP BY 1"
            found += len(self._db.execute(sql, (self._match(words), centre)).fetchall())
        return found


def _vector(words: str) -> str:
    """Words with positions, as to_tsvector('simple', …) gives them, without its parser cutting Sudachi's words anew."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words.split(), start=1):
        places.setdefault(word.replace("'", "''").replace("\\", "\\\\"), []).append(min(place, 16383))
    return " ".join(f"'{word}':{','.join(map(str, found[:255]))}" for word, found in places.items())


@contextlib.contextmanager
def peers(cases: Callable[[], Iterable[Told]]) -> Iterator[dict[str, Any]]:
    """Both peers, filled with the same cases."""
    from caasis.platform.database import EmbeddedCluster

    home = Path(tempfile.mkdtemp(prefix="caasis-bench-"))
    cluster = EmbeddedCluster(home)
    try:
        say("filling SQLite FTS5")
        sqlite = Sqlite(home / "peer.sqlite", cases())
        say(f"  {sqlite.seconds} s; filling PostgreSQL")
        cluster.prepare()
        cluster.start()
        cluster.wait_ready(timeout=60)
        cluster.ensure_roles_and_database()
        postgres = Postgres(cluster.dsn("owner"), cases())
        say(f"  {postgres.seconds} s")
        yield {"sqlite": sqlite, "postgresql": postgres}
    finally:
        with contextlib.suppress(Exception):
            cluster.destroy()
        shutil.rmtree(home, ignore_errors=True)


def ask(peer: Peer, terms: list[str], centre: Callable[[int], str], product: str, since: str, times: int) -> dict[str, Any]:
    """The same questions as the index gets, where a peer can answer them."""
    runs: dict[str, Callable[[int], object]] = {
        "common": lambda n: peer.best(terms[n % len(terms)], centre(n)),
        "by date": lambda n: peer.best(terms[n % len(terms)], centre(n), newest=True),
        "filter": lambda n: peer.best(terms[n % len(terms)], centre(n), product=product, since=since),
        "facets": lambda n: (peer.best(terms[n % len(terms)], centre(n)), peer.facets(terms[n % len(terms)], centre(n))),
    }
    result = {}
    for name, run in runs.items():
        taken = []
        for number in range(times + 1):
            began = time.perf_counter()
            run(number)
            taken.append(time.perf_counter() - began)
        result[name] = spread(taken[1:])
    return result
