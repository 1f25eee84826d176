"""Similar cases and possible duplicates while one types, through the functions that the desk calls.

    bin/bench cases [--size 1000000] [--rows 20000] [--times 200] [--cache DIR]

Similar cases are looked for in the index that `bin/bench search --size N` built and keeps; it has to be there. The hits
of that index have no rows in the database, so that reading the (three) rows found is measured as reading none: what is
measured is the search of `similar_cases` with its permission. Duplicates are looked for in `--rows` real cases of one
throw-away installation, which the twin writes; the number of rows is part of the answer.

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
    from caasis.cases.selectors import consumer_of, get_case, own_cases
    from caasis.platform.transactions import actor_transaction, system_transaction
    from caasis.privacy.services import read_sealed

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
            consumer = consumer_of(case)
            business = next(iter(case.businesses.all()), None)
            card = {"business_name": business.name_as_heard if business else "カクウルーフ", "consumer_phone": "090-0000-0000"}
            if consumer is not None and consumer.person is not None:
                read_sealed(consumer.person, "name")
            began = time.perf_counter()
            found += bool(possible_duplicates(actor=actor, case=case, card=card))
            taken.append(time.perf_counter() - began)
    return {"rows": rows, "own_centre": len(ids), "with_duplicates": found, **spread(taken[3:] or taken)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=20_000)
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
        running.command("twin", "seed", "--people-only", "--cases", str(given.rows))
        say(f"writing {given.rows:,} cases of the twin town")
        began = time.monotonic()
        running.command("twin", "seed", "--demo", "--cases", str(given.rows))
        result["seeding_seconds"] = round(time.monotonic() - began, 1)
        running.django()
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
