"""Answers to everyday questions: how often the right article is among the first three, and how fast among 100,000.

    bin/bench faq [--size 100000] [--quick]
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bench.installation import ROOT, calibrate, percentile, say
from caasis.knowledge.rules.article_file import parse_article
from caasis.knowledge.rules.matching import ArticleIndex, Document
from caasis.platform.search import EVERYTHING, SearchDocument
from caasis.platform.search.adapters.tantivy import TantivyIndex

HERE = ROOT / "bench" / "faq"
ARTICLES = ROOT / "src" / "caasis" / "knowledge" / "data" / "articles"
#: id, number of an article, grade: 2 answers the question, 1 is near it.
JUDGED = {"first": HERE / "judgements.tsv", "second": HERE / "judgements-second.tsv"}
TODAY = date(2026, 11, 28)
#: Gives numbers, the best first.
Ask = Callable[[str, int], list[str]]


def articles() -> list[dict[str, Any]]:
    """The public articles that come with the package."""
    return [
        entry
        for file in sorted(ARTICLES.glob("F-*.md"))
        if (entry := parse_article(file.read_text(encoding="utf-8"), file.name))["kind"] != "manual"
    ]


#: Question → the articles that answer it; none for some.
Answers = dict[str, set[str]]


def questions() -> tuple[list[dict[str, str]], dict[str, Answers]]:
    """The frozen questions, and what answers them: by each judge, and by both (`agreed`)."""
    with (HERE / "questions.tsv").open(encoding="utf-8", newline="") as file:
        asked = list(csv.DictReader(file, delimiter="\t"))
    judged = {judge: _answers(path, {row["id"] for row in asked}) for judge, path in JUDGED.items()}
    both = {id_: set.intersection(*(answers[id_] for answers in judged.values())) for id_ in judged["first"]}
    return asked, judged | {"agreed": both}


def _answers(path: Path, ids: set[str]) -> Answers:
    found: Answers = {id_: set() for id_ in ids}
    with path.open(encoding="utf-8", newline="") as file:
        for id_, number, grade in csv.reader(file, delimiter="\t"):
            if grade == "2":
                found[id_].add(number)
    return found


def tuning() -> tuple[list[dict[str, str]], Answers]:
    """The questions that the search may be tuned with."""
    with (HERE / "tuning.tsv").open(encoding="utf-8", newline="") as file:
        asked = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return asked, {row["id"]: set(row["right"].split()) for row in asked}


def ours(entries: Sequence[dict[str, Any]]) -> Ask:
    numbers = {uuid5(NAMESPACE_URL, entry["number"]): entry["number"] for entry in entries}
    index = ArticleIndex(
        Document(id_, {"title": e["title"], "words": e["search_words"], "lead": e["lead"], "body": e["body"]})
        for id_, e in zip(numbers, entries, strict=True)
    )
    return lambda question, limit: [numbers[id_] for id_, _ in index.find(question, limit)]


def peer(entries: Sequence[dict[str, Any]], folder: Path) -> Ask:
    """The index that finds cases, over the same texts."""
    index = TantivyIndex(folder, today=lambda: TODAY)
    numbers = {}
    documents = []
    for entry in entries:
        id_ = str(uuid5(NAMESPACE_URL, entry["number"]))
        numbers[id_] = entry["number"]
        title = f"{entry['title']} {entry['search_words']}"
        body = f"{entry['lead']}\n{entry['body']}"
        documents.append(SearchDocument.of_day(id=id_, kind="article", title=title, body=body, day=TODAY))
    for begin in range(0, len(documents), 5_000):
        index.upsert(documents[begin : begin + 5_000])
    index.refresh()
    return lambda question, limit: [
        numbers[str(hit.id)] for hit in index.search(question, EVERYTHING, limit=limit, count="none").hits
    ]


def quality(ask: Ask, asked: Sequence[dict[str, str]], answers: Answers) -> dict[str, Any]:
    """recall@3: the share of questions with an answer among the first three; MRR over the first ten."""
    hits, ranks, count = 0, 0.0, 0
    for row in asked:
        right = answers[row["id"]]
        if not right:
            continue
        count += 1
        found = ask(row["question"], 10)
        rank = next((at for at, number in enumerate(found, start=1) if number in right), 0)
        hits += 0 < rank <= 3
        ranks += 1 / rank if rank else 0.0
    return {"questions": count, "recall@3": round(hits / count, 3), "mrr": round(ranks / count, 3)}


def many(entries: Sequence[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    """Articles of the same kind of text, as many as asked for: sentences of the real ones, mixed, about names of things."""
    draw = random.Random(7)
    sentences = [s for e in entries for s in re.split(r"(?<=。)|\n", e["body"]) if len(s) > 8]
    titles = [e["title"] for e in entries]
    words = sorted({word for e in entries for word in e["search_words"].split()})
    made = []
    for number in range(size):
        thing = "".join(draw.choice("アイカキサシタナハマヤラリルレロン") for _ in range(draw.randint(3, 5)))
        made.append(
            {
                "number": f"X-{number}",
                "title": f"{thing}の{draw.choice(titles)}",
                "search_words": " ".join(draw.sample(words, 6)),
                "lead": draw.choice(sentences),
                "body": "\n".join(draw.sample(sentences, 6)),
            }
        )
    return made


def times(ask: Callable[[str], Any], asked: Sequence[str]) -> dict[str, float]:
    for question in asked[:20]:
        ask(question)
    spent = []
    for question in asked:
        began = time.perf_counter()
        ask(question)
        spent.append((time.perf_counter() - began) * 1000)
    return {"p50_ms": round(percentile(spent, 0.5), 2), "p95_ms": round(percentile(spent, 0.95), 2), "n": len(spent)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench faq")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    size = 2_000 if options.quick else options.size
    asked, judged = questions()
    entries = articles()
    loops = [calibrate()]
    found: dict[str, Any] = {"name": "faq", "articles": len(entries), "size": size}
    with tempfile.TemporaryDirectory() as folder:
        say("quality …")
        mine, other = ours(entries), peer(entries, Path(folder) / "few")
        found["quality"] = {judge: quality(mine, asked, answers) for judge, answers in judged.items()}
        found["tuning"] = quality(mine, *tuning())
        found["peer_quality"] = {judge: quality(other, asked, answers) for judge, answers in judged.items()}
        say(f"{size} articles …")
        began = time.monotonic()
        ask = ours(entries + many(entries, size - len(entries)))
        found["build_s"] = round(time.monotonic() - began, 1)
        found["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        texts = [row["question"] for row in asked]
        found["search"] = times(lambda question: ask(question, 12), texts)
        say("the peer …")
        theirs = peer(entries + many(entries, size - len(entries)), Path(folder) / "many")
        found["peer_search"] = times(lambda question: theirs(question, 12), texts)
    loops.append(calibrate())
    found["ratio_to_peer_p95"] = round(found["search"]["p95_ms"] / found["peer_search"]["p95_ms"], 2)
    found["calibration"] = {"fastest_ms": round(min(loops), 1), "slowest_ms": round(max(loops), 1)}
    found["goals"] = {
        # By whichever judge is the stricter.
        "recall@3": min(found["quality"][judge]["recall@3"] for judge in JUDGED) >= 0.9,
        "mrr": min(found["quality"][judge]["mrr"] for judge in JUDGED) >= 0.8,
        "search_p95_20_ms": found["search"]["p95_ms"] <= 20,
    }
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
