"""When and where troubles are reported: week, holidays, seasons, regions, one planted surge and one planted novelty."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

import jpholiday

from caasis.twin.businesses import Business
from caasis.twin.geography import SURGE_CLUSTERS, Geography
from caasis.twin.ground_truth import GroundTruth, PlantedNovelty, PlantedSurge
from caasis.twin.stories import Stories, StoryKind
from caasis.twin.streams import Draw, Weighted, between, pick, stream

IsHoliday = Callable[[date], bool]

# Monday to Sunday.  Most centres are closed at weekends, and what happened then is reported on Monday.
WEEKDAY_WEIGHTS: Final = (1.27, 1.08, 1.02, 0.99, 0.96, 0.21, 0.14)
HOLIDAY_WEIGHT: Final = 0.12
NEW_YEAR_WEIGHT: Final = 0.07
AFTER_CLOSURE_FACTOR: Final = 1.14
SURGE_DAYS: Final = 21
NOVELTY_GROWING_DAYS: Final = 28


def is_japanese_holiday(day: date) -> bool:
    """Return whether ``day`` is a national holiday of Japan."""
    return bool(jpholiday.is_holiday(day))


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of trouble on one day: where it happens, and whether it belongs to the surge."""

    kind: StoryKind
    prefectures: Weighted[str]
    surge: bool = False


def is_new_year_closure(day: date) -> bool:
    """Return whether public offices are closed for the turn of the year (29 December to 3 January)."""
    return (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)


def is_open(day: date, is_holiday: IsHoliday) -> bool:
    """Return whether an ordinary centre is open on ``day``."""
    return day.weekday() < 5 and not is_holiday(day) and not is_new_year_closure(day)


def first_day_of(until: date, months: int) -> date:
    """Return the first day of a period of ``months`` that ends with ``until``."""
    month = until.year * 12 + until.month - 1 - months
    year, month = divmod(month, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(until.day, last)) + timedelta(days=1)


