"""Finding a case: by receipt number at once, by words through the index."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from caasis.cases.code_lists import code_lists
from caasis.cases.search import FILTERS, find_cases
from caasis.cases.selectors import visible_cases
from caasis.cases.vocabulary import State
from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.views.parts import page
from caasis.kernel.errors import Invalid
from caasis.kernel.ids import parse_receipt_number

LONGEST = 200
SORTS = (("relevance", "近い順"), ("newest", "新しい順"), ("oldest", "古い順"))
YEARS = (("3", "この3年"), ("all", "すべての年"))


@require_GET
@for_staff_and_nation
def search(request: HttpRequest) -> HttpResponse:
    """One box: a receipt number leads to its case, words to what the index finds."""
    actor = actor_of_request(request)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    number = parse_receipt_number(text)
    if number is not None:
        case = visible_cases(actor=actor).filter(receipt_number=number).first()
        if case is not None:
            return redirect("desk:case", case_id=case.id)
    filters = {name: request.GET.get(name, "")[:40] for name in FILTERS}
    sort = request.GET.get("sort", "relevance")
    sort = sort if sort in dict(SORTS) else "relevance"
    years = None if request.GET.get("years") == "all" else 3
    context: dict[str, Any] = {"text": text, "sort": sort, "sorts": SORTS, "years": request.GET.get("years", "3"), "year_choices": YEARS}
    if not text:
        return page(request, "desk/search/page.html", {**context, "found": None})
    try:
        found = find_cases(
            actor=actor,
            text=text,
            filters=filters,
            sort=sort,  # type: ignore[arg-type]
            cursor=request.GET.get("cursor") or None,
            years=years,
        )
    except Invalid as error:
        return page(request, "desk/search/page.html", {**context, "found": None, "sentence": error.message}, status=422)
    kept: dict[str, str] = {"q": text, "sort": sort, "years": str(context["years"]), **{k: v for k, v in filters.items() if v}}
    context |= {
        "found": found,
        "facets": _facets(found.facets, kept),
        "chosen": [(name, _label(name, value), _without(kept, name)) for name, value in filters.items() if value],
        "next_url": f"?{urlencode({**kept, 'cursor': found.cursor})}" if found.cursor else "",
    }
    return page(request, "desk/search/page.html", context)


_TITLES = {"state": "状態", "product": "商品・役務", "sales_form": "販売購入形態", "age_band": "契約当事者の年代"}


def _facets(facets: object, kept: dict[str, str]) -> list[dict[str, object]]:
    groups = []
    for name, counts in dict(facets).items():  # type: ignore[call-overload]
        if kept.get(name):
            continue
        rows = [
            {"label": _label(name, value), "count": count, "url": f"?{urlencode({**kept, name: value})}"}
            for value, count in list(counts.items())[:8]
        ]
        if len(rows) > 1:
            groups.append({"title": _TITLES.get(name, name), "rows": rows})
    return groups


def _label(name: str, value: str) -> str:
    if name == "state":
        return State(value).label if value in State._value2member_map_ else value
    lists = code_lists()
    return lists[name].label(value) if name in lists else value


def _without(kept: dict[str, str], name: str) -> str:
    return f"?{urlencode({k: v for k, v in kept.items() if k != name})}"
