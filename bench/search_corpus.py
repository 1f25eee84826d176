"""Cases for the search benchmarks: about 500 characters each, made of the twin town's own sentences.

A sample of the twin's cases is cut into sentences by kind of trouble. A case of the corpus draws a kind as often as the
twin does, a title and sentences of that kind, and a line with a trader of `noisy_names`, so that frequent words are as
frequent as in the twin, cases of one kind resemble one another, and there is a long tail of rare names.

Case `number` of a corpus is always the same and can be made alone: nothing of a corpus has to be held in memory. The
newest comes first, as in a rebuild. Every sentence is a line of its own, and lines are analysed one by one, so that the
analysis of a line can be kept: that changes no token, and makes building a corpus a matter of minutes instead of hours.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from uuid import UUID

from bench.installation import say
from bench.noisy_names import register
from caasis.cases.code_lists import code_lists
from caasis.platform.geography import municipalities, prefectures
from caasis.twin.generate import generate_cases
from caasis.twin.geography import Geography, Municipality

TODAY = date(2026, 11, 21)
DAYS = 3 * 365
LENGTH = 500
CENTRES = 60
SEED = 20_261_121
_TOLD = 20_000
_TRADERS = 40_000
_STATES = ("registered", "closed", "in_progress", "approval_requested")
_STATE_WEIGHTS = tuple(accumulate((85, 5, 7, 3)))
_AGES = ("under_20", "20s", "30s", "40s", "50s", "60s", "70s", "80_and_over", "unknown")
_PREFECTURES = tuple(f"{number:02d}" for number in range(1, 48))


@dataclass(frozen=True, slots=True)
class Pool:
    """What cases of one kind of trouble say."""

    titles: list[str]
    sentences: list[str]
    products: list[str]
    forms: list[str]
    results: list[str]
    share: int


@dataclass(frozen=True, slots=True)
class Told:
    """One case of the corpus."""

    id: str
    title: str
    body: str
    day: date
    terms: dict[str, tuple[str, ...]]


class Corpus:
    """`size` cases; `folder` keeps the sentences of the twin between runs."""

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        self._pools = _pools(folder)
        self._shares = list(accumulate(pool.share for pool in self._pools))
        self._traders = [one.name for one in register(_TRADERS, SEED)]

    def case(self, number: int) -> Told:
        """Case `number`, the newest being 0."""
        chosen = random.Random(SEED * 1_000_003 + number)
        pool = chosen.choices(self._pools, cum_weights=self._shares)[0]
        lines: list[str] = []
        length = 0
        while length < LENGTH:
            lines.append(chosen.choice(pool.sentences))
            length += len(lines[-1])
        # Few traders are in most cases' mouths: the square of an even draw makes the first ones frequent.
        trader = self._traders[int(chosen.random() ** 2 * len(self._traders))]
        lines.append(f"相手方は{trader}。")
        product = chosen.choice(pool.products)
        return Told(
            id=str(UUID(int=chosen.getrandbits(128), version=4)),
            title=chosen.choice(pool.titles),
            body="\n".join(lines),
            day=TODAY - timedelta(days=number * DAYS // self.size),
            terms={
                "centre": (f"centre-{int(chosen.random() ** 2 * CENTRES)}",),
                "state": (chosen.choices(_STATES, cum_weights=_STATE_WEIGHTS)[0],),
                "case_kind": (chosen.choices(("complaint", "inquiry", "request"), (90, 8, 2))[0],),
                "product": tuple(product[:end] for end in (3, 5, 7) if len(product) >= end),
                "sales_form": (chosen.choice(pool.forms),),
                "prefecture": (chosen.choice(_PREFECTURES),),
                "age_band": (chosen.choice(_AGES),),
                "result": (chosen.choice(pool.results),),
            },
        )

    def __iter__(self) -> Iterator[Told]:
        return (self.case(number) for number in range(self.size))

    def traders(self) -> list[str]:
        return self._traders


def keep_analyses() -> None:
    """Analyse each different line and title once in this process. Lines don't influence one another's tokens."""
    from caasis.platform.search import analysis
    from caasis.platform.search.adapters.tantivy import schema

    once = lru_cache(maxsize=400_000)(analysis.analyse)
    joined = analysis.joined

    def analyse(text: str) -> analysis.Analysis:
        return joined([once(line) for line in text.split("\n")])

    schema.analyse = analyse
    schema.suggestion_tokens = lru_cache(maxsize=100_000)(schema.suggestion_tokens)  # type: ignore[assignment]


def _pools(folder: Path) -> list[Pool]:
    path = folder / f"sentences-{_TOLD}.json"
    if not path.exists():
        say(f"telling {_TOLD} cases of the twin town for their sentences")
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(_tell(), ensure_ascii=False), encoding="utf-8")
        draft.replace(path)
    return [Pool(**pool) for pool in json.loads(path.read_text(encoding="utf-8"))]


def _tell() -> list[dict[str, object]]:
    products = [term.code for term in code_lists()["product"].terms()]
    names_of = {entry.code: entry.name for entry in prefectures()}
    places = [
        Municipality(place.code, place.name, place.prefecture_code, names_of[place.prefecture_code])
        for place in municipalities()
    ]
    kinds: dict[str, dict[str, dict[str, None]]] = {}
    shares: dict[str, int] = {}
    names = ("titles", "sentences", "products", "forms", "results")
    for case in generate_cases(SEED, _TOLD, 24, TODAY, Geography(tuple(places)), products):
        pool = kinds.setdefault(case.story, {name: {} for name in names})
        shares[case.story] = shares.get(case.story, 0) + 1
        pool["titles"][case.title] = None
        for text in (case.summary, case.handling):
            for sentence in text.split("。"):
                if sentence.strip():
                    pool["sentences"][f"{sentence.strip()}。"] = None
        pool["products"][case.product_code] = None
        pool["forms"][case.sales_form_code] = None
        pool["results"][case.result_code or "none"] = None
    return [{**{name: list(pool[name]) for name in names}, "share": shares[story]} for story, pool in kinds.items()]