class TroubleCalendar:
    """Volumes for one seed and period.  Raises ``ValueError`` for a period too short to plant anything in."""

    def __init__(
        self,
        seed: int,
        count: int,
        months: int,
        until: date,
        geography: Geography,
        stories: Stories,
        businesses: Mapping[str, tuple[Business, ...]],
        is_holiday: IsHoliday = is_japanese_holiday,
    ) -> None:
        if count < 1 or months < 3:
            raise ValueError("the town needs at least one case and three months")
        self.seed, self.count, self.is_holiday = seed, count, is_holiday
        self.starts_on, self.until = first_day_of(until, months), until
        self.days = tuple(
            self.starts_on + timedelta(days=offset) for offset in range((until - self.starts_on).days + 1)
        )
        draw = stream(seed, "planted").random
        novel_kinds = [kind for kind in stories.kinds.values() if kind.novel]
        self._new_kind = pick(novel_kinds, draw)
        self._kinds = [kind for kind in stories.kinds.values() if not kind.novel]
        self._prefectures = {
            kind.key: geography.prefectures_for(kind.regions) for kind in (*self._kinds, self._new_kind)
        }
        surge_start, self._surge_kind, factor, self._surge_places = self._choose_surge(draw, geography)
        self._surge = (surge_start, surge_start + timedelta(days=SURGE_DAYS - 1), factor)
        self._novel_from = self.days[int(len(self.days) * (0.55 + 0.15 * draw()))]
        self._weights = [self._cell_weights(day) for day in self.days]
        self._totals = [sum(weight for _, weight in cells) for cells in self._weights]
        self.truth = self._ground_truth(months, businesses[self._surge_kind.key][0])

    def cases_by_day(self) -> Iterator[tuple[date, int]]:
        """Yield each day with its number of cases; the numbers add up to ``count``."""
        draw = stream(self.seed, "volumes").random
        bounds = list(accumulate(self._totals))
        counts = [0] * len(self.days)
        for _ in range(self.count):
            counts[min(bisect_right(bounds, draw() * bounds[-1]), len(counts) - 1)] += 1
        yield from zip(self.days, counts, strict=True)

    def cells_on(self, day: date) -> Weighted[Cell]:
        """Return the kinds of trouble that can come up on ``day`` with their weights."""
        cells = self._weights[(day - self.starts_on).days]
        return Weighted([cell for cell, _ in cells], [weight for _, weight in cells])

    def _choose_surge(self, draw: Draw, geography: Geography) -> tuple[date, StoryKind, float, Weighted[str]]:
        """Choose kind, place, three weeks and factor; the weeks lie in the second half so that a base line exists."""
        kind = pick([kind for kind in self._kinds if kind.surge_candidate], draw)
        weights = geography.prefecture_weights
        clusters = [tuple(code for code in cluster if code in weights) for cluster in SURGE_CLUSTERS]
        possible = [cluster for cluster in clusters if len(cluster) >= 2] or [tuple(weights)[:1]]
        chosen = pick(possible, draw)
        base = self._prefectures[kind.key]
        places = Weighted(
            chosen, [dict(zip(base.options, base.weights, strict=True)).get(code, 0.0) for code in chosen]
        )
        factor = round(3.0 + draw(), 1)
        index = between(
            int(len(self.days) * 0.6), max(int(len(self.days) * 0.6), len(self.days) - SURGE_DAYS - 10), draw
        )
        start = self.days[index]
        return start - timedelta(days=start.weekday()), kind, factor, places

    def _day_weight(self, day: date) -> float:
        if is_new_year_closure(day):
            return NEW_YEAR_WEIGHT
        weight = HOLIDAY_WEIGHT if self.is_holiday(day) else WEEKDAY_WEIGHTS[day.weekday()]
        yesterday = day - timedelta(days=1)
        if is_open(day, self.is_holiday) and not is_open(yesterday, self.is_holiday) and day.weekday() != 0:
            weight *= AFTER_CLOSURE_FACTOR
        return weight

    def _kind_weight(self, kind: StoryKind, day: date) -> float:
        weight = kind.weight * kind.season[day.month - 1] * kind.weekdays[day.weekday()]
        if kind is self._new_kind:
            grown = ((day - self._novel_from).days + 1) / NOVELTY_GROWING_DAYS
            weight *= 0.0 if grown <= 0 else min(1.0, grown)
        return weight * self._day_weight(day)

    def _cell_weights(self, day: date) -> list[tuple[Cell, float]]:
        cells = [
            (Cell(kind, self._prefectures[kind.key]), self._kind_weight(kind, day))
            for kind in (*self._kinds, self._new_kind)
        ]
        starts_on, ends_on, factor = self._surge
        if starts_on <= day <= ends_on:
            cells.append((Cell(self._surge_kind, self._surge_places, surge=True), (factor - 1) * self._base_there(day)))
        return [(cell, weight) for cell, weight in cells if weight > 0]

    def _base_there(self, day: date) -> float:
        """Return the ordinary weight of the surging kind in the surging prefectures on ``day``."""
        share = sum(self._surge_places.weights) / sum(self._prefectures[self._surge_kind.key].weights)
        return self._kind_weight(self._surge_kind, day) * share

    def _ground_truth(self, months: int, main_business: Business) -> GroundTruth:
        per_weight = self.count / sum(self._totals)
        starts_on, ends_on, factor = self._surge
        without = per_weight * sum(self._base_there(day) for day in self.days if starts_on <= day <= ends_on)
        new_kind = self._new_kind
        return GroundTruth(
            seed=self.seed,
            count=self.count,
            months=months,
            starts_on=self.starts_on,
            until=self.until,
            surge=PlantedSurge(
                story=self._surge_kind.key,
                label=self._surge_kind.label,
                products=self._surge_kind.products.options,
                prefectures=self._surge_places.options,
                starts_on=starts_on,
                ends_on=ends_on,
                factor=factor,
                expected_without=round(without, 1),
                expected_with=round(without * factor, 1),
                main_business_id=main_business.id,
            ),
            novelty=PlantedNovelty(
                story=new_kind.key,
                label=new_kind.label,
                products=new_kind.products.options,
                first_day=self._novel_from,
                full_from=self._novel_from + timedelta(days=NOVELTY_GROWING_DAYS - 1),
                words=new_kind.novel_words,
                expected_cases=round(per_weight * sum(self._kind_weight(new_kind, day) for day in self.days), 1),
            ),
        )
