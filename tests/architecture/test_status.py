"""docs/status.csv tells the truth: `works` needs a test that exists, and a screenshot that exists where one is named."""

from __future__ import annotations

import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "status.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_states_are_known_and_rows_are_unique():
    seen: set[str] = set()
    for row in rows():
        assert row["state"] in ("absent", "partial", "works"), row
        assert row["row"] not in seen, row["row"]
        seen.add(row["row"])


def test_works_means_an_existing_test():
    wrong = []
    for row in rows():
        if row["state"] != "works":
            continue
        if not row["test"]:
            wrong.append((row["row"], "no test"))
        for one in filter(None, row["test"].split()):
            path, _, name = one.partition("::")
            file = ROOT / path
            if not file.exists() or (name and not re.search(rf"def {re.escape(name.split('[')[0])}\b", file.read_text(encoding="utf-8"))):
                wrong.append((row["row"], one))
        for one in filter(None, row["screenshot"].split()):
            if not (ROOT / one).exists():
                wrong.append((row["row"], one))
    assert not wrong, wrong
