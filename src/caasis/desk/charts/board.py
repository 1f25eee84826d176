"""The whole board: one aggregated query a panel, then drawings only."""

from __future__ import annotations

from dataclasses import dataclass

from caasis.analytics.selectors import compare_by, daily_by, daily_totals
from caasis.cases.code_lists import code_lists, label
from caasis.desk.charts.ages import ages_figure
from caasis.desk.charts.days import MEAN_DAYS, days_figure
from caasis.desk.charts.figure import Figure
from caasis.desk.charts.filters import Choice
from caasis.desk.charts.forms import forms_figure
from caasis.desk.charts.indicators import Indicator, indicators
from caasis.desk.charts.ranking import ranking_figure
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.tiles import map_figure
from caasis.kernel.actor import Actor

#: Keys of the charts, which are also the names of their files.
CHARTS = ("days", "products", "prefectures", "ages", "forms")
#: How many columns of twelve a chart takes on a wide screen.
SPANS = {"days": 12, "products": 5, "prefectures": 7, "ages": 4, "forms": 8}
#: Products are ranked two steps below their class's letter (P0210); within one such product, one step further.
PRODUCT_LENGTH = 5
_UNSORTED_FORM = "unknown"


@dataclass(frozen=True, slots=True)
class Board:
    """What the page shows. `total` is 0 when nothing was registered in the period."""

    scope: Scope
    total: int
    indicators: list[Indicator]
    figures: list[Figure]

    def figure(self, key: str) -> Figure:
        return next(figure for figure in self.figures if figure.key == key)


def read_board(choice: Choice, *, actor: Actor) -> Board:
    """Count and draw everything, in five queries whatever the number of cases.

    :raises NotAllowed: the actor may not see figures.
    """
    slice_, against, scope = choice.slice_, choice.against, choice.scope
    daily = daily_totals(slice_, actor=actor, against=against, lead=MEAN_DAYS - 1)
    by_form = daily_by("sales_form", slice_, actor=actor, against=against)
    chosen = slice_.filters.get("product", "")
    length = PRODUCT_LENGTH if len(chosen) < PRODUCT_LENGTH else PRODUCT_LENGTH + 2
    products = compare_by("product", slice_, actor=actor, against=against, length=length)
    by_place = compare_by("prefecture", slice_, actor=actor, against=against)
    by_age = compare_by("age_band", slice_, actor=actor, against=against)
    total = daily.over(scope.days)[0].cases
    names = {term.code: term.label for term in code_lists()["sales_form"].terms() if term.code != _UNSORTED_FORM}
    bands = [(term.code, term.label) for term in code_lists()["age_band"].terms()]
    return Board(
        scope=scope,
        total=total,
        indicators=indicators(daily, scope),
        figures=[
            days_figure(daily, by_form, names, scope),
            ranking_figure(products, lambda code: label("product", code), scope, total),
            map_figure(by_place, scope),
            ages_figure(by_age, bands, scope),
            forms_figure(by_form, names, scope, total),
        ],
    )
