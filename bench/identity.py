"""Which business is meant: suggestion p50/p95 and recall over noisy names, import of the register, against two peers.

    bin/bench identity [--size 3000000] [--questions 2000] [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.installation import ROOT, say, spread
from bench.noisy_names import Listed, csv_row, noisy, register

SEED = 20_261_121
MET = 3_000
PEER_SAMPLE = 20_000
GOAL_MS = 20.0
GOAL_MEMORY_MB = 1_024


@contextlib.contextmanager
def database() -> Iterator[Path]:
    """A throw-away cluster with the product's own settings, and its addresses in the environment."""
    from caasis.platform.crypto.keyring import create_keyring
    from caasis.platform.database import EmbeddedCluster

    home = Path(tempfile.mkdtemp(prefix="caasis-bench-"))
    cluster = EmbeddedCluster(home)
    try:
        create_keyring(home)
        cluster.prepare()
        cluster.start()
        cluster.wait_ready(timeout=60)
        cluster.ensure_roles_and_database()
        os.environ.update(
            CAASIS_HOME=str(home), DATABASE_URL=cluster.dsn("app"), DATABASE_OWNER_URL=cluster.dsn("owner")
        )
        subprocess.run([str(ROOT / "bin" / "caasis"), "migrate"], check=True, stdout=subprocess.DEVNULL)
        yield home
    finally:
        with contextlib.suppress(Exception):
            from django.db import connections

            connections.close_all()
        with contextlib.suppress(Exception):
            cluster.destroy()
        shutil.rmtree(home, ignore_errors=True)


def write_file(path: Path, size: int) -> float:
    began = time.monotonic()
    with path.open("w", encoding="utf-8", newline="") as out:
        for place, one in enumerate(register(size, SEED + size)):
            out.write(csv_row(one, place))
    return time.monotonic() - began


