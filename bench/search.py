"""The search engine at a million cases: times, recall, load, peers, and the quality of the ranking.

    bin/bench search [--size 1000000] [--data DIR] [--parts times,recall,…] [--peers 300000] [--cache DIR] [--only-build]

The index of a size is built once and kept in `--cache` (default: below CAASIS_HOME, else in the temporary folder); an
interrupted build goes on where it was. With `--data` (a folder with `jsquad-valid-v1.3.json`) the quality is measured as
well. The last line of standard output is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.calibration import Calibration
from bench.installation import percentile, say
from bench.search_corpus import TODAY, Corpus, Told, keep_analyses
from bench.search_load import under_load
from bench.search_peers import ask, peers
from bench.search_quality import quality
from caasis.platform.search import AllOf, AnyOf, Condition, Days, Has, SearchDocument
from caasis.platform.search.adapters.tantivy import TantivyIndex, writer
from caasis.platform.search.analysis import fold, words

#: p95 in milliseconds at 1,000,000 cases (design/search.md).
GOALS = {
    "common": 20.0, "by date": 10.0, "filter": 10.0, "similar": 15.0, "facets": 50.0, "phrase": 100.0, "suggest": 10.0,
}  # fmt: skip
GOAL_FOUND_MS = 300.0
GOAL_BYTES = 2_048
GOALS_QUALITY = {"full question": 0.938, "half a question": 0.86, "noun in kana": 0.90}
PARTS = ("times", "suggest", "recall", "load", "peers", "quality")
PORTION = 20_000
FAQ = 100_000
FACETS = ("state", "product", "sales_form", "age_band")
PRODUCT = "P1301"
#: Words of the trade, frequent ones and less frequent ones; some are parts of longer words.
TERMS = (  # noqa: SIM905
    "契約 解約 業者 請求 返金 電話 商品 広告 事業者 購入 支払 クレジットカード 説明 連絡 定期購入 屋根 工事 点検 助言 サイト "
    "メール 書面 期間 手数料 解約料 スマートフォン 副業 健康食品 化粧品 息子 修理 保証 訪問 口座 警察 約款 敷金 退去 投資 会員"
).split()


def document(told: Told) -> SearchDocument:
    return SearchDocument.of_day(
        id=told.id, kind="case", title=told.title, body=told.body, day=told.day, terms=told.terms
    )


def seen(number: int) -> Condition:
    """What a member of staff may find: registered cases of the nation, all of the own centre (`cases.search`)."""
    return AllOf(Has("kind", "case"), AnyOf(Has("state", "registered"), Has("centre", f"centre-{number % 60}")))


def build(index: TantivyIndex, corpus: Corpus, note: Path, *, more: bool) -> dict[str, Any]:
    """Bring the index to the whole corpus. Seconds and processor time add up over interrupted builds."""
    known = json.loads(note.read_text()) if note.exists() else {"seconds": 0.0, "cpu_seconds": 0.0, "documents": 0}
    if index.stats().documents >= corpus.size or not more:
        return known
    # A bulk build has no searches to please: larger commits mean fewer merges.
    writer._MAX_PENDING, writer._HEAP_BYTES = PORTION, 160_000_000
    keep_analyses()
    began, used = time.monotonic(), time.process_time()
    for start in range(0, corpus.size, PORTION):
        portion = [corpus.case(number) for number in range(start, min(corpus.size, start + PORTION))]
        missing = set(index.missing([told.id for told in portion]))
        if missing:
            index.upsert(document(told) for told in portion if told.id in missing)
            index.refresh()
            known["documents"] += len(missing)
            known["seconds"] += time.monotonic() - began
            known["cpu_seconds"] += time.process_time() - used
            note.write_text(json.dumps(known))
        began, used = time.monotonic(), time.process_time()
        say(f"{start + len(portion):,} of {corpus.size:,} cases")
    index.close()
    return dict(known)


def measured(run: Callable[[int], object], times: int) -> dict[str, float]:
    for number in range(3):
        run(number)
    wall, cpu = [], []
    for number in range(times):
        began, used = time.perf_counter(), time.process_time()
        run(number)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return {
        "p50_ms": round(percentile(wall, 0.5), 2), "p95_ms": round(percentile(wall, 0.95), 2),
        "cpu_p50_ms": round(percentile(cpu, 0.5), 2), "cpu_p95_ms": round(percentile(cpu, 0.95), 2), "n": times,
    }  # fmt: skip


def questions(index: TantivyIndex, corpus: Corpus, years: int | None = 3) -> dict[str, Callable[[int], object]]:
    texts = [corpus.case(number * 997 % corpus.size).body for number in range(200)]
    sentences = [text.split("\n")[1] for text in texts]

    def term(number: int) -> str:
        return TERMS[number % len(TERMS)]

    def phrase(number: int) -> str:
        sentence = sentences[number % 200].rstrip("。")
        start = number % max(1, len(sentence) - 6)
        return f"「{sentence[start : start + 6]}」"

    narrow = AllOf(Has("product", PRODUCT), Days(first=TODAY - timedelta(days=365)))
    return {
        "common": lambda n: index.search(term(n), seen(n), years=years),
        "by date": lambda n: index.search(term(n), seen(n), sort="newest", years=years),
        "filter": lambda n: index.search(term(n), AllOf(seen(n), narrow), years=years),
        "two terms": lambda n: index.search(f"{term(n)} {term(n * 7 + 1)}", seen(n), years=years),
        "facets": lambda n: index.search(term(n), seen(n), facets=FACETS, years=years),
        "similar": lambda n: index.similar(texts[n % 200], seen(n), years=years),
        "phrase": lambda n: index.search(phrase(n), seen(n), years=years),
        "a sentence": lambda n: index.search(sentences[n % 200], seen(n), years=years),
        "in kana": lambda n: index.search(("かいやく", "やね", "ていきこうにゅう")[n % 3], seen(n), years=years),
    }


def recall(index: TantivyIndex, corpus: Corpus, samples: int) -> dict[str, Any]:
    """Parts of two to eight characters of random cases: is the case they come from among the hits, is there any hit?"""
    chosen = random.Random(5)
    found = asked = empty = 0
    while asked < samples:
        told = corpus.case(chosen.randrange(corpus.size))
        line = chosen.choice([told.title, *told.body.split("\n")])
        length = min(chosen.choice((2, 2, 3, 4, 6, 8)), len(line))
        start = chosen.randrange(len(line) - length + 1)
        part = line[start : start + length]
        # Punctuation at an edge is folded away; what remains would be another question.
        if len(part) < 2 or not fold(part).isalnum() or index.missing([told.id]):
            continue
        asked += 1
        empty += not index.search(part, Has("kind", "case"), count="none", limit=1).hits
        near = AllOf(Days(told.day, told.day), Has("centre", *told.terms["centre"]), Has("product", told.terms["product"][-1]))
        cursor, here = None, False
        while not here:
            page = index.search(f"「{part}」", near, sort="newest", limit=100, count="none", cursor=cursor)
            here = told.id in {hit.id for hit in page.hits}
            cursor = page.cursor
            if cursor is None:
                break
        found += here
    return {"samples": samples, "substring_recall": round(found / samples, 4), "zero_results": round(empty / samples, 4)}


def suggestions(folder: Path, corpus: Corpus, times: int) -> dict[str, float]:
    """Titles of 100,000 articles, suggested for what is typed so far."""
    index = TantivyIndex(folder, today=lambda: TODAY)
    if index.stats().documents < FAQ:
        say(f"an index of {FAQ:,} articles")
        keep_analyses()
        writer._MAX_PENDING = PORTION
        for start in range(0, FAQ, PORTION):
            cases = [corpus.case(number % corpus.size) for number in range(start, start + PORTION)]
            index.upsert(
                SearchDocument.of_day(
                    id=told.id, kind="article", title=f"{told.title}（{told.terms['prefecture'][0]}）", body="", day=told.day, timeless=True
                )
                for told in cases
            )
            index.refresh()
    typed = ("解約", "てい", "ていき", "定期購入", "く", "クレジット", "屋根の", "ふくg", "副業 解約", "すまほ")
    result = measured(lambda n: index.suggest(typed[n % len(typed)], filters=Has("kind", "article")), times)
    index.close()
    return result


def against_peers(index: TantivyIndex, corpus: Corpus, size: int, times: int) -> dict[str, Any]:
    """The newest `size` cases: the same questions to the peers and to us, and the same words counted by all."""
    # Whole days, so that a filter of ours names exactly the peers' cases.
    last = corpus.case(min(size, corpus.size) - 1).day
    first = last if size >= corpus.size else last + timedelta(days=1)
    since = (TODAY - timedelta(days=365)).isoformat()

    def cases() -> Any:
        for told in corpus:
            if told.day < first:
                return
            yield told

    recent = Days(first=first)
    result: dict[str, Any] = {"cases": sum(1 for _ in cases())}
    keep_analyses()
    with peers(cases) as running:
        ours = {
            name: (lambda n, name=name: runs_of(index, recent)[name](n)) for name in ("common", "by date", "filter", "facets")
        }
        result["tantivy"] = {name: measured(run, times) for name, run in ours.items()}
        for name, peer in running.items():
            say(f"asking {name}")
            slow = max(10, times // 10)
            result[name] = {**ask(peer, list(TERMS), lambda n: f"centre-{n % 60}", PRODUCT, since, slow), "build_seconds": peer.seconds}
        result["counts"] = _counts(index, recent, running)
    result["times_faster"] = {
        peer: {name: round(result[peer][name]["p50_ms"] / result["tantivy"][name]["p50_ms"], 1) for name in ours}
        for peer in ("sqlite", "postgresql")
    }
    return result


def runs_of(index: TantivyIndex, recent: Days) -> dict[str, Callable[[int], object]]:
    def term(number: int) -> str:
        return TERMS[number % len(TERMS)]

    narrow = AllOf(Has("product", PRODUCT), Days(first=max(recent.first or TODAY, TODAY - timedelta(days=365))))
    return {
        "common": lambda n: index.search(term(n), AllOf(seen(n), recent)),
        "by date": lambda n: index.search(term(n), AllOf(seen(n), recent), sort="newest"),
        "filter": lambda n: index.search(term(n), AllOf(seen(n), narrow)),
        "facets": lambda n: index.search(term(n), AllOf(seen(n), recent), facets=FACETS),
    }


def _counts(index: TantivyIndex, recent: Days, running: dict[str, Any]) -> dict[str, Any]:
    """The peers find words only. Their counts have to be alike; ours holds at least as many, parts of words among them."""
    alike = more = compared = 0
    for number, term in enumerate(TERMS):
        wanted = words(term)
        if len(wanted) != 1:
            continue
        compared += 1
        theirs = {name: peer.count(wanted[0], f"centre-{number % 60}") for name, peer in running.items()}
        alike += len(set(theirs.values())) == 1
        found = index.search(term, AllOf(seen(number), recent), limit=1, count="exact").count
        more += found is not None and found.value >= max(theirs.values())
    return {"terms": compared, "peers_alike": alike, "ours_at_least_as_many": more}


def projected(short: dict[str, Any], full: dict[str, Any], documents: tuple[int, int], stats: Any, built: dict[str, Any]) -> dict[str, Any]:
    """What 20,000,000 cases would take: a straight line through two sizes of this run. Extrapolated, not measured."""
    few, many = documents
    result: dict[str, Any] = {"how": f"straight line through {few:,} and {many:,} documents, median processor time"}
    for name in full:
        slope = max(0.0, full[name]["cpu_p50_ms"] - short[name]["cpu_p50_ms"]) / max(1, many - few)
        result[name] = {
            "three_years_2.7M_ms": round(full[name]["cpu_p50_ms"] + slope * (2_700_000 - many), 1),
            "all_years_20M_ms": round(full[name]["cpu_p50_ms"] + slope * (20_000_000 - many), 1),
        }
    result["disk_gb"] = round(stats.size_bytes / max(1, stats.documents) * 20_000_000 / 1e9, 1)
    if built["documents"]:
        result["build_cpu_hours"] = round(built["cpu_seconds"] / built["documents"] * 20_000_000 / 3600, 1)
    return result


def cache_folder() -> Path:
    home = os.environ.get("CAASIS_HOME")
    return Path(home) / "bench" / "search" if home else Path(tempfile.gettempdir()) / "caasis-bench-search"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--peers", type=int, default=300_000, help="cases in the peers")
    parser.add_argument("--samples", type=int, default=500, help="parts of cases that are looked for again")
    parser.add_argument("--parts", default=",".join(PARTS), help="what to measure (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--load-seconds", type=float, default=20.0)
    parser.add_argument("--only-build", action="store_true")
    parser.add_argument("--as-is", action="store_true", help="measure the index as far as it is built")
    given = parser.parse_args()
    corpus = Corpus(given.size, given.cache)
    index = TantivyIndex(given.cache / f"index-{given.size}", today=lambda: TODAY)
    built = build(index, corpus, given.cache / f"built-{given.size}.json", more=not given.as_is)
    stats = index.stats()
    say(f"{stats.documents:,} cases, {stats.size_bytes / max(1, stats.documents):.0f} bytes each")
    if given.only_build:
        return
    parts = given.parts.split(",")
    calibration = Calibration()
    calibration.look()
    result: dict[str, Any] = {"name": "search", "size": stats.documents, "asked_for": given.size}
    asked = questions(index, corpus)
    if "times" in parts:
        result["times"] = {}
        for name, run in asked.items():
            result["times"][name] = measured(run, given.times)
            calibration.look()
            say(f"{name:12} {result['times'][name]}")
        short = {name: measured(run, max(20, given.times // 4)) for name, run in questions(index, corpus, years=1).items()}
        # Partitions of the last year and all that are searched: the two sizes of the straight line.
        few = sum(count for year, count in stats.partitions.items() if year >= max(stats.partitions) - 1)
        result["extrapolated_20M"] = projected(short, result["times"], (few, stats.documents), stats, built)
    if "suggest" in parts:
        result["suggest"] = suggestions(given.cache / "articles", corpus, given.times)
        say(f"suggest      {result['suggest']}")
    if "recall" in parts:
        result["recall"] = recall(index, corpus, given.samples)
        say(f"recall       {result['recall']}")
    if "load" in parts:
        reader = TantivyIndex(given.cache / f"index-{given.size}", today=lambda: TODAY)
        fresh = Corpus(given.size * 7 + 1, given.cache)
        search = questions(reader, corpus)["common"]
        result["load"] = under_load(index, reader, fresh.case, search, seconds=given.load_seconds)
        say(f"load         {result['load']}")
    if "peers" in parts:
        result["peers"] = against_peers(index, corpus, given.peers, max(20, given.times // 2))
    if "quality" in parts and given.data:
        result["quality"] = quality(given.data)
    calibration.look()
    result["calibration"] = calibration.report()
    result["bytes_per_case"] = round(stats.size_bytes / max(1, stats.documents))
    result["build"] = {name: round(value) for name, value in built.items()}
    result["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result["goals"] = verdict(result, calibration)
    index.close()
    print(json.dumps(result, ensure_ascii=False))


def verdict(result: dict[str, Any], calibration: Calibration) -> dict[str, str]:
    """Goals reached or missed. Of times nothing is said when the machine wasn't calm; counts don't depend on it."""
    said: dict[str, str] = {}

    def judge(name: str, value: float, goal: float, *, timed: bool = True, least: bool = False) -> None:
        kept = value >= goal if least else value <= goal
        shown = f"{value} ({'≥' if least else '≤'} {goal})"
        word = "not measurable" if timed and not calibration.calm else "reached" if kept else "missed"
        said[name] = f"{word}: {shown}"

    times = {**result.get("times", {}), **({"suggest": result["suggest"]} if "suggest" in result else {})}
    for name, goal in GOALS.items():
        if name in times:
            judge(f"{name}, p95 ms", times[name]["p95_ms"], goal)
    if "load" in result:
        judge("save to found, p95 ms", result["load"]["save_to_found_quiet"]["p95_ms"], GOAL_FOUND_MS)
    judge("bytes a case", result["bytes_per_case"], GOAL_BYTES, timed=False)
    if "recall" in result:
        judge("substring recall", result["recall"]["substring_recall"], 1.0, timed=False, least=True)
        judge("zero results", result["recall"]["zero_results"], 0.0, timed=False)
    for name, goal in GOALS_QUALITY.items() if "quality" in result else ():
        judge(f"MRR@10, {name}", result["quality"]["mrr_at_10"][name], goal, timed=False, least=True)
    if result["size"] < 1_000_000:
        said["size"] = f"the goals are for 1,000,000 cases; this index has {result['size']:,}"
    return said


if __name__ == "__main__":
    main()
