"""Published figures of consultations (F6): bars in a table, and the same as a file."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from caasis.analytics.published import TABLES, PublishedCell, PublishedYear, published_year, published_years
from caasis.cases.code_lists import label
from caasis.kernel.clock import day_in_japan
from caasis.portal.page import render_page, shared

HIDDEN = "少数のため非表示"
_TITLES = {"month": ("月別", "月"), "product": ("品物・サービス別", "品物・サービス"), "sales_form": ("販売方法別", "販売方法")}


@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """A fiscal year: by month, product and sales form."""
    years, year = _chosen(request)
    figures = published_year(year, day_in_japan(timezone.now())) if year else None
    address = f"{reverse('portal:statistics_file')}?year={year}"
    return render_page(
        request,
        "portal/statistics.html",
        {
            "years": [{"year": one, "label": year_name(one), "current": one == year} for one in years],
            "figures": figures,
            "name": year_name(year) if year else "",
            "tables": [_table(name, figures) for name in TABLES] if figures else [],
            "file_url": address,
            "hidden": HIDDEN,
        },
        breadcrumb=[("相談の統計", "")],
        cache=True,
    )


@require_safe
def statistics_file(request: HttpRequest) -> HttpResponse:
    """The same figures as CSV, in UTF-8 with the mark by which spreadsheets know it."""
    _, year = _chosen(request)
    return shared(request, lambda: _file(year))


def _file(year: int) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["年度", "分け方", "項目", "件数", "備考"])
    if year:
        figures = published_year(year, day_in_japan(timezone.now()))
        samples = "見本のデータを含みます" if figures.has_samples else ""
        writer.writerow([year, "合計", "合計", _shown(figures.total), samples if figures.total is not None else HIDDEN])
        for name in TABLES:
            for cell in figures.tables.get(name, []):
                writer.writerow(
                    [year, _TITLES[name][0], name_of(name, cell.key), _shown(cell.cases), "" if cell.cases is not None else HIDDEN]
                )
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="caasis-statistics-{year or "none"}.csv"'
    return response


def _chosen(request: HttpRequest) -> tuple[list[int], int]:
    """The years there are, and the one that was asked for, else the newest; 0 when there is none."""
    years = published_years(day_in_japan(timezone.now()))
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else 0
    return years, year if year in years else (years[0] if years else 0)


def _shown(cases: int | None) -> str:
    return "" if cases is None else str(cases)


def year_name(year: int) -> str:
    """A fiscal year as people say it."""
    return f"令和{year - 2018}年度（{year}年度）" if year > 2019 else f"{year}年度"


def name_of(table: str, key: str) -> str:
    """What a row is called."""
    if table == "month":
        day = date.fromisoformat(key)
        return f"{day.year}年{day.month}月"
    return label(table, key) if key else "入力なし"


def _table(name: str, figures: PublishedYear) -> dict[str, Any]:
    cells: list[PublishedCell] = figures.tables.get(name, [])
    most = max((cell.cases or 0 for cell in cells), default=0) or 1
    return {
        "id": name,
        "title": _TITLES[name][0],
        "head": _TITLES[name][1],
        "rows": [
            {"name": name_of(name, cell.key), "cases": cell.cases, "width": round(100 * (cell.cases or 0) / most)}
            for cell in cells
        ],
    }
