"""A search as people state it: the same pairs of names and values stand in a URL, in a saved search and in an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from caasis.engines.japanese import parse_japanese_date

LONGEST = 200
#: Values of one filter that are asked for at once.
MOST_VALUES = 20

#: Filter field of the index → its words on the screen, in the order in which people meet them.
FILTERS: dict[str, str] = {
    "product": "商品・役務",
    "sales_form": "販売購入形態",
    "case_kind": "相談の種類",
    "channel": "受付方法",
    "result": "処理結果",
    "age_band": "契約当事者の年代",
    "prefecture": "都道府県",
    "amount_band": "契約金額",
    "state": "状態",
}
SORTS = {"relevance": "近い順", "newest": "新しい順", "oldest": "古い順"}
#: What stands in the URL → how many years back, None for all.
PERIODS: dict[str, int | None] = {"1": 1, "3": 3, "5": 5, "10": 10, "all": None}
PERIOD_WORDS = {"1": "この1年", "3": "この3年", "5": "この5年", "10": "この10年", "all": "すべての年"}
DEFAULT_PERIOD = "3"

#: Upper bound in yen (exclusive), code, words. The last has no bound.
_AMOUNTS: tuple[tuple[int | None, str, str], ...] = (
    (10_000, "to_10k", "1万円未満"),
    (50_000, "to_50k", "1万円〜5万円未満"),
    (100_000, "to_100k", "5万円〜10万円未満"),
    (500_000, "to_500k", "10万円〜50万円未満"),
    (1_000_000, "to_1m", "50万円〜100万円未満"),
    (5_000_000, "to_5m", "100万円〜500万円未満"),
    (None, "over_5m", "500万円以上"),
)
AMOUNT_WORDS = {code: words for _, code, words in _AMOUNTS}


def amount_band(yen: int | None) -> str:
    """The band of a contract's amount; empty when nobody knows it."""
    if yen is None:
        return ""
    return next(code for bound, code, _ in _AMOUNTS if bound is None or yen < bound)


class ExportPurpose(StrEnum):
    """Why search results leave the system as a file."""

    STATISTICS = "statistics"
    ALERT = "alert"
    TRAINING = "training"
    ENFORCEMENT = "enforcement"
    ASSEMBLY = "assembly"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _PURPOSES[self]


_PURPOSES = {
    ExportPurpose.STATISTICS: "傾向の集計・分析",
    ExportPurpose.ALERT: "注意喚起・啓発の準備",
    ExportPurpose.TRAINING: "研修・事例の検討",
    ExportPurpose.ENFORCEMENT: "事業者への指導・法執行の検討",
    ExportPurpose.ASSEMBLY: "議会・審議会への説明",
    ExportPurpose.OTHER: "その他（理由に書く）",
}


@dataclass(frozen=True, slots=True)
class CaseSearch:
    """What is looked for. `first` and `last` (days of receipt) come before `period`; `own` keeps to the actor's centre;
    `widen` asks for synonyms too. `wrong` holds sentences about what couldn't be read, by field."""

    text: str = ""
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    period: str = DEFAULT_PERIOD
    first: date | None = None
    last: date | None = None
    own: bool = False
    sort: str = "relevance"
    widen: bool = True
    wrong: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def years(self) -> int | None:
        return PERIODS[self.period]

    @property
    def is_blank(self) -> bool:
        """Nothing was asked for: neither words nor a filter nor a day."""
        return not (self.text or self.filters or self.first or self.last or self.own)

    def values(self, name: str) -> tuple[str, ...]:
        return dict(self.filters).get(name, ())

    def pairs(self) -> list[tuple[str, str]]:
        """The search as it stands in a URL or is kept: only what differs from the usual."""
        found = [("q", self.text)] if self.text else []
        found += [(name, value) for name, values in self.filters for value in values]
        found += [(name, day.isoformat()) for name, day in (("from", self.first), ("to", self.last)) if day]
        usual = {"years": DEFAULT_PERIOD, "sort": "relevance", "scope": "", "words": ""}
        now = {
            "years": self.period,
            "sort": self.sort,
            "scope": "own" if self.own else "",
            "words": "" if self.widen else "exact",
        }
        return found + [(name, value) for name, value in now.items() if value != usual[name]]


def read_search(given: Mapping[str, Sequence[str]], *, today: date) -> CaseSearch:
    """Read what was typed, clicked or kept. Unknown names and values are passed over; days may be typed in any form."""

    def one(name: str) -> str:
        return next((value.replace("\x00", "").strip() for value in reversed(given.get(name, ()))), "")

    wrong: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name, words in (("from", "はじめの日"), ("to", "終わりの日")):
        days[name] = parse_japanese_date(one(name)[:30], today) if one(name) else None
        if one(name) and days[name] is None:
            wrong[name] = f"{words}を「2026/4/1」のように入れてください。"
    first, last = days["from"], days["to"]
    if first and last and first > last:
        wrong["to"] = "終わりの日を、はじめの日より後にしてください。"
        first = last = None
    filters = []
    for name in FILTERS:
        values = tuple(dict.fromkeys(v for raw in given.get(name, ()) if (v := raw.replace("\x00", "").strip()[:40])))
        if values:
            filters.append((name, values[:MOST_VALUES]))
    return CaseSearch(
        text=one("q")[:LONGEST],
        filters=tuple(filters),
        period=one("years") if one("years") in PERIODS else DEFAULT_PERIOD,
        first=first,
        last=last,
        own=one("scope") == "own",
        sort=one("sort") if one("sort") in SORTS else "relevance",
        widen=one("words") != "exact",
        wrong=wrong,
    )


def read_pairs(pairs: Iterable[Sequence[str]], *, today: date) -> CaseSearch:
    """A kept search."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    return read_search(given, today=today)
