"""The questions by which retrieval is measured stay as they were frozen."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

import caasis.knowledge

QUESTIONS = Path(__file__).resolve().parents[3] / "bench" / "faq" / "questions.tsv"
FROZEN = "88b826e8559fd18601b70dc9d8cd0dd7854aeaa5af9e2c6bcd6691370df62891"


def test_they_are_those_that_were_frozen() -> None:
    assert hashlib.sha256(QUESTIONS.read_bytes()).hexdigest() == FROZEN


def test_each_is_asked_once_and_says_what_would_help() -> None:
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == len({row["question"] for row in rows}) == 300
    assert all(row["need"] and row["scope"] in ("in", "out") for row in rows)
    assert sum(row["scope"] == "out" for row in rows) == 30


@pytest.mark.parametrize("judge", ["judgements.tsv", "judgements-second.tsv"])
def test_each_is_judged_and_names_articles_that_there_are(judge: str) -> None:
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        ids = {row["id"] for row in csv.DictReader(file, delimiter="\t")}
    rows = [line.split("\t") for line in QUESTIONS.with_name(judge).read_text(encoding="utf-8").splitlines()]
    assert {row[0] for row in rows} == ids
    articles = Path(caasis.knowledge.__file__).parent / "data" / "articles"
    assert all((articles / f"{number}.md").exists() for _, number, _ in rows if number != "-")
    assert {grade for _, _, grade in rows} == {"0", "1", "2"}


def test_the_questions_for_tuning_are_others_and_name_articles_that_there_are() -> None:
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        frozen = {row["question"] for row in csv.DictReader(file, delimiter="\t")}
    with QUESTIONS.with_name("tuning.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len({row["question"] for row in rows} - frozen) == 200
    articles = Path(caasis.knowledge.__file__).parent / "data" / "articles"
    assert all((articles / f"{number}.md").exists() for row in rows for number in row["right"].split())
