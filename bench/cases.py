"""Similar cases and possible duplicates while one types, through the functions that the desk calls.

    bin/bench cases [--size 1000000] [--rows 1000000] [--written 20000] [--times 200] [--cache DIR]

Similar cases are looked for in the index that `bin/bench search --size N` built and keeps; it has to be there. The hits
of that index have no rows in the database, so that reading the (three) rows found is measured as reading none: what is
measured is the search of `similar_cases` with its permission. Duplicates are looked for among `--rows` cases of a
throw-away installation: the twin writes `--written` of them, the others are copies that the server makes of these, with
people of their own (other blind indexes), so that nobody consults more often than in the town.

The approval of 500 cases in a batch (≤ 5 s) is measured by `bench/approvals.py`, a part of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

from bench.calibration import Calibration
from bench.installation import Installation, installation, say, spread
from bench.search import cache_folder
from bench.search_corpus import TODAY, Corpus

GOAL_MS = 50.0


def similar(running: Installation, cache: Path, size: int, times: int) -> dict[str, Any]:
    """The desk's own call for what is typed on a card, over the big index."""
    from caasis.accounts.models import User
    from caasis.accounts.selectors import actor_of
    from caasis.cases.models import Case
    from caasis.cases.search import similar_cases
    from caasis.platform.search import use_index
    from caasis.platform.search.adapters.tantivy import TantivyIndex
    from caasis.platform.transactions import actor_transaction, system_transaction

    index = TantivyIndex(cache / f"index-{size}", today=lambda: TODAY)
    documents = index.stats().documents
    if not documents:
        raise SystemExit(f"no index of {size:,} cases in {cache}: run bin/bench search --size {size} --only-build first")
    use_index(index)
    corpus = Corpus(size, cache)
    with system_transaction():
        case = Case.objects.order_by("id").first()
        actor = actor_of(User.objects.get(username="counsellor"))
    assert case is not None
    taken = []
    for number in range(times + 3):
        told = corpus.case(number * 991 % size)
        card = {"title": told.title, "summary": told.body}
        began = time.perf_counter()
        with actor_transaction(actor):
            similar_cases(actor=actor, case=case, card=card)
        taken.append(time.perf_counter() - began)
    return {"indexed": documents, **spread(taken[3:])}


def duplicates(running: Installation, times: int) -> dict[str, Any]:
    """Cases of the counsellor's own centre, each asked about with the telephone number of another."""
    from caasis.accounts.models import User
    from caasis.accounts.selectors import actor_of
    from caasis.cases.duplicates import possible_duplicates
    from caasis.cases.models import Case
    from caasis.cases.selectors import get_case, own_cases
    from caasis.platform.transactions import actor_transaction, system_transaction

    with system_transaction():
        actor = actor_of(User.objects.get(username="counsellor"))
        rows = Case.objects.count()
    taken: list[float] = []
    found = 0
    with actor_transaction(actor):
        ids = list(own_cases(actor=actor).order_by("-received_at").values_list("id", flat=True)[: times + 3])
    for id in ids:
        with actor_transaction(actor):
            case = get_case(actor=actor, case_id=id)
            business = next(iter(case.businesses.all()), None)
            card = {"business_name": business.name_as_heard if business else "カクウルーフ", "consumer_phone": "090-0000-0000"}
            began = time.perf_counter()
            found += bool(possible_duplicates(actor=actor, case=case, card=card))
            taken.append(time.perf_counter() - began)
    return {"rows": rows, "own_centre": len(ids), "with_duplicates": found, **spread(taken[3:] or taken)}


