"""What the search page shows besides the hits: facets, chips, the picture of months, and what to loosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from caasis.cases.business_record import Month
from caasis.cases.code_lists import code_lists, label
from caasis.cases.rules.searching import AMOUNT_WORDS, FILTERS, PERIOD_WORDS, CaseSearch
from caasis.cases.rules.synonyms import Widening
from caasis.cases.vocabulary import State
from caasis.desk.businesses import trend_figure
from caasis.desk.charts.figure import Figure
from caasis.engines.japanese import format_date_ja
from caasis.kernel.clock import day_in_japan, utc_now
from caasis.platform.search.ports import COUNT_CAP, Count

#: Values of a facet that are shown at once; what was chosen always is.
SHOWN = 8
#: Columns of the picture.
MOST_MONTHS = 36
#: A class of 商品・役務 by the length of its code: P13, P1301, P130101.
_LEVELS = (3, 5, 7)
#: Filter field → code list with its words.
_LISTS = {
    "product": "product", "sales_form": "sales_form", "case_kind": "kind", "channel": "channel", "result": "result",
    "age_band": "age_band", "prefecture": "prefecture",
}  # fmt: skip
#: Lists whose own order says more than the numbers do.
_ORDERED = ("age_band", "amount_band")


def url_of(search: CaseSearch, **more: str) -> str:
    """Where this search stands, from the search page on."""
    pairs = search.pairs() + [(name, value) for name, value in more.items() if value]
    return f"?{urlencode(pairs)}"


def value_words(name: str, value: str) -> str:
    """A value of a filter as people say it."""
    if name == "state":
        return State(value).label if value in State._value2member_map_ else value
    if name == "amount_band":
        return AMOUNT_WORDS.get(value, value)
    return label(_LISTS[name], value)


def count_words(count: Count) -> str:
    """How many were found: 「12件」, 「1,000件以上」, 「約80件」."""
    if count.exact:
        return f"{count.value:,}件"
    return f"{COUNT_CAP:,}件以上" if count.value >= COUNT_CAP else f"約{count.value:,}件"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet. `url` chooses it, or takes the choice back."""

    label: str
    count: int
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    title: str
    name: str
    choices: list[Choice]
    more: list[Choice]

    @property
    def is_chosen(self) -> bool:
        return any(choice.chosen for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition of the search, with the address without it."""

    label: str
    url: str


def facets_of(search: CaseSearch, counted: Mapping[str, Mapping[str, int]]) -> list[Facet]:
    """The facets with their numbers. A facet with one value and nothing chosen tells nothing and is left out."""
    found = []
    for name, title in FILTERS.items():
        chosen = search.values(name)
        numbers = dict(counted.get(name, {}))
        numbers.update({value: numbers.get(value, 0) for value in chosen})
        if name == "product":
            numbers = _product_level(numbers, chosen)
        if len(numbers) < 2 and not chosen:
            continue
        choices = [
            Choice(value_words(name, value), count, url_of(_toggled(search, name, value)), value in chosen)
            for value, count in _sorted(name, numbers)
        ]
        first = [choice for place, choice in enumerate(choices) if place < SHOWN or choice.chosen]
        found.append(Facet(title, name, first, [choice for choice in choices if choice not in first]))
    return found


def _product_level(numbers: dict[str, int], chosen: Iterable[str]) -> dict[str, int]:
    """The classes at the top; below a chosen one the next narrower ones."""
    shown = {value: count for value, count in numbers.items() if len(value) == _LEVELS[0] or value in chosen}
    for value in chosen:
        deeper = next((level for level in _LEVELS if level > len(value)), 0)
        shown |= {one: count for one, count in numbers.items() if deeper and len(one) == deeper and one.startswith(value)}
    return shown


def _sorted(name: str, numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    if name in _ORDERED:
        order = list(AMOUNT_WORDS) if name == "amount_band" else [term.code for term in code_lists()[name].terms()]
        places = {code: place for place, code in enumerate(order)}
        return sorted(numbers.items(), key=lambda pair: places.get(pair[0], len(places)))
    return sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))


def _toggled(search: CaseSearch, name: str, value: str) -> CaseSearch:
    values = tuple(one for one in search.values(name) if one != value)
    if len(values) == len(search.values(name)):
        values = (*values, value)
    return with_values(search, name, values)


def with_values(search: CaseSearch, name: str, values: tuple[str, ...]) -> CaseSearch:
    """The search with other values of one filter, in the usual order of the filters."""
    chosen = {**dict(search.filters), name: values}
    return replace(search, filters=tuple((one, chosen[one]) for one in FILTERS if chosen.get(one)))


def chips_of(search: CaseSearch) -> list[Chip]:
    """Everything the search is narrowed by, each with a way to take it off."""
    chips = [
        Chip(f"{FILTERS[name]}：{value_words(name, value)}", url_of(_toggled(search, name, value)))
        for name, values in search.filters
        for value in values
    ]
    if search.first or search.last:
        chips.append(Chip(f"受付日：{period_words(search)}", url_of(replace(search, first=None, last=None))))
    if search.own:
        chips.append(Chip("自分のセンターだけ", url_of(replace(search, own=False))))
    return chips


def period_words(search: CaseSearch) -> str:
    if search.first or search.last:
        first = format_date_ja(search.first, with_year=True) if search.first else ""
        last = format_date_ja(search.last, with_year=True) if search.last else ""
        return f"{first}〜{last}"
    return PERIOD_WORDS[search.period]


def search_words(search: CaseSearch) -> str:
    """A search in one line, for lists of saved ones."""
    parts = [f"「{search.text}」"] if search.text else []
    parts += [f"{FILTERS[name]}：{'・'.join(value_words(name, one) for one in values)}" for name, values in search.filters]
    parts.append(period_words(search))
    if search.own:
        parts.append("自分のセンターだけ")
    return "／".join(parts)


def looser(search: CaseSearch, widening: Widening) -> list[Chip]:
    """What may help when nothing was found, each with one press."""
    found = []
    if search.filters:
        found.append(Chip("しぼりこみをすべて外す", url_of(replace(search, filters=()))))
    if search.own:
        found.append(Chip("全国の登録済みの相談からさがす", url_of(replace(search, own=False))))
    if search.first or search.last or search.period != "all":
        found.append(Chip("すべての年からさがす", url_of(replace(search, first=None, last=None, period="all"))))
    if any(mark in search.text for mark in "「」\"“”『』"):
        plain = "".join(" " if character in "「」\"“”『』" else character for character in search.text)
        found.append(Chip("「」を外してさがす", url_of(replace(search, text=" ".join(plain.split())))))
    pieces = search.text.split()
    if len(pieces) > 1:
        found.append(Chip(f"「{pieces[0]}」だけでさがす", url_of(replace(search, text=pieces[0]))))
    if not search.widen and not widening.notes:
        found.append(Chip("同じ意味のことばもさがす", url_of(replace(search, widen=True))))
    return found


def months_figure(counted: Mapping[str, int], *, today: date | None = None) -> Figure | None:
    """The hits by month of receipt, up to this month; None when they lie in one month alone."""
    if len(counted) < 2:
        return None
    now = today or day_in_japan(utc_now())
    last = max(_month(max(counted)), date(now.year, now.month, 1))
    first = max(_month(min(counted)), _back(last, MOST_MONTHS - 1))
    months = []
    while first <= last:
        months.append(Month(first, counted.get(f"{first:%Y-%m}", 0)))
        first = _back(first, -1)
    return trend_figure(months)


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _back(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def filter_choices() -> list[dict[str, Any]]:
    """The filters as select fields, for a start without words: the classes at the top, everything else whole."""
    found: list[dict[str, Any]] = []
    for name, title in FILTERS.items():
        if name == "state":
            continue
        if name == "amount_band":
            options = list(AMOUNT_WORDS.items())
        elif name == "prefecture":
            options = [(f"{number:02d}", label("prefecture", f"{number:02d}")) for number in range(1, 48)]
        else:
            terms = code_lists()[_LISTS[name]].terms()
            options = [(term.code, term.label) for term in terms if name != "product" or len(term.code) == _LEVELS[0]]
        found.append({"name": name, "title": title, "options": options})
    return found

