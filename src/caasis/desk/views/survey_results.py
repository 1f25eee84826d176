"""アンケートの結果: satisfaction, recommendation and effort with how sure they are; and what was written freely."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from caasis.cases.code_lists import label
from caasis.desk.access import actor_of_request, for_staff, for_staff_and_nation
from caasis.desk.charts.surveys import satisfaction_pictures
from caasis.desk.charts.words import percent
from caasis.desk.views.parts import page
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import NotAllowed
from caasis.operations.definitions import K50, K52, K56
from caasis.operations.rules.survey_results import FEWEST, Estimate
from caasis.operations.survey_reading import Group, survey_results
from caasis.operations.survey_selectors import answers_with_words, may_edit, open_words

#: Months back from this one, this one included.
SPANS = {"3": "3か月", "6": "6か月", "12": "1年"}
#: Why somebody may read what consumers wrote.
PURPOSES = (Purpose.IMPROVEMENT, Purpose.OWN_HANDLING, Purpose.CONSUMER_REQUEST)
PAGE = 20


@require_safe
@for_staff_and_nation
def results(request: HttpRequest) -> HttpResponse:
    """The page for one of the spans; whoever names another gets half a year."""
    actor = actor_of_request(request)
    chosen, start, end = _span(request)
    found = survey_results(actor=actor, start=start, end=end)
    tables = [("商品・サービス", "商品別の大分類", found.products), ("販売購入形態", "販売購入形態", found.sales_forms)]
    if actor.is_national:
        tables.insert(0, ("センター", "センター", found.centres))
    return page(
        request,
        "desk/surveys/results.html",
        {
            "found": found,
            "start": start,
            "end": end,
            "chosen": chosen,
            "spans": [{"months": key, "label": words, "current": key == chosen} for key, words in SPANS.items()],
            "tiles": [_tile(K50, found.total.csat, "csat"), _tile(K52, found.total.nps, "nps"), _tile(K56, found.total.ces, "ces")],
            "rate": percent(found.total.rate) if found.total.rate is not None else "",
            "pictures": satisfaction_pictures(found.months),
            "months": _lines(reversed(found.months)),
            "tables": [(heading, column, _lines(groups)) for heading, column, groups in tables],
            "fewest": FEWEST,
            "nothing": not found.closed,
            "reads": actor.centre_id is not None and may_edit(actor, actor.centre_id),
        },
    )


@require_safe
@for_staff
def words(request: HttpRequest) -> HttpResponse:
    """What was written freely, opened for a stated purpose."""
    actor = actor_of_request(request)
    if not may_edit(actor, actor.centre_id):
        raise NotAllowed("自由記述を読めるのは、主任と職員です。")
    chosen, start, end = _span(request)
    purpose = next((one for one in PURPOSES if one.value == request.GET.get("purpose", "")), None)
    rows = answers_with_words(actor=actor, start=_moment(start), end=_moment(end + timedelta(days=1)))
    found = Paginator(rows.select_related("request__edition"), PAGE).get_page(request.GET.get("page", "1")[:6])
    opened = open_words(actor=actor, answers=list(found), purpose=purpose) if purpose is not None else []
    return page(
        request,
        "desk/surveys/words.html",
        {
            "found": found,
            # The month alone: with the day, somebody could tell whose case was closed then.
            "opened": [
                (one, f"{at.year}年{at.month}月", label("product", one.product_group) if one.product_group else "")
                for one in opened
                for at in (day_in_japan(one.answered_at),)
            ],
            "purpose": purpose,
            "purposes": PURPOSES,
            "chosen": chosen,
            "start": start,
            "end": end,
        },
    )


def _span(request: HttpRequest) -> tuple[str, date, date]:
    chosen = request.GET.get("months", "6")
    if chosen not in SPANS:
        chosen = "6"
    end = day_in_japan(timezone.now())
    number = end.year * 12 + end.month - int(chosen)
    return chosen, date(number // 12, number % 12 + 1, 1), end


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(0), JST)


def _tile(definition: Any, estimate: Estimate, measure: str) -> dict[str, Any]:
    return {"definition": definition, "shown": _shown(estimate, measure), "n": estimate.n}


def _lines(groups: Any) -> list[dict[str, Any]]:
    return [_line(one) for one in groups]


def _line(one: Group) -> dict[str, Any]:
    return {
        "label": one.label,
        "asked": one.asked,
        "answered": one.answered,
        "rate": percent(one.rate) if one.rate is not None else "",
        "measures": [_shown(one.csat, "csat"), _shown(one.nps, "nps"), _shown(one.ces, "ces")],
    }


def _shown(estimate: Estimate, measure: str) -> dict[str, Any]:
    """A measure in words: value, interval, number of answers. Empty where it is not shown."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return {"value": "", "interval": "", "n": estimate.n}
    value, low, high = (_words(one, measure) for one in (estimate.value, estimate.low, estimate.high))
    return {"value": value, "interval": f"{low}〜{high}", "n": estimate.n}


def _words(value: float, measure: str) -> str:
    if measure == "csat":
        return percent(value)
    if measure == "nps":
        rounded = round(value)
        return f"−{-rounded}" if rounded < 0 else f"＋{rounded}" if rounded else "0"
    return f"{value:.1f}"
