"""How high the embedded index ranks the right paragraph for a question (a part of `bin/bench search --data DIR`).

DIR holds `jsquad-valid-v1.3.json` (JGLUE, CC BY-SA 4.0). MRR@10 for the full question, its first half, the
question with its longest noun in hiragana, and nothing but that noun in hiragana; the peer is the share of an order by chance. Nothing is tuned to this data.
"""

from __future__ import annotations

import json
import random
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bench.installation import say
from caasis.engines.japanese import morphemes, to_hiragana
from caasis.platform.search import EVERYTHING, SearchDocument
from caasis.platform.search.adapters.tantivy import TantivyIndex

TODAY = date(2026, 11, 21)


def quality(data: Path, size: int | None = None) -> dict[str, Any]:
    """MRR@10 of all questions of the file, or of `size` drawn from it."""
    articles = json.loads((data / "jsquad-valid-v1.3.json").read_text(encoding="utf-8"))["data"]
    documents: list[SearchDocument] = []
    questions: list[tuple[str, str]] = []
    for number, paragraph in enumerate(part for article in articles for part in article["paragraphs"]):
        title, _, body = paragraph["context"].partition(" [SEP] ")
        id = str(uuid5(NAMESPACE_URL, f"paragraph {number}"))
        documents.append(SearchDocument.of_day(id=id, kind="paragraph", title=title, body=body, day=TODAY))
        questions += [(asked["question"], id) for asked in paragraph["qas"]]
    random.Random(1).shuffle(questions)
    questions = questions[:size]
    spoken = [(question.replace(noun, sound, 1), id) for question, id in questions for noun, sound in _longest_noun(question)]
    alone = [(sound, id) for question, id in questions for _, sound in _longest_noun(question)]
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder), today=lambda: TODAY)
        index.upsert(documents)
        index.refresh()
        result = {
            "full question": _mrr(index, questions),
            "half a question": _mrr(index, [(question[: len(question) // 2], id) for question, id in questions]),
            "noun in kana": _mrr(index, spoken),
            "nothing but that noun": _mrr(index, alone),
        }
        index.close()
    chance = sum(1 / rank for rank in range(1, 11)) / len(documents)
    return {
        "paragraphs": len(documents),
        "questions": len(questions),
        "mrr_at_10": result,
        "by_chance": round(chance, 4),
    }


def _longest_noun(question: str) -> list[tuple[str, str]]:
    """The longest noun of a question and its sound in hiragana; nothing where there is none."""
    nouns = [part for part in morphemes(question) if part.part_of_speech()[0] == "名詞" and len(part.surface()) > 1]
    longest = max(nouns, key=lambda part: len(part.surface()), default=None)
    return [(longest.surface(), to_hiragana(longest.reading_form()))] if longest is not None else []


def _mrr(index: TantivyIndex, questions: list[tuple[str, str]]) -> float:
    total = 0.0
    for question, id in questions:
        ids = [hit.id for hit in index.search(question, EVERYTHING, limit=10, count="none").hits]
        total += 1 / (ids.index(id) + 1) if id in ids else 0.0
    say(f"{len(questions)} questions: {total / len(questions):.3f}")
    return round(total / len(questions), 3)

