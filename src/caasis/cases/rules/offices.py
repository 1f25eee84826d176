"""The referral directory: finding the office for a matter that isn't ours by everyday words, and what is due for a check.

Pure. Words are compared in one form (width, kana), a listed word inside what was typed counts by its length, and what was
typed inside a listed word or the office's own words counts too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from caasis.engines.japanese import bigrams, fold_for_search

#: An entry that nobody checked for so many months is due.
MONTHS = 6

KINDS = {
    "consumer": "消費生活", "police": "警察", "emergency": "緊急", "legal": "法律", "labour": "労働", "housing": "住まい",
    "finance": "金融・保険", "telecom": "通信・放送", "privacy": "個人情報", "traffic": "交通", "medical": "医療",
    "pension": "年金", "tax": "税", "safety": "安全・こころ", "welfare": "福祉", "online": "ネット", "municipal": "市区町村",
    "language": "ことば", "food": "食品", "product": "製品", "travel": "旅行", "other": "そのほか",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One office. `own` is a centre's own entry or its better knowledge of a common one; `verified` is the source's."""

    code: str
    name: str
    kind: str
    handles: str = ""
    words: str = ""
    phone: str = ""
    hours: str = ""
    url: str = ""
    source: str = ""
    checked_on: date | None = None
    verified: bool = False
    own: bool = False
    common: bool = True
    version: int = 0

    @property
    def kind_label(self) -> str:
        return KINDS.get(self.kind, KINDS["other"])

    def is_due(self, today: date, months: int = MONTHS) -> bool:
        """Never checked, or not for `months` months."""
        return self.checked_on is None or months_since(self.checked_on, today) >= months


def months_since(day: date, today: date) -> int:
    """Whole months from a day to today."""
    return (today.year - day.year) * 12 + today.month - day.month - (today.day < day.day)


def find_offices(entries: Sequence[Entry], text: str, *, limit: int = 8) -> list[Entry]:
    """Offices for a matter told in everyday words, the likeliest first. Nothing typed finds nothing."""
    typed = fold_for_search(text)[:200]
    if len(typed) < 2:
        return []
    pairs = set(bigrams(typed))
    scored = [(score, place, entry) for place, entry in enumerate(entries) if (score := _score(entry, typed, pairs)) > 0]
    return [entry for _, _, entry in sorted(scored, key=lambda row: (-row[0], row[1]))[:limit]]


def _score(entry: Entry, typed: str, pairs: set[str]) -> float:
    score = 0.0
    for word in _folded(entry.words):
        if len(word) >= 2 and word in typed:
            score += 2 * len(word)
        elif len(typed) >= 2 and typed in word:
            score += 1.5 * len(typed)
    own_words = "".join(_folded(f"{entry.name} {entry.handles} {entry.kind_label}"))
    if typed in own_words:
        score += 2 * len(typed)
    shared = pairs & set(bigrams(own_words))
    # A few pairs in common are chance; a good part of what was typed is not.
    if pairs and len(shared) / len(pairs) >= 0.5:
        score += len(shared)
    return score


@lru_cache(maxsize=2048)
def _folded(words: str) -> tuple[str, ...]:
    return tuple(fold_for_search(word) for word in words.split())


def due_entries(entries: Iterable[Entry], today: date, months: int = MONTHS) -> list[Entry]:
    """What nobody checked for so long, the longest first; what was never checked stands at the top."""
    return sorted(
        (entry for entry in entries if entry.is_due(today, months)), key=lambda entry: (entry.checked_on or date.min, entry.name)
    )


def introduction_text(entry: Entry) -> str:
    """What is put into the answer to the consumer: name, what for, phone and hours. What is unknown is left out."""
    lines = [f"【ご案内】{entry.name}"]
    if entry.handles:
        lines.append(f"　{entry.handles}")
    if entry.phone:
        lines.append(f"　電話：{entry.phone}")
    if entry.hours and "要確認" not in entry.hours:
        lines.append(f"　受付：{entry.hours}")
    if entry.url:
        lines.append(f"　{entry.url}")
    return "\n".join(lines)
