"""What is published of the facts: numbers of the nation by year, from which nobody can be picked out (F6).

One dimension at a time, whole months only, and cells of fewer than `SMALL_CELL` cases are hidden. Because the sum is
published too, more cells are hidden with them, until what is missing could be many things. That is a plain secondary
suppression, no proof: crossing two dimensions must not be added without one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from time import monotonic

from django.db.models import Max, Min

from caasis.analytics.models import CaseFact
from caasis.analytics.selectors import SMALL_CELL, Slice, compare_by, count_by
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import fiscal_year

#: What is published, in the order of the page.
TABLES = ("month", "product", "sales_form")
#: Hidden cells hold at least so many cases together, and are at least two.
_HIDDEN_SUM, _HIDDEN_CELLS = 10, 2
#: Products are counted by their class (P03), not by the single product.
_CLASS = 3
#: Older years stay in the database, and are asked for at a centre.
_YEARS = 5
#: Figures of whole months change only when something is registered late.
_KEPT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """One value: its code (of a month its first day) and the number of cases, None where it is hidden."""

    key: str
    cases: int | None


@dataclass(frozen=True, slots=True)
class PublishedYear:
    """What is published of a fiscal year. `end` is the last day that is counted; `total` is None where it is hidden."""

    year: int
    start: date
    end: date
    total: int | None
    tables: dict[str, list[PublishedCell]]
    has_samples: bool


_lock = threading.Lock()
_kept: dict[tuple[int, date], tuple[float, PublishedYear]] = {}


def published_years(today: date) -> list[int]:
    """Fiscal years of which something is published, the newest first."""
    bounds = CaseFact.objects.aggregate(first=Min("received_on"), last=Max("received_on"))
    if bounds["first"] is None:
        return []
    newest = fiscal_year(min(bounds["last"], _last_whole_day(today)))
    return [year for year in range(newest, newest - _YEARS, -1) if year >= fiscal_year(bounds["first"])]


def published_year(year: int, today: date) -> PublishedYear:
    """The figures of a fiscal year until the end of last month."""
    start, end = date(year, 4, 1), min(date(year + 1, 3, 31), _last_whole_day(today))
    key = (year, end)
    with _lock:
        if key in _kept and monotonic() - _kept[key][0] < _KEPT_SECONDS:
            return _kept[key][1]
    found = _counted(year, start, end) if end > start else PublishedYear(year, start, end, 0, {}, has_samples=False)
    with _lock:
        if len(_kept) > 4 * _YEARS:
            _kept.clear()
        _kept[key] = (monotonic(), found)
    return found


def forget_published() -> None:
    """Count anew at the next question."""
    with _lock:
        _kept.clear()


def _last_whole_day(today: date) -> date:
    return today.replace(day=1) - timedelta(days=1)


def _counted(year: int, start: date, end: date) -> PublishedYear:
    slice_ = Slice(start, end)
    months = {cell.key: cell.cases for cell in count_by("month", slice_, actor=SYSTEM)}
    tables = {"month": [PublishedCell(day.isoformat(), months.get(day, 0)) for day in _months(start, end)]}
    for name in TABLES[1:]:
        pairs = compare_by(name, slice_, actor=SYSTEM, length=_CLASS if name == "product" else 0)
        tables[name] = [PublishedCell(pair.key, pair.now) for pair in pairs]
    total = sum(months.values())
    samples = CaseFact.objects.filter(received_on__gte=start, received_on__lte=end, is_demo=True).exists()
    if 0 < total < max(SMALL_CELL, _HIDDEN_SUM):
        hidden = {name: [replace(cell, cases=None) for cell in cells] for name, cells in tables.items()}
        return PublishedYear(year, start, end, None, hidden, samples)
    return PublishedYear(year, start, end, total, {name: protect(cells) for name, cells in tables.items()}, samples)


def _months(start: date, end: date) -> list[date]:
    days = []
    while start <= end:
        days.append(start)
        start = (start + timedelta(days=31)).replace(day=1)
    return days


def protect(cells: Sequence[PublishedCell]) -> list[PublishedCell]:
    """The cells as they may be published beside their sum: small ones hidden, and others with them."""
    counted = [cell.cases or 0 for cell in cells]
    hidden = {index for index, cases in enumerate(counted) if 0 < cases < SMALL_CELL}
    if hidden:
        others = sorted((cases, index) for index, cases in enumerate(counted) if cases and index not in hidden)
        while others and (
            sum(counted[index] for index in hidden) < _HIDDEN_SUM
            or len(hidden) < _HIDDEN_CELLS
            or all(counted[index] < SMALL_CELL for index in hidden)
        ):
            hidden.add(others.pop(0)[1])
    return [replace(cell, cases=None) if index in hidden else cell for index, cell in enumerate(cells)]
