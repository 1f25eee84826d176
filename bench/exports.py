"""A long export: rows a second, memory, and what is left of one that is stopped half-way.

    bin/bench exports [--size 100000]

The twin writes the cases, the running installation indexes them and its jobs process writes the file. Nothing may be left
of the stopped one: no file, no part of one, no key that could open it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import psutil

from bench.approvals import actor
from bench.installation import Installation, installation, say

WHY = {"purpose": "training", "reason": "性能を測るため（見本の相談だけです）"}


def wait_until(what: str, condition: Callable[[], bool], seconds: float = 1_800) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen in {seconds:.0f} s")
        time.sleep(0.1)


def now_of(export: Any) -> Any:
    from caasis.cases.models import SearchExport
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        return SearchExport.objects.get(id=export.id)


def left(export: Any) -> list[str]:
    """Whatever there is of an export's file: on the disk, in its table, and the key that opens it."""
    from caasis.platform.files.models import StoredFile
    from caasis.platform.files.store import path_of
    from caasis.platform.transactions import system_transaction
    from caasis.privacy.models import RecordKey

    found = [path.name for path in path_of(export.file_id).parent.glob(f"{export.file_id.hex}*")]
    with system_transaction():
        found += [str(row.id) for row in StoredFile.objects.filter(id=export.file_id, deleted_at=None)]
        found += [f"key {row.id}" for row in RecordKey.objects.filter(id=export.record_key_id) if row.wrapped]
    return found


def memory_of_jobs() -> float:
    """Megabytes of the process that writes exports."""
    for process in psutil.Process().children(recursive=True):
        if process.cmdline()[-2:] == ["process", "jobs"]:
            return float(process.memory_info().rss) / 2**20
    return 0.0


def measure(running: Installation) -> dict[str, Any]:
    from caasis.cases.rules.searching import CaseSearch
    from caasis.cases.services import exporting

    analyst, everything = actor("analyst"), CaseSearch(period="all")
    say("an export that is stopped half-way")
    stopped = exporting.ask_export(actor=analyst, search=everything, format="csv", **WHY)
    wait_until("the total is known", lambda: now_of(stopped).expected > 0)
    wait_until("half of it", lambda: now_of(stopped).written * 2 >= now_of(stopped).expected)
    half = now_of(stopped)
    exporting.stop_export(actor=analyst, export_id=stopped.id)
    began = time.monotonic()
    wait_until("its end", lambda: now_of(stopped).finished_at is not None and not left(now_of(stopped)), 60)
    ended = time.monotonic() - began
    say("an export of everything")
    whole = exporting.ask_export(actor=analyst, search=everything, format="csv", **WHY)
    began, memory = time.monotonic(), 0.0
    while now_of(whole).finished_at is None:
        memory = max(memory, memory_of_jobs())
        time.sleep(0.5)
    seconds = time.monotonic() - began
    done = now_of(whole)
    content = b"".join(exporting.fetch_export(actor=analyst, export_id=whole.id)[2])
    assert done.state == "ready" and done.written == done.expected, (done.state, done.written, done.expected)
    return {
        "stopped": {"at": half.written, "of": half.expected, "gone_after_seconds": round(ended, 2), "left": left(now_of(stopped))},
        "whole": {
            "rows": done.written,
            "seconds": round(seconds, 1),
            "rows_per_second": round(done.written / seconds),
            "megabytes": round(len(content) / 2**20, 1),
            "jobs_process_megabytes": round(memory),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--data", default=None, help="not used by this benchmark")
    options = parser.parse_args()
    with installation() as running:
        say("starting")
        running.start()
        running.command("twin", "seed", "--people-only")
        say(f"writing {options.size} cases of the twin town")
        running.command("twin", "seed", "--demo", "--cases", str(options.size))
        running.django()
        running.settle()
        print(json.dumps({"name": "exports", "size": options.size, **measure(running)}, ensure_ascii=False))


if __name__ == "__main__":
    main()
