"""A town written in bulk: cases a second through `register_cases_in_bulk`, with one writer and as `caasis twin seed` does it.

    bin/bench bulk [--size 20000]

A throw-away cluster with the product's own settings and nothing else: neither relay nor indexer, which `bin/bench spine` has
running beside the same work. The rate is of everything that the command does: planning the town, its people and businesses,
writing, facts for the statistics. Goal: 500 a second.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from typing import Any

from bench.identity import database
from bench.installation import calibrate, say

GOAL = 500


def write(size: int, seed: int, writers: int) -> dict[str, Any]:
    from caasis.twin.seeding import seed_town

    say(f"{size:,} cases by {writers} writer{'s' if writers > 1 else ''}")
    began = time.monotonic()
    seeded = seed_town(seed=seed, count=size, months=26, until=date(2026, 11, 1), writers=writers)
    seconds = time.monotonic() - began
    assert seeded.cases == size, seeded.cases
    return {"writers": writers, "seconds": round(seconds, 1), "cases_per_second": round(size / seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--data", default=None, help="not used by this benchmark")
    given = parser.parse_args()
    with database():
        from caasis.config.bootstrap import start_django

        start_django()
        from caasis.config.command.twin import WRITERS

        loop = calibrate()
        one = write(given.size, 11, 1)
        some = write(given.size, 12, WRITERS)
    result = {"name": "bulk", "size": given.size, "loop_ms": round(loop, 1), "one": one, "as_the_command": some,
              "ratio": round(some["cases_per_second"] / one["cases_per_second"], 2)}  # fmt: skip
    reached = some["cases_per_second"] >= GOAL
    result["goals"] = {"cases a second": f"{'reached' if reached else 'missed'}: {some['cases_per_second']} (≥ {GOAL})"}
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
