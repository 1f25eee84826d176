"""Both adapters give the same answers to many made-up searches: one looks at every document, the other must not miss."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from caasis.platform.search import AllOf, AnyOf, Condition, Days, Has
from caasis.platform.search.adapters.memory import MemoryIndex
from caasis.platform.search.adapters.tantivy import TantivyIndex
from tests.rooms.platform.search.contract import texts_of
from tests.rooms.platform.search.documents import TODAY, document

_PARTS = "屋根瓦 屋根 修理工事 修理 契約 解約した 業者 エステ クーリング・オフ 水漏れ 返金を求めた 高額 ＡＢＣ 定期購入 やねの話 電話 書面 23万円".split()  # noqa: SIM905


def test_both_adapters_find_the_same_documents(tmp_path: Path) -> None:
    chosen = random.Random(11)
    made = [
        document(
            f"d{number}",
            "".join(chosen.choices(_PARTS, k=2)),
            "".join(part + chosen.choice(["", "の", "。", " ", "\n"]) for part in chosen.choices(_PARTS, k=8)),
            day=TODAY - timedelta(days=chosen.randrange(2_000)),
            centre=chosen.choice("abc"),
            product=tuple(chosen.sample(["x", "y", "z"], chosen.randrange(3))),
        )
        for number in range(120)
    ]
    memory, real = MemoryIndex(today=lambda: TODAY), TantivyIndex(tmp_path, today=lambda: TODAY)
    for index in (memory, real):
        index.upsert(made)
        index.refresh()
    alphabet = "".join(_PARTS)
    answers = 0
    for _ in range(150):
        start = chosen.randrange(len(alphabet))
        word = alphabet[start : start + chosen.choice((1, 2, 2, 3, 5))]
        query = chosen.choice(
            ("{w}", "「{w}」", "{w} {p}", "-{w}", "{p} -{w}", "やね", "かいやく", "{p}{q}", "", "{p}の新築と{q}は", "{w}を{q}で", "「{w}{p}」を{q}で")
        ).format(w=word, p=chosen.choice(_PARTS), q=chosen.choice(_PARTS))
        filters: Condition = chosen.choice(
            (
                AllOf(),
                Has("centre", "a"),
                AnyOf(Has("centre", "a", "b"), Has("product", "x")),
                AllOf(Has("product", "y"), Days(first=TODAY - timedelta(days=1_500))),
            )
        )
        years = chosen.choice((3, 1, None))
        sort = chosen.choice(("relevance", "newest", "oldest"))
        fetch = texts_of(*made)
        pages = [
            index.search(query, filters, sort=sort, limit=100, years=years, fetch_text=fetch, facets=("centre",))
            for index in (memory, real)
        ]
        known, found = ({hit.id for hit in page.hits} for page in pages)
        if pages[0].cursor is None:
            assert found == known, (query, filters, years)
            answers += bool(known)
        if pages[1].count is not None and pages[1].count.exact:
            assert pages[1].count == pages[0].count, query
            assert pages[1].facets == pages[0].facets, query
        if sort != "relevance":
            assert [hit.day for hit in pages[0].hits] == [hit.day for hit in pages[1].hits]
    assert answers > 60
    real.close()
