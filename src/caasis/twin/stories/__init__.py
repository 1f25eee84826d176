"""The kinds of trouble that happen in the twin town, read from the TOML files beside this module.

Each file holds one group; ``common.toml`` holds what all kinds share (payment, wishes, advice by legal type, outcomes).
Nothing here is a real case: texts were written for the twin and name no existing trader.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from caasis.twin.streams import Weighted
from caasis.twin.wording import Slot, compile_slot

AGE_BANDS: Final = ("under18", "18to19", "20s", "30s", "40s", "50s", "60s", "70s", "80over")
GROUPS: Final = (
    "housing_works",
    "home_life",
    "phone_offers",
    "money_and_work",
    "impostors",
    "net_shopping",
    "digital_services",
    "beauty_and_health",
    "leisure_and_culture",
    "living_services",
    "living_contracts",
    "safety",
    "not_yet_known",
)
RESULTS: Final = (
    "advice", "referral", "information", "mediation_settled", "mediation_failed", "unable", "unnecessary",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoryKind:
    """One kind of trouble: who meets it, when and where, for how much, and how it is told."""

    key: str
    label: str
    group: str
    products: Weighted[str]
    sales_forms: Weighted[str]
    transaction_types: tuple[str, ...]
    weight: float
    ages: Weighted[int]
    women: float
    season: tuple[float, ...]
    weekdays: tuple[float, ...]
    regions: Mapping[str, float]
    amounts: tuple[int, ...]
    paid: Weighted[str]
    payments: Weighted[str]
    contracted: float
    delay_days: tuple[int, ...]
    family: float
    results: Weighted[str]
    complaint: float
    injury: float
    hazard: float
    harm_style: str
    criminal: bool
    settlement: str
    money_moving: float
    trader_unknown: float
    traders: tuple[tuple[str, str], ...]
    keywords: tuple[str, ...]
    content_classes: tuple[str, ...]
    surge_candidate: bool
    novel_words: tuple[str, ...]
    title: Slot
    phases: tuple[Slot, ...]
    wish: Slot
    voice: tuple[Slot, ...]
    advice: Slot

    @property
    def novel(self) -> bool:
        """Whether this kind doesn't exist in the town before it is planted."""
        return bool(self.novel_words)


@dataclass(frozen=True, slots=True)
class Stories:
    """All kinds by key, and the slots that they share."""

    kinds: Mapping[str, StoryKind]
    shared: Mapping[str, Slot]


@cache
def load_stories() -> Stories:
    """Read and compile all stories; raise ``ValueError`` or ``KeyError`` when a file is wrong."""
    shared = _read_shared()
    kinds: dict[str, StoryKind] = {}
    for group in GROUPS:
        document = _read(group)
        defaults = document.get("defaults", {})
        for entry in document["kind"]:
            kind = _kind(group, {**defaults, **entry}, shared)
            if kind.key in kinds:
                raise ValueError(f"two kinds of trouble are called {kind.key}")
            kinds[kind.key] = kind
    return Stories(kinds=kinds, shared=shared)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _read_shared() -> dict[str, Slot]:
    """Compile the shared slots; a slot may use those above it."""
    shared: dict[str, Slot] = {}
    for name, block in _read("common")["slots"].items():
        shared[name] = compile_slot(block, shared)
    return shared


def _weighted(value: str | Mapping[str, float]) -> Weighted[str]:
    if isinstance(value, str):
        return Weighted((value,), (1.0,))
    return Weighted(tuple(value), tuple(value.values()))


def _numbers(entry: Mapping[str, Any], name: str, length: int) -> tuple[float, ...]:
    numbers: Sequence[float] = entry.get(name, [1.0] * length)
    if len(numbers) != length:
        raise ValueError(f"{entry['key']}: {name} needs {length} numbers")
    return tuple(numbers)


def _trader_words(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for word in entry["traders"]:
        written, separator, read = word.partition("/")
        if not separator:
            raise ValueError(f"{entry['key']}: the trader word {word} needs its reading")
        yield written, read


def _kind(group: str, entry: Mapping[str, Any], shared: Mapping[str, Slot]) -> StoryKind:
    ages = _numbers(entry, "ages", len(AGE_BANDS))
    results: Mapping[str, float] = entry["results"]
    if unknown := set(results) - set(RESULTS):
        raise ValueError(f"{entry['key']}: unknown results {sorted(unknown)}")
    return StoryKind(
        key=entry["key"],
        label=entry["label"],
        group=group,
        products=_weighted(entry["products"]),
        sales_forms=_weighted(entry["sales_form"]),
        transaction_types=tuple(entry.get("transaction_types", ())),
        weight=float(entry["weight"]),
        ages=Weighted(range(len(AGE_BANDS)), ages),
        women=float(entry["women"]),
        season=_numbers(entry, "season", 12),
        weekdays=_numbers(entry, "weekdays", 7),
        regions=dict(entry.get("regions", {})),
        amounts=tuple(int(amount) for amount in entry["amounts"]),
        paid=_weighted(entry["paid"]),
        payments=_weighted(entry["payments"]),
        contracted=float(entry.get("contracted", 1.0)),
        delay_days=tuple(int(days) for days in entry["delay_days"]),
        family=float(entry.get("family", 0.15)),
        results=_weighted(results),
        complaint=float(entry.get("complaint", 0.95)),
        injury=float(entry.get("injury", 0.0)),
        hazard=float(entry.get("hazard", 0.0)),
        harm_style=entry.get("harm_style", "impact"),
        criminal=bool(entry.get("criminal", False)),
        settlement=entry.get("settlement", "cancellation"),
        money_moving=float(entry.get("money_moving", 0.0)),
        trader_unknown=float(entry.get("trader_unknown", 0.05)),
        traders=tuple(_trader_words(entry)),
        keywords=tuple(entry["keywords"]),
        content_classes=tuple(entry.get("content_classes", ("contract",))),
        surge_candidate=bool(entry.get("surge_candidate", False)),
        novel_words=tuple(entry.get("novel_words", ())),
        title=compile_slot(entry["title"], shared),
        phases=tuple(compile_slot(block, shared) for block in entry["phases"]),
        wish=compile_slot(entry["wish"], shared),
        voice=tuple(compile_slot(block, shared) for block in entry["voice"]),
        advice=compile_slot(entry["advice"], shared),
    )
