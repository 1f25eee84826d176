"""Times of the embedded search index over synthetic cases of about 500 characters.

    python bench/search_index.py --size 50000 [--folder DIR]

Prints progress to standard error and one JSON object as the last line of standard output: p50 and p95 in milliseconds
(elapsed, and processor time) per kind of query, with a permission filter in each; the build rate; bytes per document; save → searchable. The corpus
is generated from a fixed seed; words follow a Zipf distribution, so that common terms are as common as in real cases.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from uuid import UUID

from caasis.platform.search import AllOf, AnyOf, Days, Has, SearchDocument
from caasis.platform.search.adapters.tantivy import TantivyIndex

TODAY = date(2026, 11, 21)
_COMMON = (  # noqa: SIM905
    "契約 解約 業者 電話 請求 返金 商品 広告 消費者 相談 事業者 購入 支払い クレジットカード 訪問 説明 連絡 定期購入 "
    "屋根瓦 修理 工事 点検 高額 注文 通信販売 サイト メール 業務 書面 期間 手数料 保証 会員 登録 解除 脱毛 エステ 講座 "
    "投資 副業 賃貸住宅 敷金 原状回復 水漏れ トイレ 健康食品 化粧品 配送 返品 交換 未成年 親族 高齢者 光回線 携帯電話"
).split()
_GLUE = (
    "が",
    "を",
    "に",
    "で",
    "の",
    "と言われ、",
    "したが、",
    "について",
    "してほしい。",
    "と思った。",
    "ができない。",
    "を申し出た。",
)


def corpus(size: int, seed: int = 7) -> Iterator[SearchDocument]:
    chosen = random.Random(seed)
    kanji = "亜位院駅園央奥価課画階確完官感館岸岩期基技義客球級給橋業曲均近句型結県験厳庫固候航康祭察士市師試支飼寺"
    rare = ["".join(chosen.choices(kanji, k=chosen.choice((2, 2, 3)))) for _ in range(20_000)]
    words = _COMMON + rare
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    for _ in range(size):
        parts: list[str] = []
        length = 0
        while length < 500:
            word = chosen.choices(words, cum_weights=weights)[0] + chosen.choice(_GLUE)
            parts.append(word)
            length += len(word)
        day = TODAY - timedelta(days=chosen.randrange(3 * 365))
        yield SearchDocument.of_day(
            id=UUID(int=chosen.getrandbits(128), version=4),
            kind="case",
            title="".join(chosen.choices(words, cum_weights=weights, k=3)),
            body="".join(parts),
            day=day,
            terms={
                "centre": (f"c{chosen.randrange(50)}",),
                "registered": (chosen.choice(("yes", "yes", "no")),),
                "product": (f"p{chosen.randrange(200)}",),
                "sale": (f"s{chosen.randrange(8)}",),
                "age": (f"a{chosen.randrange(9)}",),
                "status": (chosen.choice(("open", "closed", "closed", "closed")),),
            },
        )


def measure(run: Callable[[int], object], times: int) -> dict[str, float]:
    for number in range(3):
        run(number)
    taken, worked = [], []
    for number in range(times):
        began, used = time.perf_counter(), time.process_time()
        run(number)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - used) * 1000)
    # On a busy machine only the processor time tells anything.
    return {**_quantiles("", taken), **_quantiles("cpu_", worked)}


def _quantiles(prefix: str, values: list[float]) -> dict[str, float]:
    p50, p95 = statistics.median(values), statistics.quantiles(values, n=20)[18]
    return {f"{prefix}p50": round(p50, 2), f"{prefix}p95": round(p95, 2)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", type=int, default=50_000)
    arguments.add_argument("--times", type=int, default=100)
    arguments.add_argument("--folder", type=Path, help="keep the index here, go on with it next time")
    given = arguments.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="search-bench-"))
    index = TantivyIndex(folder / f"{given.size}", today=lambda: TODAY)
    built = 0.0
    before = index.stats().documents
    if before < given.size:
        began = time.perf_counter()
        batch: list[SearchDocument] = []
        for number, item in enumerate(corpus(given.size), start=1):
            batch.append(item)
            if len(batch) == 1_000 or number == given.size:
                wanted = set(index.missing([one.id for one in batch]))
                index.upsert(one for one in batch if one.id in wanted)
                index.refresh()
                batch.clear()
                print(f"\r{number}/{given.size} documents", end="", file=sys.stderr)
        built = time.perf_counter() - began
        print(file=sys.stderr)
    stats = index.stats()

    def seen(number: int) -> AnyOf:
        return AnyOf(Has("centre", f"c{number % 50}"), Has("registered", "yes"))

    def term(number: int) -> str:
        return _COMMON[number % len(_COMMON)]

    texts = [item.body for item in corpus(50, seed=8)]
    facets = ("product", "sale", "age", "status")
    runs: dict[str, Callable[[int], object]] = {
        "common term": lambda n: index.search(term(n), seen(n)),
        "by date": lambda n: index.search(term(n), seen(n), sort="newest"),
        "two terms": lambda n: index.search(f"{term(n)} {term(n * 7 + 1)}", seen(n)),
        "in kana": lambda n: index.search(("やねがわら", "かいやく", "すいどう")[n % 3], seen(n)),
        "a sentence": lambda n: index.search(texts[n % 50][:40].replace("。", ""), seen(n)),
        "term, date, product": lambda n: index.search(
            term(n), AllOf(seen(n), Has("product", f"p{n}"), Days(first=TODAY - timedelta(days=365)))
        ),
        "four facets": lambda n: index.search(term(n), seen(n), facets=facets),
        "similar, 25 terms": lambda n: index.similar(texts[n % 50], seen(n)),
        "phrase": lambda n: index.search(f"「{term(n)}について」", seen(n)),
        "suggest": lambda n: index.suggest(term(n)[:2], filters=seen(n)),
    }
    result = {}
    for name, run in runs.items():
        result[name] = measure(run, given.times)
        shown = "  ".join(f"{key} {value:8.2f}" for key, value in result[name].items())
        print(f"{name:22} {shown} ms", file=sys.stderr)

    fresh = list(corpus(60, seed=9))

    def save(number: int) -> None:
        index.upsert([fresh[number % 60]])
        index.refresh()
        assert index.search("", AllOf(Has("centre", *fresh[number % 60].terms["centre"])), limit=1).hits

    result["save to searchable"] = measure(save, 50)
    summary = {
        "name": "search_index",
        "size": given.size,
        "milliseconds": result,
        "documents_per_second": round((given.size - before) / built, 1) if built else None,
        "bytes_per_document": round(stats.size_bytes / max(1, stats.documents)),
        "partitions": len(stats.partitions),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    index.close()
    if given.folder is None:
        shutil.rmtree(folder)
    print(json.dumps(summary, ensure_ascii=False))


if __name__ == "__main__":
    main()