#: Tables that a look for duplicates reads, in the order in which they can be copied: model → columns that differ.
_COPIED = {
    "people_person": {
        "id": "p.new",
        "name_index": "sha256(t.name_index || %(copy)s::bytea)",
        "kana_index": "sha256(t.kana_index || %(copy)s::bytea)",
    },
    "people_contact_point": {
        "id": "gen_random_uuid()",
        "person_id": "p.new",
        "value_index": "sha256(t.value_index || %(copy)s::bytea)",
    },
    "cases_case": {
        "id": "c.new",
        "receipt_number": "substr(c.new::text, 1, 18)",
        "idempotency_key": "NULL",
    },
    "cases_party": {"id": "gen_random_uuid()", "case_id": "c.new", "person_id": "p.new"},
    "cases_business": {"id": "gen_random_uuid()", "case_id": "c.new"},
}
_JOINED = {
    "people_person": "JOIN new_person p ON p.old = t.id",
    "people_contact_point": "JOIN new_person p ON p.old = t.person_id",
    "cases_case": "JOIN new_case c ON c.old = t.id",
    "cases_party": "JOIN new_case c ON c.old = t.case_id LEFT JOIN new_person p ON p.old = t.person_id",
    "cases_business": "JOIN new_case c ON c.old = t.case_id",
}


def multiply(rows: int) -> int:
    """Copy what the twin wrote until there are so many cases. Returns how many there are."""
    from django.apps import apps
    from django.db import connections, transaction

    from caasis.cases.services.bulk import analyse_tables

    tables = {model._meta.db_table: [f.column for f in model._meta.concrete_fields] for model in apps.get_models()}
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('caasis.scope', 'system', true)")
        cursor.execute("CREATE TEMP TABLE old_case ON COMMIT DROP AS SELECT id FROM cases_case")
        cursor.execute("SELECT count(*) FROM old_case")
        count = written = int(cursor.fetchone()[0])
        while count < rows:
            copy = f"copy {count}".encode()
            cursor.execute("DROP TABLE IF EXISTS new_case, new_person")
            cursor.execute(
                "CREATE TEMP TABLE new_case AS SELECT id AS old, gen_random_uuid() AS new FROM old_case LIMIT %s",
                [min(written, rows - count)],
            )
            cursor.execute(
                "CREATE TEMP TABLE new_person AS SELECT person_id AS old, gen_random_uuid() AS new FROM"
                " (SELECT DISTINCT person_id FROM cases_party JOIN new_case ON old = case_id WHERE person_id IS NOT NULL) AS known"
            )
            for table, other in _COPIED.items():
                values = ", ".join(other.get(column, f't."{column}"') for column in tables[table])
                names = ", ".join(f'"{column}"' for column in tables[table])
                cursor.execute(
                    f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t {_JOINED[table]}",
                    {"copy": copy},
                )
            count += min(written, rows - count)
            say(f"{count:,} cases")
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE people_person; ANALYZE people_contact_point")
    analyse_tables()
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--written", type=int, default=20_000, help="cases that the twin writes; the others are copies")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--data", default=None, help="not used by this benchmark")
    given = parser.parse_args()
    calibration = Calibration()
    calibration.look()
    result: dict[str, Any] = {"name": "cases", "size": given.size}
    with installation() as running:
        say("starting an installation")
        running.start()
        running.command("twin", "seed", "--people-only", "--cases", str(given.written))
        say(f"writing {given.written:,} cases of the twin town")
        began = time.monotonic()
        running.command("twin", "seed", "--demo", "--cases", str(given.written))
        result["seeding_seconds"] = round(time.monotonic() - began, 1)
        running.django()
        running.settle()
        multiply(given.rows)
        result["duplicates"] = duplicates(running, given.times)
        calibration.look()
        say(f"duplicates {result['duplicates']}")
        result["similar"] = similar(running, given.cache, given.size, given.times)
        calibration.look()
        say(f"similar {result['similar']}")
    result["calibration"] = calibration.report()
    result["goals"] = {
        name: f"{'not measurable' if not calibration.calm else 'reached' if result[name]['p95_ms'] <= GOAL_MS else 'missed'}:"
        f" p95 {result[name]['p95_ms']} ms (≤ {GOAL_MS})"
        for name in ("duplicates", "similar")
    }
    result["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
