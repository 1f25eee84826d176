"""The dashboard: how consultations stand now, against the year before."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.charts.board import CHARTS, SPANS, Board, read_board
from caasis.desk.charts.filters import DEFAULTS, Choice, DashboardForm
from caasis.desk.views.parts import page
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotFound


@require_GET
@for_staff_and_nation
def dashboard(request: HttpRequest) -> HttpResponse:
    """The page; for a script that follows the stream, its figures alone."""
    form = _form(request)
    if not form.is_valid():
        return _refused(request, form)
    choice = form.choice()
    board = read_board(choice, actor=actor_of_request(request))
    context = {"form": form, **_board_context(form, choice, board)}
    if not request.headers.get("HX-Request"):
        return page(request, "desk/analysis/dashboard.html", context)
    response = render(request, "desk/analysis/figures.html", context)
    if not board.total and request.GET.get("shown") == "figures":
        # The page shows figures and there are none any more: its parts have nothing to be exchanged with.
        response["HX-Refresh"] = "true"
    return response


@require_GET
@for_staff_and_nation
def chart_file(request: HttpRequest, chart: str) -> HttpResponse:
    """The table of one chart as a CSV file, under the same conditions as the page."""
    if chart not in CHARTS:
        raise NotFound("この表はありません。画面のリンクから開いてください。")
    form = _form(request)
    if not form.is_valid():
        return _refused(request, form)
    choice = form.choice()
    table = read_board(choice, actor=actor_of_request(request)).figure(chart).table
    response = HttpResponse(table.csv(), content_type="text/csv; charset=utf-8")
    name = f"{chart}-{choice.slice_.start:%Y%m%d}-{choice.slice_.end:%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _form(request: HttpRequest) -> DashboardForm:
    return DashboardForm(request.GET, actor=actor_of_request(request), today=day_in_japan(timezone.now()))


def _refused(request: HttpRequest, form: DashboardForm) -> HttpResponse:
    """The form with its sentences, and no figures."""
    context = {"form": form, "has_errors": True, "place": "", "here": reverse("desk:dashboard")}
    return page(request, "desk/analysis/dashboard.html", context, status=422)


def _board_context(form: DashboardForm, choice: Choice, board: Board) -> dict[str, Any]:
    here, query = reverse("desk:dashboard"), form.query()
    suffix = f"?{query}" if query else ""
    shown = {name: value for name, value in form.given.items() if value != DEFAULTS[name]}
    # Parts are exchanged one by one, so that nothing that holds the focus (a table, a disclosure) is ever replaced.
    parts = ["an-time", *(f"an-{one.definition.code}" for one in board.indicators)]
    parts += [f"an-made-{one.definition.code}" for one in board.indicators if one.made_of]
    parts += [f"an-{name}-{figure.key}" for figure in board.figures for name in ("picture", "rows")]
    return {
        "here": here,
        "place": choice.place,
        "board": board,
        "now": timezone.now(),
        "figures": [
            {"figure": figure, "span": SPANS[figure.key], "file": reverse("desk:dashboard-file", args=[figure.key]) + suffix}
            for figure in board.figures
        ],
        "refresh_url": f"{here}?{urlencode({**shown, 'shown': 'figures' if board.total else 'nothing'})}",
        "refresh_parts": ",".join(f"#{part}" for part in parts) if board.total else "#an-time",
        "without_filters": _with(here, form.query(product="", area="", age="", form="")) if choice.is_narrowed else "",
        "wider": _with(here, form.query(period="52w", start="", end="")),
        "is_widest": form.given["period"] == "52w",
    }


def _with(here: str, query: str) -> str:
    return f"{here}?{query}" if query else here