def run_import(path: Path, size: int) -> dict[str, Any]:
    """The command in a process of its own: rows a second and the peak of its memory."""
    began = time.monotonic()
    running = subprocess.Popen(
        [sys.executable, "-m", "caasis.config.command", "import-businesses", str(path)], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    said = running.stdout.read()
    _, status, used = os.wait4(running.pid, 0)
    took = time.monotonic() - began
    assert os.waitstatus_to_exitcode(status) == 0, said
    say(said.strip())
    return {
        "rows_per_second": round(size / took),
        "seconds": round(took, 1),
        "peak_memory_mb": round(used.ru_maxrss / 1024),
        "cpu_us_per_row": round((used.ru_utime + used.ru_stime) / size * 1e6),
    }


def meet(size: int, count: int) -> list[Listed]:
    """Confirm some businesses on cases, as years of work would have, with a telephone number and an address each."""
    from caasis.businesses.models import Business
    from caasis.businesses.services import confirm_business
    from caasis.kernel.actor import SYSTEM
    from caasis.platform.transactions import system_transaction

    chosen = random.Random(SEED + 1)
    places = set(chosen.sample(range(size), min(count, size)))
    met = [one for place, one in enumerate(register(size, SEED + size)) if place in places]
    ids: dict[str, UUID] = dict(
        Business.objects.filter(corporate_number__in=[one.number for one in met]).values_list("corporate_number", "id")
    )
    for place, one in enumerate(met):
        with system_transaction():
            confirm_business(
                actor=SYSTEM, business_id=ids[one.number], name=one.name,
                phone=f"03-{place // 10_000 + 2000:04d}-{place % 10_000:04d}", url=f"https://trader-{place}.example/",
            )  # fmt: skip
    return met


def ask(questions: list[tuple[Listed, str, dict[str, str]]], suggest: Callable[..., list[tuple[str, str]]]) -> dict[str, Any]:
    """Times and recall. `found` counts the very company, `named` any company of the very same name."""
    times: list[float] = []
    first = third = named_first = named_third = 0
    by_kind: dict[str, list[int]] = defaultdict(list)
    for one, kind, heard in questions:
        began = time.perf_counter()
        answers = suggest(**heard)
        times.append(time.perf_counter() - began)
        numbers, names = [number for number, _ in answers], [name for _, name in answers]
        first += one.number in numbers[:1]
        third += one.number in numbers[:3]
        named_first += one.name in names[:1]
        named_third += one.name in names[:3]
        by_kind[kind].append(one.name in names[:3])
    count = max(1, len(questions))
    return {
        "questions": len(questions), **spread(times),
        "recall@1": round(first / count, 3), "recall@3": round(third / count, 3),
        "recall@1_by_name": round(named_first / count, 3), "recall@3_by_name": round(named_third / count, 3),
        "recall@3_by_name_of_each_noise": {kind: round(sum(found) / len(found), 2) for kind, found in sorted(by_kind.items()) if "+" not in kind},
    }  # fmt: skip


def questions_of(targets: list[Listed], count: int, seed: int) -> list[tuple[Listed, str, dict[str, str]]]:
    chosen = random.Random(seed)
    made = []
    for _ in range(count):
        one = chosen.choice(targets)
        text, kind = noisy(one, chosen)
        made.append((one, kind, {"name": text}))
    return made


def product(**heard: str) -> list[tuple[str, str]]:
    from caasis.businesses.selectors import suggest
    from caasis.kernel.actor import SYSTEM

    return [(one.business.corporate_number, one.business.name) for one in suggest(actor=SYSTEM, **heard)]


def substring(*, name: str) -> list[tuple[str, str]]:
    """The peer in the database: the same text anywhere in the registered name, as a search by LIKE does it."""
    from caasis.businesses.models import Business

    return list(Business.objects.filter(name__contains=name).values_list("corporate_number", "name")[:3])


def dice_over(sample: list[Listed]) -> Callable[..., list[tuple[str, str]]]:
    """The peer in memory: shared pairs of letters with every name of a sample, as pg_trgm's similarity counts them."""
    known = [(one, {one.name[at : at + 2] for at in range(len(one.name) - 1)}) for one in sample]

    def look(*, name: str) -> list[tuple[str, str]]:
        pairs = {name[at : at + 2] for at in range(len(name) - 1)}
        ranked = sorted(known, key=lambda entry: -len(pairs & entry[1]) / max(1, len(pairs | entry[1])))[:3]
        return [(one.number, one.name) for one, _ in ranked]

    return look


def sizes() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relname IN ('businesses_business', 'businesses_key')"
        )
        return {f"{name}_mb": round(size / 2**20) for name, size in cursor.fetchall()}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", type=int, default=3_000_000)
    arguments.add_argument("--questions", type=int, default=2_000)
    arguments.add_argument("--quick", action="store_true", help="20,000 businesses, 300 questions")
    given = arguments.parse_args()
    size, asked = (20_000, 300) if given.quick else (given.size, given.questions)
    with database() as home:
        path = home / "register.csv"
        written = write_file(path, size)
        say(f"{size:,} entries written in {written:.0f} s")
        imported = run_import(path, size)
        again = run_import(path, size) if size <= 200_000 else None
        path.unlink()
        import django

        django.setup()
        met = meet(size, MET)
        say(f"{len(met):,} businesses confirmed")
        everybody = random.Random(SEED + 2)
        places = set(everybody.sample(range(size), min(size, PEER_SAMPLE)))
        sample = [one for place, one in enumerate(register(size, SEED + size)) if place in places]
        for one, _, heard in questions_of(met, 50, SEED + 3):
            product(**heard), one
        of_met = questions_of(met, asked // 2, SEED + 4)
        of_all = questions_of(sample, asked - asked // 2, SEED + 5)
        known, unknown = ask(of_met, product), ask(of_all, product)
        phones = [
            (one, "phone", {"name": heard["name"], "phone": f"03-{place // 10_000 + 2000:04d}-{place % 10_000:04d}"})
            for (one, _, heard), place in ((question, met.index(question[0])) for question in of_met[: asked // 4])
        ]
        with_phone = ask(phones, product)
        few = of_all[: 100 if size > 200_000 else 200]
        like, dice = ask(few, substring), ask(few[:50], dice_over(sample))
        ours = ask(few, product)
        p95 = max(known["p95_ms"], unknown["p95_ms"]) if "p95_ms" in known else None
        print(
            json.dumps(
                {
                    "name": "identity", "size": size, "seed": SEED, "import": imported, "import_again": again,
                    "met_businesses": known, "all_businesses": unknown, "with_phone": with_phone,
                    "peer_like": like, "peer_pairs_of_letters_in_memory": {"sample": len(sample), **dice},
                    "ratio_like_to_ours_p50": round(_p50(like) / _p50(ours), 2), "sizes": sizes(),
                    "goals": {"p95_ms": GOAL_MS, "met": None if p95 is None else p95 <= GOAL_MS, "memory_met": imported["peak_memory_mb"] < GOAL_MEMORY_MB},
                },
                ensure_ascii=False,
            )
        )  # fmt: skip


def _p50(result: dict[str, Any]) -> float:
    return float(next(value for key, value in result.items() if key.startswith("p50")))


if __name__ == "__main__":
    main()
