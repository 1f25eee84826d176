"""Where the town's people live: municipalities come in as data, populations weigh them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from caasis.twin.streams import Draw, Weighted

# Population by prefecture in ten thousands, rounded (令和2年国勢調査; 要確認 before any published use).  The twin needs
# only the proportions.
PREFECTURE_POPULATION: Final[Mapping[str, int]] = dict(
    zip(
        (f"{number:02d}" for number in range(1, 48)),
        (
            522, 124, 121, 230, 96, 107, 183, 287, 193, 194, 734, 628, 1405, 924, 220, 103, 113, 77, 81, 205, 198, 363, 754,
            177, 141, 258, 884, 547, 132, 92, 55, 67, 189, 280, 134, 72, 95, 133, 69, 514, 81, 131, 174, 112, 107, 159, 147,
        ),
        strict=True,
    )
)  # fmt: skip

REGIONS: Final[Mapping[str, frozenset[str]]] = {
    "snow": frozenset({"01", "02", "03", "05", "06", "15", "16", "17", "18", "20"}),
    "north_kanto": frozenset({"08", "09", "10"}),
    "metropolitan": frozenset({"11", "12", "13", "14", "23", "26", "27", "28", "40"}),
    "tokyo": frozenset({"13"}),
    "kansai": frozenset({"25", "26", "27", "28", "29", "30"}),
    "kyushu": frozenset({"40", "41", "42", "43", "44", "45", "46"}),
    "rural": frozenset({"02", "03", "05", "06", "31", "32", "36", "38", "39", "41", "42", "43", "44", "45", "46"}),
    "shikoku": frozenset({"36", "37", "38", "39"}),
}

SURGE_CLUSTERS: Final = (
    ("08", "09", "10", "11"), ("21", "22", "23", "24"), ("25", "26", "28", "29", "30"), ("40", "41", "43", "44"),
    ("33", "34", "35", "37", "38"), ("02", "03", "04", "05", "06", "07"), ("14", "19", "22"), ("15", "16", "17", "18", "20"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality as the caller knows it; ``population`` 0 means unknown."""

    code: str
    name: str
    prefecture_code: str
    prefecture: str
    population: int = 0


@dataclass(frozen=True, slots=True)
class Geography:
    """Municipalities by prefecture, ready to be drawn; raises ``ValueError`` when there are none."""

    municipalities: tuple[Municipality, ...]
    by_prefecture: Mapping[str, Weighted[Municipality]] = field(init=False)
    prefecture_weights: Mapping[str, float] = field(init=False)

    def __post_init__(self) -> None:
        if not self.municipalities:
            raise ValueError("the town needs at least one municipality")
        grouped: dict[str, list[Municipality]] = {}
        for municipality in sorted(self.municipalities, key=lambda place: place.code):
            if municipality.prefecture_code not in PREFECTURE_POPULATION:
                raise ValueError(f"unknown prefecture code {municipality.prefecture_code!r}")
            grouped.setdefault(municipality.prefecture_code, []).append(municipality)
        ordered = dict(sorted(grouped.items()))
        object.__setattr__(
            self,
            "by_prefecture",
            {code: Weighted(places, [_size(place) for place in places]) for code, places in ordered.items()},
        )
        object.__setattr__(self, "prefecture_weights", {code: float(PREFECTURE_POPULATION[code]) for code in ordered})

    @classmethod
    def of(cls, municipalities: Iterable[Municipality]) -> Geography:
        """Return the geography of ``municipalities`` in the order of their codes."""
        return cls(tuple(municipalities))

    def prefectures_for(self, regions: Mapping[str, float]) -> Weighted[str]:
        """Return prefectures weighted by population and by a kind's regional factors (region name or code)."""
        weights = dict(self.prefecture_weights)
        for region, factor in regions.items():
            for code in REGIONS.get(region, frozenset({region})):
                if code in weights:
                    weights[code] *= factor
        return Weighted(tuple(weights), tuple(weights.values()))

    def place_in(self, prefecture_code: str, draw: Draw) -> Municipality:
        """Draw a municipality of one prefecture by size."""
        return self.by_prefecture[prefecture_code].draw(draw)


def _size(place: Municipality) -> float:
    """Return the population, or a usual one for the kind of municipality where it isn't known."""
    if place.population > 0:
        return float(place.population)
    if place.name.endswith("区"):
        return 180_000.0
    if place.name.endswith("市"):
        return 110_000.0
    return 14_000.0 if place.name.endswith("町") else 4_000.0
